"""Makes in an AWS account what the provider makes of a resource's inputs: enough to be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml

from tests.simulated.samples import filled

Inputs = Mapping[str, Any]


class Maker:
    """Makes things in one region.

    Args:
        region: `us-east-1`.
    """

    def __init__(self, region: str) -> None:
        self.region = region

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=self.region)

    def make(self, type: str, inputs: Inputs) -> str:
        """Make one thing. Returns the id that the provider would import it by."""
        if type in MAKERS:
            return MAKERS[type](self, inputs)
        call, given = CALLS[type], {**inputs, "pairs": pairs(inputs)}
        service, _, operation = call["call"].partition(".")
        known = {"in": given, "tag": given.get("tags", {}), "target": given.get("target", {})}
        args = filled(call["with"], known)
        answer = getattr(self.client(service), operation)(**args)
        return str(call["id"].format_map({**inputs, **answer}))


CALLS = yaml.safe_load((Path(__file__).parent / "making.yaml").read_text(encoding="utf-8"))
"""What one call makes."""
MAKERS: dict[str, Callable[[Maker, Inputs], str]] = {}
"""What takes more."""


def makes(type: str) -> Callable[[Callable[[Maker, Inputs], str]], Callable[[Maker, Inputs], str]]:
    def note(made: Callable[[Maker, Inputs], str]) -> Callable[[Maker, Inputs], str]:
        MAKERS[type] = made
        return made

    return note


def pairs(inputs: Inputs) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]


def specified(kind: str, inputs: Inputs) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(inputs)}]}


@makes("aws:ec2/internetGateway:InternetGateway")
def gateway(m: Maker, i: Inputs) -> str:
    ec2 = m.client("ec2")
    id = ec2.create_internet_gateway(**specified("internet-gateway", i))["InternetGateway"][
        "InternetGatewayId"
    ]
    ec2.attach_internet_gateway(InternetGatewayId=id, VpcId=i["vpcId"])
    return id


@makes("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def egress(m: Maker, i: Inputs) -> str:
    ec2 = m.client("ec2")
    every = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    # A new group has that rule already; the provider takes it away when it makes the group.
    ec2.revoke_security_group_egress(GroupId=i["securityGroupId"], IpPermissions=[every])
    made = ec2.authorize_security_group_egress(
        GroupId=i["securityGroupId"], IpPermissions=[every], **specified("security-group-rule", i)
    )
    return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]


@makes("aws:ec2/instance:Instance")
def instance(m: Maker, i: Inputs) -> str:
    ec2 = m.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    disk = {"tags": i["rootBlockDevice"]["tags"]}
    made = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        InstanceType=i["instanceType"],
        SubnetId=i["subnetId"],
        TagSpecifications=[
            *specified("instance", i)["TagSpecifications"],
            *specified("volume", disk)["TagSpecifications"],
        ],
    )
    return made["Instances"][0]["InstanceId"]


@makes("aws:s3/bucket:Bucket")
def bucket(m: Maker, i: Inputs) -> str:
    s3 = m.client("s3")
    where = (
        {}
        if m.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": m.region}}
    )
    s3.create_bucket(Bucket=i["bucket"], **where)
    s3.put_bucket_tagging(Bucket=i["bucket"], Tagging={"TagSet": pairs(i)})
    return i["bucket"]


@makes("aws:batch/computeEnvironment:ComputeEnvironment")
def environment(m: Maker, i: Inputs) -> str:
    # Without machines of its own: what the simulation would launch is not looked for here.
    some_role = m.client("iam").list_roles()["Roles"][0]["Arn"]  # the simulation wants one
    m.client("batch").create_compute_environment(
        computeEnvironmentName=i["name"],
        type="UNMANAGED",
        state="ENABLED",
        serviceRole=some_role,
        tags=i["tags"],
    )
    return i["name"]


@makes("aws:cloudwatch/logGroup:LogGroup")
def logs(m: Maker, i: Inputs) -> str:
    client = m.client("logs")
    client.create_log_group(logGroupName=i["name"], tags=i["tags"])
    client.create_log_group(logGroupName=f"{i['name']}-of-another")  # begins alike
    return i["name"]


@makes("aws:dynamodb/table:Table")
def table(m: Maker, i: Inputs) -> str:
    m.client("dynamodb").create_table(
        TableName=i["name"],
        BillingMode=i["billingMode"],
        KeySchema=[{"AttributeName": i["hashKey"], "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": each["name"], "AttributeType": each["type"]}
            for each in i["attributes"]
        ],
        Tags=pairs(i),
    )
    return i["name"]


@makes("aws:lambda/function:Function")
def function(m: Maker, i: Inputs) -> str:
    m.client("lambda").create_function(
        FunctionName=i["name"],
        Runtime=i["runtime"],
        Handler=i["handler"],
        Role=m.client("iam").list_roles()["Roles"][0]["Arn"],
        Code={"ZipFile": b"none of ours"},
        Tags=i["tags"],
    )
    return i["name"]


@makes("aws:sagemaker/notebookInstance:NotebookInstance")
def notebook(m: Maker, i: Inputs) -> str:
    for name in (i["name"], f"{i['name']}-of-another"):  # begins alike
        m.client("sagemaker").create_notebook_instance(
            NotebookInstanceName=name,
            InstanceType="ml.t3.medium",  # the simulation knows no newer ones
            RoleArn=i["roleArn"],
            LifecycleConfigName=i["lifecycleConfigName"],
            Tags=pairs(i),
        )
    return i["name"]


@makes(
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration"
)
def lifecycle(m: Maker, i: Inputs) -> str:
    for name in (i["name"], f"{i['name']}-of-another"):
        m.client("sagemaker").create_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=name,
            OnStart=[{"Content": i["onStart"]}],
            Tags=pairs(i),
        )
    return i["name"]


@makes("aws:budgets/budget:Budget")
def budget(m: Maker, i: Inputs) -> str:
    account = m.client("sts").get_caller_identity()["Account"]
    m.client("budgets").create_budget(
        AccountId=account,
        Budget={
            "BudgetName": i["name"],
            "BudgetType": i["budgetType"],
            "TimeUnit": i["timeUnit"],
            "BudgetLimit": {"Amount": i["limitAmount"], "Unit": "USD"},
        },
        ResourceTags=pairs(i),
    )
    return f"{account}:{i['name']}"


@makes("aws:kms/key:Key")
def key(m: Maker, i: Inputs) -> str:
    client = m.client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in i["tags"].items()]
    going = client.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    client.schedule_key_deletion(KeyId=going, PendingWindowInDays=7)  # of a lab of that name before
    return client.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
