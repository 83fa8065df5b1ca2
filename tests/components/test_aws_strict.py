"""Profile `strict` differs where a reviewer looks, and a course pays for none of it."""

from __future__ import annotations

import json
from datetime import time

import pytest

from mllab.engines.contract import Resource
from tests.components.labs import after, answers, committed, granted, managed, policy, variant
from tests.components.render import ACCOUNT, Rendered
from tests.components.test_aws_storage import bucket_part

KEY = "aws-lab-network-key"
ARN = f"arn:aws:test::{ACCOUNT}:{KEY}"
THERE = answers("abc", region="eu-central-1")
GROUP = "cloudwatch/logGroup:LogGroup"
ENCRYPTION = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def key(rendered: Rendered) -> Resource:
    return rendered.one("kms/key:Key")


def opened(resource: Resource) -> set[str]:
    """What a role may do with keys."""
    return {action for action, where in granted(resource).items() if where == {ARN}}


def test_a_course_has_no_key_and_no_record_of_its_traffic() -> None:
    for rendered in (committed("aws-course"), committed("aws-tiny"), managed()):
        assert not rendered.of("kms/key:Key")
        assert not rendered.of("ec2/flowLog:FlowLog")
        assert "kmsKeyId" not in json.dumps([r.inputs for r in rendered.custom()])


def test_all_that_holds_data_has_the_labs_own_key() -> None:
    rendered = committed("aws-lab")
    for kind in ("ebs/volume:Volume", "efs/fileSystem:FileSystem", GROUP):
        found = rendered.of(kind)
        assert found
        assert {each.inputs["kmsKeyId"] for each in found} == {ARN}
    for machine in rendered.of("ec2/instance:Instance"):
        assert machine.inputs["rootBlockDevice"]["kmsKeyId"] == ARN
    (rule,) = bucket_part(rendered, ENCRYPTION).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == ARN
    images = rendered.one("ecr/repository:Repository").inputs["encryptionConfigurations"]
    assert images == [{"encryptionType": "KMS", "kmsKey": ARN}]
    seat = variant("aws-lab", kind="managed", stop_at=time(20), said=THERE).of(
        "sagemaker/notebookInstance:NotebookInstance"
    )[0]
    assert seat.inputs["kmsKeyId"] == ARN


def test_the_key_turns_and_goes_last_and_not_unnamed() -> None:
    rendered = committed("aws-lab")
    found = key(rendered)
    assert found.inputs["enableKeyRotation"] is True
    assert found.inputs["deletionWindowInDays"] == 7
    assert found.options["protect"] is True
    assert not key(variant("aws-lab", keep=False, said=THERE)).options.get("protect")
    holders = ("ebs/volume:Volume", "efs/fileSystem:FileSystem", "ecr/repository:Repository")
    for kind in (*holders, "s3/bucket:Bucket"):
        for holder in rendered.of(kind):
            assert after(holder, found), f"{holder.name} could outlive its key"


def test_the_key_is_for_the_account_and_for_the_logs_of_the_lab() -> None:
    account, logs = policy(key(committed("aws-lab")))
    number = account["Principal"]["AWS"].split(":")[4]
    assert (account["Action"], account["Principal"]) == (
        ["kms:*"],
        {"AWS": f"arn:aws:iam::{number}:root"},
    )
    assert logs["Principal"] == {"Service": "logs.eu-central-1.amazonaws.com"}
    condition = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-central-1:{number}:*"}
    assert logs["Condition"] == {"ArnLike": condition}
    assert "kms:*" not in logs["Action"]


@pytest.mark.parametrize("name", ["aws-lab-cluster-job-access", "aws-lab-notebook-access"])
def test_whoever_uses_the_bucket_may_use_its_key(name: str) -> None:
    rights = committed("aws-lab").one("iam/rolePolicy:RolePolicy", name)
    assert opened(rights) == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_traffic_is_recorded_and_kept_for_a_year() -> None:
    rendered = committed("aws-lab")
    flows = rendered.one("ec2/flowLog:FlowLog")
    assert flows.inputs["trafficType"] == "ALL"
    assert flows.inputs["vpcId"] == "aws-lab-network-vpc-id"
    assert {group.inputs["retentionInDays"] for group in rendered.of(GROUP)} == {365}
    assert {group.inputs["retentionInDays"] for group in committed("aws-course").of(GROUP)} == {30}
    rights = rendered.one("iam/rolePolicy:RolePolicy", "aws-lab-network-flows-access")
    assert after(flows, rights)
    where = set().union(*granted(rights).values())
    assert where == {f"arn:aws:test::{ACCOUNT}:aws-lab-network-flows:*"}


@pytest.mark.parametrize(("asked", "days"), [(0, 30), (14, 30), (90, 90)])
def test_what_was_overwritten_can_be_brought_back(asked: int, days: int) -> None:
    rendered = variant("aws-lab", undelete_days=asked, said=THERE)
    versions = bucket_part(rendered, "bucketVersioning:BucketVersioning").inputs
    assert versions["versioningConfiguration"] == {"status": "Enabled"}
    (rule,) = bucket_part(
        rendered, "bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    ).inputs["rules"]
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": days}
