"""Traps of AWS and of its provider that others fell into: storage, registry and budget.

What is checked is what we ask for. That AWS behaves as described is taken from the sources in the
components' documentation.
"""

from __future__ import annotations

import json

import pytest

from tests.components.labs import STACKS, after, asked, committed, granted, policy

every_stack = pytest.mark.parametrize("stack", STACKS)
INSTANCE = "ec2/instance:Instance"
JOB = "batch/jobDefinition:JobDefinition"


@every_stack
def test_trap_policy_and_public_access_block_at_once_are_refused(stack: str) -> None:
    rendered = committed(stack)
    block = rendered.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert after(rendered.one("s3/bucketPolicy:BucketPolicy"), block)


@every_stack
def test_trap_a_bucket_takes_its_own_name_with_it(stack: str) -> None:
    """A deleted name is blocked for minutes; and settings inside the bucket are deprecated."""
    bucket = committed(stack).one("s3/bucket:Bucket")
    assert bucket.inputs.keys() == {"forceDestroy", "tags"}


@every_stack
def test_trap_contents_go_only_if_the_state_knew_before(stack: str) -> None:
    """The switches take effect only when an `up` recorded them, so they are always stated."""
    rendered = committed(stack)
    assert isinstance(rendered.one("s3/bucket:Bucket").inputs["forceDestroy"], bool)
    assert rendered.one("ecr/repository:Repository").inputs["forceDelete"] is True


def test_trap_without_a_policy_everybody_who_reaches_the_port_mounts() -> None:
    rendered = committed("aws-course")
    deny, mount = policy(rendered.one("efs/fileSystemPolicy:FileSystemPolicy"))
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert mount["Effect"] == "Allow"
    assert mount["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    point = rendered.one("efs/accessPoint:AccessPoint").name
    assert mount["Condition"] == {
        "StringEquals": {"elasticfilesystem:AccessPointArn": f"arn:aws:test::123456789012:{point}"}
    }


@pytest.mark.parametrize("who", ["notebook-access", "cluster-job-access"])
def test_trap_a_policy_that_forgets_to_mount_locks_everybody_out(who: str) -> None:
    rendered = committed("aws-course")
    needed = {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}
    system = policy(rendered.one("efs/fileSystemPolicy:FileSystemPolicy"))[1]
    rights = granted(rendered.one("iam/rolePolicy:RolePolicy", f"aws-course-{who}"))
    assert set(system["Action"]) == needed
    assert needed <= rights.keys()
    assert [set(system["Resource"])] == [rights["elasticfilesystem:ClientMount"]]


def test_trap_backups_outlive_the_file_system() -> None:
    policy_ = committed("aws-course").one("efs/backupPolicy:BackupPolicy")
    assert policy_.inputs["backupPolicy"] == {"status": "DISABLED"}


def test_trap_files_are_deleted_without_a_question() -> None:
    assert asked("aws-course").keep
    assert committed("aws-course").one("efs/fileSystem:FileSystem").options["protect"] is True


def test_trap_mounting_before_the_target_is_there() -> None:
    rendered = committed("aws-course")
    targets = rendered.of("efs/mountTarget:MountTarget")
    assert len(targets) == len(rendered.of("ec2/subnet:Subnet")), "one for each zone"
    assert all(after(machine, *targets) for machine in rendered.of(INSTANCE))
    assert after(rendered.one(JOB), *targets)


@every_stack
def test_trap_the_rule_for_any_image_comes_last(stack: str) -> None:
    rules = json.loads(committed(stack).one("ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"])
    ordered = sorted(rules["rules"], key=lambda rule: rule["rulePriority"])
    assert [rule["selection"]["tagStatus"] for rule in ordered] == ["untagged", "any"]


@every_stack
def test_trap_the_old_policy_takes_the_new_one_with_it(stack: str) -> None:
    """A changed policy is a replacement; deleting the old one last would leave none."""
    clean_up = committed(stack).one("ecr/lifecyclePolicy:LifecyclePolicy")
    assert clean_up.options["deleteBeforeReplace"] is True


@every_stack
def test_trap_budgets_cannot_publish_to_a_topic_with_a_key(stack: str) -> None:
    assert "kmsMasterKeyId" not in committed(stack).one("sns/topic:Topic").inputs


@every_stack
def test_trap_an_unconfirmed_subscription_cannot_be_deleted(stack: str) -> None:
    assert not committed(stack).of("sns/topicSubscription:TopicSubscription")


@every_stack
def test_trap_a_tag_filter_reads_nothing_until_the_payer_acts(stack: str) -> None:
    budget = committed(stack).one("budgets/budget:Budget")
    assert "costFilters" not in budget.inputs
    assert not committed(stack).of("costexplorer/costAllocationTag:CostAllocationTag")


@every_stack
def test_trap_credits_hide_what_is_spent(stack: str) -> None:
    budget = committed(stack).one("budgets/budget:Budget").inputs
    assert budget["costTypes"] == {"includeCredit": False, "includeRefund": False}


@every_stack
def test_trap_a_fixed_name_keeps_two_labs_apart(stack: str) -> None:
    """Only schedules are named by us; their group's name is generated."""
    names = ("name", "namePrefix", "bucket", "bucketPrefix", "creationToken")
    for resource in committed(stack).custom():
        if resource.type.startswith("aws:s3/") and resource.type != "aws:s3/bucket:Bucket":
            continue
        given = [key for key in names if key in resource.inputs]
        assert given == (["name"] if resource.type == "aws:scheduler/schedule:Schedule" else [])
