"""Type tokens that rules refer to."""

from __future__ import annotations

from typing import Final

VPC: Final = "aws:ec2/vpc:Vpc"
SUBNET: Final = "aws:ec2/subnet:Subnet"
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ROUTES: Final = "aws:ec2/routeTable:RouteTable"
ROUTE: Final = "aws:ec2/route:Route"
ROUTES_OF_SUBNET: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
NETWORK_ACL: Final = "aws:ec2/networkAcl:NetworkAcl"

INSTANCE: Final = "aws:ec2/instance:Instance"
IMAGE: Final = "aws:ec2/ami:Ami"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
VOLUME: Final = "aws:ebs/volume:Volume"
VOLUME_ATTACHMENT: Final = "aws:ec2/volumeAttachment:VolumeAttachment"
SPOT_REQUEST: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"

NOTEBOOK: Final = "aws:sagemaker/notebookInstance:NotebookInstance"
LIFECYCLE: Final = (
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration"
)

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
ROLE_ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
PROFILE: Final = "aws:iam/instanceProfile:InstanceProfile"
SERVICE_LINKED_ROLE: Final = "aws:iam/serviceLinkedRole:ServiceLinkedRole"

KEY: Final = "aws:kms/key:Key"

BUCKET: Final = "aws:s3/bucket:Bucket"
BUCKET_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_ENCRYPTION: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
BUCKET_LIFECYCLE: Final = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_VERSIONING: Final = "aws:s3/bucketVersioning:BucketVersioning"

FILES: Final = "aws:efs/fileSystem:FileSystem"
ACCESS_POINT: Final = "aws:efs/accessPoint:AccessPoint"
MOUNT_TARGET: Final = "aws:efs/mountTarget:MountTarget"
FILES_POLICY: Final = "aws:efs/fileSystemPolicy:FileSystemPolicy"

REPOSITORY: Final = "aws:ecr/repository:Repository"
IMAGE_RULES: Final = "aws:ecr/lifecyclePolicy:LifecyclePolicy"

ENVIRONMENT: Final = "aws:batch/computeEnvironment:ComputeEnvironment"
QUEUE: Final = "aws:batch/jobQueue:JobQueue"
DEFINITION: Final = "aws:batch/jobDefinition:JobDefinition"
SCALING_GROUP: Final = "aws:autoscaling/group:Group"
CONTAINER_CLUSTER: Final = "aws:ecs/cluster:Cluster"

FUNCTION: Final = "aws:lambda/function:Function"
TABLE: Final = "aws:dynamodb/table:Table"

SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
SCHEDULE_GROUP: Final = "aws:scheduler/scheduleGroup:ScheduleGroup"
BUDGET: Final = "aws:budgets/budget:Budget"
TOPIC: Final = "aws:sns/topic:Topic"
TOPIC_POLICY: Final = "aws:sns/topicPolicy:TopicPolicy"
