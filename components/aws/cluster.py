"""GPU cluster on AWS: Batch on EC2, from zero to a stated maximum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import batch, cloudwatch, ec2, iam

from components import contracts
from components.aws import access, baseline, jobs
from components.aws.jobs import Args
from components.contracts import child, publish
from components.tags import named, tags

NODE_DISK_GB = 200  # images with CUDA take tens of GB; the 30 GB of the machine image fill up
STUCK_SECONDS = 3600
STUCK = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
"""Why a job may wait for ever and block those behind it; the words are the service's."""


class Cluster(pulumi.ComponentResource):
    """A job queue on machines that exist only while jobs run.

    Batch refuses to delete a compute environment under its queue, so ours is never replaced: it has
    from its first day what could not be added later, and no name, service role or strategy that
    would turn a change into a replacement.

    Args:
        args: see ClusterArgs. Batch may exceed `max_nodes` by one machine for a short while. Where
            the machine type is out of stock, its fallbacks are taken.
    Outputs:
        id: ARN of the queue. max_nodes: as asked.
        submit: {kind: `aws-batch`, argv, stdin, queue, job_definition, region, log_group, image,
        gpus, vcpus, memory_mib, max_seconds}. `argv` runs the image's own command once `image` has
        been pushed; see the contract.
    Cost: idle 0 USD; in use the price of the machines, and 0.02 USD per node-hour for their disks
        (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html,
        https://docs.aws.amazon.com/batch/latest/userguide/ecs-migration-2023.html,
        https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_time_limit_actions.html
    """

    id: pulumi.Output[str]
    submit: pulumi.Output[dict[str, Any]]
    max_nodes: pulumi.Output[int]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mllab:aws:Cluster", name, None, opts)
        labels = tags(args.lab, "cluster")
        logs = cloudwatch.LogGroup(
            f"{name}-logs",
            retention_in_days=baseline.log_days(args.lab),
            kms_key_id=baseline.arn(args.network.key),
            tags=named(labels, f"{name}-logs"),
            opts=child(self),
        )
        queue = batch.JobQueue(
            f"{name}-queue",
            state="ENABLED",
            priority=1,
            compute_environment_orders=[
                {"order": 1, "compute_environment": _nodes(self, name, args, labels).arn}
            ],
            job_state_time_limit_actions=[_cancel(reason) for reason in STUCK],
            tags=named(labels, f"{name}-queue"),
            opts=child(self),
        )
        definition = jobs.definition(self, name, args, logs, labels)
        self.id = queue.arn
        self.max_nodes = pulumi.Output.from_input(args.max_nodes)
        self.submit = pulumi.Output.all(
            kind="aws-batch",
            argv=[
                *("aws", "batch", "submit-job", "--region", args.lab.region),
                *("--job-name", "first-job", "--job-queue", queue.name),
                *("--job-definition", definition.name),
            ],
            stdin="",
            queue=queue.name,
            job_definition=definition.name,
            region=args.lab.region,
            log_group=logs.name,
            image=jobs.image(args),
            gpus=args.machine.gpus,
            vcpus=args.machine.vcpus,
            memory_mib=jobs.memory_mib(args.machine),
            max_seconds=jobs.max_seconds(args),
        )
        publish(self, contracts.Cluster)


def _cancel(reason: str) -> batch.JobQueueJobStateTimeLimitActionArgsDict:
    return {
        "state": "RUNNABLE",
        "action": "CANCEL",
        "max_time_seconds": STUCK_SECONDS,
        "reason": reason,
    }


def _nodes(
    parent: pulumi.Resource, name: str, args: Args, labels: Mapping[str, str]
) -> batch.ComputeEnvironment:
    role = access.role(parent, f"{name}-node-role", args.lab, "ec2.amazonaws.com", labels)
    allowed = iam.RolePolicyAttachment(
        f"{name}-node-access",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
        opts=child(parent),
    )
    profile = iam.InstanceProfile(
        f"{name}-node-profile",
        role=role.name,
        path=access.path(args.lab),
        tags=named(labels, f"{name}-node-profile"),
        opts=child(parent),
    )
    template = _template(parent, f"{name}-node", labels)
    kinds = (args.machine.type, *args.machine.fallbacks)
    return batch.ComputeEnvironment(
        f"{name}-nodes",
        type="MANAGED",
        state="ENABLED",
        compute_resources={
            "type": "SPOT" if args.spot else "EC2",
            "allocation_strategy": (
                "SPOT_PRICE_CAPACITY_OPTIMIZED" if args.spot else "BEST_FIT_PROGRESSIVE"
            ),
            "min_vcpus": 0,
            "max_vcpus": args.max_nodes * args.machine.vcpus,
            "instance_types": [kind for kind in kinds if kind in args.network.types],
            "subnets": [subnet.id for subnet in args.network.subnets.values()],
            "security_group_ids": [args.network.compute_group.id],
            "instance_role": profile.arn,  # the service calls the profile so
            # Stated, since the provider falls back to an image that Batch accepts no more.
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
        tags=named(labels, f"{name}-nodes"),
        # Deleted after its role lost the policy, it stays DELETING for good; and its machines must
        # have given up their public addresses before the gateway goes.
        opts=child(parent, depends_on=[allowed, args.network]),
    )


def _template(parent: pulumi.Resource, name: str, labels: Mapping[str, str]) -> ec2.LaunchTemplate:
    return ec2.LaunchTemplate(
        name,
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            # Jobs get their own role from ECS; the machine's is one hop too far for them.
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
        # The tags of a compute environment reach its machines, not their disks.
        tag_specifications=[{"resource_type": "volume", "tags": labels}],
        tags=named(labels, name),
        opts=child(parent),
    )
