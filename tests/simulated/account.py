"""A simulated AWS account as the tests use it: inputs in, outputs out, time when it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from mllab.clouds.aws import AWS
from mllab.protocol.provider import Made
from mllab.simulated.aws import places
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from mllab.simulated.faults import Faults
from tests.simulated.caller import Caller

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


class Account(Caller):
    """Calls a simulated AWS as an engine does: check, then create, update, read, delete.

    Args:
        path: of the account's file; None for memory.
        quotas: limits; plenty of everything unless given.
    """

    cloud = "aws"
    here: ClassVar = {
        "image": GPU_IMAGE.id("us-east-1"),
        "other_image": GPU_IMAGE.id("eu-west-1"),
        "snapshot": GPU_IMAGE.snapshot("us-east-1"),
    }

    def __init__(
        self,
        path: Path | None = None,
        *,
        quotas: Mapping[str, float] | None = PLENTY,
        faults: Faults | None = None,
        region: str = "us-east-1",
    ) -> None:
        super().__init__(SimulatedAws(path, quotas=quotas, faults=faults), {"region": region})

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
            "ami": GPU_IMAGE.id(self.provider.region),
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
