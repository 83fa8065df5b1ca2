"""One resource as the state holds it, in Pulumi's deployment format (apitype.ResourceV3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mllab.protocol import urns
from mllab.protocol.provider import UNKNOWN, Properties
from mllab.protocol.values import SECRET, SIGNATURE, Secret, same

Seal = Callable[[Any], Mapping[str, Any]]
"""Turns the value inside a secret into the entry that stands for it in a file."""
Unseal = Callable[[Mapping[str, Any]], Any]


@dataclass(slots=True, eq=False)
class Record:
    """One entry of the state. A replacement and what it replaces (`delete`) share a urn."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    protect: bool = False
    delete: bool = False
    pending_replacement: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    additional_secret_outputs: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    source_position: str = ""
    created: datetime | None = None
    modified: datetime | None = None

    @property
    def name(self) -> str:
        """The logical name."""
        return urns.name_of(self.urn)

    @property
    def source(self) -> str:
        """`components/aws/storage.py:31`, where it was declared."""
        return self.source_position.removeprefix("project:///").replace("#", ":")

    def needs(self) -> set[str]:
        """Urns of all that must exist before it and go after it."""
        found = {self.parent, self.deleted_with, *self.dependencies, *self.replace_with}
        for urns_ in self.property_dependencies.values():
            found.update(urns_)
        if self.provider:
            found.add(urns.provider_urn(self.provider))
        return found - {""}

    def differs(self, other: Record) -> bool:
        """True when more than the place in the source or a time stamp differs."""
        return any(
            not same(getattr(self, name), getattr(other, name))
            for name in _ESSENCE
            if getattr(self, name) is not getattr(other, name)
        )

    def to_json(self, seal: Seal) -> dict[str, Any]:
        """The entry for a file; what is empty is left out."""
        entry: dict[str, Any] = {"urn": self.urn, "custom": self.custom, "type": self.type}
        for name, key in _NAMES.items():
            value = getattr(self, name)
            if value or (name == "replacement_trigger" and value is not None):
                entry[key] = value
        for key in ("inputs", "outputs", "replacementTrigger"):
            if key in entry:
                entry[key] = _write(entry[key], seal)
        for key in ("created", "modified"):
            if key in entry:
                entry[key] = entry[key].isoformat().replace("+00:00", "Z")
        return entry

    @classmethod
    def from_json(cls, entry: Mapping[str, Any], unseal: Unseal) -> Record:
        """The record of an entry.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        record = cls(urn=entry["urn"], type=entry["type"], custom=bool(entry["custom"]))
        for name, key in _NAMES.items():
            if entry.get(key) is not None:
                setattr(record, name, entry[key])
        record.inputs = _read(record.inputs, unseal)
        record.outputs = _read(record.outputs, unseal)
        record.replacement_trigger = _read(record.replacement_trigger, unseal)
        for name in ("created", "modified"):
            if isinstance(getattr(record, name), str):
                setattr(record, name, datetime.fromisoformat(getattr(record, name)))
        return record


_FIRST: Final = ("urn", "type", "custom")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


_NAMES: Final = {
    spec.name: _camel(spec.name) for spec in dataclasses.fields(Record) if spec.name not in _FIRST
}
_ESSENCE: Final = tuple(
    spec.name
    for spec in dataclasses.fields(Record)
    if spec.name not in ("source_position", "created", "modified")
)


def _write(value: Any, seal: Seal) -> Any:
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, **seal(_write(value.value, seal))}
    if isinstance(value, list):
        return [_write(item, seal) for item in value]
    if isinstance(value, dict):
        return {key: _write(item, seal) for key, item in value.items()}
    if value is UNKNOWN:
        raise ValueError("an unknown value must not reach the state")
    return value


def _read(value: Any, unseal: Unseal) -> Any:
    if isinstance(value, list):
        return [_read(item, unseal) for item in value]
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return Secret(_read(unseal(value), unseal))
        return {key: _read(item, unseal) for key, item in value.items()}
    return value
