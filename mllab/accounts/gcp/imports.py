"""How each Google Cloud type is found and listed, from `components/gcp/types.csv`.

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

from components.resource_types import TypeRow, of_cloud, pairs


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

_ROWS: Final = of_cloud("gcp")


def _query(row: TypeRow) -> ImportQuery:
    own = row.own
    words, where = tuple(own["words"].split()), pairs(own["where"])
    return ImportQuery(own["api"], words, own["id"], where or {"path": own["id"]}, own["items"])


IMPORT_QUERIES: Final[Mapping[str, ImportQuery]] = {
    row.type: _query(row) for row in _ROWS if row.own["words"]
}

SETTINGS: Final = frozenset(row.type for row in _ROWS if row.setting)
"""Types that are but a setting of the project: to make it again is to set it again, and it stays
when a lab goes."""

BY_NAME: Final = "by name"

LABELS: Final[Mapping[str, tuple[str, str]]] = {
    row.type: (row.own["listed"], row.own["state"])
    for row in _ROWS
    if row.own["listed"] not in ("", BY_NAME)
}
"""Where those that have labels have them, and their state."""

UNLABELLED: Final[Mapping[str, str]] = {
    row.type: row.own["role"] for row in _ROWS if row.own["listed"] == BY_NAME
}
"""Those that have none, and their role; empty where the name tells it."""

NAMES: Final[Mapping[str, str]] = {
    row.type: row.own["logical_name"] for row in _ROWS if row.own["logical_name"]
}
"""Logical names, without the lab's, of what Pulumi names."""

MORE: Final[Mapping[str, tuple[ImportQuery, str, str]]] = {
    "compute snapshot": (
        ImportQuery("compute", ("compute", "snapshots", "list"), ""),
        "labels",
        "status",
    ),
    "vertex job": (
        ImportQuery("aiplatform", ("ai", "custom-jobs", "list", "--region=$region"), ""),
        "labels",
        "state",
    ),
}
"""What people make in a lab, and what then costs money: the query, labels, state."""

OVER: Final = frozenset(
    {"job_state_succeeded", "job_state_failed", "job_state_cancelled", "job_state_expired"}
)
"""States, in lower case, of what is only a record of itself."""
