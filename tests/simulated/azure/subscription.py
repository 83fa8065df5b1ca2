"""A simulated Azure subscription as the tests use it: inputs in, outputs out, time when told."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mllab.clouds.azure import AZURE
from mllab.protocol.provider import Call, Checked, Difference, Found, Made, ProviderFailure
from mllab.simulated.azure import places
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.azure.rules import tokens
from mllab.simulated.faults import Faults

MORNING = datetime(2027, 1, 11, 8, tzinfo=UTC)
PLENTY = {code: 1000.0 for code in AZURE.quotas()}
WHOLE = f"/subscriptions/{places.SUBSCRIPTION}"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1cS0xIQ0nobodyhasit0000000000000000000 lab"


def role(name: str) -> str:
    """The id of a built-in role."""
    number = next(id for id, known in places.roles().items() if known == name)
    return f"{WHOLE}/providers/Microsoft.Authorization/roleDefinitions/{number}"


class Subscription:
    """Calls a simulated Azure as an engine does: check, then create, update, read, delete.

    Args:
        path: of the subscription's file; None for memory.
        quotas: limits; plenty of everything unless given.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        quotas: Mapping[str, float] | None = PLENTY,
        faults: Faults | None = None,
        location: str = "westeurope",
    ) -> None:
        self.whole = SimulatedAzure(path, quotas=quotas, faults=faults)
        self.azure = self.whole.configured({"location": location})
        self.now = MORNING
        self._seeds = itertools.count(1)

    def call(self, type: str, name: str, *, preview: bool = False) -> Call:
        """The next call about a resource; every one has another seed."""
        seed = next(self._seeds).to_bytes(4, "big")
        urn = f"urn:pulumi:test::mllab::{type}::{name}"
        return Call(urn, type, name, self.now, seed=seed, preview=preview)

    def later(self, **more: float) -> None:
        """Let time pass, as `timedelta` takes it."""
        self.now += timedelta(**more)

    def check(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> Checked:
        return self.azure.check(self.call(type, name), None, dict(inputs))

    def faults(self, type: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        return self.check(type, inputs).faults

    def create(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> Made:
        """Check and create. AssertionError for inputs that the provider itself refuses."""
        call = self.call(type, name)
        checked = self.azure.check(call, None, dict(inputs))
        assert not checked.faults, checked.faults
        return self.azure.create(call, checked.inputs)

    def refused(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> str:
        """What Azure says to a create that it refuses: `Code: message`."""
        try:
            made = self.create(type, inputs, name)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"made {made.id} instead of refusing it")

    def update(self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing") -> Made:
        call = self.call(type, name)
        before = self.azure.read(call, id, {})
        assert before is not None
        checked = self.azure.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return self.azure.update(call, id, before.outputs, checked.inputs)

    def not_updated(self, type: str, id: str, inputs: Mapping[str, Any]) -> str:
        """What Azure says to an update that it refuses: `Code: message`."""
        try:
            self.update(type, id, inputs)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"updated {id} instead of refusing it")

    def diff(
        self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing"
    ) -> Difference:
        """What would change about something that exists."""
        before = self.read(type, id)
        assert before is not None
        call = self.call(type, name)
        checked = self.azure.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return self.azure.diff(call, id, before.inputs, before.outputs, checked.inputs)

    def read(self, type: str, id: str) -> Found | None:
        return self.azure.read(self.call(type, "thing"), id, {})

    def shown(self, type: str, id: str) -> dict[str, Any]:
        """Outputs of what exists."""
        found = self.read(type, id)
        assert found is not None
        return found.outputs

    def delete(self, type: str, id: str) -> float:
        return self.azure.delete(self.call(type, "thing"), id, {})

    def kept(self, type: str, id: str) -> str:
        """What Azure says to a delete that it refuses: `Code: message`."""
        try:
            self.delete(type, id)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"deleted {id} instead of refusing it")

    def contents(self, type: str, id: str) -> str | None:
        return self.azure.contents(self.call(type, "thing"), id, {})

    def ids(self, type: str) -> list[str]:
        """Ids of everything of a type, oldest first."""
        return [record.id for record in self.whole.inventory() if record.type == type]

    def group(self, name: str = "lab", **more: Any) -> str:
        """A resource group of that very name."""
        inputs = {"resourceGroupName": name, **more}
        self.create(tokens.GROUP, inputs, name)
        return name
