"""Valid inputs for every resource type that the simulated AWS knows, in an order that works."""

from __future__ import annotations

from typing import Any

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account, allow, trust
from tests.simulated.more_samples import TAGS, Sample, stores
from tests.simulated.work_samples import work


def samples(account: Account) -> list[Sample]:
    """At least one of every type, with all properties that the components use."""
    image = account.machine("")["ami"]
    return [
        ("net", tokens.VPC, {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": TAGS}),
        ("adopted", tokens.DEFAULT_GROUP, {"vpcId": "@net.id"}),
        ("gateway", tokens.GATEWAY, {"vpcId": "@net.id", "tags": TAGS}),
        ("routes", tokens.ROUTES, {"vpcId": "@net.id"}),
        (
            "out",
            tokens.ROUTE,
            {
                "routeTableId": "@routes.id",
                "destinationCidrBlock": "0.0.0.0/0",
                "gatewayId": "@gateway.id",
            },
        ),
        (
            "endpoint",
            tokens.ENDPOINT,
            {
                "vpcId": "@net.id",
                "serviceName": "com.amazonaws.us-east-1.s3",
                "vpcEndpointType": "Gateway",
                "routeTableIds": ["@routes.id"],
            },
        ),
        (
            "subnet",
            tokens.SUBNET,
            {
                "vpcId": "@net.id",
                "cidrBlock": "10.0.0.0/21",
                "availabilityZone": "us-east-1a",
                "mapPublicIpOnLaunch": True,
            },
        ),
        (
            "routed",
            tokens.ROUTES_OF_SUBNET,
            {"routeTableId": "@routes.id", "subnetId": "@subnet.id"},
        ),
        ("group", tokens.GROUP, {"vpcId": "@net.id", "description": "machines"}),
        (
            "egress",
            tokens.EGRESS,
            {"securityGroupId": "@group.id", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
        ),
        (
            "ingress",
            tokens.INGRESS,
            {
                "securityGroupId": "@group.id",
                "ipProtocol": "tcp",
                "fromPort": 2049,
                "toPort": 2049,
                "referencedSecurityGroupId": "@group.id",
            },
        ),
        ("role", tokens.ROLE, {"assumeRolePolicy": trust(), "path": "/mllab/", "tags": TAGS}),
        ("inline", tokens.ROLE_POLICY, {"role": "@role.name", "policy": allow()}),
        ("managed", tokens.POLICY, {"policy": allow()}),
        (
            "attached",
            tokens.ROLE_ATTACHMENT,
            {"role": "@role.name", "policyArn": "@managed.arn"},
        ),
        ("profile", tokens.PROFILE, {"role": "@role.name", "path": "/mllab/"}),
        (
            "home",
            tokens.VOLUME,
            {"availabilityZone": "us-east-1a", "size": 50, "type": "gp3", "encrypted": True},
        ),
        (
            "machine",
            tokens.INSTANCE,
            {
                "ami": image,
                "instanceType": "g4dn.xlarge",
                "subnetId": "@subnet.id",
                "vpcSecurityGroupIds": ["@group.id"],
                "iamInstanceProfile": "@profile.name",
                "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required"},
                "rootBlockDevice": {"volumeType": "gp3", "volumeSize": 100, "encrypted": True},
                "userDataBase64": "I2Nsb3VkLWNvbmZpZwo=",
                "tags": TAGS,
            },
        ),
        (
            "mounted",
            tokens.VOLUME_ATTACHMENT,
            {"deviceName": "/dev/sdf", "instanceId": "@machine.id", "volumeId": "@home.id"},
        ),
        (
            "template",
            tokens.TEMPLATE,
            {
                "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required"},
                "blockDeviceMappings": [
                    {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 200, "encrypted": "true"}}
                ],
                "tagSpecifications": [{"resourceType": "volume", "tags": TAGS}],
            },
        ),
        *stores(),
        *work(account),
    ]


def filled(value: Any, made: dict[str, dict[str, Any]]) -> Any:
    """A sample's inputs with the outputs of earlier ones in place of `@name.property`."""
    if isinstance(value, dict):
        return {key: filled(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, made) for item in value]
    if isinstance(value, str) and value.startswith("@"):
        name, _, output = value[1:].partition(".")
        return made[name][output]
    return value


def build(account: Account) -> dict[str, dict[str, Any]]:
    """Create all samples; their outputs with `id`, `token` and `given` inputs, by name."""
    made: dict[str, dict[str, Any]] = {}
    for name, token, inputs in samples(account):
        given = filled(inputs, made)
        found = account.create(token, given, name)
        made[name] = {**found.outputs, "id": found.id, "token": token, "given": given}
    return made
