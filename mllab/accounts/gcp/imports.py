"""How each Google Cloud type is found, and how it is listed: data, no code.

`$name` stands for an input of the resource (`$budgetFilter_projects_0` for one further down), for
`project`, `region` or `zone`, and in `id` also for the `path` of what was found. All questions are
lists, so that nothing is an empty answer and not an error. Formats of ids are those of
`pulumi import`; of members of policies it takes the parts with spaces between them.
Source: the import section of each type, https://www.pulumi.com/registry/packages/gcp/api-docs/,
    and of the IAM types https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class ImportQuery:
    """One question that a type's existence is read from.

    Args:
        api: that must be enabled; while it is not there is nothing of it.
        words: of gcloud.
        id: what the provider imports it by.
        where: what must be at a dotted path of an item; `path` is the item's own name with project
            and place, and what is an address counts as such a name, too.
        items: path to what exists. Empty: the items of the answer.
    """

    api: str
    words: tuple[str, ...]
    id: str
    where: Mapping[str, str] = field(default_factory=dict)
    items: str = ""


_PROJECT: Final = "projects/$project"
_ZONE: Final = "projects/$project/zones/$zone"
_REGION: Final = "projects/$project/regions/$region"
_LOCATION: Final = "projects/$project/locations/$location"


def _listed(api: str, words: str, path: str) -> ImportQuery:
    return ImportQuery(api, (*words.split(), "list"), path, {"path": path})


def _member(api: str, words: tuple[str, ...], of: str) -> ImportQuery:
    """Somebody's right on something: one member of one role of its policy."""
    where = {"role": "$role", "members": "$member"}
    return ImportQuery(api, words, f"{of} $role $member", where, "bindings")


INSTANCE: Final = "gcp:compute/instance:Instance"
DISK: Final = "gcp:compute/disk:Disk"
NETWORK: Final = "gcp:compute/network:Network"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
FIREWALL: Final = "gcp:compute/firewall:Firewall"
ROUTER: Final = "gcp:compute/router:Router"
POLICY: Final = "gcp:compute/resourcePolicy:ResourcePolicy"
JOB: Final = "gcp:cloudscheduler/job:Job"
WORKFLOW: Final = "gcp:workflows/workflow:Workflow"
ACCOUNT: Final = "gcp:serviceaccount/account:Account"
ROLE: Final = "gcp:projects/iAMCustomRole:IAMCustomRole"
BUCKET: Final = "gcp:storage/bucket:Bucket"
BUDGET: Final = "gcp:billing/budget:Budget"

IMPORT_QUERIES: Final[Mapping[str, ImportQuery]] = {
    NETWORK: _listed("compute", "compute networks", f"{_PROJECT}/global/networks/$name"),
    SUBNET: _listed("compute", "compute networks subnets", f"{_REGION}/subnetworks/$name"),
    FIREWALL: _listed("compute", "compute firewall-rules", f"{_PROJECT}/global/firewalls/$name"),
    ROUTER: _listed("compute", "compute routers", f"{_REGION}/routers/$name"),
    INSTANCE: _listed("compute", "compute instances", f"{_ZONE}/instances/$name"),
    DISK: _listed("compute", "compute disks", f"{_ZONE}/disks/$name"),
    POLICY: _listed("compute", "compute resource-policies", f"{_REGION}/resourcePolicies/$name"),
    "gcp:compute/routerNat:RouterNat": ImportQuery(
        "compute",
        ("compute", "routers", "list"),
        "$project/$region/$router/$name",
        {"path": f"{_REGION}/routers/$router", "nats.name": "$name"},
    ),
    "gcp:compute/resourcePolicyAttachment:ResourcePolicyAttachment": ImportQuery(
        "compute",
        ("compute", "instances", "list"),
        "$project/$zone/$instance/$name",
        {
            "path": f"{_ZONE}/instances/$instance",
            "resourcePolicies": f"{_REGION}/resourcePolicies/$name",
        },
    ),
    "gcp:compute/instanceIAMMember:InstanceIAMMember": _member(
        "compute",
        ("compute", "instances", "get-iam-policy", "$instanceName", "--zone=$zone"),
        f"{_ZONE}/instances/$instanceName",
    ),
    BUCKET: _listed("storage", "storage buckets", "$name"),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _member(
        "storage", ("storage", "buckets", "get-iam-policy", "gs://$bucket"), "b/$bucket"
    ),
    "gcp:artifactregistry/repository:Repository": ImportQuery(
        "artifactregistry",
        ("artifacts", "repositories", "list", "--location=$region"),
        f"{_LOCATION}/repositories/$repositoryId",
        {"path": f"{_LOCATION}/repositories/$repositoryId"},
    ),
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": _member(
        "artifactregistry",
        ("artifacts", "repositories", "get-iam-policy", "$repository", "--location=$location"),
        f"{_LOCATION}/repositories/$repository",
    ),
    "gcp:filestore/instance:Instance": _listed(
        "file", "filestore instances", f"{_LOCATION}/instances/$name"
    ),
    "gcp:workbench/instance:Instance": ImportQuery(
        "notebooks",
        ("workbench", "instances", "list", "--location=-"),
        f"{_LOCATION}/instances/$name",
        {"path": f"{_LOCATION}/instances/$name"},
    ),
    JOB: ImportQuery(
        "cloudscheduler",
        ("scheduler", "jobs", "list", "--location=$scheduler"),
        f"{_PROJECT}/locations/$region/jobs/$name",
        {"path": f"{_PROJECT}/locations/$region/jobs/$name"},
    ),
    WORKFLOW: ImportQuery(
        "workflows",
        ("workflows", "list", "--location=$scheduler"),
        f"{_PROJECT}/locations/$region/workflows/$name",
        {"path": f"{_PROJECT}/locations/$region/workflows/$name"},
    ),
    "gcp:pubsub/topic:Topic": _listed("pubsub", "pubsub topics", f"{_PROJECT}/topics/$name"),
    ACCOUNT: ImportQuery(
        "iam",
        ("iam", "service-accounts", "list"),
        f"{_PROJECT}/serviceAccounts/$accountId@$project.iam.gserviceaccount.com",
        {"path": f"{_PROJECT}/serviceAccounts/$accountId@$project.iam.gserviceaccount.com"},
    ),
    # Deleted ones are not listed; the provider brings them back when it makes them.
    ROLE: _listed("iam", "iam roles", f"{_PROJECT}/roles/$roleId"),
    "gcp:projects/iAMMember:IAMMember": _member(
        "cloudresourcemanager", ("projects", "get-iam-policy", "$project"), "$project"
    ),
    # Ids that only the cloud knows.
    "gcp:monitoring/notificationChannel:NotificationChannel": ImportQuery(
        "monitoring",
        ("beta", "monitoring", "channels", "list"),
        "$path",
        {"userLabels.stack": "$userLabels_stack", "userLabels.name": "$userLabels_name"},
    ),
    BUDGET: ImportQuery(
        "billingbudgets",
        ("billing", "budgets", "list", "--billing-account=$billingAccount"),
        "$path",
        {
            "displayName": "$displayName",
            # Other projects may share the billing account, and the name.
            "budgetFilter.projects": "$budgetFilter_projects_0",
        },
    ),
}

SETTINGS: Final = frozenset({"gcp:projects/service:Service"})
"""Types that are but a setting of the project: to make it again is to set it again, and it stays
when a lab goes."""

LABELS: Final[Mapping[str, tuple[str, str]]] = {
    INSTANCE: ("labels", "status"),
    DISK: ("labels", "status"),
    BUCKET: ("labels", ""),
    "gcp:artifactregistry/repository:Repository": ("labels", ""),
    "gcp:filestore/instance:Instance": ("labels", "state"),
    "gcp:workbench/instance:Instance": ("labels", "state"),
    "gcp:pubsub/topic:Topic": ("labels", ""),
    WORKFLOW: ("labels", "state"),
    "gcp:monitoring/notificationChannel:NotificationChannel": ("userLabels", ""),
}
"""Where those that have labels have them, and their state."""

UNLABELLED: Final[Mapping[str, str]] = {
    NETWORK: "network",
    SUBNET: "network",
    FIREWALL: "network",
    ROUTER: "network",
    POLICY: "notebook",
    JOB: "notebook",
    ACCOUNT: "",
    ROLE: "notebook",
    BUDGET: "budget",
}
"""Those that have none, and their role."""

MORE: Final[Mapping[str, tuple[ImportQuery, str, str]]] = {
    "compute snapshot": (_listed("compute", "compute snapshots", ""), "labels", "status"),
    "vertex job": (
        ImportQuery("aiplatform", ("ai", "custom-jobs", "list", "--region=$region"), ""),
        "labels",
        "state",
    ),
}
"""What people make in a lab, and what then costs money: the way, labels, state."""

OVER: Final = frozenset(
    {"job_state_succeeded", "job_state_failed", "job_state_cancelled", "job_state_expired"}
)
"""States, in lower case, of what is only a record of itself."""
