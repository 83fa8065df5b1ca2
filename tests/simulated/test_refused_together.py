"""What AWS refuses because of what is there already, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import CPU_IMAGE, Account, allow, trust


def test_groups_and_subnet_in_different_networks(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    group = account.group(account.vpc("10.1.0.0/16", "other"))
    assert account.refused(
        tokens.INSTANCE, account.machine(subnet, vpcSecurityGroupIds=[group])
    ) == (
        f"InvalidParameter: Security group {group} and subnet {subnet} belong to different "
        "networks."
    )


def test_volume_and_machine_in_different_zones(account: Account) -> None:
    machine = account.instance(account.subnet(account.vpc()))
    volume = account.create(tokens.VOLUME, {"availabilityZone": "us-east-1b", "size": 8}).id
    inputs = {"deviceName": "/dev/sdf", "instanceId": machine, "volumeId": volume}
    assert account.refused(tokens.VOLUME_ATTACHMENT, inputs) == (
        f"InvalidVolume.ZoneMismatch: The volume '{volume}' is not in the same availability zone "
        f"as instance '{machine}'"
    )


@pytest.mark.parametrize("device", ["/dev/sda1", "/dev/sdf"])
def test_device_name_in_use(device: str, account: Account) -> None:
    machine = account.instance(account.subnet(account.vpc()))
    volumes = [
        account.create(tokens.VOLUME, {"availabilityZone": "us-east-1a", "size": 8}, name).id
        for name in ("one", "two")
    ]
    first = {"deviceName": "/dev/sdf", "instanceId": machine, "volumeId": volumes[0]}
    account.create(tokens.VOLUME_ATTACHMENT, first)
    second = {"deviceName": device, "instanceId": machine, "volumeId": volumes[1]}
    assert account.refused(tokens.VOLUME_ATTACHMENT, second) == (
        f"InvalidParameterValue: Invalid value '{device}' for unixDevice. Attachment point "
        f"{device} is already in use"
    )


def test_a_volume_never_shrinks(account: Account) -> None:
    made = account.create(tokens.VOLUME, {"availabilityZone": "us-east-1a", "size": 50})
    account.update(tokens.VOLUME, made.id, {"availabilityZone": "us-east-1a", "size": 60})
    with pytest.raises(ProviderFailure, match="New size cannot be smaller") as refusal:
        account.update(tokens.VOLUME, made.id, {"availabilityZone": "us-east-1a", "size": 59})
    assert refusal.value.code == "InvalidParameterValue"
    found = account.read(tokens.VOLUME, made.id)
    assert found is not None
    assert found.outputs["size"] == 60


def test_a_root_disk_never_shrinks_either(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    machine = account.instance(subnet)
    root = {"volumeSize": 150, "volumeType": "gp3", "encrypted": True}
    account.update(tokens.INSTANCE, machine, account.machine(subnet, rootBlockDevice=root))
    with pytest.raises(ProviderFailure, match="New size cannot be smaller"):
        account.update(tokens.INSTANCE, machine, account.machine(subnet))
    found = account.read(tokens.INSTANCE, machine)
    assert found is not None
    assert found.outputs["rootBlockDevice"]["volumeSize"] == 150
    (disk,) = [r for r in account.whole.inventory() if r.type == tokens.VOLUME]
    assert disk.outputs["size"] == 150


def test_a_public_bucket_policy_is_blocked_where_asked_for(account: Account) -> None:
    bucket = account.bucket()
    arn = f"arn:aws:s3:::{bucket}"
    policy = {"bucket": bucket, "policy": allow(resource=f"{arn}/*", Principal="*")}
    made = account.create(tokens.BUCKET_POLICY, policy)
    account.delete(tokens.BUCKET_POLICY, made.id)
    account.create(tokens.BUCKET_BLOCK, {"bucket": bucket, "blockPublicPolicy": True})
    assert account.refused(tokens.BUCKET_POLICY, policy) == (
        "AccessDenied: User is not authorized to perform: s3:PutBucketPolicy on resource: "
        f'"{arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 '
        "Block Public Access."
    )
    only_one = allow(resource=f"{arn}/*", Principal={"AWS": "arn:aws:iam::123456789012:root"})
    account.create(tokens.BUCKET_POLICY, policy | {"policy": only_one})


def test_a_machine_without_a_gpu_image_may_have_a_small_disk(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    small = {"ami": CPU_IMAGE.id("us-east-1"), "rootBlockDevice": {"volumeSize": 8}}
    account.instance(subnet, "m7i.large", **small)


def test_an_environment_looks_at_its_network_afterwards(account: Account) -> None:
    vpc = account.vpc()
    role = account.role().outputs["name"]
    profile = account.create(tokens.PROFILE, {"role": role}).outputs["arn"]
    inputs = account.environment("subnet-0", account.group(vpc), profile)
    with pytest.raises(ProviderFailure) as failure:
        account.create(tokens.ENVIRONMENT, inputs)
    assert failure.value.message == (
        "unexpected state 'INVALID', wanted target 'VALID'. last error: CLIENT_ERROR - The subnet "
        "ID 'subnet-0' does not exist"
    )
    assert failure.value.made is not None
    found = account.read(tokens.ENVIRONMENT, failure.value.made.id)
    assert found is not None
    assert found.outputs["status"] == "INVALID"


@pytest.mark.parametrize("service", ["aws:rds/instance:Instance", "aws:ec2/getVpc:getVpc"])
def test_what_is_not_known_is_refused_by_name(service: str, account: Account) -> None:
    with pytest.raises(ProviderFailure, match=service):
        account.provider.create(account.call(service, "x"), {})
    with pytest.raises(ProviderFailure, match=service):
        account.provider.invoke(service, {}, preview=False)


def test_without_a_region_nothing_goes(account: Account) -> None:
    nowhere = account.whole
    call = account.call(tokens.VPC, "net")
    with pytest.raises(ProviderFailure) as failure:
        nowhere.create(call, {"cidrBlock": "10.0.0.0/16"})
    assert failure.value.message == "AWS was told no region"
    assert failure.value.hint == "pulumi config set aws:region <region>"


def test_an_unknown_region_is_refused_with_those_that_are_known(account: Account) -> None:
    with pytest.raises(ProviderFailure, match="does not know the region 'mars-1'") as failure:
        account.whole.configured({"region": "mars-1"})
    assert "eu-central-1" in failure.value.hint


def test_a_route_to_the_gateway_of_another_network(account: Account) -> None:
    here, there = account.vpc(), account.vpc("10.1.0.0/16", "other")
    table = account.create(tokens.ROUTES, {"vpcId": here}).id
    gateway = account.create(tokens.GATEWAY, {"vpcId": there}).id
    route = {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}
    assert account.refused(tokens.ROUTE, route) == (
        f"InvalidParameterValue: route table {table} and network gateway {gateway} belong to "
        "different networks"
    )


def test_group_names_are_unique_within_a_network(account: Account) -> None:
    here, there = account.vpc(), account.vpc("10.1.0.0/16", "other")
    account.create(tokens.GROUP, {"vpcId": here, "name": "compute"})
    account.create(tokens.GROUP, {"vpcId": there, "name": "compute"})
    assert account.refused(tokens.GROUP, {"vpcId": here, "name": "compute"}) == (
        f"InvalidGroup.Duplicate: The security group 'compute' already exists for VPC '{here}'"
    )


def test_an_image_for_other_processors(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = replace(CPU_IMAGE, architecture="arm64")
    monkeypatch.setattr(places, "image", lambda *_: arm)
    subnet = account.subnet(account.vpc())
    assert account.refused(tokens.INSTANCE, account.machine(subnet)).startswith(
        "InvalidParameterValue: The architecture 'x86_64' of the specified instance type does not "
        "match the architecture 'arm64' of the specified AMI."
    )


def test_inline_policies_share_one_limit(account: Account) -> None:
    role = account.role().id
    long = allow(resource=[f"arn:aws:s3:::{'b' * 60}{i}" for i in range(80)])
    one = {"role": role, "name": "one", "policy": long}
    account.create(tokens.ROLE_POLICY, one)
    account.create(tokens.ROLE_POLICY, one)
    assert account.refused(tokens.ROLE_POLICY, one | {"name": "two"}) == (
        f"LimitExceeded: Maximum policy size of 10240 bytes exceeded for role {role}"
    )


def test_ten_managed_policies_per_role(account: Account) -> None:
    role = account.role().id
    arns = sorted(places.managed_policies())[:11]
    for arn in arns[:10]:
        account.create(tokens.ROLE_ATTACHMENT, {"role": role, "policyArn": arn})
    account.create(tokens.ROLE_ATTACHMENT, {"role": role, "policyArn": arns[0]})
    assert account.refused(tokens.ROLE_ATTACHMENT, {"role": role, "policyArn": arns[10]}) == (
        "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10"
    )


def test_a_schedule_name_is_unique_within_its_group(account: Account) -> None:
    role = account.role("scheduler.amazonaws.com").outputs["arn"]
    other = account.create(tokens.SCHEDULE_GROUP, {"name": "other"}).id
    inputs = {
        "name": "stop",
        "scheduleExpression": "rate(1 day)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "roleArn": role},
    }
    account.create(tokens.SCHEDULE, inputs)
    account.create(tokens.SCHEDULE, inputs | {"groupName": other})
    assert account.refused(tokens.SCHEDULE, inputs) == (
        "ConflictException: Schedule stop already exists."
    )


@pytest.mark.parametrize("type", [tokens.ROLE, tokens.POLICY, tokens.PROFILE])
def test_to_iam_keys_of_tags_that_differ_in_case_are_one(account: Account, type: str) -> None:
    inputs = {
        tokens.ROLE: {"assumeRolePolicy": trust("ec2.amazonaws.com")},
        tokens.POLICY: {"policy": allow()},
        tokens.PROFILE: {},
    }[type]
    words = (
        "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
    )
    assert account.refused(type, inputs | {"tags": {"owner": "a", "Owner": "b"}}) == words
    account.create(type, inputs | {"tags": {"owner": "a"}}, "before")
    settings = {"region": "us-east-1", "defaultTags": {"tags": {"Owner": "b"}}}
    account.provider = account.whole.configured(settings)
    assert account.refused(type, inputs | {"tags": {"owner": "a"}}) == words
    account.create(type, inputs | {"tags": {"Owner": "a"}}, "after")
    account.create(tokens.VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"owner": "a"}}, "else")


def test_a_schedule_that_has_begun_cannot_be_changed_without_another_beginning(
    account: Account,
) -> None:
    """An update says all again, also the date."""
    role = account.role("scheduler.amazonaws.com").outputs["arn"]
    inputs = {
        "scheduleExpression": "rate(1 hour)",
        "startDate": f"{account.now - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "roleArn": role},
    }
    made = account.create(tokens.SCHEDULE, inputs)
    account.later(1)
    with pytest.raises(ProviderFailure, match="cannot be earlier than 5 minutes ago"):
        account.update(tokens.SCHEDULE, made.id, inputs | {"state": "DISABLED"})
    later = inputs | {"startDate": f"{account.now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    account.update(tokens.SCHEDULE, made.id, later)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"instanceRole": "arn:aws:iam::123456789012:instance-profile/none"},
            "Invalid IamInstanceProfile: ",
        ),
        ({"securityGroupIds": ["sg-0"]}, "The security group 'sg-0' does not exist"),
        (
            {"launchTemplate": {"launchTemplateId": "lt-0"}},
            "The launch template ID 'lt-0' does not exist",
        ),
    ],
)
def test_an_environment_without_what_it_needs_is_invalid(
    change: dict[str, Any], words: str, account: Account
) -> None:
    vpc = account.vpc()
    role = account.role().outputs["name"]
    profile = account.create(tokens.PROFILE, {"role": role}).outputs["arn"]
    inputs = account.environment(account.subnet(vpc), account.group(vpc), profile, **change)
    with pytest.raises(ProviderFailure, match=f"CLIENT_ERROR - {words}"):
        account.create(tokens.ENVIRONMENT, inputs)


@pytest.mark.parametrize("key", ["Cost Center", "kubernetes.io/cluster", "_index", "."])
def test_machines_that_read_their_own_tags_take_no_key_that_is_no_part_of_an_address(
    account: Account, key: str
) -> None:
    subnet = account.subnet(account.vpc())
    machine = account.machine(subnet)
    reading = {"metadataOptions": {"instanceMetadataTags": "enabled"}}
    words = (
        f"InvalidParameterValue: '{key}' is not a valid tag key. Tag keys must match pattern"
        " ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')"
    )
    assert account.refused(tokens.INSTANCE, {**machine, **reading, "tags": {key: "a"}}) == words
    account.create(tokens.INSTANCE, {**machine, "tags": {key: "a"}}, "deaf")
    account.create(tokens.INSTANCE, {**machine, **reading, "tags": {"a:+=,.@_-1": "a"}}, "fine")
    account.provider = account.whole.configured(
        {"region": "us-east-1", "defaultTags": {"tags": {key: ""}}}
    )
    assert account.refused(tokens.INSTANCE, {**machine, **reading}) == words
