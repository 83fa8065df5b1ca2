"""What is peculiar to one resource type, as methods that do nothing unless a cloud's rules override them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mllab.engines.provider import UNKNOWN, Call, Properties, ProviderFailure
from mllab.simulated.diff import Condition, Differ
from mllab.simulated.facts import Refusal, Tie, TypeFacts
from mllab.simulated.names import Draw
from mllab.simulated.schema import Node
from mllab.simulated.store import Record, Session


@dataclass(frozen=True)
class Here:
    """Where and when a call takes place.

    Args:
        session: the transaction. region: the cloud's name of it. account: number of the account.
        call: whose call; its `at` is the moment. draw: the stream of generated values.
        settings: the provider's configuration.
        exists: whether something exists that no one declared, by token and key (an image, a managed policy).
        quota: the limit with that code.
    """

    session: Session
    region: str
    account: str
    call: Call
    draw: Draw
    settings: Mapping[str, Any]
    exists: Callable[[str, str], bool]
    quota: Callable[[str], float]

    @property
    def at(self) -> datetime:
        return self.call.at

    def get(self, type: str, key: object) -> Record | None:
        """What goes by that id, name or ARN here; also what belongs to the whole account."""
        if not isinstance(key, str):
            return None
        found = self.session.find(type, key, self.region)
        return found or self.session.find(type, key, "")

    def child(self, owner: Record, type: str, id: str, name: str = "", /, **outputs: Any) -> Record:
        """Make something that comes to be with `owner` and goes with it."""
        record = Record(
            type=type, id=id, region=owner.region, since=self.at, name=name, owner=owner.uid,
            outputs=outputs,
        )  # fmt: skip
        return self.session.add(record, [name, str(outputs.get("arn", ""))])


def refuse(refusal: Refusal | str, *, cure: str = "", **values: object) -> ProviderFailure:
    """The cloud's no, to be raised; `refusal` as text is `Code: message with {placeholders}`."""
    found = Refusal.parse(refusal) if isinstance(refusal, str) else refusal
    return ProviderFailure(found.message.format(**values), code=found.code, cure=cure)


class Kind:
    """One resource type.

    Args:
        token: Pulumi's type token. properties: its schema. facts: from the data files.
    """

    conditions: Mapping[str, Condition] = {}
    """What the `if:` values of this type's replace facts mean."""

    def __init__(self, token: str, properties: Mapping[str, Node], facts: TypeFacts) -> None:
        self.token, self.properties, self.facts = token, properties, facts
        self.differ = Differ(properties, facts, self.conditions, self.same)

    # ------------------------------------------------------------------------------------- before the cloud is asked

    def faults(self, inputs: Properties) -> Iterable[str]:
        """Lines `property: reason` for inputs that the provider refuses without asking the cloud."""
        return ()

    def same(self, old: Any, new: Any) -> bool:
        """Whether two JSON documents mean the same."""
        return bool(old == new)

    # ------------------------------------------------------------------------------------- what the cloud does

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        """Refuse what the cloud refuses; `old` is None for a create. Raises ProviderFailure."""

    def number(self, here: Here, inputs: Properties) -> str | None:
        """The id, where no template makes it."""
        return None

    def outputs(self, here: Here, record: Record) -> Properties:
        """Outputs that no template makes, those of `facts.ruled`. Called for create, update and read, so they are always up to date."""
        return {}

    def created(self, here: Here, record: Record) -> None:
        """What else comes to be. The record is stored already."""

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        """What else changes; `olds` are the inputs before."""

    def leaving(self, here: Here, record: Record) -> None:
        """Refuse a delete that the cloud refuses, besides the blocks in the data. Raises ProviderFailure."""

    def frees(self, record: Record) -> Iterable[Tie]:
        """What the provider itself removes before it deletes the resource, because its inputs say so."""
        return ()

    def left(self, here: Here, record: Record) -> None:
        """What else goes or stays, just before the record is dropped."""

    def keys(self, record: Record) -> Iterable[str]:
        """What a record is called besides its id."""
        return (record.name, str(record.outputs.get("arn") or ""))

    def create_s(self, inputs: Properties) -> float:
        """Seconds that a create takes."""
        return self.facts.create_s

    def update_s(self, olds: Properties, news: Properties) -> float:
        """Seconds that an update takes."""
        return self.facts.update_s

    def holds(self, here: Here, record: Record) -> str | None:
        """What data a resource keeps, in words; empty for none."""
        return ""


# --------------------------------------------------------------------------------------------------- values by path


def values(properties: Mapping[str, Any], path: str) -> list[Any]:
    """All values at a dotted path, through lists; nothing for what is missing."""
    found: list[Any] = [properties]
    for part in path.split("."):
        items = [
            item for value in found for item in (value if isinstance(value, list) else [value])
        ]
        found = [
            item[part] for item in items if isinstance(item, Mapping) and item.get(part) is not None
        ]
    return [item for value in found for item in (value if isinstance(value, list) else [value])]


def fits(facts: TypeFacts, inputs: Properties) -> Iterable[str]:
    """Lines `property: reason` for values outside the facts' enumerations, patterns and lengths."""
    for path, allowed in facts.enums.items():
        for value in values(inputs, path):
            if value is not UNKNOWN and str(value) not in allowed:
                yield f"{path}: must be one of {', '.join(allowed)} (got {value!r})"
    for path, pattern in facts.patterns.items():
        for value in values(inputs, path):
            if value is not UNKNOWN and not re.search(pattern, str(value)):
                yield f"{path}: {value!r} does not match {pattern}"
    name = inputs.get(facts.name)
    if facts.name_max and isinstance(name, str) and len(name) > facts.name_max:
        yield f"{facts.name}: {len(name)} characters, at most {facts.name_max} (got {name!r})"


def document(path: str, value: object) -> Iterable[str]:
    """The fault of a text that is no JSON."""
    try:
        json.loads(str(value))
    except ValueError as error:
        yield f"{path}: contains an invalid JSON: {error}"
