"""A simulated account of any cloud as the tests use it: inputs in, outputs out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from mllab.protocol.provider import (
    Call,
    Checked,
    Difference,
    Found,
    Made,
    Provider,
    ProviderFailure,
)
from mllab.simulated.account import SimulatedAccount

MORNING = datetime(2027, 1, 11, 8, tzinfo=UTC)


class Caller:
    """Calls a simulated cloud as an engine does: check, then create, update, read, delete.

    Args:
        whole: the simulated cloud.
        config: of its provider, as region and project.
    """

    cloud: ClassVar[str]
    here: ClassVar[dict[str, str]]
    """What samples and refusals call `@here.name`."""

    def __init__(self, whole: SimulatedAccount, config: Mapping[str, str]) -> None:
        self.whole = whole
        self.provider: Provider = whole.configured(config)
        self.now = MORNING
        self._seeds = itertools.count(1)

    def call(self, type: str, name: str, *, preview: bool = False) -> Call:
        """The next call about a resource; every one has another seed."""
        seed = next(self._seeds).to_bytes(4, "big")
        urn = f"urn:pulumi:test::mllab::{type}::{name}"
        return Call(urn, type, name, self.now, seed=seed, preview=preview)

    def later(self, seconds: float = 0, **more: float) -> None:
        """Let time pass, as `timedelta` takes it."""
        self.now += timedelta(seconds=seconds, **more)

    def check(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> Checked:
        return self.provider.check(self.call(type, name), None, dict(inputs))

    def faults(self, type: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        return self.check(type, inputs).faults

    def create(self, type: str, inputs: Mapping[str, Any] = {}, name: str = "thing") -> Made:  # noqa: B006
        """Check and create. AssertionError for inputs that the provider itself refuses."""
        call = self.call(type, name)
        checked = self.provider.check(call, None, dict(inputs))
        assert not checked.faults, checked.faults
        return self.provider.create(call, checked.inputs)

    def refusal(
        self,
        type: str,
        inputs: Mapping[str, Any] = {},
        name: str = "thing",  # noqa: B006
    ) -> ProviderFailure:
        """The refusal of a create, of which nothing stays."""
        before = len(self.whole.inventory(standing=True))
        try:
            made = self.create(type, inputs, name)
        except ProviderFailure as failure:
            assert len(self.whole.inventory(standing=True)) == before
            return failure
        raise AssertionError(f"made {made.id} instead of refusing it")

    def refused(self, type: str, inputs: Mapping[str, Any] = {}, name: str = "thing") -> str:  # noqa: B006
        """What the cloud says to a create that it refuses: `Code: message`."""
        failure = self.refusal(type, inputs, name)
        return f"{failure.code}: {failure.message}"

    def _again(
        self, type: str, id: str, inputs: Mapping[str, Any], name: str
    ) -> tuple[Call, Found, Checked]:
        """What exists, and new inputs for it that the provider itself does not refuse."""
        before = self.read(type, id)
        assert before is not None
        call = self.call(type, name)
        checked = self.provider.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return call, before, checked

    def update(self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing") -> Made:
        call, before, checked = self._again(type, id, inputs, name)
        return self.provider.update(call, id, before.outputs, checked.inputs)

    def not_updated(self, type: str, id: str, inputs: Mapping[str, Any]) -> str:
        """What the cloud says to an update that it refuses: `Code: message`."""
        try:
            self.update(type, id, inputs)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"updated {id} instead of refusing it")

    def diff(
        self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing"
    ) -> Difference:
        """What would change about something that exists."""
        call, before, checked = self._again(type, id, inputs, name)
        return self.provider.diff(call, id, before.inputs, before.outputs, checked.inputs)

    def read(self, type: str, id: str) -> Found | None:
        return self.provider.read(self.call(type, "thing"), id, {})

    def shown(self, type: str, id: str) -> dict[str, Any]:
        """Outputs of what exists."""
        found = self.read(type, id)
        assert found is not None
        return found.outputs

    def delete(self, type: str, id: str, outputs: Mapping[str, Any] = {}) -> float:  # noqa: B006
        return self.provider.delete(self.call(type, "thing"), id, dict(outputs))

    def kept(self, type: str, id: str) -> str:
        """What the cloud says to a delete that it refuses, `Code: message`; it is still there."""
        try:
            self.delete(type, id)
        except ProviderFailure as failure:
            assert self.read(type, id) is not None
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"deleted {id} instead of refusing it")

    def contents(self, type: str, id: str) -> str | None:
        return self.provider.contents(self.call(type, "thing"), id, {})

    def ids(self, type: str, *, standing: bool = False) -> list[str]:
        """Ids of everything of a type, oldest first."""
        found = self.whole.inventory(standing=standing)
        return [record.id for record in found if record.type == type]
