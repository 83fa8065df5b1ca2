"""What stands in the way of a delete, what goes along with it, and what stays."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated import facts
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account
from tests.simulated.samples import build

BLOCKED = {
    "net": "DependencyViolation: The vpc '{id}' has dependencies and cannot be deleted.",
    "subnet": "DependencyViolation: The subnet '{id}' has dependencies and cannot be deleted.",
    "group": "DependencyViolation: resource {id} has a dependent object",
    "routes": "DependencyViolation: The routeTable '{id}' has dependencies and cannot be deleted.",
    "gateway": "DependencyViolation: Network {vpc} has some mapped public address(es). Please "
    "unmap those public address(es) before detaching the gateway.",
    "role": "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.",
    "managed": "DeleteConflict: Cannot delete a policy attached to entities.",
    "home": "VolumeInUse: Volume {id} is currently attached to {machine}",
    "files": "FileSystemInUse: file system {id} has mount targets",
    "nodes": "ClientException: Cannot delete, found existing JobQueue relationship.",
}


@pytest.mark.parametrize("name", BLOCKED)
def test_blocked_by_what_depends_on_it(name: str, account: Account) -> None:
    made = build(account)
    before = len(account.whole.inventory())
    words = BLOCKED[name].format(
        id=made[name]["id"], vpc=made["net"]["id"], machine=made["machine"]["id"]
    )
    assert account.kept(made[name]["token"], made[name]["id"]) == words
    assert len(account.whole.inventory()) == before


def test_what_aws_makes_once_per_account_stays_and_is_not_shown_unasked(account: Account) -> None:
    made = build(account)
    for found in reversed(made.values()):
        account.delete(found["token"], found["id"])
    assert {record.id for record in account.whole.inventory(standing=True)} == {
        "AWSServiceRoleForBatch",
        "AWSServiceRoleForAutoScaling",
        "AWSServiceRoleForECS",
        "AWSServiceRoleForEC2Spot",
    }


def test_a_provider_tries_for_a_while_before_it_gives_up(account: Account) -> None:
    made = build(account)
    seconds = {}
    for name in ("net", "subnet", "group"):
        with pytest.raises(ProviderFailure) as failure:
            account.delete(made[name]["token"], made[name]["id"])
        seconds[name] = failure.value.seconds
    assert seconds == {"net": 300.0, "subnet": 1200.0, "group": 900.0}


def kinds(account: Account, owner: str) -> set[str]:
    records = account.whole.inventory()
    uid = next(record.uid for record in records if record.id == owner)
    return {record.type for record in records if record.owner == uid}


@pytest.mark.parametrize(
    ("name", "children"),
    [
        ("net", {tokens.GROUP, tokens.ROUTES, tokens.NETWORK_ACL}),
        ("machine", {tokens.INTERFACE, tokens.VOLUME}),
        ("target", {tokens.INTERFACE}),
        ("nodes", {tokens.SCALING_GROUP, tokens.TEMPLATE, tokens.CONTAINER_CLUSTER}),
    ],
)
def test_what_comes_to_be_by_itself_is_seen_and_goes(
    name: str, children: set[str], account: Account
) -> None:
    made = build(account)
    assert kinds(account, made[name]["id"]) == children
    for found in reversed(made.values()):
        account.delete(found["token"], found["id"])
        if found is made[name]:
            break
    assert made[name]["id"] not in {record.id for record in account.whole.inventory()}


CASCADES = [
    row
    for row in facts.rows(places.DATA / "dependencies.csv")
    if row["kind"] == "cascades" and row["object"].count(":") == 2
]


@pytest.mark.parametrize("row", CASCADES, ids=lambda r: f"{r['subject']} {r['object']}")
def test_what_goes_along(row: dict[str, str], account: Account) -> None:
    made = build(account)
    subject = next(m for m in made.values() if m["token"] == row["subject"])
    related = [m for m in made.values() if m["token"] == row["object"]]
    assert related
    spared = {subject["id"], *(m["id"] for m in related)}
    for found in reversed(made.values()):
        if found["id"] not in spared:
            with suppress(ProviderFailure):  # what the subject itself needs stays
                account.delete(found["token"], found["id"])
    account.delete(subject["token"], subject["id"])
    left = {record.id for record in account.whole.inventory() if record.type == row["object"]}
    assert not left & {m["id"] for m in related}


def test_a_root_disk_may_stay(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    root = {"volumeSize": 100, "deleteOnTermination": False}
    machine = account.instance(subnet, rootBlockDevice=root)
    (disk,) = account.ids(tokens.VOLUME)
    account.delete(tokens.INSTANCE, machine)
    assert account.ids(tokens.VOLUME) == [disk]
    assert account.ids(tokens.INTERFACE) == []


def test_a_persistent_spot_request_outlives_its_machine(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    spot = {"marketType": "spot", "spotOptions": {"spotInstanceType": "persistent"}}
    machine = account.instance(subnet, instanceMarketOptions=spot)
    account.delete(tokens.INSTANCE, machine)
    assert len(account.ids(tokens.SPOT_REQUEST)) == 1


def test_a_role_may_detach_its_policies_itself(account: Account) -> None:
    role = account.role(forceDetachPolicies=True)
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    account.create(tokens.ROLE_ATTACHMENT, {"role": role.id, "policyArn": arn})
    account.delete(tokens.ROLE, role.id)
    assert account.ids(tokens.ROLE_ATTACHMENT) == []


def test_a_role_with_policies_stays_otherwise(account: Account) -> None:
    role = account.role()
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    account.create(tokens.ROLE_ATTACHMENT, {"role": role.id, "policyArn": arn})
    assert account.kept(tokens.ROLE, role.id) == (
        "DeleteConflict: Cannot delete entity, must detach all policies first."
    )


def test_a_group_that_only_refers_to_itself_goes(account: Account) -> None:
    group = account.group(account.vpc())
    rule = {"securityGroupId": group, "referencedSecurityGroupId": group, "ipProtocol": "-1"}
    account.create(tokens.INGRESS, rule)
    account.delete(tokens.GROUP, group)
    assert account.ids(tokens.INGRESS) == []


def test_a_group_that_another_one_refers_to_stays(account: Account) -> None:
    vpc = account.vpc()
    one, two = account.group(vpc, "one"), account.group(vpc, "two")
    rule = {"securityGroupId": two, "referencedSecurityGroupId": one, "ipProtocol": "-1"}
    account.create(tokens.INGRESS, rule)
    assert account.kept(tokens.GROUP, one).startswith("DependencyViolation")
    account.delete(tokens.GROUP, two)
    account.delete(tokens.GROUP, one)


def test_an_environment_is_held_for_moments_by_a_queue_that_left(account: Account) -> None:
    made = build(account)
    inputs = dict(made["nodes"]["given"])
    other = account.create(tokens.ENVIRONMENT, inputs, "other")
    orders = [{"order": 1, "computeEnvironment": other.outputs["arn"]}]
    queue: dict[str, Any] = made["queue"]["given"] | {"computeEnvironmentOrders": orders}
    account.update(tokens.QUEUE, made["queue"]["id"], queue, "queue")
    words = "ClientException: Cannot delete, found existing JobQueue relationship."
    assert account.kept(tokens.ENVIRONMENT, made["nodes"]["id"]) == words
    account.later(59)
    assert account.kept(tokens.ENVIRONMENT, made["nodes"]["id"]) == words
    account.later(1)
    account.delete(tokens.ENVIRONMENT, made["nodes"]["id"])


def test_a_deleted_bucket_name_is_blocked_for_a_while_in_other_regions(account: Account) -> None:
    account.delete(tokens.BUCKET, account.bucket(bucket="my-data"))
    there = account.whole.configured({"region": "eu-west-1"})
    with pytest.raises(ProviderFailure) as failure:
        there.create(account.call(tokens.BUCKET, "b"), {"bucket": "my-data"})
    assert failure.value.code == "OperationAborted"
    account.delete(tokens.BUCKET, account.bucket(bucket="my-data"))
    account.later(3601)
    there.create(account.call(tokens.BUCKET, "b"), {"bucket": "my-data"})


def test_a_bucket_name_is_taken_in_all_regions(account: Account) -> None:
    account.bucket(bucket="my-data")
    there = account.whole.configured({"region": "eu-west-1"})
    with pytest.raises(ProviderFailure, match="you already own it"):
        there.create(account.call(tokens.BUCKET, "b"), {"bucket": "my-data"})


def test_adopting_the_default_group_deletes_nothing(account: Account) -> None:
    vpc = account.vpc()
    (group,) = account.ids(tokens.GROUP)
    adopted = account.create(tokens.DEFAULT_GROUP, {"vpcId": vpc})
    assert adopted.id == group
    account.delete(tokens.DEFAULT_GROUP, adopted.id)
    assert account.ids(tokens.GROUP) == [group]


@pytest.mark.parametrize("held", [True, False])
def test_a_gateway_is_held_by_public_addresses_only(held: bool, account: Account) -> None:
    vpc = account.vpc()
    gateway = account.create(tokens.GATEWAY, {"vpcId": vpc}).id
    subnet = account.subnet(vpc)
    account.instance(subnet, associatePublicIpAddress=False)
    stopped = account.instance(subnet)
    account.whole.stop(stopped)
    if held:
        account.whole.start(stopped)
        assert account.kept(tokens.GATEWAY, gateway).startswith("DependencyViolation: Network")
    else:
        account.delete(tokens.GATEWAY, gateway)


def test_a_machine_holds_the_groups_it_is_in_now(account: Account) -> None:
    vpc = account.vpc()
    subnet, old, new = account.subnet(vpc), account.group(vpc, "old"), account.group(vpc, "new")
    machine = account.instance(subnet, vpcSecurityGroupIds=[old])
    account.update(tokens.INSTANCE, machine, account.machine(subnet, vpcSecurityGroupIds=[new]))
    account.delete(tokens.GROUP, old)
    account.whole.remove(tokens.INSTANCE, machine)
    account.delete(tokens.GROUP, new)


def test_a_network_interface_alone_holds_its_group(account: Account) -> None:
    vpc = account.vpc()
    subnet, old, new = account.subnet(vpc), account.group(vpc, "old"), account.group(vpc, "new")
    files = account.create(tokens.FILES).id
    inputs = {"fileSystemId": files, "subnetId": subnet, "securityGroups": [old]}
    target = account.create(tokens.MOUNT_TARGET, inputs).id
    account.update(tokens.MOUNT_TARGET, target, inputs | {"securityGroups": [new]})
    account.delete(tokens.GROUP, old)
    assert account.kept(tokens.GROUP, new).startswith("DependencyViolation")
