"""Traps of AWS and of its provider that others fell into: the cluster.

What is checked is what we ask for. That AWS behaves as described is taken from the sources in the
components' documentation.
"""

from __future__ import annotations

import json
from fnmatch import fnmatch

import pytest

from tests.components.labs import STACKS, after, asked, committed, nodes

every_stack = pytest.mark.parametrize("stack", STACKS)
ENVIRONMENT = "batch/computeEnvironment:ComputeEnvironment"
JOB = "batch/jobDefinition:JobDefinition"


@every_stack
def test_trap_replacing_a_compute_environment_fails_under_its_queue(stack: str) -> None:
    """Whatever forces or could force a replacement is left out, and what cannot be added is in."""
    environment = committed(stack).one(ENVIRONMENT).inputs
    assert not {"name", "namePrefix", "serviceRole", "eksConfiguration"} & environment.keys()
    found = nodes(committed(stack))
    assert not {"placementGroup", "spotIamFleetRole", "imageId", "desiredVcpus"} & found.keys()
    assert {"ec2Configurations", "launchTemplate"} <= found.keys()
    assert found["allocationStrategy"] in {
        "BEST_FIT_PROGRESSIVE",
        "SPOT_CAPACITY_OPTIMIZED",
        "SPOT_PRICE_CAPACITY_OPTIMIZED",
    }


@pytest.mark.parametrize(
    ("stack", "image"), [("aws-course", "ECS_AL2023_NVIDIA"), ("aws-tiny", "ECS_AL2023")]
)
def test_trap_the_default_image_is_one_that_batch_accepts_no_more(stack: str, image: str) -> None:
    assert nodes(committed(stack))["ec2Configurations"] == [{"imageType": image}]
    template = committed(stack).one("ec2/launchTemplate:LaunchTemplate")
    assert "imageId" not in template.inputs


@every_stack
def test_trap_the_instance_role_is_a_profile(stack: str) -> None:
    assert nodes(committed(stack))["instanceRole"].endswith(f":{stack}-cluster-node-profile")


@every_stack
def test_trap_an_environment_without_its_roles_rights_never_dies(stack: str) -> None:
    rendered = committed(stack)
    rights = rendered.one("iam/rolePolicyAttachment:RolePolicyAttachment")
    assert after(rendered.one(ENVIRONMENT), rights)


@every_stack
def test_trap_service_linked_roles_belong_to_the_account(stack: str) -> None:
    assert not committed(stack).of("iam/serviceLinkedRole:ServiceLinkedRole")


@every_stack
def test_trap_common_tags_do_not_reach_what_batch_launches(stack: str) -> None:
    rendered = committed(stack)
    own = rendered.one(ENVIRONMENT).inputs["tags"]
    labels = {key: own[key] for key in own if key != "name"}
    assert nodes(rendered)["tags"] == labels
    template = rendered.one("ec2/launchTemplate:LaunchTemplate").inputs
    assert template["tagSpecifications"] == [{"resourceType": "volume", "tags": labels}]


@every_stack
def test_trap_a_job_that_wants_all_memory_is_never_placed(stack: str) -> None:
    container = json.loads(committed(stack).one(JOB).inputs["containerProperties"])
    needs = {each["type"]: int(each["value"]) for each in container["resourceRequirements"]}
    assert needs["MEMORY"] < 0.9 * asked(stack).cluster.memory_gib * 1024


@every_stack
def test_trap_a_job_that_cannot_start_blocks_the_queue_for_ever(stack: str) -> None:
    actions = committed(stack).one("batch/jobQueue:JobQueue").inputs["jobStateTimeLimitActions"]
    assert {each["reason"] for each in actions} == {
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    }
    for each in actions:
        assert (each["state"], each["action"]) == ("RUNNABLE", "CANCEL")
        assert 600 <= each["maxTimeSeconds"] <= 86_400


@every_stack
@pytest.mark.parametrize(
    ("status", "reason", "again"),
    [
        ("Host EC2 (instance i-0123456789abcdef0) terminated.", "", True),
        ("Task failed to start", "CannotPullContainerError: context canceled", True),
        ("Task failed to start", "DockerTimeoutError: Could not transition to started", True),
        ("", "AGENT", True),
        ("Essential container in task exited", "", False),
        ("Essential container in task exited", "OutOfMemoryError: Container killed", False),
        ("Job attempt duration exceeded timeout", "", False),
    ],
)
def test_trap_a_bug_is_no_reason_to_pay_for_the_job_again(
    stack: str, status: str, reason: str, again: bool
) -> None:
    strategy = committed(stack).one(JOB).inputs["retryStrategy"]
    assert strategy["attempts"] == 3
    assert len(strategy["evaluateOnExits"]) <= 5
    assert decided(strategy["evaluateOnExits"], status, reason) == ("RETRY" if again else "EXIT")


def decided(rules: list[dict[str, str]], status: str, reason: str) -> str:
    """What Batch does at the end of an attempt: the first rule that matches, else another try."""
    said = {"onStatusReason": status, "onReason": reason}
    for rule in rules:
        patterns = {key: rule[key] for key in said if key in rule}
        if patterns and all(fnmatch(said[key], each) for key, each in patterns.items()):
            return rule["action"]
    return "RETRY"


@every_stack
def test_trap_the_default_log_group_never_expires(stack: str) -> None:
    container = json.loads(committed(stack).one(JOB).inputs["containerProperties"])
    group = committed(stack).one("cloudwatch/logGroup:LogGroup", f"{stack}-cluster-logs")
    assert group.inputs["retentionInDays"] > 0
    named = container["logConfiguration"]["options"]["awslogs-group"]
    assert named == f"{group.name}-0abc123"
