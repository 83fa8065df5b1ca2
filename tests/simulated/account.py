"""A simulated AWS account as the tests use it: inputs in, outputs out, time when it is told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mllab.clouds.aws import AWS
from mllab.protocol.provider import Call, Checked, Difference, Found, Made, ProviderFailure
from mllab.simulated.aws import places
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from mllab.simulated.faults import Faults

MORNING = datetime(2027, 1, 11, 8, tzinfo=UTC)
PLENTY = {code: 1000.0 for code in AWS.quotas()}
GPU_IMAGE = places.images()[0]
CPU_IMAGE = places.images()[-1]


def trust(service: str = "ec2.amazonaws.com") -> str:
    """A trust policy for a service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str = "s3:GetObject", resource: str = "*", **more: Any) -> str:
    """A policy with one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Account:
    """Calls a simulated AWS as an engine does: check, then create, update, read, delete.

    Args:
        path: of the account's file; None for memory.
        quotas: limits; plenty of everything unless given.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        quotas: Mapping[str, float] | None = PLENTY,
        faults: Faults | None = None,
        region: str = "us-east-1",
    ) -> None:
        self.whole = SimulatedAws(path, quotas=quotas, faults=faults)
        self.aws = self.whole.configured({"region": region})
        self.now = MORNING
        self._seeds = itertools.count(1)

    def call(self, type: str, name: str, *, preview: bool = False) -> Call:
        """The next call about a resource; every one has another seed."""
        seed = next(self._seeds).to_bytes(4, "big")
        urn = f"urn:pulumi:test::mllab::{type}::{name}"
        return Call(urn, type, name, self.now, seed=seed, preview=preview)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def check(self, type: str, inputs: Mapping[str, Any], name: str = "thing") -> Checked:
        return self.aws.check(self.call(type, name), None, dict(inputs))

    def faults(self, type: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        return self.check(type, inputs).faults

    def create(self, type: str, inputs: Mapping[str, Any] = {}, name: str = "thing") -> Made:  # noqa: B006
        """Check and create. AssertionError for inputs that the provider itself refuses."""
        call = self.call(type, name)
        checked = self.aws.check(call, None, dict(inputs))
        assert not checked.faults, checked.faults
        return self.aws.create(call, checked.inputs)

    def refused(self, type: str, inputs: Mapping[str, Any] = {}, name: str = "thing") -> str:  # noqa: B006
        """What AWS says to a create that it refuses: `Code: message`."""
        try:
            made = self.create(type, inputs, name)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"made {made.id} instead of refusing it")

    def update(self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing") -> Made:
        call = self.call(type, name)
        before = self.aws.read(call, id, {})
        assert before is not None
        checked = self.aws.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return self.aws.update(call, id, before.outputs, checked.inputs)

    def diff(
        self, type: str, id: str, inputs: Mapping[str, Any], name: str = "thing"
    ) -> Difference:
        """What would change about something that exists."""
        before = self.read(type, id)
        assert before is not None
        call = self.call(type, name)
        checked = self.aws.check(call, before.inputs, dict(inputs))
        assert not checked.faults, checked.faults
        return self.aws.diff(call, id, before.inputs, before.outputs, checked.inputs)

    def read(self, type: str, id: str) -> Found | None:
        return self.aws.read(self.call(type, "thing"), id, {})

    def delete(self, type: str, id: str) -> float:
        return self.aws.delete(self.call(type, "thing"), id, {})

    def kept(self, type: str, id: str) -> str:
        """What AWS says to a delete that it refuses: `Code: message`."""
        try:
            self.delete(type, id)
        except ProviderFailure as failure:
            return f"{failure.code}: {failure.message}"
        raise AssertionError(f"deleted {id} instead of refusing it")

    def contents(self, type: str, id: str) -> str | None:
        return self.aws.contents(self.call(type, "thing"), id, {})

    def ids(self, type: str) -> list[str]:
        """Ids of everything of a type, oldest first."""
        return [record.id for record in self.whole.inventory() if record.type == type]

    # ------------------------------------------------------------------------- things to build on

    def vpc(self, cidr: str = "10.0.0.0/16", name: str = "net") -> str:
        return self.create(tokens.VPC, {"cidrBlock": cidr}, name).id

    def subnet(
        self, vpc: str, cidr: str = "10.0.0.0/24", zone: str = "us-east-1a", name: str = "sub"
    ) -> str:
        inputs = {"vpcId": vpc, "cidrBlock": cidr, "availabilityZone": zone}
        return self.create(tokens.SUBNET, {**inputs, "mapPublicIpOnLaunch": True}, name).id

    def group(self, vpc: str, name: str = "group") -> str:
        return self.create(tokens.GROUP, {"vpcId": vpc}, name).id

    def role(self, service: str = "ec2.amazonaws.com", name: str = "role", **more: Any) -> Made:
        return self.create(tokens.ROLE, {"assumeRolePolicy": trust(service), **more}, name)

    def bucket(self, name: str = "bucket", **more: Any) -> str:
        return self.create(tokens.BUCKET, more, name).id

    def machine(self, subnet: str, type: str = "g4dn.xlarge", **more: Any) -> dict[str, Any]:
        """Inputs of an instance."""
        return {
            "ami": GPU_IMAGE.id(self.aws.region),
            "instanceType": type,
            "subnetId": subnet,
            "rootBlockDevice": {"volumeSize": 100, "volumeType": "gp3", "encrypted": True},
            **more,
        }

    def instance(self, subnet: str, type: str = "g4dn.xlarge", **more: Any) -> str:
        return self.create(tokens.INSTANCE, self.machine(subnet, type, **more), "machine").id

    def environment(self, subnet: str, group: str, profile: str, **more: Any) -> dict[str, Any]:
        """Inputs of a compute environment."""
        return {
            "type": "MANAGED",
            "computeResources": {
                "type": "SPOT",
                "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
                "minVcpus": 0,
                "maxVcpus": 16,
                "instanceTypes": ["g4dn.xlarge"],
                "subnets": [subnet],
                "securityGroupIds": [group],
                "instanceRole": profile,
                "ec2Configurations": [{"imageType": "ECS_AL2023_NVIDIA"}],
                **more,
            },
        }
