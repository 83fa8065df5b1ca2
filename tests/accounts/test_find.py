"""What an interrupted create made is found, by the id that the provider imports it by."""

from __future__ import annotations

import copy
import json
from typing import Any

import boto3
import pytest
from moto import settings as moto_settings

from mllab.accounts.aws.account import AwsAccount
from mllab.accounts.aws.imports import SETTINGS
from mllab.errors import LabError, StillThere
from tests.accounts.conftest import MANAGED, Entry, recorded, region
from tests.accounts.making import Maker, pairs

HERE = "us-east-1"
VPC = "aws:ec2/vpc:Vpc"


def entry_of(type: str, name: str = "") -> Entry:
    """A resource of the course."""
    return copy.deepcopy(
        next(
            entry
            for entry in recorded("aws-course")
            if entry["type"] == type and entry["urn"].endswith(name)
        )
    )


@pytest.fixture
def account(aws: None) -> AwsAccount:
    return AwsAccount(HERE, {})


@pytest.fixture
def ec2(aws: None) -> Any:
    return boto3.client("ec2", region_name=HERE)


@pytest.mark.parametrize("stack", ["aws-course", "aws-lab", MANAGED])
@pytest.mark.usefixtures("aws")
def test_each_thing_of_a_lab_is_found_once_it_is_made_and_not_before(stack: str) -> None:
    account, maker = AwsAccount(region(stack), {}), Maker(region(stack))
    text, known = json.dumps(recorded(stack)), set[str]()
    for number in range(len(recorded(stack))):
        entry = json.loads(text)[number]
        if entry["type"] in SETTINGS:
            assert account.find(entry, known) is None
            continue
        assert account.find(entry, known) is None, f"{entry['urn']} is not there yet"
        made = maker.make(entry["type"], entry["inputs"])
        assert account.find(entry, known) == made
        known.add(made)
        assert account.find(entry, known) is None, "what is recorded is not found again"
        # From here on the others refer to what this account has made.
        text = text.replace(json.dumps(entry["id"]), json.dumps(made))
    assert len(known) > 40


@pytest.mark.parametrize(
    ("tag", "value"),
    [("stack", "other"), ("lab", "other"), ("role", "storage"), ("name", "network-vpc2")],
)
def test_something_with_another_tag_is_something_else(
    account: AwsAccount, tag: str, value: str
) -> None:
    entry = entry_of(VPC)
    entry["inputs"]["tags"][tag] = value
    Maker(HERE).make(VPC, entry["inputs"])
    assert account.find(entry_of(VPC), ()) is None


def test_a_tag_that_changed_by_itself_does_not_matter(account: AwsAccount) -> None:
    entry = entry_of(VPC)
    entry["inputs"]["tags"] |= {"expires": "2030-01-01", "cost-centre": "7"}
    assert account.find(entry_of(VPC), ()) is None
    made = Maker(HERE).make(VPC, entry["inputs"])
    assert account.find(entry_of(VPC), ()) == made


def test_the_one_that_is_to_be_replaced_is_not_the_new_one(account: AwsAccount) -> None:
    entry = entry_of(VPC)
    old = Maker(HERE).make(VPC, entry["inputs"])
    assert account.find(entry, {old}) is None
    new = Maker(HERE).make(VPC, entry["inputs"])
    assert account.find(entry, {old}) == new


def test_of_two_nobody_can_tell_and_both_are_named(account: AwsAccount) -> None:
    entry = entry_of(VPC)
    made = {Maker(HERE).make(VPC, entry["inputs"]) for _ in range(2)}
    with pytest.raises(StillThere) as caught:
        account.find(entry, ())
    assert f"it could be each of {', '.join(sorted(made))}" in caught.value.message
    for words in ("aws-course-network-vpc", VPC, "nothing was changed"):
        assert words in caught.value.message
    assert caught.value.hint.splitlines() == [
        "Look for it among everything that carries the stack's tag:",
        "  aws resourcegroupstaggingapi get-resources --region us-east-1 --tag-filters "
        "Key=stack,Values=aws-course",
        "If it exists, delete it there. Then tell Pulumi, and go on:",
        "  pulumi refresh --clear-pending-creates -s aws-course",
    ]


def test_a_machine_that_is_going_is_not_taken_over(account: AwsAccount, ec2: Any) -> None:
    entry = entry_of("aws:ec2/instance:Instance")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    entry["inputs"]["subnetId"] = subnet
    made = Maker(HERE).make(entry["type"], entry["inputs"])
    assert account.find(entry, ()) == made
    ec2.stop_instances(InstanceIds=[made])
    assert account.find(entry, ()) == made, "a machine that is stopped exists"
    ec2.terminate_instances(InstanceIds=[made])
    assert account.find(entry, ()) is None


def test_a_machine_of_the_cluster_is_no_notebook(account: AwsAccount, ec2: Any) -> None:
    """What a resource makes by itself has all tags but the name."""
    entry = entry_of("aws:ebs/volume:Volume")
    tags = pairs(entry["inputs"])
    unnamed = [tag for tag in tags if tag["Key"] != "name"]
    assert len(unnamed) == len(tags) - 1
    ec2.create_volume(
        AvailabilityZone=f"{HERE}a",
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": unnamed}],
    )
    assert account.find(entry, ()) is None


def test_another_region_is_not_looked_into(account: AwsAccount) -> None:
    entry = entry_of(VPC)
    Maker("eu-central-1").make(VPC, entry["inputs"])
    assert account.find(entry, ()) is None


@pytest.mark.parametrize(
    ("type", "lose", "words"),
    [
        (VPC, "tags", "its tag stack is not recorded"),
        ("aws:s3/bucket:Bucket", "bucket", "its bucket is not recorded"),
        ("aws:efs/mountTarget:MountTarget", "subnetId", "its subnetId is not recorded"),
    ],
)
def test_without_what_tells_it_nobody_can_tell(
    account: AwsAccount, type: str, lose: str, words: str
) -> None:
    entry = entry_of(type)
    del entry["inputs"][lose]
    with pytest.raises(StillThere, match=words):
        account.find(entry, ())


def test_a_secret_is_no_part_of_an_id(account: AwsAccount) -> None:
    entry = entry_of("aws:s3/bucket:Bucket")
    entry["inputs"]["bucket"] = {"4dabf18193072939515e22adb298388d": "x", "ciphertext": "y"}
    with pytest.raises(StillThere, match="its bucket is not recorded"):
        account.find(entry, ())


def test_an_unknown_type_is_refused_by_name(account: AwsAccount) -> None:
    entry = entry_of(VPC) | {"type": "aws:rds/instance:Instance"}
    with pytest.raises(StillThere, match=r"aws:rds/instance:Instance.*does not know how"):
        account.find(entry, ())


def test_a_question_that_is_not_allowed_is_no_answer(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(VPC)
    assert account.find(entry, ()) is None
    # From the next call on the simulation checks permissions, and this user has none.
    monkeypatch.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
    with pytest.raises(StillThere, match="AWS does not answer ec2 describe_vpcs: "):
        account.find(entry, ())


@pytest.mark.usefixtures("aws")
def test_without_the_stacks_region_nobody_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The region of the environment may be another one, where nothing would be found."""
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(StillThere, match="the stack's settings do not say aws:region"):
        AwsAccount("", {}).find(entry_of(VPC), ())


def test_without_credentials_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(LabError) as caught:
        AwsAccount(HERE, {}).find(entry_of(VPC), ())
    assert caught.value.message == "there are no AWS credentials"
    assert not isinstance(caught.value, StillThere)


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "botocore", None)
    with pytest.raises(LabError) as caught:
        AwsAccount(HERE, {}).find(entry_of(VPC), ())
    assert caught.value.message == "AWS's SDK for Python is not installed"
    assert caught.value.hint == "pip install boto3"
