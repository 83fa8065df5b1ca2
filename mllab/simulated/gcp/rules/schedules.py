"""What stops machines at a time: instance schedules, and jobs that call an API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import available_timezones

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import identity, tokens
from mllab.simulated.gcp.rules.resource import Resource, given
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SCHEDULE = "instanceSchedulePolicy"
API = "cloudscheduler.googleapis.com"
CRON = re.compile(r"([\d*/,\-]+\s+){2}[\d*/,\-L]+\s+[\dA-Za-z*/,\-]+\s+[\dA-Za-z*/,\-]+")
URL = re.compile(r"https?://[^/\s]+\S*")
DEADLINE_S = range(15, 1801)
"""Source of all: https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs,
https://cloud.google.com/compute/docs/instances/schedule-instance-start-stop"""


def validate_policy(here: Here, policy: Record, zone: str) -> None:
    """Refuse a schedule that Google's own account cannot carry out. Raises ProviderFailure."""
    if policy.outputs["region"] != places.region_of(zone):
        raise refuse(
            "invalid: Invalid value for field 'resource.resourcePolicies[0]': '{id}'. The policy "
            "is in region '{region}', the instance in zone '{zone}'.",
            id=policy.id,
            region=policy.outputs["region"],
            zone=zone,
        )
    if SCHEDULE not in policy.inputs:
        return
    number = places.number(here.base["project"])
    agent = f"service-{number}@compute-system.iam.gserviceaccount.com"
    if not identity.may_start_and_stop(here, agent):
        raise refuse(
            "412: Compute Engine System service account {agent} needs to have "
            "[compute.instances.start,compute.instances.stop] permissions applied in order to "
            "perform this operation.",
            "give it a role with both, in the same program and before this",
            agent=agent,
        )


class ResourcePolicy(Resource):
    """Says when machines start and stop; it holds one kind of policy."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        kinds = [name for name in inputs if name.endswith("Policy") and name != "deletionPolicy"]
        if len(kinds) > 1:
            yield f"{kinds[1]}: conflicts with {kinds[0]}"
        schedule = given(inputs, SCHEDULE)
        if schedule is None:
            return
        for part in ("vmStartSchedule", "vmStopSchedule"):
            text = (schedule.get(part) or {}).get("schedule", UNKNOWN)
            if text is not UNKNOWN and not CRON.fullmatch(text):
                yield f"{SCHEDULE}.{part}.schedule: {text!r} is no cron expression of five fields"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        places.zones(here.base["region"])
        schedule = inputs.get(SCHEDULE)
        if schedule is not None:
            _validate_time_zone(schedule["timeZone"])
            if not {"vmStartSchedule", "vmStopSchedule"} & schedule.keys():
                raise refuse(
                    "invalid: Invalid value for field 'resource.instanceSchedulePolicy': at least "
                    "one of vmStartSchedule and vmStopSchedule must be specified."
                )


class PolicyAttachment(Resource):
    """A machine has one instance schedule."""

    names_itself = True

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        machine = here.get(tokens.INSTANCE, inputs["instance"])
        policy = here.get(tokens.POLICY, inputs["name"])
        if machine is None or policy is None:
            return
        validate_policy(here, policy, machine.hidden["zone"])
        others = [
            *here.session.targets(machine, "resourcePolicies"),
            *(
                there
                for tie in here.session.users(machine, self.token, "instance")
                for there in here.session.targets(tie, "name")
            ),
        ]
        if any(SCHEDULE in other.inputs for other in others if other.uid != policy.uid):
            raise refuse(
                "invalid: The instance '{id}' already has an instance schedule; at most one is "
                "allowed.",
                id=machine.id,
            )


class Job(Resource):
    """Calls an address at times. A paused one stays."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        targets = [name for name in inputs if name.endswith("Target")]
        if len(targets) != 1:
            yield "httpTarget: exactly one of appEngineHttpTarget, httpTarget, pubsubTarget"
        text = inputs.get("attemptDeadline", UNKNOWN)
        if text is not UNKNOWN and not _deadline(text):
            yield f"attemptDeadline: must be between 15s and 1800s (got {text!r})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        places.zones(here.base["region"])
        if here.base["region"] not in places.located(API):
            raise refuse(
                "INVALID_ARGUMENT (400): Location '{region}' is not a valid location. Use "
                "ListLocations to list valid locations.",
                "choose one of " + ", ".join(sorted(places.located(API))),
                region=here.base["region"],
            )
        if not CRON.fullmatch(str(inputs.get("schedule"))):
            raise refuse(
                "INVALID_ARGUMENT (400): Schedule or time zone is invalid. (schedule: {schedule})",
                schedule=inputs.get("schedule"),
            )
        _validate_time_zone(inputs.get("timeZone", "Etc/UTC"))
        target = inputs.get("httpTarget") or {}
        if target and not URL.fullmatch(target["uri"]):
            raise refuse("INVALID_ARGUMENT (400): Invalid URI: {uri}", uri=target["uri"])

    def outputs(self, here: Here, record: Record) -> Properties:
        paused = record.inputs.get("paused")
        return {**super().outputs(here, record), "state": "PAUSED" if paused else "ENABLED"}


def _deadline(text: str) -> bool:
    seconds = text.removesuffix("s")
    return text.endswith("s") and seconds.isdigit() and int(seconds) in DEADLINE_S


def _validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise refuse("invalid: Invalid time zone: '{name}'", name=name)


class Workflow(Resource):
    """Protected against deletion unless it says otherwise."""

    def outputs(self, here: Here, record: Record) -> Properties:
        number = places.number(here.base["project"])
        default = f"{number}-compute@developer.gserviceaccount.com"
        return {
            **super().outputs(here, record),
            "serviceAccount": record.inputs.get("serviceAccount", default),
        }

    def before_delete(self, here: Here, record: Record) -> None:
        super().before_delete(here, record)
        if record.inputs.get("deletionProtection", True):
            raise refuse(
                self.facts.refusals["deletionProtection=true (default)"],
                "set deletionProtection to false and deploy once before the delete",
            )


KINDS: dict[str, type[Kind]] = {
    tokens.POLICY: ResourcePolicy,
    tokens.POLICY_ATTACHMENT: PolicyAttachment,
    tokens.SCHEDULE: Job,
    tokens.WORKFLOW: Workflow,
}
