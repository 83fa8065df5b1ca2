"""Daily stops of machines, and workflows, as Azure treats them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

PREFIX, STOP = "shutdown-computevm-", "ComputeVmShutdownTask"
"""Source: templates of Azure/azure-quickstart-templates; the portal makes the same"""

_TIME = re.compile(r"([01]\d|2[0-3])[0-5]\d")
_NESTED = ("actions", "cases", "default", "else")
_LANGUAGE = re.compile(
    r"https?://schema\.management\.azure\.com/providers/Microsoft\.Logic/schemas/[\w-]+/"
    r"workflowdefinition\.json#?"
)


class Schedule(Resource):
    """The daily stop of one machine, by whose name it must go."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        recurrence = inputs.get("dailyRecurrence")
        time = recurrence.get("time") if isinstance(recurrence, Mapping) else UNKNOWN
        if time is not UNKNOWN and not _TIME.fullmatch(str(time)):
            yield f"dailyRecurrence.time: must be HHmm, as 1900 (got {time!r})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        task, machine = inputs.get("taskType"), inputs.get("targetResourceId")
        if task != STOP or not machine:
            raise refuse(
                "InvalidRequestContent (400): The simulated Azure knows schedules of the task type "
                "{stop} with a target alone (got {task}).",
                stop=STOP,
                task=task,
            )
        name = PREFIX + str(machine).rpartition("/")[2]
        if inputs["name"].lower() != name.lower():
            raise refuse(
                "InvalidScheduleName (400): The schedule of this machine must be named {name} "
                "(got {given}).",
                name=name,
                given=inputs["name"],
            )
        target = here.get(tokens.MACHINE, machine)
        if target and target.inputs["location"] != inputs["location"]:
            raise refuse(
                "InvalidScheduleLocation (400): The schedule must be in the location of its "
                "machine, {location}.",
                location=target.inputs["location"],
            )
        zone = str(inputs.get("timeZoneId"))
        if zone.lower() not in places.time_zones():
            raise refuse(
                "InvalidTimeZoneId (400): The time zone {zone} is not valid. Windows' names are "
                "needed, as W. Europe Standard Time.",
                zone=zone,
            )
        if "dailyRecurrence" not in inputs:
            raise refuse("InvalidRequestContent (400): A {stop} needs dailyRecurrence.", stop=STOP)


class Workflow(Resource):
    """Its definition is checked when it is put: the language, triggers, and what waits for what."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        definition = inputs.get("definition")
        if error := _error(definition, inputs.get("parameters") or {}):
            raise refuse(
                "InvalidTemplate (400): The template validation failed: '{error}'.", error=error
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {**super().outputs(here, record), "sku": {"name": "NotSpecified"}}


def _error(definition: Any, given: Mapping[str, Any]) -> str:
    if not isinstance(definition, Mapping):
        return "The workflow has no definition"
    if not _LANGUAGE.fullmatch(str(definition.get("$schema"))):
        return f"The template language version {definition.get('$schema')!r} is not known"
    if not definition.get("triggers"):
        return "The workflow has no trigger"
    declared = definition.get("parameters") or {}
    for name in given:
        if name not in declared:
            return f"The parameter '{name}' is not declared in the definition"
    for name, parameter in declared.items():
        if name not in given and "defaultValue" not in parameter:
            return f"The parameter '{name}' has neither a value nor a default"
    names: list[str] = []
    return _actions_error(definition.get("actions") or {}, names, set(declared))


def _actions_error(actions: Mapping[str, Any], names: list[str], parameters: set[str]) -> str:
    """The first fault within a scope; `names` collects those of all actions, which are unique."""
    for name, action in actions.items():
        if name in names:
            return f"The action name '{name}' is not unique"
        names.append(name)
        if not action.get("type"):
            return f"The action '{name}' has no type"
        for before in action.get("runAfter") or {}:
            if before not in actions:
                return f"The action '{name}' runs after '{before}', which is not in its scope"
        own = {key: value for key, value in action.items() if key not in _NESTED}
        for used in re.findall(r"parameters\('([^']*)'\)", str(own)):
            if used not in parameters:
                return f"The action '{name}' uses the parameter '{used}', which is not declared"
    for action in actions.values():
        for inner in _scopes(action):
            if error := _actions_error(inner, names, parameters):
                return error
    return ""


def _scopes(action: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The lists of actions within an action: of a loop, a condition, a choice."""
    yield action.get("actions") or {}
    for name in ("else", "default"):
        yield (action.get(name) or {}).get("actions") or {}
    for case in (action.get("cases") or {}).values():
        yield case.get("actions") or {}


KINDS: dict[str, type[Kind]] = {tokens.SCHEDULE: Schedule, tokens.WORKFLOW: Workflow}
