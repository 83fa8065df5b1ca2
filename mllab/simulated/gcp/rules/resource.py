"""What nearly every type of Google Cloud shares: labels, deletion policies, times, names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

LABELS = 64
LABEL_KEY = re.compile(r"[^\W\d_][\w-]{0,62}")
LABEL_VALUE = re.compile(r"[\w-]{0,63}")
"""Letters of every alphabet, but no capitals.
Source of all: https://cloud.google.com/compute/docs/labeling-resources#requirements"""

MADE = ("creationTimestamp", "createTime", "timeCreated")
CHANGED = ("updateTime", "updated")


class Resource(Kind):
    """A type of Google Cloud; rules override what they need, and call these first."""

    labelled = ("labels",)
    """The inputs that hold labels."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        name = self.facts.name
        if name and not self.facts.auto and inputs.get(name) is None and self.names_itself:
            yield f"{name}: missing, it is required"

    names_itself = False
    """The SDK would make a name that is not valid, so the program must give one."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        for name in self.labelled:
            _validate_labels(name, inputs.get(name) or {})
        every = here.base.get("effectiveLabels")  # with those of the provider
        if every is not UNKNOWN:
            _validate_labels("labels", every or {})

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["changed"] = _rfc3339(here)

    def outputs(self, here: Here, record: Record) -> Properties:
        made = record.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        found = dict.fromkeys(MADE, made) | dict.fromkeys(
            CHANGED, record.hidden.get("changed", made)
        )
        return {name: value for name, value in found.items() if name in self.facts.ruled}

    def before_delete(self, here: Here, record: Record) -> None:
        if record.inputs.get("deletionPolicy") == "PREVENT":
            raise refuse(
                'Error: cannot destroy "{id}" without setting deletion_policy="DELETE" and '
                "running `terraform apply`",
                'set deletionPolicy to "DELETE" and deploy once before the delete',
                id=record.id,
            )

    def stays(self, record: Record) -> bool:
        return record.inputs.get("deletionPolicy") == "ABANDON"

    def keys(self, record: Record) -> Iterable[str]:
        return (record.name, str(record.outputs.get("selfLink") or ""))


def companion(here: Here, owner: Record, type: str, id: str, /, **outputs: Any) -> Record:
    """Make something that comes to be with `owner` and is found by id, link and name."""
    found = {"name": places.last(id), "selfLink": f"{places.LINK}{id}", **outputs}
    child = here.child(owner, type, id, found["name"], **found)
    here.session.call(child, (child.name, found["selfLink"]))
    return child


def given(inputs: Properties, name: str) -> Any:
    """A value that is there and known; None otherwise."""
    value = inputs.get(name)
    return None if value is UNKNOWN else value


def _validate_labels(name: str, labels: Properties) -> None:
    if len(labels) > LABELS:
        raise refuse(
            "invalid: Invalid value for field '{name}': at most {limit} labels are allowed",
            name=name,
            limit=LABELS,
        )
    for key, value in labels.items():
        if key != key.lower() or not LABEL_KEY.fullmatch(key):
            raise refuse(
                "invalid: Invalid value for field '{name}': Label key '{key}' violates format "
                "constraints. The key must start with a lowercase character, can only contain "
                "lowercase letters, numeric characters, underscores and dashes. The key can be at "
                "most 63 characters long.",
                name=name,
                key=key,
            )
        if str(value) != str(value).lower() or not LABEL_VALUE.fullmatch(str(value)):
            raise refuse(
                "invalid: Invalid value for field '{name}': Label value '{value}' violates format "
                "constraints. The value can only contain lowercase letters, numeric characters, "
                "underscores and dashes. The value can be at most 63 characters long.",
                name=name,
                value=value,
            )


def _rfc3339(here: Here) -> str:
    return here.at.strftime("%Y-%m-%dT%H:%M:%SZ")
