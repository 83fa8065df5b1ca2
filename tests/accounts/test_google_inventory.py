"""All that a Google Cloud project shows of a stack, asked of a stand-in for `gcloud`.

It proves what is asked and what follows from the answers; not that Google answers so.
"""

from __future__ import annotations

import pytest

from mllab.accounts.contract import InventoryItem
from mllab.accounts.gcp import imports
from mllab.accounts.gcp.client import Client
from mllab.accounts.responses import filled
from mllab.errors import StillThere
from tests.accounts.labs import labels, up
from tests.accounts.project import (
    DISK,
    JOBS,
    LISTS,
    NETWORK,
    OTHERS,
    PROJECT,
    SNAPSHOTS,
    Project,
    every_lab,
    one,
)

UNSEEN = ("Service", "IAMMember", "IamMember", "ResourcePolicyAttachment", "RouterNat")
"""What goes with something else, or is only switched on."""


@every_lab
def test_all_of_a_lab_is_seen_with_its_id_and_nothing_of_others(
    project: Project, stack: str, how: dict[str, str]
) -> None:
    lab = up(stack, **how)
    others = [
        up("gcp-lab"),
        up("gcp-course", called="spring", name="ml101"),
        up("gcp-lab", name="ml101", called="ml"),
    ]
    for each in (lab, *others):
        project.hold(each)
    found = {
        (each.type, each.id): each for each in project.account(lab.config).inventory(lab.stack)
    }
    recorded = {
        (entry["type"], entry["id"]): entry
        for entry in lab.entries
        if not entry["type"].endswith(UNSEEN)
    }
    assert not recorded.keys() - found.keys()
    by_itself = {key: each for key, each in found.items() if key not in recorded}
    own = {(thing["type"], thing["id"]) for thing in lab.things if not thing["urn"]}
    assert by_itself.keys() == own, "machines and disks that something brought with it"
    for key, entry in recorded.items():
        if key[0].rpartition(":")[2] in ("Bucket", "Disk", "Instance", "Repository", "Topic"):
            assert found[key].name == entry["urn"].rpartition("::")[2]
    assert {each.role for each in found.values()} >= {"network", "storage", "registry", "notebook"}
    assert "" not in {each.role for each in found.values()}


def test_an_empty_project_shows_nothing(project: Project) -> None:
    assert project.account(up("gcp-course").config).inventory("gcp-course") == []


def test_what_jobs_and_people_made_is_seen(project: Project) -> None:
    job = {"labels": labels("gcp-course"), "name": "projects/1/locations/us-central1/customJobs/7"}
    project.answers[JOBS] = [
        {**job, "state": "JOB_STATE_RUNNING"},
        {**job, "state": "JOB_STATE_SUCCEEDED"},
        {**job, "state": "JOB_STATE_PENDING", "labels": labels("other")},
    ]
    link = f"https://compute.googleapis.com/compute/v1/projects/{PROJECT}/global/snapshots/s"
    project.answers[SNAPSHOTS] = [
        {"name": "s", "selfLink": link, "labels": labels("gcp-course"), "status": "READY"},
        {"name": "t", "selfLink": link, "labels": {**labels("gcp-course"), "managed-by": "x"}},
    ]
    assert project.account().inventory("gcp-course") == [
        InventoryItem(
            "compute snapshot", f"projects/{PROJECT}/global/snapshots/s", "s", "cluster", "ready"
        ),
        InventoryItem("vertex job", job["name"], "7", "cluster", "job_state_running"),
    ]


@pytest.mark.parametrize(
    "name", ["default", "gcp-course-network-vpc", "gcp-course-network-vpc-b6d4cf0x",
             "my-gcp-course-network-vpc-b6d4cf0", "gcp-course-network-network-vpc-b6d4cf0"],
)  # fmt: skip
def test_a_network_of_another_name_is_not_ours(project: Project, name: str) -> None:
    link = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/"
    project.answers["compute networks list"] = [{"name": name, "selfLink": link + name}]
    assert project.account().inventory("gcp-course") == []
    ours = "gcp-course-network-vpc-b6d4cf0"
    project.answers["compute networks list"] = [{"name": ours, "selfLink": link + ours}]
    assert [each.name for each in project.account().inventory("gcp-course")] == [ours]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("gcp-course-shared-91ns1k8j", True),
        ("gcp-course-shared-91ns1k8j-data", True),
        ("gcp-course-shared-00000000", False),
        ("gcp-course-somebody-91ns1k8j", False),
        ("somebody", False),
    ],
)
def test_a_disk_without_labels_is_known_by_the_machine_that_brought_it(
    project: Project, name: str, ours: bool
) -> None:
    """Its name ends in a hash of lab, seat and stack."""
    path = f"projects/{PROJECT}/zones/us-central1-a/disks/{name}"
    link = f"https://www.googleapis.com/compute/v1/{path}"
    project.answers["compute disks list"] = [{"name": name, "selfLink": link, "status": "READY"}]
    expected = [InventoryItem(DISK, path, name, "notebook", "ready")] if ours else []
    assert project.account().inventory("gcp-course") == expected


def test_a_broken_file_does_not_stop_the_look(project: Project) -> None:
    lab = up("gcp-course")
    project.hold(lab)
    config = {**lab.config, "mllab:lab": "{"}
    assert NETWORK in {each.type for each in project.account(config).inventory("gcp-course")}


def test_a_rule_that_somebody_made_in_our_network_does_not_make_it_theirs(project: Project) -> None:
    project.hold(up("gcp-course"))
    network = one(NETWORK)["id"]
    link = "https://www.googleapis.com/compute/v1/"
    rule = f"projects/{PROJECT}/global/firewalls/by-hand"
    project.answers["compute firewall-rules list"] = [
        {"name": "by-hand", "selfLink": link + rule, "network": link + network}
    ]
    assert (NETWORK, network) in {
        (each.type, each.id) for each in project.account().inventory("gcp-course")
    }


PARTS = [*(words.partition(" --")[0] for words in (*LISTS.values(), *OTHERS)), "projects describe"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_cannot_be_seen_is_never_taken_for_empty(project: Project, part: str) -> None:
    """Some lists print an empty answer before they fail."""
    lab = up("gcp-course")
    project.hold(lab)
    denied = "(gcloud.x.list) PERMISSION_DENIED: Permission 'x.list' denied"
    project.refuse(part, denied, before="[]\n")
    with pytest.raises(StillThere) as caught:
        project.account(lab.config).inventory(lab.stack)
    assert denied in caught.value.message
    if part != "storage buckets list":
        assert "gcp-course-storage-bucket (gcp:storage/bucket:Bucket)" in caught.value.message
    assert "labels.stack=gcp-course" in caught.value.hint


def test_schedules_are_looked_for_where_the_lab_has_them() -> None:
    """Where its region has no Cloud Scheduler they are in another."""
    names = Client({"gcp:project": "p", "gcp:region": "europe-west9"}).names
    asked = filled(list(imports.IMPORT_QUERIES[imports.JOB].words), names)
    assert asked == ["scheduler", "jobs", "list", "--location=europe-west1"]
