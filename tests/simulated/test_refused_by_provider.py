"""What Pulumi's provider refuses before AWS is asked: all faults at once, each by its property."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account

SUBNET = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"}
RULE = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 2}


@pytest.mark.parametrize(
    ("type", "inputs", "fault"),
    [
        (
            tokens.VPC,
            {"cidrBlok": "10.0.0.0/16"},
            "cidrBlok: unknown property; did you mean 'cidrBlock'?",
        ),
        (tokens.VPC, {"xyz": 1}, "xyz: unknown property"),
        (tokens.VPC, {"arn": "arn:aws:x"}, "arn: only the cloud sets this property"),
        (
            tokens.VPC,
            {"cidrBlock": ["10.0.0.0/16"]},
            "cidrBlock: must be text (got ['10.0.0.0/16'])",
        ),
        (
            tokens.VPC,
            {"enableDnsSupport": "yes"},
            "enableDnsSupport: must be true or false (got 'yes')",
        ),
        (tokens.VPC, {"tags": "a=b"}, "tags: must be a map of names and values (got 'a=b')"),
        (
            tokens.VPC,
            {"cidrBlock": "10.0.0.1/16"},
            'cidrBlock: "10.0.0.1/16" is not a valid IPv4 CIDR block',
        ),
        (tokens.VPC, {"cidrBlock": "lan"}, 'cidrBlock: "lan" is not a valid IPv4 CIDR block'),
        (tokens.SUBNET, {"cidrBlock": "10.0.0.0/24"}, "vpcId: missing, it is required"),
        (tokens.SUBNET, {**SUBNET, "vpcId": None}, "vpcId: missing, it is required"),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "rootBlockDevice": {"volumSize": 8}},
            "rootBlockDevice.volumSize: unknown property; did you mean 'volumeSize'?",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "rootBlockDevice": {"volumeSize": "big"}},
            "rootBlockDevice.volumeSize: must be a whole number (got 'big')",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "rootBlockDevice": {"volumeSize": 7.5}},
            "rootBlockDevice.volumeSize: must be a whole number (got 7.5)",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "vpcSecurityGroupIds": "sg-1"},
            "vpcSecurityGroupIds: must be a list (got 'sg-1')",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "vpcSecurityGroupIds": [{"id": "sg-1"}]},
            "vpcSecurityGroupIds[0]: must be text (got {'id': 'sg-1'})",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "metadataOptions": {"httpTokens": "always"}},
            "metadataOptions.httpTokens: must be one of optional, required (got 'always')",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1"},
            "instanceType: missing, one of instanceType, launchTemplate is required",
        ),
        (
            tokens.INSTANCE,
            {"instanceType": "t"},
            "ami: missing, one of ami, launchTemplate is required",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "userData": "a", "userDataBase64": "YQ=="},
            "userData: conflicts with userDataBase64",
        ),
        (
            tokens.INSTANCE,
            {"ami": "ami-1", "instanceType": "t", "userDataBase64": "#!/bin/sh"},
            "userDataBase64: is no base64: Only base64 data is allowed",
        ),
        (
            tokens.VOLUME,
            {"availabilityZone": "us-east-1a", "size": 8, "type": "gp9"},
            "type: must be one of standard, gp2, gp3, io1, io2, sc1, st1 (got 'gp9')",
        ),
        (
            tokens.VOLUME,
            {"availabilityZone": "us-east-1a"},
            "size: missing, one of size, snapshotId is required",
        ),
        (
            tokens.INGRESS,
            RULE,
            "cidrIpv4: exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId "
            "is required (got none)",
        ),
        (
            tokens.INGRESS,
            RULE | {"cidrIpv4": "10.0.0.0/8", "referencedSecurityGroupId": "sg-1"},
            "cidrIpv4: exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId "
            "is required (got cidrIpv4, referencedSecurityGroupId)",
        ),
        (
            tokens.INGRESS,
            RULE | {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"},
            "fromPort: must not be given with ipProtocol -1, which is all ports",
        ),
        (
            tokens.INGRESS,
            {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"},
            "fromPort: fromPort and toPort are required with ipProtocol tcp",
        ),
        (
            tokens.INGRESS,
            RULE | {"cidrIpv4": "10.0.0.0/8", "toPort": 70000},
            "toPort: must be between -1 and 65535 (got 70000)",
        ),
        (
            tokens.ROUTE,
            {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"},
            "gatewayId: missing, one of gatewayId, natGatewayId, networkInterfaceId, "
            "transitGatewayId, vpcEndpointId, vpcPeeringConnectionId is required",
        ),
        (
            tokens.ROLE,
            {"assumeRolePolicy": "{not json"},
            "assumeRolePolicy: is no valid JSON: Expecting property name enclosed in double "
            "quotes: line 1 column 2 (char 1)",
        ),
        (
            tokens.ROLE,
            {"assumeRolePolicy": "{}", "name": "a" * 65},
            f"name: has 65 characters, at most 64 (got {'a' * 65!r})",
        ),
        (
            tokens.ROLE,
            {"assumeRolePolicy": "{}", "name": "a", "namePrefix": "b"},
            "name: conflicts with namePrefix",
        ),
        (tokens.BUCKET, {"bucket": "Upper"}, None),
        (tokens.BUCKET, {"bucket": "ab"}, None),
        (tokens.BUCKET, {"bucket": "a..b"}, None),
        (tokens.BUCKET, {"bucket": "xn--abc"}, None),
        (tokens.REPOSITORY, {"name": "Upper"}, None),
        (tokens.SCHEDULE_GROUP, {"name": "a b"}, None),
        (
            tokens.DEFINITION,
            {
                "type": "container",
                "containerProperties": "{}",
                "retryStrategy": {"attempts": 3, "evaluateOnExits": [{"action": "EXIT"}] * 6},
            },
            "retryStrategy.evaluateOnExits: at most 5 items (got 6)",
        ),
        (
            tokens.SCHEDULE,
            {
                "scheduleExpression": "rate(1 hour)",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {"arn": "arn:aws:sqs:eu-west-1:1:q", "roleArn": "arn:aws:iam::1:role/r"},
                "startDate": "2027-02-06",
            },
            "startDate: must be a time of RFC 3339 like 2027-02-05T23:00:00Z (got 2027-02-06)",
        ),
        (
            "aws:cloudwatch/logGroup:LogGroup",
            {"retentionInDays": 8},
            "retentionInDays: must be one of 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, "
            "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 (got 8)",
        ),
        (
            tokens.BUCKET_LIFECYCLE,
            {"bucket": "b", "rules": [{"id": "a", "status": "Enabled"}]},
            "rules[0]: at least one of abortIncompleteMultipartUpload, expiration, "
            "noncurrentVersionExpiration, noncurrentVersionTransitions, transitions is required",
        ),
        (
            tokens.BUCKET_LIFECYCLE,
            {"bucket": "b", "rules": [{"id": "a", "status": "on", "expiration": {"days": 1}}]},
            "rules.status: must be one of Enabled, Disabled (got 'on')",
        ),
        (
            tokens.ENVIRONMENT,
            {"type": "MANAGED"},
            "computeResources: missing, it is required for type MANAGED",
        ),
        (
            tokens.ENVIRONMENT,
            {
                "type": "MANAGED",
                "computeResources": {
                    "type": "EC2",
                    "maxVcpus": 1,
                    "subnets": [],
                    "instanceRole": "p",
                },
            },
            "computeResources.instanceRole: must be an ARN (got 'p')",
        ),
        (
            tokens.DEFINITION,
            {"type": "container"},
            "containerProperties: missing, it is required for type container",
        ),
        (
            tokens.BUDGET,
            {"budgetType": "COST", "timeUnit": "WEEKLY"},
            "timeUnit: must be one of DAILY, MONTHLY, QUARTERLY, ANNUALLY, CUSTOM (got 'WEEKLY')",
        ),
        (
            "aws:rds/instance:Instance",
            {},
            "the simulated AWS does not know the resource type aws:rds/instance:Instance",
        ),
    ],
)
def test_the_provider_refuses(type: str, inputs: dict[str, Any], fault: str | None) -> None:
    faults = Account().faults(type, inputs)
    if fault is None:
        name = Account().provider.kind(type).facts.name
        assert len(faults) == 1
        assert faults[0].startswith(f"{name}: must match ")
    else:
        assert faults == (fault,)


def test_all_faults_come_at_once() -> None:
    assert Account().faults(tokens.SUBNET, {"cidr": "x", "mapPublicIpOnLaunch": 3}) == (
        "cidr: unknown property; did you mean 'cidrBlock'?",
        "mapPublicIpOnLaunch: must be true or false (got 3)",
        "vpcId: missing, it is required",
    )


@pytest.mark.parametrize(
    ("type", "inputs", "kept"),
    [
        (tokens.BUDGET, {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": 25}, "25"),
        (tokens.BUDGET, {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": 2.5}, "2.5"),
    ],
)
def test_a_number_may_stand_for_text(type: str, inputs: dict[str, Any], kept: str) -> None:
    assert Account().check(type, inputs).inputs["limitAmount"] == kept


@pytest.mark.parametrize("given", [12.0, "12", 12])
def test_text_and_a_float_may_stand_for_a_whole_number(given: Any) -> None:
    inputs = {"availabilityZone": "us-east-1a", "size": given}
    kept = Account().check(tokens.VOLUME, inputs).inputs["size"]
    assert kept == 12
    assert type(kept) is int


@pytest.mark.parametrize("given", [float("nan"), float("inf"), "1e400", True])
def test_what_is_no_finite_number_is_refused(given: Any) -> None:
    inputs = {"availabilityZone": "us-east-1a", "size": given}
    (fault,) = Account().faults(tokens.VOLUME, inputs)
    assert fault.startswith("size: must be a whole number")
