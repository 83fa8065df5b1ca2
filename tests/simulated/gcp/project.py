"""A simulated Google Cloud project as the tests use it: inputs in, outputs out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mllab.clouds.gcp import GCP
from mllab.protocol.provider import (
    Call,
    Checked,
    Difference,
    Found,
    Made,
    Provider,
    ProviderFailure,
)
from mllab.simulated.faults import Faults
from mllab.simulated.gcp import places
from mllab.simulated.gcp.cloud import SimulatedGcp
from mllab.simulated.gcp.rules import tokens

MORNING = datetime(2027, 1, 11, 8, tzinfo=UTC)
PLENTY = {code: 1000.0 for code in GCP.quotas()}
PROJECT = "ml-course-2027"
NUMBER = places.number(PROJECT)
ZONE = "us-central1-a"
GPU_FAMILY = (
    "projects/deeplearning-platform-release/global/images/family/"
    "common-cu129-ubuntu-2404-nvidia-580"
)
AGENT = f"serviceAccount:service-{NUMBER}@compute-system.iam.gserviceaccount.com"
BILLING = {"userProjectOverride": "true", "billingProject": PROJECT}


class Project:
    """Calls a simulated Google Cloud as an engine does: check, then create, update, read, delete.

    Args:
        path: of the cloud's file; None for memory.
        quotas: limits; plenty of everything unless given.
        enable: all APIs are enabled, for long. by_hand: so is what a person must switch on.
        config: of the provider, over project, region and zone.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        quotas: Mapping[str, float] | None = PLENTY,
        faults: Faults | None = None,
        enable: bool = True,
        by_hand: bool = True,
        config: Mapping[str, str] = {},  # noqa: B006
    ) -> None:
        self.whole = SimulatedGcp(path, quotas=quotas, faults=faults)
        place = {"project": PROJECT, "region": "us-central1", "zone": ZONE}
        self.gcp: Provider = self.whole.configured({**place, **BILLING, **config})
        self.now = MORNING
        self._seeds = itertools.count(1)
        for name in self.whole.by_hand if by_hand else ():
            self.whole.switch_on(name)
        for service in sorted(places.services()) if enable else ():
            self.create(tokens.SERVICE, {"service": service})
        self.later(3600 if enable else 0)

    def call(self, type: str, name: str, *, preview: bool = False) -> Call:
        """The next call about a resource; every one has another seed."""
        seed = next(self._seeds).to_bytes(4, "big")
        urn = f"urn:pulumi:test::mllab::{type}::{name}"
        return Call(urn, type, name, self.now, seed=seed, preview=preview)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def check(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> Checked:
        return self.gcp.check(self.call(type, name), None, dict(inputs))

    def faults(self, type: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        return self.check(type, inputs).faults

    def create(self, type: str, inputs: Mapping[str, Any] = {}, name: str = "thing") -> Made:  # noqa: B006
        """Check and create. AssertionError for inputs that the provider itself refuses."""
        call = self.call(type, name)
        checked = self.gcp.check(call, None, dict(inputs))
        assert not checked.faults, checked.faults
        return self.gcp.create(call, checked.inputs)

    def refused(self, type: str, inputs: Mapping[str, Any] = {}, name: str = "thing") -> str:  # noqa: B006
        """What Google says to a create that it refuses, `Code: message`; nothing was made."""
        before = len(self.whole.inventory(standing=True))
        try:
            made = self.create(type, inputs, name)
        except ProviderFailure as failure:
            assert len(self.whole.inventory(standing=True)) == before
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"made {made.id} instead of refusing it")

    def hint(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> str:
        """What is said to help against a refusal."""
        try:
            made = self.create(type, inputs, name)
        except ProviderFailure as failure:
            return failure.hint
        raise AssertionError(f"made {made.id} instead of refusing it")

    def update(self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing") -> Made:
        call = self.call(type, name)
        before = self.gcp.read(call, id, {})
        assert before is not None
        checked = self.gcp.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return self.gcp.update(call, id, before.outputs, checked.inputs)

    def unchanged(self, type: str, id: str, inputs: Mapping[str, Any]) -> str:
        """What Google says to an update that it refuses: `Code: message`."""
        try:
            self.update(type, id, inputs)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"changed {id} instead of refusing it")

    def diff(
        self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing"
    ) -> Difference:
        """What would change about something that exists."""
        call = self.call(type, name)
        before = self.gcp.read(call, id, {})
        assert before is not None
        checked = self.gcp.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return self.gcp.diff(call, id, before.inputs, before.outputs, checked.inputs)

    def read(self, type: str, id: str) -> Found | None:
        return self.gcp.read(self.call(type, "thing"), id, {})

    def outputs(self, type: str, id: str) -> dict[str, Any]:
        """What Google shows of something that exists."""
        found = self.read(type, id)
        assert found is not None
        return found.outputs

    def delete(self, type: str, id: str, outputs: Mapping[str, Any] = {}) -> float:  # noqa: B006
        return self.gcp.delete(self.call(type, "thing"), id, dict(outputs))

    def kept(self, type: str, id: str) -> str:
        """What Google says to a delete that it refuses: `Code: message`."""
        try:
            self.delete(type, id)
        except ProviderFailure as failure:
            assert self.read(type, id) is not None
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"deleted {id} instead of refusing it")

    def contents(self, type: str, id: str) -> str | None:
        return self.gcp.contents(self.call(type, "thing"), id, {})

    def ids(self, type: str, *, standing: bool = False) -> list[str]:
        """Ids of everything of a type, oldest first."""
        found = self.whole.inventory(standing=standing)
        return [record.id for record in found if record.type == type]

    # ------------------------------------------------------------------------- things to build on

    def network(self, name: str = "net") -> str:
        return self.create(tokens.NETWORK, {"autoCreateSubnetworks": False}, name).id

    def subnet(self, network: str, cidr: str = "10.10.0.0/20", name: str = "sub") -> str:
        return self.create(tokens.SUBNET, {"network": network, "ipCidrRange": cidr}, name).id

    def bucket(self, logical: str = "bucket", /, **more: Any) -> str:
        return self.create(tokens.BUCKET, {"location": "us-central1", **more}, logical).id

    def machine(self, subnet: str, type: str = "e2-standard-2", **more: Any) -> dict[str, Any]:
        """Inputs of an instance."""
        return {
            "machineType": type,
            "bootDisk": {"initializeParams": {"image": GPU_FAMILY, "size": 60, "type": "pd-ssd"}},
            "networkInterfaces": [{"subnetwork": subnet, "accessConfigs": [{}]}],
            **more,
        }

    def instance(self, subnet: str, type: str = "e2-standard-2", **more: Any) -> str:
        return self.create(tokens.INSTANCE, self.machine(subnet, type, **more), "machine").id

    def gpu_machine(self, subnet: str, type: str = "g2-standard-4", **more: Any) -> dict[str, Any]:
        """Inputs of an instance with a GPU."""
        return self.machine(subnet, type, scheduling={"onHostMaintenance": "TERMINATE"}, **more)
