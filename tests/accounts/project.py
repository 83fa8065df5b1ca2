"""A Google Cloud project behind a stand-in for `gcloud`: what was made, as Google shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mllab.clouds.registry import open_account
from tests.accounts.labs import Entry, Lab, pending, up

PROJECT, NUMBER, REGION = "my-course-2027", "921754366967", "us-central1"
PAYER = "000000-000000-000000"
CONFIG = {"gcp:project": PROJECT, "gcp:region": REGION}
DISK, NETWORK = "gcp:compute/disk:Disk", "gcp:compute/network:Network"
COMPUTE = "https://www.googleapis.com/compute/v1/"
Thing = Mapping[str, Any]

LABS: list[tuple[str, dict[str, str]]] = [
    ("gcp-course", {}),
    ("gcp-course", {"kind": "managed"}),
    ("gcp-course", {"egress": "nat"}),
    ("gcp-course", {"called": "autumn", "name": "ml101"}),
    ("gcp-tiny", {}),
]
every_lab = pytest.mark.parametrize(("stack", "how"), LABS)

LISTS = {
    "gcp:compute/network:Network": "compute networks list",
    "gcp:compute/subnetwork:Subnetwork": "compute networks subnets list",
    "gcp:compute/firewall:Firewall": "compute firewall-rules list",
    "gcp:compute/router:Router": "compute routers list",
    "gcp:compute/instance:Instance": "compute instances list",
    "gcp:compute/disk:Disk": "compute disks list",
    "gcp:compute/resourcePolicy:ResourcePolicy": "compute resource-policies list",
    "gcp:storage/bucket:Bucket": "storage buckets list",
    "gcp:artifactregistry/repository:Repository": (
        f"artifacts repositories list --location={REGION}"
    ),
    "gcp:filestore/instance:Instance": "filestore instances list",
    "gcp:workbench/instance:Instance": "workbench instances list --location=-",
    "gcp:cloudscheduler/job:Job": f"scheduler jobs list --location={REGION}",
    "gcp:workflows/workflow:Workflow": f"workflows list --location={REGION}",
    "gcp:pubsub/topic:Topic": "pubsub topics list",
    "gcp:serviceaccount/account:Account": "iam service-accounts list",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "iam roles list",
    "gcp:monitoring/notificationChannel:NotificationChannel": "beta monitoring channels list",
    "gcp:billing/budget:Budget": f"billing budgets list --billing-account={PAYER}",
}
SNAPSHOTS, JOBS = "compute snapshots list", f"ai custom-jobs list --region={REGION}"
OTHERS = (SNAPSHOTS, JOBS)
SERVICES = [
    "compute",
    "storage",
    "iam",
    "artifactregistry",
    "file",
    "notebooks",
    "cloudscheduler",
    "workflows",
    "pubsub",
    "monitoring",
    "billingbudgets",
    "aiplatform",
    "cloudresourcemanager",
    "serviceusage",
]


def compute(thing: Thing, **more: Any) -> dict[str, Any]:
    """As Compute Engine shows things: with addresses of itself and of others."""
    return {"name": thing["name"], "selfLink": COMPUTE + thing["id"], **more}


def instance(thing: Thing) -> dict[str, Any]:
    labels = thing["inputs"].get("labels", {})
    return compute(thing, labels=labels, status="RUNNING", resourcePolicies=[])


def network(thing: Thing) -> dict[str, Any]:
    return compute(thing, network=COMPUTE + thing["inputs"]["network"])


def firewall(thing: Thing) -> dict[str, Any]:
    accounts = thing["inputs"]["targetServiceAccounts"]
    return {**network(thing), "targetServiceAccounts": accounts}


def labelled(thing: Thing) -> dict[str, Any]:
    return {"name": thing["id"], "labels": thing["inputs"].get("labels", {}), "state": "READY"}


def job(thing: Thing) -> dict[str, Any]:
    return {"name": thing["id"], "httpTarget": thing["inputs"]["httpTarget"], "state": "ENABLED"}


def user(thing: Thing) -> dict[str, Any]:
    return {"name": thing["id"], "email": thing["outputs"]["email"]}


def channel(thing: Thing) -> dict[str, Any]:
    return {"name": thing["id"], "userLabels": thing["inputs"]["userLabels"]}


def budget(thing: Thing) -> dict[str, Any]:
    inputs = thing["inputs"]
    counted = {"projects": inputs["budgetFilter"]["projects"]}
    return {"name": thing["id"], "displayName": inputs["displayName"], "budgetFilter": counted}


SHOWN: dict[str, Callable[[Thing], dict[str, Any]]] = {
    "gcp:compute/network:Network": compute,
    "gcp:compute/subnetwork:Subnetwork": network,
    "gcp:compute/firewall:Firewall": firewall,
    "gcp:compute/router:Router": network,
    "gcp:compute/instance:Instance": instance,
    "gcp:compute/disk:Disk": instance,
    "gcp:compute/resourcePolicy:ResourcePolicy": compute,
    "gcp:cloudscheduler/job:Job": job,
    "gcp:serviceaccount/account:Account": user,
    "gcp:projects/iAMCustomRole:IAMCustomRole": labelled,
    "gcp:monitoring/notificationChannel:NotificationChannel": channel,
    "gcp:billing/budget:Budget": budget,
}


class Project:
    """The project, and what its command line answers.

    Args:
        folder: of the commands.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, Any] = {words: [] for words in (*LISTS.values(), *OTHERS)}
        self.answers |= {
            "services list --enabled": [
                {"config": {"name": f"{name}.googleapis.com"}} for name in SERVICES
            ],
            f"projects describe {PROJECT}": {"projectNumber": NUMBER},
            f"projects get-iam-policy {PROJECT}": {"bindings": []},
        }
        self.refused: dict[str, tuple[str, str]] = {}
        self.token = "ya29.token"

    def hold(self, lab: Lab) -> None:
        for thing in lab.things:
            if words := LISTS.get(thing["type"]):
                self.answers[words].append(SHOWN.get(thing["type"], labelled)(thing))
        for thing in lab.things:
            self.hold_right(thing["type"].rpartition(":")[2], thing["inputs"])

    def hold_right(self, kind: str, inputs: Thing) -> None:
        match kind:
            case "IAMMember":
                where = f"projects get-iam-policy {PROJECT}"
            case "BucketIAMMember":
                where = f"storage buckets get-iam-policy gs://{inputs['bucket']}"
            case "RepositoryIamMember":
                words = "artifacts repositories get-iam-policy"
                where = f"{words} {inputs['repository']} --location={inputs['location']}"
            case "InstanceIAMMember":
                words = "compute instances get-iam-policy"
                where = f"{words} {inputs['instanceName']} --zone={inputs['zone']}"
            case "ResourcePolicyAttachment":
                policy = f"projects/{PROJECT}/regions/{REGION}/resourcePolicies/{inputs['name']}"
                one = self._one("compute instances list", inputs["instance"])
                one["resourcePolicies"].append(COMPUTE + policy)
                return
            case "RouterNat":
                one = self._one("compute routers list", inputs["router"])
                one.setdefault("nats", []).append({"name": inputs["name"]})
                return
            case _:
                return
        bindings = self.answers.setdefault(where, {"bindings": []})["bindings"]
        bindings.append({"role": inputs["role"], "members": ["user:a@b.c", inputs["member"]]})

    def _one(self, words: str, name: str) -> dict[str, Any]:
        found: dict[str, Any]
        [found] = [each for each in self.answers[words] if each["name"] == name]
        return found

    def disable(self, *services: str) -> None:
        """Switch APIs off: questions to them are refused."""
        listed = self.answers["services list --enabled"]
        listed[:] = [
            each for each in listed if each["config"]["name"].split(".")[0] not in services
        ]

    def refuse(self, words: str, answer: str, before: str = "") -> None:
        self.refused[words] = (before, answer)

    def write(self) -> None:
        text = json.dumps(
            {
                "project": PROJECT,
                "answers": self.answers,
                "refused": self.refused,
                "token": self.token,
            }
        )
        (self.folder / "google.json").write_text(text)

    def account(self, config: Mapping[str, str] = CONFIG) -> Any:
        self.write()
        return open_account("gcp", config)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What was asked, and with which variables."""
        lines = (self.folder / "asked").read_text().splitlines()
        return [(words, given) for words, _, given in (line.partition("\t") for line in lines)]


def one(type: str, stack: str = "gcp-course", **how: str) -> Entry:
    return next(entry for entry in up(stack, **how).entries if entry["type"] == type)


def ask(look: Any, act: str) -> object:
    return look.inventory("x") if act == "inventory" else look.find(pending(one(DISK)), ())
