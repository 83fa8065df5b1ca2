"""GPU cluster on AWS: Batch on EC2, from zero to a stated maximum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import batch, cloudwatch, ec2, iam

from components import contracts
from components.aws import access
from components.aws.network import Network
from components.aws.registry import MOVING_TAG, Registry
from components.aws.shared_files import MOUNT_PATH
from components.aws.storage import Storage
from components.contracts import ClusterArgs, child, publish
from components.tags import tags

NODE_DISK_GB = 200  # images with CUDA are tens of GB; the default of 30 GB fills up
LOG_DAYS = 30
HOUR = 3600  # seconds
STUCK_SECONDS = 3600  # longest wait for what may never come
ATTEMPTS = 3
MEMORY_SHARE = 0.85  # of the nominal memory; a job that asks for all of it is never placed

Args = ClusterArgs[Network, Storage, Registry]


class Cluster(pulumi.ComponentResource):
    """A job queue on machines that exist only while jobs run.

    The compute environment has everything from its first day that could not be added later without replacing it, and no
    name, service role or strategy that would make a change replace it: Batch refuses to delete it under its queue.

    Args:
        args: see ClusterArgs. Batch may exceed `max_nodes` by one machine for a short while.
    Outputs:
        id: ARN of the queue. max_nodes: as asked.
        submit: {kind: `aws-batch`, command, queue, job_definition, region, log_group, image, gpus, vcpus, memory_mib,
        max_seconds}; `command` submits a first job as it is.
    Cost: idle 0 USD; in use the machines, and their 200 GB disks at 0.02 USD per node-hour (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html,
        https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html,
        https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_time_limit_actions.html,
        https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
    """

    id: pulumi.Output[str]
    submit: pulumi.Output[dict[str, Any]]
    max_nodes: pulumi.Output[int]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mllab:aws:Cluster", name, None, opts)
        labels = tags(args.lab, "cluster")
        logs = cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=LOG_DAYS, tags=labels, opts=child(self)
        )
        environment = _compute_environment(self, name, args, labels)
        queue = batch.JobQueue(
            f"{name}-queue",
            state="ENABLED",
            priority=1,
            compute_environment_orders=[{"order": 1, "compute_environment": environment.arn}],
            job_state_time_limit_actions=[
                {
                    "state": "RUNNABLE",
                    "action": "CANCEL",
                    "max_time_seconds": STUCK_SECONDS,
                    "reason": reason,
                }
                for reason in _STUCK
            ],
            tags=labels,
            opts=child(self),
        )
        definition = _job_definition(self, name, args, logs, labels)
        self.id = queue.arn
        self.max_nodes = pulumi.Output.from_input(args.max_nodes)
        self.submit = pulumi.Output.from_input(
            {
                "kind": "aws-batch",
                "command": pulumi.Output.format(
                    "aws batch submit-job --region {0} --job-name first-job --job-queue {1} --job-definition {2}",
                    args.lab.region,
                    queue.name,
                    definition.name,
                ),
                "queue": queue.name,
                "job_definition": definition.name,
                "region": args.lab.region,
                "log_group": logs.name,
                "image": _image(args),
                "gpus": args.machine.gpus,
                "vcpus": args.machine.vcpus,
                "memory_mib": _memory_mib(args),
                "max_seconds": args.max_job_hours * HOUR,
            }
        )
        publish(self, contracts.Cluster)


_STUCK = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
"""Reasons for which a job would block the queue for ever; the words are the service's."""


def _compute_environment(
    parent: pulumi.Resource, name: str, args: Args, labels: Mapping[str, str]
) -> batch.ComputeEnvironment:
    role = access.role(parent, f"{name}-node-role", args.lab, "ec2.amazonaws.com", labels)
    attachment = iam.RolePolicyAttachment(
        f"{name}-node-access",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
        opts=child(parent),
    )
    profile = iam.InstanceProfile(
        f"{name}-node-profile",
        role=role.name,
        path=access.path(args.lab),
        tags=labels,
        opts=child(parent),
    )
    template = ec2.LaunchTemplate(
        f"{name}-node",
        # One hop: a job gets its own role from ECS and must not reach the machine's.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        block_device_mappings=[
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_type": "gp3",
                    "volume_size": NODE_DISK_GB,
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        # Tags of the compute environment reach the machines, not their disks.
        tag_specifications=[{"resource_type": "volume", "tags": labels}],
        tags=labels,
        opts=child(parent),
    )
    return batch.ComputeEnvironment(
        f"{name}-nodes",
        type="MANAGED",
        state="ENABLED",
        compute_resources={
            "type": "SPOT" if args.spot else "EC2",
            "allocation_strategy": "SPOT_PRICE_CAPACITY_OPTIMIZED"
            if args.spot
            else "BEST_FIT_PROGRESSIVE",
            "min_vcpus": 0,
            "max_vcpus": args.max_nodes * args.machine.vcpus,
            "instance_types": [args.machine.type, *args.machine.fallbacks],
            "subnets": [subnet.id for subnet in args.network.subnets.values()],
            "security_group_ids": [args.network.compute_group.id],
            "instance_role": profile.arn,
            # Stated, since the default is an image that Batch accepts no more.
            "ec2_configurations": [
                {"image_type": "ECS_AL2023_NVIDIA" if args.machine.gpus else "ECS_AL2023"}
            ],
            "launch_template": {
                "launch_template_id": template.id,
                "version": template.latest_version.apply(str),
            },
            "tags": labels,
        },
        update_policy={"job_execution_timeout_minutes": 30, "terminate_jobs_on_update": False},
        tags=labels,
        # Deleted while its role lacks the policy, the environment stays DELETING for good.
        opts=child(parent, depends_on=[attachment]),
    )


def _job_definition(
    parent: pulumi.Resource,
    name: str,
    args: Args,
    logs: cloudwatch.LogGroup,
    labels: Mapping[str, str],
) -> batch.JobDefinition:
    files = args.storage.files
    service = "ecs-tasks.amazonaws.com"
    job_role = access.role(parent, f"{name}-job-role", args.lab, service, labels)
    iam.RolePolicy(
        f"{name}-job-access",
        role=job_role.name,
        policy=access.document(
            *access.bucket(args.storage.arn),
            *([access.mount(files.system.arn, files.access_point.arn)] if files else []),
        ),
        opts=child(parent),
    )
    execution_role = access.role(parent, f"{name}-execution-role", args.lab, service, labels)
    iam.RolePolicy(
        f"{name}-execution-access",
        role=execution_role.name,
        policy=access.document(
            *access.pull(args.registry.arn),
            access.allow(
                ["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.concat(logs.arn, ":*")
            ),
        ),
        opts=child(parent),
    )
    return batch.JobDefinition(
        f"{name}-job",
        type="container",
        platform_capabilities=["EC2"],
        container_properties=pulumi.Output.json_dumps(
            _container(args, logs, job_role, execution_role)
        ),
        # A reclaimed machine is no fault of the job; anything else is, and would fail again.
        retry_strategy={
            "attempts": ATTEMPTS,
            "evaluate_on_exits": [
                {"on_status_reason": "Host EC2*", "action": "RETRY"},
                {"on_reason": "*", "action": "EXIT"},
            ],
        },
        timeout={"attempt_duration_seconds": args.max_job_hours * HOUR},
        propagate_tags=True,
        tags=labels,
        opts=child(parent),
    )


def _container(
    args: Args, logs: cloudwatch.LogGroup, job_role: iam.Role, execution_role: iam.Role
) -> dict[str, Any]:
    memory = _memory_mib(args)
    needs = {"GPU": args.machine.gpus, "VCPU": args.machine.vcpus, "MEMORY": memory}
    container: dict[str, Any] = {
        "image": _image(args),
        "jobRoleArn": job_role.arn,
        "executionRoleArn": execution_role.arn,
        "privileged": False,
        "resourceRequirements": [
            {"type": kind, "value": str(amount)} for kind, amount in needs.items() if amount
        ],
        # Data loaders share memory between processes; docker's default is 64 MB.
        "linuxParameters": {"sharedMemorySize": memory // 2},
        "environment": [
            {"name": "AWS_DEFAULT_REGION", "value": args.lab.region},
            {"name": "LAB_BUCKET", "value": args.storage.name},
        ],
        # Named, since the default group never expires and is left behind.
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": logs.name,
                "awslogs-region": args.lab.region,
                "awslogs-stream-prefix": "job",
            },
        },
    }
    if files := args.storage.files:
        container["volumes"] = [
            {
                "name": "shared",
                "efsVolumeConfiguration": {
                    "fileSystemId": files.system.id,
                    "transitEncryption": "ENABLED",
                    "authorizationConfig": {
                        "accessPointId": files.access_point.id,
                        "iam": "ENABLED",
                    },
                },
            }
        ]
        container["mountPoints"] = [{"sourceVolume": "shared", "containerPath": MOUNT_PATH}]
    return container


def _image(args: Args) -> pulumi.Output[str]:
    return pulumi.Output.concat(args.registry.uri, ":", MOVING_TAG)


def _memory_mib(args: Args) -> int:
    return int(args.machine.memory_gib * 1024 * MEMORY_SHARE)
