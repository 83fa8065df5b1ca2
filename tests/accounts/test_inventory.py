"""A scan of an account shows all that is left of a stack, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import boto3
import pytest
from moto import settings as moto_settings

from components.aws import access
from components.contracts import LabArgs
from mllab.accounts.aws.account import AwsAccount
from mllab.accounts.aws.imports import SETTINGS
from mllab.accounts.aws.inventory import IAM_PATH, UNCONFIRMED
from mllab.accounts.contract import InventoryItem
from mllab.clouds.registry import open_account
from mllab.errors import StillThere
from tests.accounts.conftest import recorded, region
from tests.accounts.making import Maker

STACK = "aws-course"
HERE = "us-east-1"
WITH_A_GROUP = (
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)
OURS = [
    {"Key": key, "Value": value}
    for key, value in {"stack": STACK, "managed-by": "mllab", "role": "cluster"}.items()
]


def make(stack: str) -> dict[tuple[str, str], str]:
    """A whole lab. Returns the ids of all that carries tags, by type and name."""
    text, maker, tagged = json.dumps(recorded(stack)), Maker(region(stack)), {}
    for number in range(len(recorded(stack))):
        entry = json.loads(text)[number]
        if entry["type"] not in SETTINGS:
            made = maker.make(entry["type"], entry["inputs"])
            text = text.replace(json.dumps(entry["id"]), json.dumps(made))
            if "tags" in entry["inputs"] and entry["type"] not in WITH_A_GROUP:
                tagged[entry["type"], entry["urn"].rpartition("::")[2]] = made
    return tagged


def look(stack: str = STACK) -> dict[tuple[str, str], InventoryItem]:
    found = AwsAccount(region(stack), {}).inventory(stack)
    by_name = {(each.type, each.name): each for each in found}
    assert len(by_name) == len(found), "nothing is told twice"
    return by_name


@pytest.fixture
def ec2(aws: None) -> Any:
    return boto3.client("ec2", region_name=HERE)


@pytest.mark.usefixtures("aws")
def test_an_empty_account_shows_nothing() -> None:
    assert AwsAccount(HERE, {}).inventory(STACK) == []


@pytest.mark.usefixtures("aws")
def test_all_that_carries_tags_is_seen_with_its_id_and_nothing_of_others() -> None:
    made = make(STACK)
    make("aws-tiny")  # in the same account and region
    found = look()
    by_itself = found.keys() - made.keys()
    assert {key: found[key].id for key in made} == made
    assert [type for type, _ in by_itself] == ["aws:ebs/volume:Volume"], "the machine's own disk"
    assert {each.role for each in found.values()} == {
        "network", "storage", "registry", "notebook", "cluster", "budget",
    }  # fmt: skip
    machine = found["aws:ec2/instance:Instance", f"{STACK}-notebook-shared"]
    assert machine.state == "running"


@pytest.mark.usefixtures("aws")
def test_what_batch_launched_is_seen_without_a_name(ec2: Any) -> None:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": kind, "Tags": OURS} for kind in ("instance", "volume")],
    )["Instances"][0]["InstanceId"]
    disk = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
    ec2.create_snapshot(
        VolumeId=disk, TagSpecifications=[{"ResourceType": "snapshot", "Tags": OURS}]
    )
    found = {(each.type, each.name, each.state) for each in AwsAccount(HERE, {}).inventory(STACK)}
    snapshot = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"][-1]["SnapshotId"]
    assert found == {
        ("aws:ec2/instance:Instance", made, "running"),
        ("aws:ebs/volume:Volume", disk, "in-use"),
        ("ec2:snapshot", snapshot, ""),
    }
    ec2.stop_instances(InstanceIds=[made])
    assert [each.state for each in AwsAccount(HERE, {}).inventory(STACK) if each.id == made] == [
        "stopped"
    ]
    ec2.terminate_instances(InstanceIds=[made])
    assert made not in {each.id for each in AwsAccount(HERE, {}).inventory(STACK)}


@pytest.mark.parametrize("missing", ["stack", "managed-by"])
def test_what_somebody_else_tagged_is_not_ours(ec2: Any, missing: str) -> None:
    tags = [tag for tag in OURS if tag["Key"] != missing]
    ec2.create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
    )
    assert AwsAccount(HERE, {}).inventory(STACK) == []


GONE = (
    "arn:aws:s3:::aws-course-storage-bucket-0000000",
    "arn:aws:ecr:us-east-1:123456789012:repository/aws-course-registry-images-0000000",
    "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-00000000",
    "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-00000000",
    "arn:aws:batch:us-east-1:123456789012:compute-environment/aws-course-cluster-nodes-0000000",
    "arn:aws:batch:us-east-1:123456789012:job-queue/aws-course-cluster-queue-0000000",
    "arn:aws:batch:us-east-1:123456789012:job-definition/aws-course-cluster-job-0000000:1",
    "arn:aws:ecs:us-east-1:123456789012:cluster/aws-course_Batch_0",
    "arn:aws:logs:us-east-1:123456789012:log-group:aws-course-cluster-logs-0000000",
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:aws-course-notebook-shared-idle-0000000",
    "arn:aws:scheduler:us-east-1:123456789012:schedule-group/aws-course-schedules-0000000",
    "arn:aws:sns:us-east-1:123456789012:aws-course-budget-alerts-0000000",
    "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-00000000",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-00000000",
    "arn:aws:iam::123456789012:instance-profile/mllab/aws-course/aws-course-profile-0000000",
)


@pytest.mark.usefixtures("aws")
def test_what_was_deleted_and_is_still_listed_is_not_reported(
    still_listed: list[dict[str, Any]],
) -> None:
    still_listed += [{"ResourceARN": arn, "Tags": OURS} for arn in GONE]
    assert AwsAccount(HERE, {}).inventory(STACK) == []


@pytest.mark.usefixtures("aws")
def test_what_cannot_be_confirmed_is_reported_as_that(still_listed: list[dict[str, Any]]) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/ann"
    still_listed.append({"ResourceARN": arn, "Tags": OURS})
    assert AwsAccount(HERE, {}).inventory(STACK) == [
        InventoryItem("sagemaker:endpoint", "ann", "ann", "cluster", UNCONFIRMED)
    ]


@pytest.mark.usefixtures("aws")
def test_a_deregistered_job_definition_is_gone() -> None:
    batch = boto3.client("batch", region_name=HERE)
    arn = batch.register_job_definition(
        jobDefinitionName="job",
        type="container",
        containerProperties={"image": "i", "vcpus": 1, "memory": 128},
        tags={tag["Key"]: tag["Value"] for tag in OURS},
    )["jobDefinitionArn"]
    assert [each.id for each in AwsAccount(HERE, {}).inventory(STACK)] == [arn]
    batch.deregister_job_definition(jobDefinition=arn)
    assert AwsAccount(HERE, {}).inventory(STACK) == []


def test_a_part_that_cannot_be_seen_is_never_taken_for_empty(
    ec2: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2.create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": OURS}]
    )
    opened = AwsAccount(HERE, {})
    [vpc] = opened.inventory(STACK)
    calls = opened._calls
    ask = calls.ask

    def refuse(service: str, operation: str, args: Any) -> Any:
        if service == "budgets":
            monkeypatch.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        return ask(service, operation, args)

    monkeypatch.setattr(calls, "ask", refuse)
    with pytest.raises(StillThere) as caught:
        opened.inventory(STACK)
    assert "AWS does not answer budgets describe_budgets" in caught.value.message
    assert f"Seen:\n  {vpc.name} (aws:ec2/vpc:Vpc)" in caught.value.message
    assert "aws iam list-roles --path-prefix /mllab/" in caught.value.hint


@pytest.mark.usefixtures("aws")
def test_without_the_stacks_region_nothing_is_called_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", HERE)
    with pytest.raises(StillThere, match="the stack's settings do not say aws:region"):
        open_account("aws", {}).inventory(STACK)


def test_roles_are_looked_for_where_the_components_put_them() -> None:
    names = {each.name: "x" for each in dataclasses.fields(LabArgs)}
    assert access.path(LabArgs(**names)).startswith(IAM_PATH)  # type: ignore[arg-type]


def test_other_clouds_are_not_taken_for_empty() -> None:
    with pytest.raises(StillThere, match="cannot look into the account of oci"):
        open_account("oci", {}).inventory(STACK)
