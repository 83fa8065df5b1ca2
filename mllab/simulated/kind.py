"""What is peculiar to one resource type: methods that do nothing until rules override them."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

from mllab.protocol.provider import Call, Properties, ProviderFailure
from mllab.simulated.diff import Condition, Differ
from mllab.simulated.facts import Refusal, Tie, TypeFacts
from mllab.simulated.names import Draw
from mllab.simulated.schema import Node
from mllab.simulated.store import Record, Session


@dataclass(frozen=True)
class Here:
    """Where and when a call takes place.

    Args:
        session: the transaction.
        region: the cloud's name of it; empty for types that belong to the whole account.
        account: its number.
        call: whose call; its `at` is the moment.
        draw: the stream of generated values.
        quota: the limit with a code.
        base: what follows from place and configuration, as `SimulatedCloud.base` tells.
    """

    session: Session
    region: str
    account: str
    call: Call
    draw: Draw
    quota: Callable[[str], float]
    base: Properties = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """The moment of the call."""
        return self.call.at

    def get(self, type: str, key: object) -> Record | None:
        """What goes by that id, name or ARN: in this region, or in the whole account."""
        if not isinstance(key, str):
            return None
        found = self.session.find(type, key, self.region)
        return found or self.session.find(type, key, "")

    def standing(self, type: str, id: str) -> None:
        """Make something that belongs to the whole account and is never deleted, once."""
        if self.session.get(type, id, "") is None:
            self.session.add(Record(type, id, "", self.at, id, hidden={"standing": True}))

    def child(self, owner: Record, type: str, id: str, name: str = "", /, **outputs: Any) -> Record:
        """Make something that comes to be with `owner` and goes with it."""
        record = Record(type, id, owner.region, self.at, name, owner=owner.uid, outputs=outputs)
        self.session.add(record)
        self.session.call(record, (name, str(outputs.get("arn", ""))))
        return record


def refuse(refusal: Refusal | str, hint: str = "", **values: object) -> ProviderFailure:
    """The cloud's no, to be raised.

    Args:
        refusal: as text `Code: message with {placeholders}`.
        hint: what the user can do, with the command.
        values: for the placeholders.
    """
    found = Refusal.parse(refusal) if isinstance(refusal, str) else refusal
    message = found.message.format(**values)
    return ProviderFailure(message, code=found.code, hint=hint, seconds=found.after_s)


class Kind:
    """One resource type.

    Args:
        token: Pulumi's type token.
        properties: its schema.
        facts: from the data files.
    """

    conditions: Mapping[str, Condition] = {}
    """What the `if:` values of this type's replace facts mean."""

    fills: ClassVar[bool] = True
    """The preview of an update predicts what the cloud had filled blocks up with; what is computed
    and not given is no difference to Terraform's providers (schemaMap.diffString of its SDK)."""

    def __init__(self, token: str, properties: Mapping[str, Node], facts: TypeFacts) -> None:
        self.token, self.properties, self.facts = token, properties, facts
        self.differ = Differ(properties, facts, self.conditions, self.same)

    # ---------------------------------------------------------------- before the cloud is asked

    def faults(self, inputs: Properties) -> Iterable[str]:
        """Lines `property: reason` for what the provider refuses without asking the cloud."""
        return ()

    def same(self, old: Any, new: Any) -> bool:
        """Whether two JSON documents mean the same."""
        return bool(old == new)

    # ---------------------------------------------------------------------- what the cloud does

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        """Refuse what the cloud refuses, by raising ProviderFailure. `old` is None for a create."""

    def number(self, here: Here, inputs: Properties) -> str | None:
        """The id, where no template makes it."""
        return None

    def resumes(self, record: Record) -> bool:
        """Whether a create takes up what is there already, instead of being refused its id."""
        return False

    def created(self, here: Here, record: Record) -> None:
        """What else comes to be. The record is stored, its generated outputs are there."""

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        """What else changes; `olds` are the inputs before."""

    def outputs(self, here: Here, record: Record) -> Properties:
        """The outputs of `facts.ruled`. Asked again at every read, so they are never stale."""
        return {}

    def preview_outputs(self, inputs: Properties) -> Properties:
        """Those of the ruled outputs that follow from the inputs, though they are not the same."""
        return {}

    def moved(self, old_outputs: Properties, news: Properties) -> Iterable[str]:
        """Outputs that an update changes and a preview cannot predict."""
        return ()

    def init_error(self, here: Here, record: Record) -> str:
        """Why the provider waits for the resource in vain, in its words; empty when it is ready."""
        return ""

    def before_delete(self, here: Here, record: Record) -> None:
        """Refuse a delete, besides the ties in the data, by raising ProviderFailure."""

    def stays(self, record: Record) -> bool:
        """Whether a delete only forgets who declared the resource, because its inputs say so."""
        return False

    def frees(self, record: Record) -> Iterable[Tie]:
        """What the provider removes before it deletes the resource, because its inputs say so."""
        return ()

    def inside(self, here: Here, record: Record) -> Iterable[Record]:
        """What goes along with a deleted resource, besides the ties in the data."""
        return ()

    def after_delete(self, here: Here, record: Record) -> None:
        """What else happens at a delete, just before the record is dropped."""

    def keys(self, record: Record) -> Iterable[str]:
        """What a record is found by, besides its id."""
        return (record.name, str(record.outputs.get("arn") or ""))

    def update_s(self, olds: Properties, news: Properties) -> float:
        """Seconds that an update takes."""
        return self.facts.update_s

    def holds(self, here: Here, record: Record) -> str | None:
        """What data a resource keeps, in words; empty for none, None when it cannot be told."""
        return ""


def kinds_in(rules: ModuleType) -> dict[str, type[Kind]]:
    """The kinds of all modules of a package, by type token."""
    names = (module.name for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."))
    modules = map(import_module, names)
    return {token: kind for each in modules for token, kind in getattr(each, "KINDS", {}).items()}
