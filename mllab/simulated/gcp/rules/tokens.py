"""Type tokens that rules refer to."""

from __future__ import annotations

from typing import Final

SERVICE: Final = "gcp:projects/service:Service"
IDENTITY: Final = "gcp:projects/serviceIdentity:ServiceIdentity"

NETWORK: Final = "gcp:compute/network:Network"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
FIREWALL: Final = "gcp:compute/firewall:Firewall"
ROUTER: Final = "gcp:compute/router:Router"
NAT: Final = "gcp:compute/routerNat:RouterNat"

INSTANCE: Final = "gcp:compute/instance:Instance"
DISK: Final = "gcp:compute/disk:Disk"
POLICY: Final = "gcp:compute/resourcePolicy:ResourcePolicy"
POLICY_ATTACHMENT: Final = "gcp:compute/resourcePolicyAttachment:ResourcePolicyAttachment"

ACCOUNT: Final = "gcp:serviceaccount/account:Account"
ROLE: Final = "gcp:projects/iAMCustomRole:IAMCustomRole"
PROJECT_MEMBER: Final = "gcp:projects/iAMMember:IAMMember"
INSTANCE_MEMBER: Final = "gcp:compute/instanceIAMMember:InstanceIAMMember"
BUCKET_MEMBER: Final = "gcp:storage/bucketIAMMember:BucketIAMMember"
REPOSITORY_MEMBER: Final = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"

MEMBERS: Final = (
    PROJECT_MEMBER,
    INSTANCE_MEMBER,
    BUCKET_MEMBER,
    REPOSITORY_MEMBER,
)
"""Everything that gives one member one role."""

BUCKET: Final = "gcp:storage/bucket:Bucket"
FILES: Final = "gcp:filestore/instance:Instance"
REPOSITORY: Final = "gcp:artifactregistry/repository:Repository"
NOTEBOOK: Final = "gcp:workbench/instance:Instance"
BUDGET: Final = "gcp:billing/budget:Budget"
TOPIC: Final = "gcp:pubsub/topic:Topic"
CHANNEL: Final = "gcp:monitoring/notificationChannel:NotificationChannel"
SCHEDULE: Final = "gcp:cloudscheduler/job:Job"
WORKFLOW: Final = "gcp:workflows/workflow:Workflow"
