"""How each AWS type is found after an interrupted create: data, no code.

`$name` stands for an input of the pending resource, for `account`, `partition` or `region`, and in
`id` also for a field of what was found (`$VpcId`). Formats of ids are those of `pulumi import`.
Source: the import section of each type, https://www.pulumi.com/registry/packages/aws/api-docs/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DELETING_STATES: Final = frozenset(
    ("deleting", "deleted", "shutting-down", "terminated", "detaching", "detached")
    + ("inactive", "pendingdeletion")
)
"""States, in lower case, of what is no more or will soon be no more. A deregistered job definition
is INACTIVE for months, and so is a cluster of containers that was deleted; a key is PendingDeletion
for a week or more, and costs nothing."""


TAGGING: Final = "resourcegroupstaggingapi"
"""What it lists is told by ARN, and asked for again at its own service."""


@dataclass(frozen=True)
class ImportQuery:
    """One question that a type's existence is read from.

    Args:
        service, operation: of botocore.
        args: of the operation.
        items: path to what exists; lists on the way are flattened. Empty: the answer itself.
        id: what the provider imports it by.
        where: fields that an item must have.
        state: path to the item's state; see `DELETING_STATES`.
        tagged: an item counts only with the tags of the pending resource.
    """

    service: str
    operation: str
    args: Mapping[str, Any]
    items: str
    id: str
    where: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    tagged: bool = False


def _filters(**values: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Values": [value]} for name, value in values.items()]}


def _ec2(operation: str, items: str, id: str, state: str = "", **filters: str) -> ImportQuery:
    """Has an id that only EC2 knows, and tags from its first moment."""
    args = _filters(**{"tag:stack": "$tag_stack", "tag:name": "$tag_name"}, **filters)
    return ImportQuery("ec2", operation, args, items, id, state=state, tagged=True)


_ROUTE_TABLE: Final = {"RouteTableIds": ["$routeTableId"]}

IMPORT_QUERIES: Final[Mapping[str, ImportQuery]] = {
    # Ids that only the cloud knows: by tags.
    "aws:ec2/vpc:Vpc": _ec2("describe_vpcs", "Vpcs", "$VpcId"),
    "aws:ec2/internetGateway:InternetGateway": _ec2(
        "describe_internet_gateways", "InternetGateways", "$InternetGatewayId"
    ),
    "aws:ec2/subnet:Subnet": _ec2("describe_subnets", "Subnets", "$SubnetId"),
    "aws:ec2/routeTable:RouteTable": _ec2("describe_route_tables", "RouteTables", "$RouteTableId"),
    "aws:ec2/securityGroup:SecurityGroup": _ec2(
        "describe_security_groups", "SecurityGroups", "$GroupId"
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _ec2(
        "describe_security_group_rules",
        "SecurityGroupRules",
        "$SecurityGroupRuleId",
        **{"group-id": "$securityGroupId"},
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ec2(
        "describe_security_group_rules",
        "SecurityGroupRules",
        "$SecurityGroupRuleId",
        **{"group-id": "$securityGroupId"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2(
        "describe_vpc_endpoints", "VpcEndpoints", "$VpcEndpointId", "State"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _ec2(
        "describe_launch_templates", "LaunchTemplates", "$LaunchTemplateId"
    ),
    "aws:ec2/instance:Instance": _ec2(
        "describe_instances", "Reservations.Instances", "$InstanceId", "State.Name"
    ),
    "aws:ebs/volume:Volume": _ec2("describe_volumes", "Volumes", "$VolumeId", "State"),
    "aws:ec2/flowLog:FlowLog": ImportQuery(
        "ec2",
        "describe_flow_logs",
        {"Filter": [{"Name": "tag:stack", "Values": ["$tag_stack"]}]},
        "FlowLogs",
        "$FlowLogId",
        tagged=True,
    ),
    # The list of keys shows no tags; the tagging service does, but also keys that are going.
    "aws:kms/key:Key": ImportQuery(
        TAGGING,
        "get_resources",
        {
            "TagFilters": [{"Key": "stack", "Values": ["$tag_stack"]}],
            "ResourceTypeFilters": ["kms:key"],
        },
        "ResourceTagMappingList",
        "$ResourceARN",
        tagged=True,
    ),
    "aws:efs/fileSystem:FileSystem": ImportQuery(
        "efs",
        "describe_file_systems",
        {},
        "FileSystems",
        "$FileSystemId",
        state="LifeCycleState",
        tagged=True,
    ),
    "aws:efs/accessPoint:AccessPoint": ImportQuery(
        "efs",
        "describe_access_points",
        {"FileSystemId": "$fileSystemId"},
        "AccessPoints",
        "$AccessPointId",
        state="LifeCycleState",
        tagged=True,
    ),
    # No tags and no name, but at most one between the same two things.
    "aws:efs/mountTarget:MountTarget": ImportQuery(
        "efs",
        "describe_mount_targets",
        {"FileSystemId": "$fileSystemId"},
        "MountTargets",
        "$MountTargetId",
        where={"SubnetId": "$subnetId"},
        state="LifeCycleState",
    ),
    "aws:ec2/route:Route": ImportQuery(
        "ec2",
        "describe_route_tables",
        _ROUTE_TABLE,
        "RouteTables.Routes",
        "${routeTableId}_$destinationCidrBlock",
        where={"DestinationCidrBlock": "$destinationCidrBlock"},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ImportQuery(
        "ec2",
        "describe_route_tables",
        _ROUTE_TABLE,
        "RouteTables.Associations",
        "$subnetId/$routeTableId",
        where={"SubnetId": "$subnetId"},
    ),
    "aws:ec2/volumeAttachment:VolumeAttachment": ImportQuery(
        "ec2",
        "describe_volumes",
        {"VolumeIds": ["$volumeId"]},
        "Volumes.Attachments",
        "$deviceName:$volumeId:$instanceId",
        where={"InstanceId": "$instanceId", "Device": "$deviceName"},
        state="State",
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ImportQuery(
        "iam",
        "list_attached_role_policies",
        {"RoleName": "$role"},
        "AttachedPolicies",
        "$role/$policyArn",
        where={"PolicyArn": "$policyArn"},
    ),
    # Names that Pulumi chose before the create began, and that nothing else has.
    "aws:s3/bucket:Bucket": ImportQuery("s3", "head_bucket", {"Bucket": "$bucket"}, "", "$bucket"),
    "aws:ecr/repository:Repository": ImportQuery(
        "ecr",
        "describe_repositories",
        {"repositoryNames": ["$name"]},
        "repositories",
        "$repositoryName",
    ),
    "aws:iam/role:Role": ImportQuery("iam", "get_role", {"RoleName": "$name"}, "Role", "$RoleName"),
    "aws:iam/rolePolicy:RolePolicy": ImportQuery(
        "iam",
        "get_role_policy",
        {"RoleName": "$role", "PolicyName": "$name"},
        "",
        "$RoleName:$PolicyName",
    ),
    "aws:iam/instanceProfile:InstanceProfile": ImportQuery(
        "iam",
        "get_instance_profile",
        {"InstanceProfileName": "$name"},
        "InstanceProfile",
        "$InstanceProfileName",
    ),
    "aws:batch/computeEnvironment:ComputeEnvironment": ImportQuery(
        "batch",
        "describe_compute_environments",
        {"computeEnvironments": ["$name"]},
        "computeEnvironments",
        "$computeEnvironmentName",
        state="status",
    ),
    "aws:batch/jobQueue:JobQueue": ImportQuery(
        "batch",
        "describe_job_queues",
        {"jobQueues": ["$name"]},
        "jobQueues",
        "$jobQueueArn",
        state="status",
    ),
    "aws:batch/jobDefinition:JobDefinition": ImportQuery(
        "batch",
        "describe_job_definitions",
        {"jobDefinitionName": "$name", "status": "ACTIVE"},
        "jobDefinitions",
        "$jobDefinitionArn",
    ),
    "aws:cloudwatch/logGroup:LogGroup": ImportQuery(
        "logs",
        "describe_log_groups",
        {"logGroupNamePrefix": "$name"},
        "logGroups",
        "$logGroupName",
        where={"logGroupName": "$name"},
    ),
    "aws:dynamodb/table:Table": ImportQuery(
        "dynamodb",
        "describe_table",
        {"TableName": "$name"},
        "Table",
        "$TableName",
        state="TableStatus",
    ),
    "aws:lambda/function:Function": ImportQuery(
        "lambda", "get_function", {"FunctionName": "$name"}, "Configuration", "$FunctionName"
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": ImportQuery(
        "scheduler", "get_schedule_group", {"Name": "$name"}, "", "$Name", state="State"
    ),
    "aws:scheduler/schedule:Schedule": ImportQuery(
        "scheduler",
        "get_schedule",
        {"GroupName": "$groupName", "Name": "$name"},
        "",
        "$GroupName/$Name",
    ),
    "aws:sns/topic:Topic": ImportQuery(
        "sns",
        "get_topic_attributes",
        {"TopicArn": "arn:$partition:sns:$region:$account:$name"},
        "Attributes",
        "$TopicArn",
    ),
    # By their lists: asked for by name, a missing one is no error that could be told from others.
    "aws:sagemaker/notebookInstance:NotebookInstance": ImportQuery(
        "sagemaker",
        "list_notebook_instances",
        {"NameContains": "$name"},
        "NotebookInstances",
        "$NotebookInstanceName",
        where={"NotebookInstanceName": "$name"},
        state="NotebookInstanceStatus",
    ),
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration": (
        ImportQuery(
            "sagemaker",
            "list_notebook_instance_lifecycle_configs",
            {"NameContains": "$name"},
            "NotebookInstanceLifecycleConfigs",
            "$NotebookInstanceLifecycleConfigName",
            where={"NotebookInstanceLifecycleConfigName": "$name"},
        )
    ),
    "aws:budgets/budget:Budget": ImportQuery(
        "budgets",
        "describe_budget",
        {"AccountId": "$account", "BudgetName": "$name"},
        "Budget",
        "$account:$BudgetName",
    ),
}
