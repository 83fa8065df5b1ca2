"""Notebook instances of SageMaker: what is refused, what they take along, and their hours."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from components import catalog
from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import notebooks, tokens
from tests.simulated.account import Account, trust
from tests.simulated.caller import MORNING

G4DN = "ml.g4dn.xlarge for notebook instance usage"
HOUR = timedelta(hours=1)


class Lab:
    """An account with a network and a role, and what a notebook instance needs of them."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.vpc = account.vpc()
        self.subnet = account.subnet(self.vpc)
        self.group = account.create(tokens.GROUP, {"vpcId": self.vpc}, "group").id
        found = account.create(
            tokens.ROLE, {"assumeRolePolicy": trust("sagemaker.amazonaws.com")}, "role"
        )
        self.role = found.outputs["arn"]

    def inputs(self, **changes: Any) -> dict[str, Any]:
        whole = {
            "instanceType": "ml.g4dn.xlarge",
            "roleArn": self.role,
            "volumeSize": 50,
            "subnetId": self.subnet,
            "securityGroups": [self.group],
            **changes,
        }
        return {key: value for key, value in whole.items() if value is not None}

    def make(self, logical: str = "thing", **changes: Any) -> str:
        return self.account.create(tokens.NOTEBOOK, self.inputs(**changes), logical).id

    def refused(self, **changes: Any) -> str:
        return self.account.refused(tokens.NOTEBOOK, self.inputs(**changes))


@pytest.fixture
def lab(account: Account) -> Lab:
    return Lab(account)


def test_its_machine_is_not_seen_but_its_interface_is(lab: Lab) -> None:
    id = lab.make()
    found = lab.account.read(tokens.NOTEBOOK, id)
    assert found is not None
    [card] = lab.account.ids(tokens.INTERFACE)
    assert found.outputs["networkInterfaceId"] == card
    assert (
        found.outputs["arn"] == f"arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/{id}"
    )
    assert found.outputs["url"] == f"{id}.notebook.us-east-1.sagemaker.aws"
    assert lab.account.ids(tokens.INSTANCE) == []


def test_without_a_subnet_there_is_no_interface(lab: Lab) -> None:
    id = lab.make(subnetId=None, securityGroups=None)
    found = lab.account.read(tokens.NOTEBOOK, id)
    assert found is not None
    assert found.outputs["networkInterfaceId"] == ""
    assert lab.account.ids(tokens.INTERFACE) == []


@pytest.mark.parametrize("what", ["subnet", "group"])
def test_its_interface_holds_up_subnet_and_group_until_it_is_gone(lab: Lab, what: str) -> None:
    id = lab.make()
    type_ = {"subnet": tokens.SUBNET, "group": tokens.GROUP}[what]
    thing = getattr(lab, what)
    assert lab.account.kept(type_, thing).startswith("DependencyViolation: ")
    lab.account.whole.stop(id, lab.account.now)
    assert lab.account.kept(type_, thing).startswith("DependencyViolation: ")
    lab.account.delete(tokens.NOTEBOOK, id)
    lab.account.delete(type_, thing)
    assert thing not in lab.account.ids(type_)


# --------------------------------------------------------------------------------- what is refused


def test_a_new_account_has_none_and_the_cure_looks_up_the_code() -> None:
    account = Account(quotas=None)
    lab = Lab(account)
    with pytest.raises(ProviderFailure) as failure:
        lab.make()
    assert failure.value.code == "ResourceLimitExceeded"
    assert failure.value.message == (
        f"The account-level service limit '{G4DN}' is 0 Instances, with current utilization of 0 "
        "Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an "
        "increase for this quota."
    )
    assert failure.value.hint == (
        f"the quota '{G4DN}' (sagemaker) in us-east-1 must be at least 1 notebook instances; "
        "ask for it, which takes AWS hours to days:\n"
        "aws service-quotas request-service-quota-increase --region us-east-1 --service-code "
        "sagemaker --quota-code $(aws service-quotas list-service-quotas --region us-east-1 "
        f"--service-code sagemaker --query \"Quotas[?QuotaName=='{G4DN}'].QuotaCode\" --output "
        "text) --desired-value 1"
    )
    assert account.ids(tokens.NOTEBOOK) == account.ids(tokens.INTERFACE) == []


def test_what_runs_counts_by_type() -> None:
    account = Account(quotas=None)
    account.whole.grant(G4DN, 1)
    lab = Lab(account)
    first = lab.make("one")
    assert lab.refused().startswith("ResourceLimitExceeded: ")
    account.whole.stop(first, account.now)
    lab.make("two")
    with pytest.raises(ProviderFailure, match="'ml.g5.xlarge for notebook instance usage' is 0"):
        lab.make("three", instanceType="ml.g5.xlarge")
    account.whole.grant("ml.g5.xlarge for notebook instance usage", 1)
    lab.make("three", instanceType="ml.g5.xlarge")


def test_machines_of_ec2_do_not_count() -> None:
    account = Account(quotas={G4DN: 1, "L-DB2E81BA": 4})
    lab = Lab(account)
    account.instance(lab.subnet)
    lab.make()


def test_only_one_that_runs_needs_room_to_grow() -> None:
    account = Account(quotas=None)
    account.whole.grant(G4DN, 1)
    lab = Lab(account)
    id = lab.make()
    larger = lab.inputs(instanceType="ml.g5.xlarge")
    with pytest.raises(ProviderFailure, match="ml.g5.xlarge"):
        account.update(tokens.NOTEBOOK, id, larger)
    account.whole.stop(id, account.now)
    account.update(tokens.NOTEBOOK, id, larger)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instanceType": "ml.x9.large"}, "Value 'ml.x9.large' at 'instanceType' failed"),
        ({"instanceType": "g4dn.xlarge"}, "Value 'g4dn.xlarge' at 'instanceType' failed"),
        (
            {"roleArn": "arn:aws:iam::123456789012:role/none"},
            "Could not assume role arn:aws:iam::1",
        ),
        ({"subnetId": "subnet-0"}, "The subnet ID 'subnet-0' does not exist"),
        ({"securityGroups": ["sg-0"]}, "The security group 'sg-0' does not exist"),
        ({"securityGroups": None}, "Security groups must be given with SubnetId."),
        ({"subnetId": None}, "SubnetId must be given"),
        (
            {"subnetId": None, "securityGroups": None, "directInternetAccess": "Disabled"},
            "SubnetId must be given",
        ),
        ({"lifecycleConfigName": "none"}, "Notebook Instance Lifecycle Config none does not exist"),
    ],
)
def test_what_sagemaker_refuses(lab: Lab, changes: dict[str, Any], words: str) -> None:
    said = lab.refused(**changes)
    assert said.startswith("ValidationException: ")
    assert words in said
    assert lab.account.ids(tokens.NOTEBOOK) == lab.account.ids(tokens.INTERFACE) == []


def test_a_role_must_trust_sagemaker(lab: Lab) -> None:
    made = lab.account.create(tokens.ROLE, {"assumeRolePolicy": trust()}, "ec2s")
    assert lab.refused(roleArn=made.outputs["arn"]) == (
        f"ValidationException: Could not assume role {made.outputs['arn']}. Please ensure that the "
        "role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
    )


def test_group_and_subnet_must_be_of_one_network(lab: Lab) -> None:
    other = lab.account.vpc("10.1.0.0/16", "other")
    group = lab.account.create(tokens.GROUP, {"vpcId": other}, "others").id
    assert "different networks" in lab.refused(securityGroups=[group])


def test_the_zone_must_have_the_machine_behind_it(lab: Lab) -> None:
    zones = places.zones("us-east-1")
    without = next(z for z in zones if z not in places.offered("g4dn.xlarge", "us-east-1"))
    subnet = lab.account.subnet(lab.vpc, "10.0.9.0/24", without, "there")
    assert lab.refused(subnetId=subnet) == (
        "ValidationException: Instance type ml.g4dn.xlarge is not supported in Availability Zone "
        f"{without}."
    )


@pytest.mark.parametrize("size", [4, 16385])
def test_the_provider_itself_refuses_a_disk_of_no_size(lab: Lab, size: int) -> None:
    assert lab.account.faults(tokens.NOTEBOOK, lab.inputs(volumeSize=size)) == (
        f"volumeSize: must be in the range (5 - 16384) (got {size})",
    )


def test_names_are_taken_once(lab: Lab) -> None:
    lab.make(name="mine")
    assert "already existing" in lab.refused(name="mine")


@pytest.mark.parametrize("key", ["onStart", "onCreate"])
def test_a_script_is_base64_of_limited_length(account: Account, key: str) -> None:
    fits = base64.b64encode(b"x" * (notebooks.SCRIPT_CHARACTERS // 4 * 3)).decode()
    assert account.faults(tokens.LIFECYCLE, {key: fits}) == ()
    assert account.faults(tokens.LIFECYCLE, {key: f"{fits}eHh4"}) == (
        f"{key}: must have at most 16384 characters (got 16388)",
    )
    assert account.refused(tokens.LIFECYCLE, {key: "#!/bin/sh"}) == (
        f"ValidationException: {key} is not a base64-encoded string"
    )


# --------------------------------------------------------------------------------- its life


def test_a_larger_disk_is_an_update_a_smaller_one_a_new_notebook(lab: Lab) -> None:
    id = lab.make()
    for size, replaces in ((60, False), (40, True)):
        [change] = lab.account.diff(tokens.NOTEBOOK, id, lab.inputs(volumeSize=size)).changes
        assert (change.path, change.replaces) == ("volumeSize", replaces)


def test_tags_change_at_once_all_else_by_a_stop_and_a_start(lab: Lab) -> None:
    id = lab.make()
    quick = lab.account.update(tokens.NOTEBOOK, id, lab.inputs(tags={"a": "b"})).seconds
    slow = lab.account.update(tokens.NOTEBOOK, id, lab.inputs(volumeSize=60)).seconds
    assert quick < 10 < 120 < slow


def test_hours_are_kept_per_state_and_type(lab: Lab) -> None:
    account = lab.account
    id = lab.make()
    account.later(3600)
    account.whole.stop(id, account.now)
    account.later(3600)
    account.update(tokens.NOTEBOOK, id, lab.inputs(instanceType="ml.g5.xlarge"))
    account.later(3600)
    account.whole.start(id, account.now)
    account.later(3600)
    account.delete(tokens.NOTEBOOK, id)
    assert [
        (i.type, i.id, i.kind, i.state, i.began - MORNING, i.ended and i.ended - MORNING)
        for i in account.whole.intervals()
    ] == [
        (tokens.NOTEBOOK, id, kind, state, hour * HOUR, (hour + 1) * HOUR)
        for hour, (kind, state) in enumerate(
            [
                ("ml.g4dn.xlarge", "running"),
                ("ml.g4dn.xlarge", "stopped"),
                ("ml.g5.xlarge", "stopped"),
                ("ml.g5.xlarge", "running"),
            ]
        )
    ]


def test_a_stop_changes_nothing_that_the_provider_reads(lab: Lab) -> None:
    id = lab.make()
    before = lab.account.read(tokens.NOTEBOOK, id)
    lab.account.whole.stop(id, lab.account.now)
    assert lab.account.read(tokens.NOTEBOOK, id) == before


def test_machines_are_still_found(lab: Lab) -> None:
    machine = lab.account.instance(lab.subnet)
    lab.account.whole.stop(machine, lab.account.now)
    found = lab.account.read(tokens.INSTANCE, machine)
    assert found is not None
    assert found.outputs["instanceState"] == "stopped"
    with pytest.raises(KeyError, match="no aws:ec2/instance:Instance nobody"):
        lab.account.whole.stop("nobody", lab.account.now)


def test_its_disk_holds_data_from_the_first_day(lab: Lab) -> None:
    id = lab.make()
    held = lab.account.contents(tokens.NOTEBOOK, id)
    assert held == "50 GB disk, in use since 2027-01-11"


def test_it_knows_every_type_of_the_catalogue() -> None:
    for name in catalog.types("aws", "managed"):
        there = places.machines()[name.removeprefix("ml.")]
        found = catalog.machine("aws", name, "managed")
        assert notebooks.limit(name) == found.quota
        assert (there.vcpus, there.gpu, there.gpus) == (found.vcpus, found.gpu, found.gpus)
        assert there.memory_mib == found.memory_gib * 1024
