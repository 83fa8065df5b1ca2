"""The cluster is nothing while idle, has a ceiling, and ends what does not end by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.catalog import machine
from tests.components.labs import STACKS, answers, asked, committed, granted, nodes, variant
from tests.components.render import ACCOUNT, Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
JOB = "batch/jobDefinition:JobDefinition"


def container(rendered: Rendered) -> dict[str, Any]:
    found = json.loads(rendered.one(JOB).inputs["containerProperties"])
    assert isinstance(found, dict)
    return found


@every_stack
def test_cluster_scales_from_nothing_to_what_was_asked_for(stack: str) -> None:
    args, rendered = asked(stack), committed(stack)
    assert nodes(rendered)["minVcpus"] == 0
    assert nodes(rendered)["maxVcpus"] == args.max_nodes * args.cluster.vcpus
    assert rendered.outputs["cluster"]["max_nodes"] == args.max_nodes


def test_machines_are_the_size_and_its_fallbacks() -> None:
    assert nodes(variant(cluster=machine("aws", "gpu-small")))["instanceTypes"] == [
        "g4dn.xlarge",
        "g6.xlarge",
        "g5.xlarge",
    ]
    assert nodes(variant(cluster=machine("aws", "g4dn.xlarge")))["instanceTypes"] == ["g4dn.xlarge"]


def test_fallbacks_that_are_not_offered_are_left_out() -> None:
    """Batch refuses the whole environment for one type that the region has not."""
    said = answers({"g4dn.xlarge": "ab", "g5.xlarge": "b", "g6.xlarge": "f"})
    assert nodes(variant(said=said))["instanceTypes"] == ["g4dn.xlarge", "g5.xlarge"]


@pytest.mark.parametrize(
    ("spot", "kind", "strategy"),
    [
        (True, "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED"),
        (False, "EC2", "BEST_FIT_PROGRESSIVE"),
    ],
)
def test_spot_or_on_demand(spot: bool, kind: str, strategy: str) -> None:
    found = nodes(variant(spot=spot))
    assert (found["type"], found["allocationStrategy"]) == (kind, strategy)


def test_nodes_are_in_every_zone_behind_the_closed_group() -> None:
    rendered = committed("aws-course")
    assert nodes(rendered)["subnets"] == rendered.outputs["network"]["subnet_ids"]
    assert nodes(rendered)["securityGroupIds"] == ["aws-course-network-compute-id"]


def test_nodes_have_encrypted_disks_and_keep_their_role_to_themselves() -> None:
    template = committed("aws-course").one("ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert template["blockDeviceMappings"] == [
        {
            "deviceName": "/dev/xvda",
            "ebs": {
                "volumeType": "gp3",
                "volumeSize": 200,
                "encrypted": "true",
                "deleteOnTermination": "true",
            },
        }
    ]


def test_queue_feeds_the_one_environment() -> None:
    queue = committed("aws-course").one("batch/jobQueue:JobQueue").inputs
    assert queue["state"] == "ENABLED"
    assert queue["computeEnvironmentOrders"] == [
        {"order": 1, "computeEnvironment": f"arn:aws:test::{ACCOUNT}:aws-course-cluster-nodes"}
    ]


@pytest.mark.parametrize(
    ("size", "needs"),
    [
        ("gpu-small", {"GPU": "1", "VCPU": "4", "MEMORY": "13926"}),
        ("gpu-multi", {"GPU": "4", "VCPU": "48", "MEMORY": "167116"}),
        ("cpu-small", {"VCPU": "2", "MEMORY": "6963"}),
    ],
)
def test_a_job_has_one_machine_to_itself(size: str, needs: dict[str, str]) -> None:
    rendered = variant(cluster=machine("aws", size))
    asked_for = container(rendered)["resourceRequirements"]
    assert {each["type"]: each["value"] for each in asked_for} == needs
    assert container(rendered)["linuxParameters"] == {"sharedMemorySize": int(needs["MEMORY"]) // 2}
    assert container(rendered)["privileged"] is False


def test_a_job_finds_bucket_region_and_files() -> None:
    """AWS mounts only with encryption, and without a folder: the access point has it."""
    found = container(committed("aws-course"))
    assert found["environment"] == [
        {"name": "AWS_DEFAULT_REGION", "value": "us-east-1"},
        {"name": "LAB_BUCKET", "value": "s3://aws-course-storage-bucket-0abc123"},
    ]
    assert found["mountPoints"] == [{"sourceVolume": "shared", "containerPath": "/shared"}]
    assert found["volumes"] == [
        {
            "name": "shared",
            "efsVolumeConfiguration": {
                "fileSystemId": "aws-course-storage-files-id",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {
                    "accessPointId": "aws-course-storage-shared-id",
                    "iam": "ENABLED",
                },
            },
        }
    ]
    assert not {"volumes", "mountPoints"} & container(committed("aws-tiny")).keys()


def test_a_job_is_ended_in_time() -> None:
    job = variant(max_job_hours=7).one(JOB).inputs
    assert job["timeout"] == {"attemptDurationSeconds": 25_200}
    assert job["platformCapabilities"] == ["EC2"]
    assert job["propagateTags"] is True


def test_logs_are_kept_for_a_month() -> None:
    rendered = committed("aws-course")
    groups = {each.name: each.inputs for each in rendered.of("cloudwatch/logGroup:LogGroup")}
    assert groups.keys() == {"aws-course-cluster-logs", "aws-course-notebook-watch-logs"}
    for group in groups.values():
        assert group["retentionInDays"] == 30
        assert not group.get("skipDestroy")
    assert container(rendered)["logConfiguration"] == {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "aws-course-cluster-logs-0abc123",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "job",
        },
    }


def test_jobs_may_use_data_and_their_host_may_pull_images() -> None:
    rendered = committed("aws-course")
    job = granted(rendered.one("iam/rolePolicy:RolePolicy", "aws-course-cluster-job-access"))
    start = granted(
        rendered.one("iam/rolePolicy:RolePolicy", "aws-course-cluster-execution-access")
    )
    assert {action.split(":")[0] for action in job} == {"s3", "elasticfilesystem"}
    assert {action.split(":")[0] for action in start} == {"ecr", "logs"}
    assert "ecr:PutImage" not in start
    logs = f"arn:aws:test::{ACCOUNT}:aws-course-cluster-logs:*"
    assert start["logs:PutLogEvents"] == {logs}
    used = container(rendered)
    assert used["jobRoleArn"].endswith(":aws-course-cluster-job-role")
    assert used["executionRoleArn"].endswith(":aws-course-cluster-execution-role")


def test_submit_holds_all_that_a_submission_needs() -> None:
    submit = committed("aws-course").outputs["cluster"]["submit"]
    image = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/aws-course-registry-images-0abc123:latest"
    assert {key: value for key, value in submit.items() if key not in ("argv", "stdin")} == {
        "kind": "aws-batch",
        "queue": "aws-course-cluster-queue-0abc123",
        "job_definition": "aws-course-cluster-job-0abc123",
        "region": "us-east-1",
        "log_group": "aws-course-cluster-logs-0abc123",
        "image": image,
        "gpus": 1,
        "vcpus": 4,
        "memory_mib": 13926,
        "max_seconds": 14_400,
    }
    assert container(committed("aws-course"))["image"] == image
