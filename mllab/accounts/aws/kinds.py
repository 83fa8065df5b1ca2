"""The kinds of things that an AWS account shows, by service and type as in their ARNs: data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mllab.accounts.aws.imports import DELETING_STATES


@dataclass(frozen=True)
class Check:
    """How a service says whether one of its things still exists.

    Args:
        operation: of the service in the ARN.
        args: `$id` is what follows the type in the ARN, `$parent` its part before the first slash.
        items, state, where: as in `aws_ways.Way`.
        gone: states in which it no longer counts.
    """

    operation: str
    args: Mapping[str, Any]
    items: str
    state: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = DELETING_STATES


CHECKS: Final[Mapping[str, Check]] = {
    "ec2:instance": Check(
        "describe_instances", {"InstanceIds": ["$id"]}, "Reservations.Instances", "State.Name"
    ),
    "ec2:volume": Check("describe_volumes", {"VolumeIds": ["$id"]}, "Volumes", "State"),
    "ec2:vpc-endpoint": Check(
        "describe_vpc_endpoints", {"VpcEndpointIds": ["$id"]}, "VpcEndpoints", "State"
    ),
    "ec2:natgateway": Check(
        "describe_nat_gateways", {"NatGatewayIds": ["$id"]}, "NatGateways", "State"
    ),
    "s3:": Check("head_bucket", {"Bucket": "$id"}, ""),
    "ecr:repository": Check("describe_repositories", {"repositoryNames": ["$id"]}, "repositories"),
    "elasticfilesystem:file-system": Check(
        "describe_file_systems", {"FileSystemId": "$id"}, "FileSystems", "LifeCycleState"
    ),
    "elasticfilesystem:access-point": Check(
        "describe_access_points", {"AccessPointId": "$id"}, "AccessPoints", "LifeCycleState"
    ),
    "batch:compute-environment": Check(
        "describe_compute_environments",
        {"computeEnvironments": ["$id"]},
        "computeEnvironments",
        "status",
    ),
    "batch:job-queue": Check("describe_job_queues", {"jobQueues": ["$arn"]}, "jobQueues", "status"),
    "batch:job-definition": Check(
        "describe_job_definitions", {"jobDefinitions": ["$arn"]}, "jobDefinitions", "status"
    ),
    "ecs:cluster": Check("describe_clusters", {"clusters": ["$arn"]}, "clusters", "status"),
    "ecs:task": Check(
        "describe_tasks",
        {"cluster": "$parent", "tasks": ["$arn"]},
        "tasks",
        "lastStatus",
        gone=frozenset({"stopped"}),
    ),
    "logs:log-group": Check(
        "describe_log_groups",
        {"logGroupNamePrefix": "$id"},
        "logGroups",
        where={"logGroupName": "$id"},
    ),
    "kms:key": Check("describe_key", {"KeyId": "$id"}, "KeyMetadata", "KeyState"),
    "cloudwatch:alarm": Check("describe_alarms", {"AlarmNames": ["$id"]}, "MetricAlarms"),
    "dynamodb:table": Check("describe_table", {"TableName": "$id"}, "Table", "TableStatus"),
    "lambda:function": Check("get_function", {"FunctionName": "$id"}, "Configuration"),
    "scheduler:schedule-group": Check("get_schedule_group", {"Name": "$id"}, "", "State"),
    "sagemaker:notebook-instance": Check(
        "list_notebook_instances",
        {"NameContains": "$id"},
        "NotebookInstances",
        "NotebookInstanceStatus",
        where={"NotebookInstanceName": "$id"},
    ),
    "sagemaker:notebook-instance-lifecycle-config": Check(
        "list_notebook_instance_lifecycle_configs",
        {"NameContains": "$id"},
        "NotebookInstanceLifecycleConfigs",
        where={"NotebookInstanceLifecycleConfigName": "$id"},
    ),
    "sns:": Check("get_topic_attributes", {"TopicArn": "$arn"}, "Attributes"),
}
"""By service and type in the ARN. What is not here is reported as it was listed."""

CLIENTS: Final[Mapping[str, str]] = {"elasticfilesystem": "efs"}
"""Services that botocore calls otherwise than ARNs do."""

TYPES: Final[Mapping[str, str]] = {
    "ec2:vpc": "aws:ec2/vpc:Vpc",
    "ec2:internet-gateway": "aws:ec2/internetGateway:InternetGateway",
    "ec2:subnet": "aws:ec2/subnet:Subnet",
    "ec2:route-table": "aws:ec2/routeTable:RouteTable",
    "ec2:security-group": "aws:ec2/securityGroup:SecurityGroup",
    "ec2:vpc-endpoint": "aws:ec2/vpcEndpoint:VpcEndpoint",
    "ec2:launch-template": "aws:ec2/launchTemplate:LaunchTemplate",
    "ec2:instance": "aws:ec2/instance:Instance",
    "ec2:volume": "aws:ebs/volume:Volume",
    "ec2:vpc-flow-log": "aws:ec2/flowLog:FlowLog",
    "kms:key": "aws:kms/key:Key",
    "s3:": "aws:s3/bucket:Bucket",
    "ecr:repository": "aws:ecr/repository:Repository",
    "elasticfilesystem:file-system": "aws:efs/fileSystem:FileSystem",
    "elasticfilesystem:access-point": "aws:efs/accessPoint:AccessPoint",
    "batch:compute-environment": "aws:batch/computeEnvironment:ComputeEnvironment",
    "batch:job-queue": "aws:batch/jobQueue:JobQueue",
    "batch:job-definition": "aws:batch/jobDefinition:JobDefinition",
    "logs:log-group": "aws:cloudwatch/logGroup:LogGroup",
    "dynamodb:table": "aws:dynamodb/table:Table",
    "lambda:function": "aws:lambda/function:Function",
    "scheduler:schedule-group": "aws:scheduler/scheduleGroup:ScheduleGroup",
    "sagemaker:notebook-instance": "aws:sagemaker/notebookInstance:NotebookInstance",
    "sagemaker:notebook-instance-lifecycle-config": (
        "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration"
    ),
    "sns:": "aws:sns/topic:Topic",
    "iam:role": "aws:iam/role:Role",
    "iam:instance-profile": "aws:iam/instanceProfile:InstanceProfile",
    "budgets:budget": "aws:budgets/budget:Budget",
}
"""Pulumi's tokens of these."""

BY_ARN: Final = frozenset({"sns:", "batch:job-queue", "batch:job-definition"})
"""Those whose id in Pulumi is the whole ARN."""

LISTS: Final[tuple[tuple[str, str, Mapping[str, str], str, str], ...]] = (
    ("batch", "describe_compute_environments", {}, "computeEnvironments", "computeEnvironmentArn"),
    ("batch", "describe_job_queues", {}, "jobQueues", "jobQueueArn"),
    (
        "batch",
        "describe_job_definitions",
        {"status": "ACTIVE"},
        "jobDefinitions",
        "jobDefinitionArn",
    ),
    ("efs", "describe_file_systems", {}, "FileSystems", "FileSystemArn"),
    ("efs", "describe_access_points", {}, "AccessPoints", "AccessPointArn"),
)
"""Service, operation, arguments, items and their ARN, where the items carry their tags."""
