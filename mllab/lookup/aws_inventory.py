"""All that an AWS account shows of one stack.

- EC2 by its own look-up of tags, which does not lag: also what Batch launched, and snapshots.
- Roles and instance profiles by their path, budgets by name: the tagging service leaves them out.
- All other services by the tagging service, each thing asked for again where `CHECKS` says how.

What cannot be tagged (routes, policies, mount targets, schedules, settings) goes with the tagged
thing that it belongs to. Another region than the stack's is not looked into.
Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html,
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.tags import MANAGED_BY
from mllab.lookup.account import Found
from mllab.lookup.aws_calls import Calls, Refused, filled, items, state_of, tags_of
from mllab.lookup.aws_ways import GOING

IAM_PATH: Final = "/mllab/"
_AT_ONCE: Final = 200  # values of one filter (EC2)
_RESOURCE: Final = re.compile(r"^(?:([a-z-]+)[/:])?(.*)$")  # the last part of an ARN


@dataclass(frozen=True)
class Check:
    """How a service says whether one of its things still exists.

    Args:
        operation: of the service in the ARN.
        args: `$id` is what follows the type in the ARN, `$parent` its part before the first slash.
        items, state, where: as in `aws_ways.Way`.
    """

    operation: str
    args: Mapping[str, Any]
    items: str
    state: str = ""
    where: Mapping[str, str] = field(default_factory=dict)


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
    "batch:job-queue": Check("describe_job_queues", {"jobQueues": ["$id"]}, "jobQueues", "status"),
    "batch:job-definition": Check(
        "describe_job_definitions", {"jobDefinitions": ["$arn"]}, "jobDefinitions", "status"
    ),
    "ecs:cluster": Check("describe_clusters", {"clusters": ["$arn"]}, "clusters", "status"),
    "ecs:task": Check(
        "describe_tasks", {"cluster": "$parent", "tasks": ["$arn"]}, "tasks", "lastStatus"
    ),
    "logs:log-group": Check(
        "describe_log_groups",
        {"logGroupNamePrefix": "$id"},
        "logGroups",
        where={"logGroupName": "$id"},
    ),
    "cloudwatch:alarm": Check("describe_alarms", {"AlarmNames": ["$id"]}, "MetricAlarms"),
    "scheduler:schedule-group": Check("get_schedule_group", {"Name": "$id"}, "", "State"),
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
    "s3:": "aws:s3/bucket:Bucket",
    "ecr:repository": "aws:ecr/repository:Repository",
    "elasticfilesystem:file-system": "aws:efs/fileSystem:FileSystem",
    "elasticfilesystem:access-point": "aws:efs/accessPoint:AccessPoint",
    "batch:compute-environment": "aws:batch/computeEnvironment:ComputeEnvironment",
    "batch:job-queue": "aws:batch/jobQueue:JobQueue",
    "batch:job-definition": "aws:batch/jobDefinition:JobDefinition",
    "logs:log-group": "aws:cloudwatch/logGroup:LogGroup",
    "cloudwatch:alarm": "aws:cloudwatch/metricAlarm:MetricAlarm",
    "scheduler:schedule-group": "aws:scheduler/scheduleGroup:ScheduleGroup",
    "sns:": "aws:sns/topic:Topic",
    "iam:role": "aws:iam/role:Role",
    "iam:instance-profile": "aws:iam/instanceProfile:InstanceProfile",
    "budgets:budget": "aws:budgets/budget:Budget",
}
"""Pulumi's tokens of these."""

UNCONFIRMED: Final = "still listed, cannot be confirmed"


@dataclass(frozen=True)
class _Thing:
    """What some service lists with tags.

    Args:
        kind: service and type, as in `CHECKS`.
    """

    kind: str
    id: str
    arn: str
    tags: Mapping[str, str]


def look(calls: Calls, stack: str) -> Iterator[Found]:
    """Everything of a stack that exists. Raises Refused where a listing is refused."""
    listed = [*_ec2(calls, stack), *_tagged(calls, stack), *_roles(calls), *_budgets(calls)]
    for thing in listed:
        if thing.tags.get("stack") != stack or thing.tags.get("managed-by") != MANAGED_BY:
            continue
        state = _state(calls, thing)
        if state is not None:
            yield _found(thing, state)


def _ec2(calls: Calls, stack: str) -> Iterator[_Thing]:
    own = {"Filters": [{"Name": "key", "Values": ["stack"]}, {"Name": "value", "Values": [stack]}]}
    ids = [
        tag["ResourceId"]
        for answer in calls.ask("ec2", "describe_tags", own)
        for tag in answer["Tags"]
    ]
    tags: dict[tuple[str, str], dict[str, str]] = {}
    for first in range(0, len(ids), _AT_ONCE):
        these = {"Filters": [{"Name": "resource-id", "Values": ids[first : first + _AT_ONCE]}]}
        for answer in calls.ask("ec2", "describe_tags", these):
            for tag in answer["Tags"]:
                key = tag["ResourceType"], tag["ResourceId"]
                tags.setdefault(key, {})[tag["Key"]] = tag["Value"]
    for (kind, id), found in tags.items():
        yield _Thing(f"ec2:{kind}", id, id, found)


def _tagged(calls: Calls, stack: str) -> Iterator[_Thing]:
    own = {"TagFilters": [{"Key": "stack", "Values": [stack]}]}
    for answer in calls.ask("resourcegroupstaggingapi", "get_resources", own):
        for found in answer["ResourceTagMappingList"]:
            thing = _of_arn(found["ResourceARN"], tags_of(found))
            if not thing.kind.startswith(("ec2:", "iam:", "budgets:")):  # asked for themselves
                yield thing


def _of_arn(arn: str, tags: Mapping[str, str]) -> _Thing:
    """`...:ecr:us-east-1:123456789012:repository/a/b`, `...:log-group:a`, `arn:aws:s3:::a`."""
    service, rest = arn.split(":", 5)[2::3]
    [(kind, id)] = _RESOURCE.findall(rest)
    return _Thing(f"{service}:{kind}", id.removesuffix(":*"), arn, tags)


def _roles(calls: Calls) -> Iterator[_Thing]:
    own = {"PathPrefix": IAM_PATH}
    for answer in calls.ask("iam", "list_roles", own):
        for role in answer["Roles"]:
            name = role["RoleName"]
            yield from _in_iam(calls, "role", name, "list_role_tags", {"RoleName": name})
    for answer in calls.ask("iam", "list_instance_profiles", own):
        for profile in answer["InstanceProfiles"]:
            name = profile["InstanceProfileName"]
            args = {"InstanceProfileName": name}
            yield from _in_iam(calls, "instance-profile", name, "list_instance_profile_tags", args)


def _in_iam(
    calls: Calls, kind: str, name: str, operation: str, args: Mapping[str, str]
) -> Iterator[_Thing]:
    tags: dict[str, str] = {}
    for answer in calls.ask("iam", operation, args):
        tags |= tags_of(answer)
    yield _Thing(f"iam:{kind}", name, name, tags)


def _budgets(calls: Calls) -> Iterator[_Thing]:
    account, partition = calls.names["account"], calls.names["partition"]
    for answer in calls.ask("budgets", "describe_budgets", {"AccountId": account}):
        for budget in answer.get("Budgets", []):
            name = budget["BudgetName"]
            arn = f"arn:{partition}:budgets::{account}:budget/{name}"
            for said in calls.ask("budgets", "list_tags_for_resource", {"ResourceARN": arn}):
                yield _Thing("budgets:budget", name, arn, tags_of(said))


def _state(calls: Calls, thing: _Thing) -> str | None:
    """Its state where it has one; None when it is gone."""
    check = CHECKS.get(thing.kind)
    if check is None:
        return ""
    given = {"arn": thing.arn, "id": thing.id, "parent": thing.id.partition("/")[0]}
    service = thing.kind.partition(":")[0]
    where = filled(check.where, given)
    try:
        for answer in calls.ask(
            CLIENTS.get(service, service), check.operation, filled(check.args, given)
        ):
            for item in items(answer, check.items):
                state = state_of(item, check.state)
                if where.items() <= item.items() and state not in GOING:
                    return state
    except Refused:
        return UNCONFIRMED
    return None


def _found(thing: _Thing, state: str) -> Found:
    lab, name = thing.tags.get("lab"), thing.tags.get("name")
    return Found(
        type=TYPES.get(thing.kind, thing.kind.rstrip(":")),
        id=thing.id,
        name=f"{lab}-{name}" if lab and name else thing.id,
        role=thing.tags.get("role", ""),
        state=state,
    )
