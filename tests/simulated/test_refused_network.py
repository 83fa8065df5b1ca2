"""What AWS refuses in networks, machines and disks, with AWS's code and words."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import GPU_IMAGE, Account
from tests.simulated.refusing import Refusals, holds, in_lab, plain

RULE = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 2}


def launch(account: Account, **more: Any) -> str:
    subnet = account.subnet(account.vpc())
    return account.refused(tokens.INSTANCE, account.machine(subnet, **more))


REFUSALS: Refusals = {
    "vpc too large": (
        plain(tokens.VPC, {"cidrBlock": "10.0.0.0/8"}),
        "InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.",
    ),
    "vpc without a block": (
        plain(tokens.VPC, {}),
        "MissingParameter: Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
    ),
    "second gateway": (
        in_lab(tokens.GATEWAY, {"vpcId": "@net"}),
        "InvalidParameterValue: Network {net} already has an internet gateway attached",
    ),
    "subnet in no vpc": (
        plain(tokens.SUBNET, {"vpcId": "vpc-0", "cidrBlock": "10.0.0.0/24"}),
        "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist",
    ),
    "subnet outside": (
        in_lab(tokens.SUBNET, {"vpcId": "@net", "cidrBlock": "10.1.0.0/24"}),
        "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.",
    ),
    "subnet overlaps": (
        in_lab(tokens.SUBNET, {"vpcId": "@net", "cidrBlock": "10.0.4.0/24"}),
        "InvalidSubnet.Conflict: The CIDR '10.0.4.0/24' conflicts with another subnet",
    ),
    "subnet in no zone": (
        in_lab(
            tokens.SUBNET,
            {"vpcId": "@net", "cidrBlock": "10.0.8.0/24", "availabilityZone": "us-east-1z"},
        ),
        "InvalidParameterValue: Value (us-east-1z) for parameter availabilityZone is invalid. "
        "Subnets can currently only be created in the following availability zones: us-east-1a, "
        "us-east-1b, us-east-1c, us-east-1d, us-east-1e, us-east-1f.",
    ),
    "route to no gateway": (
        in_lab(
            tokens.ROUTE,
            {
                "routeTableId": "@routes",
                "destinationCidrBlock": "10.9.0.0/16",
                "gatewayId": "igw-0",
            },
        ),
        "InvalidGatewayID.NotFound: The gateway ID 'igw-0' does not exist",
    ),
    "same route": (
        in_lab(
            tokens.ROUTE,
            {
                "routeTableId": "@routes",
                "destinationCidrBlock": "0.0.0.0/0",
                "gatewayId": "@gateway",
            },
        ),
        "RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists.",
    ),
    "subnet routed twice": (
        in_lab(tokens.ROUTES_OF_SUBNET, {"routeTableId": "@routes", "subnetId": "@subnet"}),
        "Resource.AlreadyAssociated: the specified association for route table {routes} conflicts "
        "with an existing association",
    ),
    "endpoint of another region": (
        in_lab(tokens.ENDPOINT, {"vpcId": "@net", "serviceName": "com.amazonaws.eu-west-1.s3"}),
        "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.eu-west-1.s3' does not exist",
    ),
    "gateway endpoint of another service": (
        in_lab(tokens.ENDPOINT, {"vpcId": "@net", "serviceName": "com.amazonaws.us-east-1.ssm"}),
        "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.us-east-1.ssm' does not exist",
    ),
    "group without a vpc": (
        plain(tokens.GROUP, {}),
        "VPCIdNotSpecified: No default VPC for this user.",
    ),
    "rule of no group": (
        plain(tokens.INGRESS, RULE | {"cidrIpv4": "10.0.0.0/8", "securityGroupId": "sg-0"}),
        "InvalidGroup.NotFound: The security group 'sg-0' does not exist",
    ),
    "same rule": (
        in_lab(
            tokens.EGRESS,
            {"securityGroupId": "@group", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
        ),
        'InvalidPermission.Duplicate: the specified rule "peer: 0.0.0.0/0, -1, ALLOW" already '
        "exists",
    ),
    "machine in no subnet": (
        plain(tokens.INSTANCE, {"ami": GPU_IMAGE.id("us-east-1"), "instanceType": "g4dn.xlarge"}),
        "VPCIdNotSpecified: No default VPC for this user.",
    ),
    "machine in an unknown subnet": (
        lambda account: account.refused(tokens.INSTANCE, account.machine("subnet-0")),
        "InvalidSubnetID.NotFound: The subnet ID 'subnet-0' does not exist",
    ),
    "unknown image": (
        lambda account: launch(account, ami="ami-00000000000000000"),
        "InvalidAMIID.NotFound: The image id '[ami-00000000000000000]' does not exist",
    ),
    "image of another region": (
        lambda account: launch(account, ami=GPU_IMAGE.id("eu-west-1")),
        f"InvalidAMIID.NotFound: The image id '[{GPU_IMAGE.id('eu-west-1')}]' does not exist",
    ),
    "unknown machine type": (
        lambda account: launch(account, type="g99.xlarge"),
        "InvalidParameterValue: Invalid value 'g99.xlarge' for InstanceType.",
    ),
    "machine not offered in the zone": (
        lambda account: account.refused(
            tokens.INSTANCE,
            account.machine(account.subnet(account.vpc(), zone="us-east-1e"), "g6.xlarge"),
        ),
        "Unsupported: Your requested instance type (g6.xlarge) is not supported in your requested "
        "Availability Zone (us-east-1e). Please retry your request by not specifying an "
        "Availability Zone or choosing us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1f.",
    ),
    "unknown group": (
        lambda account: launch(account, vpcSecurityGroupIds=["sg-0"]),
        "InvalidGroup.NotFound: The security group 'sg-0' does not exist",
    ),
    "unknown profile": (
        lambda account: launch(account, iamInstanceProfile="nobody"),
        "InvalidParameterValue: Value (nobody) for parameter iamInstanceProfile.name is invalid. "
        "Invalid IAM Instance Profile name",
    ),
    "unknown key pair": (
        lambda account: launch(account, keyName="mine"),
        "InvalidKeyPair.NotFound: The key pair 'mine' does not exist",
    ),
    "root disk smaller than the image": (
        lambda account: launch(account, rootBlockDevice={"volumeSize": 50}),
        f"InvalidBlockDeviceMapping: Volume of size 50GB is smaller than snapshot "
        f"'{GPU_IMAGE.snapshot('us-east-1')}', expect size >= 75GB",
    ),
    "too much user data": (
        lambda account: launch(account, userData="x" * 16385),
        "InvalidParameterValue: User data is limited to 16384 bytes",
    ),
    "volume in no zone": (
        plain(tokens.VOLUME, {"availabilityZone": "us-east-1z", "size": 8}),
        "InvalidZone.NotFound: The zone 'us-east-1z' does not exist.",
    ),
    "volume too large": (
        plain(tokens.VOLUME, {"availabilityZone": "us-east-1a", "size": 20000, "type": "gp2"}),
        "InvalidParameterValue: Volume of 20000GiB is too large; gp2 volumes must be at most "
        "16384GiB",
    ),
    "volume from no snapshot": (
        plain(tokens.VOLUME, {"availabilityZone": "us-east-1a", "size": 8, "snapshotId": "snap-0"}),
        "InvalidSnapshot.NotFound: The snapshot 'snap-0' does not exist.",
    ),
    "volume attached twice": (
        in_lab(
            tokens.VOLUME_ATTACHMENT,
            {"deviceName": "/dev/sdg", "instanceId": "@machine", "volumeId": "@home"},
        ),
        "VolumeInUse: {home} is already attached to an instance",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_aws_refuses(case: str, account: Account) -> None:
    holds(account, *REFUSALS[case])
