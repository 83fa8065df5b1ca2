"""Makes in an AWS account what the provider makes of a resource's inputs: enough to be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3

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
        return MAKERS[type](self, inputs)


MAKERS: dict[str, Callable[[Maker, Inputs], str]] = {}


def makes(type: str) -> Callable[[Callable[[Maker, Inputs], str]], Callable[[Maker, Inputs], str]]:
    def note(made: Callable[[Maker, Inputs], str]) -> Callable[[Maker, Inputs], str]:
        MAKERS[type] = made
        return made

    return note


def pairs(inputs: Inputs) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]


def specified(kind: str, inputs: Inputs) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(inputs)}]}


@makes("aws:ec2/vpc:Vpc")
def vpc(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_vpc(CidrBlock=i["cidrBlock"], **specified("vpc", i))
    return made["Vpc"]["VpcId"]


@makes("aws:ec2/internetGateway:InternetGateway")
def gateway(m: Maker, i: Inputs) -> str:
    ec2 = m.client("ec2")
    id = ec2.create_internet_gateway(**specified("internet-gateway", i))["InternetGateway"][
        "InternetGatewayId"
    ]
    ec2.attach_internet_gateway(InternetGatewayId=id, VpcId=i["vpcId"])
    return id


@makes("aws:ec2/subnet:Subnet")
def subnet(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_subnet(
        VpcId=i["vpcId"],
        CidrBlock=i["cidrBlock"],
        AvailabilityZone=i["availabilityZone"],
        **specified("subnet", i),
    )
    return made["Subnet"]["SubnetId"]


@makes("aws:ec2/routeTable:RouteTable")
def route_table(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_route_table(VpcId=i["vpcId"], **specified("route-table", i))
    return made["RouteTable"]["RouteTableId"]


@makes("aws:ec2/route:Route")
def route(m: Maker, i: Inputs) -> str:
    m.client("ec2").create_route(
        RouteTableId=i["routeTableId"],
        DestinationCidrBlock=i["destinationCidrBlock"],
        GatewayId=i["gatewayId"],
    )
    return f"{i['routeTableId']}_{i['destinationCidrBlock']}"


@makes("aws:ec2/routeTableAssociation:RouteTableAssociation")
def association(m: Maker, i: Inputs) -> str:
    m.client("ec2").associate_route_table(RouteTableId=i["routeTableId"], SubnetId=i["subnetId"])
    return f"{i['subnetId']}/{i['routeTableId']}"


@makes("aws:ec2/vpcEndpoint:VpcEndpoint")
def endpoint(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_vpc_endpoint(
        VpcId=i["vpcId"],
        ServiceName=i["serviceName"],
        VpcEndpointType=i["vpcEndpointType"],
        RouteTableIds=i["routeTableIds"],
        **specified("vpc-endpoint", i),
    )
    return made["VpcEndpoint"]["VpcEndpointId"]


@makes("aws:ec2/securityGroup:SecurityGroup")
def group(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_security_group(
        GroupName=i["name"],
        Description=i["description"],
        VpcId=i["vpcId"],
        **specified("security-group", i),
    )
    return made["GroupId"]


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


@makes("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def ingress(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").authorize_security_group_ingress(
        GroupId=i["securityGroupId"],
        IpPermissions=[
            {
                "IpProtocol": i["ipProtocol"],
                "FromPort": i["fromPort"],
                "ToPort": i["toPort"],
                "UserIdGroupPairs": [{"GroupId": i["referencedSecurityGroupId"]}],
            }
        ],
        **specified("security-group-rule", i),
    )
    return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]


@makes("aws:ec2/launchTemplate:LaunchTemplate")
def template(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_launch_template(
        LaunchTemplateName=i["name"],
        LaunchTemplateData={"EbsOptimized": True},
        **specified("launch-template", i),
    )
    return made["LaunchTemplate"]["LaunchTemplateId"]


@makes("aws:ebs/volume:Volume")
def volume(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_volume(
        AvailabilityZone=i["availabilityZone"], Size=i["size"], **specified("volume", i)
    )
    return made["VolumeId"]


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


@makes("aws:ec2/volumeAttachment:VolumeAttachment")
def attachment(m: Maker, i: Inputs) -> str:
    m.client("ec2").attach_volume(
        Device=i["deviceName"], VolumeId=i["volumeId"], InstanceId=i["instanceId"]
    )
    return f"{i['deviceName']}:{i['volumeId']}:{i['instanceId']}"


@makes("aws:efs/fileSystem:FileSystem")
def files(m: Maker, i: Inputs) -> str:
    made = m.client("efs").create_file_system(CreationToken=i["tags"]["name"], Tags=pairs(i))
    return made["FileSystemId"]


@makes("aws:efs/accessPoint:AccessPoint")
def access_point(m: Maker, i: Inputs) -> str:
    made = m.client("efs").create_access_point(
        ClientToken="t", FileSystemId=i["fileSystemId"], Tags=pairs(i)
    )
    return made["AccessPointId"]


@makes("aws:efs/mountTarget:MountTarget")
def mount_target(m: Maker, i: Inputs) -> str:
    made = m.client("efs").create_mount_target(
        FileSystemId=i["fileSystemId"], SubnetId=i["subnetId"]
    )
    return made["MountTargetId"]


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


@makes("aws:ecr/repository:Repository")
def repository(m: Maker, i: Inputs) -> str:
    m.client("ecr").create_repository(repositoryName=i["name"], tags=pairs(i))
    return i["name"]


@makes("aws:iam/role:Role")
def role(m: Maker, i: Inputs) -> str:
    m.client("iam").create_role(
        RoleName=i["name"],
        Path=i["path"],
        AssumeRolePolicyDocument=i["assumeRolePolicy"],
        Tags=pairs(i),
    )
    return i["name"]


@makes("aws:iam/rolePolicy:RolePolicy")
def role_policy(m: Maker, i: Inputs) -> str:
    m.client("iam").put_role_policy(
        RoleName=i["role"], PolicyName=i["name"], PolicyDocument=i["policy"]
    )
    return f"{i['role']}:{i['name']}"


@makes("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def policy_attachment(m: Maker, i: Inputs) -> str:
    m.client("iam").attach_role_policy(RoleName=i["role"], PolicyArn=i["policyArn"])
    return f"{i['role']}/{i['policyArn']}"


@makes("aws:iam/instanceProfile:InstanceProfile")
def profile(m: Maker, i: Inputs) -> str:
    m.client("iam").create_instance_profile(
        InstanceProfileName=i["name"], Path=i["path"], Tags=pairs(i)
    )
    return i["name"]
