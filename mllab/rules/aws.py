"""Rules for AWS.

Source of the ids: Checkov 3.3.30 (`CKV`), trivy-checks (`AWS-`), and CIS AWS Foundations 7.0 as
Prowler maps it (https://github.com/prowler-cloud/prowler/tree/master/prowler/compliance).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from components import catalog
from mllab.engines.contract import Resource
from mllab.rules import policies
from mllab.rules.facts import Facts
from mllab.rules.finding import STRICT, Break, Graph
from mllab.rules.networks import is_public
from mllab.rules.paths import GONE, at, one, over, parsed
from mllab.rules.values import Beside, Set, every, must, never, rule

_INSTANCE: Final = "aws:ec2/instance:Instance"
_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_NOTEBOOK: Final = "aws:sagemaker/notebookInstance:NotebookInstance"
_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_BUCKET: Final = "aws:s3/bucket:Bucket"
_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_REPOSITORY: Final = "aws:ecr/repository:Repository"
_NODES: Final = "aws:batch/computeEnvironment:ComputeEnvironment"
_JOB: Final = "aws:batch/jobDefinition:JobDefinition"
_FUNCTION: Final = "aws:lambda/function:Function"
_SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
_TRIES: Final = 5
_START: Final = (
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration"
)
_LOG_DAYS: Final = 400  # a year, and what a month may be longer than thought


def _nothing_from_the_internet(resource: Resource, _: Graph) -> Iterable[str]:
    for path in ("cidrIpv4", "cidrIpv6", "ingress.*.cidrBlocks.*", "ingress.*.ipv6CidrBlocks.*"):
        for source in at(resource.inputs, path):
            if source is not GONE and is_public(source):
                yield f"lets in {source}"


def _unprivileged(resource: Resource, _: Graph) -> Iterable[str]:
    if parsed(resource.inputs, "containerProperties").get("privileged"):
        yield "container_properties.privileged is true"


def _logs_end(resource: Resource, _: Graph) -> Iterable[str]:
    days = one(resource.inputs, "retentionInDays")
    if days is GONE or not 0 < days <= _LOG_DAYS:
        yield f"retention_in_days is {days}, it must be 1 to {_LOG_DAYS}"


def _limited(resource: Resource, graph: Graph) -> Iterable[str]:
    """No more machines than the settings say, counted in processors as AWS does."""
    machine = catalog.machine(graph.lab.lab.cloud, graph.lab.cluster.size, "job")
    most = graph.lab.cluster.max_nodes * machine.vcpus
    return over(resource.inputs, "computeResources.maxVcpus", most)


def _retries(resource: Resource, _: Graph) -> Iterable[str]:
    attempts = one(resource.inputs, "retryStrategy.attempts")
    if attempts is not GONE and attempts > _TRIES:
        yield f"retry_strategy.attempts is {attempts}, it must be {_TRIES} or less"


FACTS: Final = Facts(
    budget="aws:budgets/budget:Budget",
    watch=_FUNCTION,
    machines=dict.fromkeys((_INSTANCE, _NOTEBOOK), ("tags.idle-minutes", "tags.max-hours")),
    daily=dict.fromkeys((_INSTANCE, _NOTEBOOK), (_SCHEDULE, "target")),
    sizes={
        **dict.fromkeys((_INSTANCE, _NOTEBOOK), ("instanceType",)),
        _NODES: ("computeResources.instanceTypes.*",),
    },
    buckets=(_BUCKET,),
    images=(_REPOSITORY,),
    names={_BUCKET: "bucket"},
    locks={
        **dict.fromkeys(("disableApiTermination", "disableApiStop"), _INSTANCE),
        "deletionProtectionEnabled": "aws:dynamodb/table:Table",
    },
    readable={
        _INSTANCE: ("userData", "userDataBase64"),
        _TEMPLATE: ("userData",),
        _JOB: ("containerProperties",),
        _FUNCTION: ("environment.variables",),
        _START: ("onStart", "onCreate"),
    },
    hourly=(
        *("aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip", "aws:lb/loadBalancer:LoadBalancer"),
        *("aws:eks/cluster:Cluster", "aws:sagemaker/endpoint:Endpoint"),
        "aws:sagemaker/domain:Domain",
    ),
    keys=("aws:iam/accessKey:AccessKey", "aws:iam/user:User"),
)

RULES: Final = (
    rule("aws-metadata-token", (_INSTANCE, _TEMPLATE),
         must("metadataOptions.httpTokens", "required"),
         "who makes a program on the machine fetch an address reads the keys of its role",
         "CKV_AWS_79, AWS-0028, CIS AWS 6.7"),
    rule("aws-metadata-hop", _TEMPLATE, must("metadataOptions.httpPutResponseHopLimit", 1),
         "a job in a container reads the keys of the machine's role", "CKV_AWS_341"),
    rule("aws-system-disk-encrypted", _INSTANCE, must("rootBlockDevice.encrypted", True),
         "whoever gets at a copy of the disk reads it", "CKV_AWS_8, AWS-0131, CIS AWS 6.1.1"),
    rule("aws-node-disk-encrypted", _TEMPLATE, must("blockDeviceMappings.*.ebs.encrypted", True),
         "whoever gets at a copy of the disk reads it", "CKV_AWS_8, AWS-0131, CIS AWS 6.1.1"),
    rule("aws-volume-encrypted", "aws:ebs/volume:Volume", must("encrypted", True),
         "whoever gets at a copy of the disk reads it", "CKV_AWS_3, AWS-0026, CIS AWS 6.1.1"),
    rule("aws-machine-role", _INSTANCE, Set("iamInstanceProfile"),
         "people put long-lived keys on a machine that has no role",
         "CKV2_AWS_41, CIS AWS 2.16"),
    rule("aws-nothing-from-the-internet", (_INGRESS, _GROUP, _DEFAULT_GROUP),
         _nothing_from_the_internet, "machines with public addresses are tried all day",
         "CKV_AWS_24, CKV_AWS_25, CKV_AWS_260, CKV_AWS_277, AWS-0107, CIS AWS 6.3, CIS AWS 6.4",
         fix="let in a security group or private addresses; people come by Session Manager",
         wrong=[Break({"cidrIpv4": "0.0.0.0/0"}), Break({"cidrIpv6": "::/0"}),
                Break({"ingress": [{"cidrBlocks": ["8.0.0.0/9"]}]}, _GROUP)]),
    rule("aws-group-described", (_GROUP, _INGRESS, _EGRESS), Set("description"),
         "nobody dares to remove what nobody can explain", "CKV_AWS_23"),
    rule("aws-default-group-taken", "aws:ec2/vpc:Vpc",
         Beside(_DEFAULT_GROUP, "vpcId", "default security group of its own"),
         "what names no group gets the default one, in which all may reach all",
         "CKV2_AWS_12, CIS AWS 6.5"),
    rule("aws-default-group-empty", _DEFAULT_GROUP,
         every(never("ingress.*.protocol", "-1", "tcp", "udp"),
               never("egress.*.protocol", "-1", "tcp", "udp")),
         "what names no group gets the default one", "CKV2_AWS_12, CIS AWS 6.5",
         fix="take its rules away"),
    rule("aws-no-public-address", ("aws:ec2/subnet:Subnet", _INSTANCE),
         every(never("mapPublicIpOnLaunch", True), never("associatePublicIpAddress", True)),
         "a wrong rule of a group is then enough to open a machine",
         "CKV_AWS_88, CKV_AWS_130, AWS-0009, AWS-0164", profiles=STRICT,
         wrong=[Break({"mapPublicIpOnLaunch": True}, mended={"mapPublicIpOnLaunch": False}),
                Break({"associatePublicIpAddress": True}, _INSTANCE)]),
    rule("aws-bucket-closed", _BUCKET,
         Beside(_BLOCK, "bucket", "public access block",
                every(*(must(each, True) for each in (
                    "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls",
                    "restrictPublicBuckets")))),
         "one wrong policy shows its objects to everybody",
         "CKV2_AWS_6, AWS-0094, CIS AWS 3.1.4"),
    rule("aws-bucket-tls", _BUCKET, policies.refuses_plain_text,
         "data crosses networks in the clear", "CIS AWS 3.1.1",
         fix="declare a BucketPolicy that denies aws:SecureTransport false",
         wrong=[Break(of="aws:s3/bucketPolicy:BucketPolicy")]),
    rule("aws-nobody-unnamed",
         ("aws:sns/topicPolicy:TopicPolicy", "aws:s3/bucketPolicy:BucketPolicy",
          "aws:efs/fileSystemPolicy:FileSystemPolicy", "aws:iam/role:Role", "aws:kms/key:Key",
          "aws:ecr/repositoryPolicy:RepositoryPolicy"),
         policies.nobody_unnamed, "everybody may use it",
         "CKV_AWS_70, CKV_AWS_60, CKV_AWS_61, CKV_AWS_32, CIS AWS 2.21",
         fix="name who may", wrong=policies.broken(policies.FOR_ALL)),
    rule("aws-bucket-cleaned", _BUCKET,
         Beside("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "bucket",
                "clean-up",
                every(must("rules.*.abortIncompleteMultipartUpload.daysAfterInitiation",
                           *range(1, 8)),
                      Set("rules.*.noncurrentVersionExpiration.noncurrentDays"))),
         "broken uploads and old versions are billed, and nobody sees them", "CKV2_AWS_61"),
    rule("aws-bucket-versions", _BUCKET,
         Beside("aws:s3/bucketVersioning:BucketVersioning", "bucket", "versioning",
                must("versioningConfiguration.status", "Enabled")),
         "what is overwritten or deleted is lost", "CKV_AWS_21, AWS-0090",
         fix="set storage.undelete_days to 1 or more", profiles=STRICT,
         setting="storage.undelete_days"),
    rule("aws-files-encrypted", "aws:efs/fileSystem:FileSystem", must("encrypted", True),
         "files lie in the clear", "CKV_AWS_42, AWS-0037, CIS AWS 3.3.1"),
    rule("aws-files-as-one-user", "aws:efs/accessPoint:AccessPoint",
         every(Set("posixUser"), Set("rootDirectory")),
         "a machine reads and writes as any user it likes", "CKV_AWS_329, CKV_AWS_330"),
    rule("aws-images-scanned", _REPOSITORY, must("imageScanningConfiguration.scanOnPush", True),
         "known holes in an image stay unseen", "CKV_AWS_163, AWS-0030"),
    rule("aws-images-cleaned", _REPOSITORY,
         Beside("aws:ecr/lifecyclePolicy:LifecyclePolicy", "repository", "clean-up"),
         "every image that was ever pushed is billed",
         "ecr_repositories_lifecycle_policy_enabled", setting="registry.keep_images"),
    rule("aws-image-tags-fixed", _REPOSITORY,
         must("imageTagMutability", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
         "the image behind a tag can be exchanged", "CKV_AWS_51, AWS-0031", profiles=STRICT,
         setting="lab.profile"),
    rule("aws-job-unprivileged", _JOB, _unprivileged,
         "a job is root on its machine", "CKV_AWS_210", fix="set privileged to false",
         wrong=[Break({"containerProperties": '{"privileged": true}'})]),
    rule("aws-managed-in-network", _NOTEBOOK, Set("subnetId"),
         "the notebook is in a network of AWS's", "CKV_AWS_306"),
    rule("aws-managed-metadata-token", _NOTEBOOK,
         must("instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion", "2"),
         "who makes a program on it fetch an address reads the keys of its role", "CKV_AWS_371"),
    rule("aws-managed-no-root", _NOTEBOOK, must("rootAccess", "Disabled"),
         "whoever works there can switch off what stops it", "CKV_AWS_307"),
    rule("aws-managed-no-internet", _NOTEBOOK, must("directInternetAccess", "Disabled"),
         "it reaches the internet by a network of AWS's, past the lab's rules", "CKV_AWS_122",
         profiles=STRICT),
    rule("aws-no-administrator", "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
         policies.no_administrator, "one stolen key opens the account", "CKV_AWS_274, AWS-0057",
         fix="grant what is used",
         wrong=[Break({"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})]),
    rule("aws-nothing-on-everything",
         ("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"),
         policies.nothing_on_everything, "one stolen key opens the account",
         "CKV_AWS_62, CKV_AWS_63, AWS-0057", fix="name actions and resources",
         wrong=policies.broken(policies.ALL_OF_ALL)),
    rule("aws-logs-end", "aws:cloudwatch/logGroup:LogGroup", _logs_end,
         "logs are billed for ever", "CKV_AWS_66", fix="set retention_in_days",
         wrong=[Break({"retentionInDays": GONE}), Break({"retentionInDays": 3653})]),
    rule("aws-key-turned", "aws:kms/key:Key", must("enableKeyRotation", True),
         "a key that leaks opens everything that it ever sealed", "CKV_AWS_7, AWS-0065"),
    rule("aws-nodes-none-idle", _NODES,
         every(must("computeResources.minVcpus", 0),
               never("computeResources.desiredVcpus", *range(1, 100))),
         "machines run while there is no job",
         fix="set compute_resources.min_vcpus to 0, and no desired_vcpus"),
    rule("aws-nodes-limited", _NODES, _limited,
         "one wrong loop makes as many machines as the quota allows",
         fix="set max_vcpus to what cluster.max_nodes says", setting="cluster.max_nodes",
         wrong=[Break({"computeResources.maxVcpus": 100_000})]),
    rule("aws-job-ends", _JOB, Set("timeout.attemptDurationSeconds"),
         "a job that hangs is billed until somebody looks", setting="cluster.max_job_hours"),
    rule("aws-job-tries", _JOB, _retries, "a job that fails is paid for again and again",
         fix=f"set retry_strategy.attempts to {_TRIES} or less",
         wrong=[Break({"retryStrategy.attempts": 10})]),
    rule("aws-endpoint-free", "aws:ec2/vpcEndpoint:VpcEndpoint",
         must("vpcEndpointType", "Gateway"), "others are billed by the hour, in every zone"),
    rule("aws-images-removable", _REPOSITORY, must("forceDelete", True),
         "`mllab down` stops at a registry that holds images"),
)  # fmt: skip
