"""What a job of the cluster is: its container, its rights, and when it is tried again or ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import batch, cloudwatch, iam

from components.aws import access, baseline
from components.aws.network import Network
from components.aws.registry import MUTABLE_TAG, Registry
from components.aws.shared_files import MOUNT_PATH
from components.aws.storage import Storage
from components.catalog import Machine
from components.contracts import ClusterArgs, child
from components.tags import named

ATTEMPTS = 3
MEMORY_SHARE = 0.85  # a machine registers less than its nominal memory
RETRIES: list[batch.JobDefinitionRetryStrategyEvaluateOnExitArgsDict] = [
    {"on_status_reason": "Host EC2*", "action": "RETRY"},
    {"on_reason": "AGENT", "action": "RETRY"},
    {"on_status_reason": "Task failed to start*", "action": "RETRY"},
    {"on_reason": "*", "action": "EXIT"},
]
"""Ends that another machine may spare a job: its own was reclaimed, the agent there lost it, or it
never started, because the pull was cut off or Docker did not answer. What matches no line is tried
again; without the last one a bug would be paid thrice.
Source: https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html"""
SERVICE = "ecs-tasks.amazonaws.com"

Args = ClusterArgs[Network, Storage, Registry]


def definition(
    parent: pulumi.Resource,
    name: str,
    args: Args,
    logs: cloudwatch.LogGroup,
    labels: Mapping[str, str],
) -> batch.JobDefinition:
    """A job that has one machine to itself; each part can be asked for less at submission.

    Source: https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html,
        https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html,
        https://docs.aws.amazon.com/batch/latest/userguide/efs-volumes.html
    """
    files = args.storage.files
    job_role = access.role(parent, f"{name}-job-role", args.lab, SERVICE, labels)
    work = iam.RolePolicy(
        f"{name}-job-access",
        role=job_role.name,
        policy=access.document(
            *access.bucket(args.storage.arn),
            *baseline.use(args.network.key),
            *([access.mount(files.system.arn, files.access_point.arn)] if files else []),
        ),
        opts=child(parent),
    )
    execution_role = access.role(parent, f"{name}-execution-role", args.lab, SERVICE, labels)
    write_logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
    start = iam.RolePolicy(
        f"{name}-execution-access",
        role=execution_role.name,
        policy=access.document(
            *access.pull(args.registry.arn),
            access.allow(write_logs, pulumi.Output.concat(logs.arn, ":*")),
        ),
        opts=child(parent),
    )
    container = _container(args, logs, job_role, execution_role)
    return batch.JobDefinition(
        f"{name}-job",
        type="container",
        platform_capabilities=["EC2"],
        container_properties=pulumi.Output.json_dumps(container),
        retry_strategy={"attempts": ATTEMPTS, "evaluate_on_exits": RETRIES},
        timeout={"attempt_duration_seconds": max_seconds(args)},
        propagate_tags=True,
        tags=named(labels, f"{name}-job"),
        opts=child(parent, depends_on=[work, start, *(files.targets if files else [])]),
    )


def image(args: Args) -> pulumi.Output[str]:
    """The image that jobs run."""
    return pulumi.Output.concat(args.registry.uri, ":", MUTABLE_TAG)


def memory_mib(machine: Machine) -> int:
    """What a job may ask for; with the nominal memory it would never be placed."""
    return int(machine.memory_gib * 1024 * MEMORY_SHARE)


def max_seconds(args: Args) -> int:
    """When a job is ended."""
    return args.max_job_hours * 3600


def _container(
    args: Args, logs: cloudwatch.LogGroup, job_role: iam.Role, execution_role: iam.Role
) -> dict[str, Any]:
    memory = memory_mib(args.machine)
    needs = {"GPU": args.machine.gpus, "VCPU": args.machine.vcpus, "MEMORY": memory}
    return {
        "image": image(args),
        "jobRoleArn": job_role.arn,
        "executionRoleArn": execution_role.arn,
        "privileged": False,
        "resourceRequirements": [
            {"type": kind, "value": str(amount)} for kind, amount in needs.items() if amount
        ],
        # Data loaders pass batches through shared memory; docker's default is 64 MB.
        "linuxParameters": {"sharedMemorySize": memory // 2},
        "environment": [
            {"name": "AWS_DEFAULT_REGION", "value": args.lab.region},
            {"name": "LAB_BUCKET", "value": args.storage.uri},
        ],
        # Named, since the group that Batch makes by itself never expires and is left behind.
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": logs.name,
                "awslogs-region": args.lab.region,
                "awslogs-stream-prefix": "job",
            },
        },
        **_shared_files(args),
    }


def _shared_files(args: Args) -> dict[str, Any]:
    files = args.storage.files
    if not files:
        return {}
    volume = {
        "fileSystemId": files.system.id,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": files.access_point.id, "iam": "ENABLED"},
    }
    return {
        "volumes": [{"name": "shared", "efsVolumeConfiguration": volume}],
        "mountPoints": [{"sourceVolume": "shared", "containerPath": MOUNT_PATH}],
    }
