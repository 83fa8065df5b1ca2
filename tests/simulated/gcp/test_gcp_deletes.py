"""What stands in the way of a delete, what goes along with it, and what remains."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import ZONE, Project
from tests.simulated.samples import build

BLOCKED = [
    ("net", "sub", "network"),
    ("net", "ssh", "network"),
    ("net", "router", "network"),
    ("net", "files", "network"),
    ("sub", "machine", "subnetwork"),
    ("sub", "managed", "subnetwork"),
    ("home", "machine", "disk"),
    ("nightly", "scheduled", "resource_policy"),
]


@pytest.mark.parametrize(("subject", "user", "word"), BLOCKED)
def test_what_is_used_stays(project: Project, subject: str, user: str, word: str) -> None:
    made = build(project)
    thing = made[subject]
    for name in [name for name in reversed(made) if name != user and name != subject]:
        if not _needed(name, user):
            project.delete(made[name]["token"], made[name]["id"])
    assert project.kept(thing["token"], thing["id"]) == (
        f"resourceInUseByAnotherResource: The {word} resource '{thing['id']}' is already being "
        f"used by '{made[user]['id']}'"
    )
    project.delete(made[user]["token"], made[user]["id"])
    project.delete(thing["token"], thing["id"])
    assert project.read(thing["token"], thing["id"]) is None


NEEDS = {
    "machine": {"net", "sub", "home", "account"},
    "scheduled": {"net", "sub", "home", "account", "machine", "nightly", "stopper", "stops"},
    "managed": {"net", "sub", "account"},
    "sub": {"net"},
    "ssh": {"net", "account"},
    "router": {"net"},
    "files": {"net"},
}


def _needed(name: str, user: str) -> bool:
    """What must go after `user`, and what the API of both needs."""
    return name in NEEDS[user] or name == "api"


@pytest.mark.parametrize(
    ("owner", "child"),
    [
        ("router", "nat"),
        ("machine", "stopping"),
        ("machine", "scheduled"),
        ("bucket", "objects"),
        ("images", "pulls"),
    ],
)
def test_what_belongs_to_a_thing_goes_with_it(project: Project, owner: str, child: str) -> None:
    made = build(project)
    project.delete(made[owner]["token"], made[owner]["id"])
    assert project.read(made[child]["token"], made[child]["id"]) is None


def test_a_bucket_with_objects_stays_unless_its_state_says_otherwise(project: Project) -> None:
    bucket = project.bucket()
    project.whole.put_object(bucket, "results/model.bin", 12_000_000)
    assert project.contents(tokens.BUCKET, bucket) == "1 object, 12 MB"
    assert project.kept(tokens.BUCKET, bucket) == (
        f"Error: Error trying to delete bucket {bucket} without `force_destroy` set to true"
    )
    project.delete(tokens.BUCKET, bucket, {"forceDestroy": True})
    assert project.ids(tokens.BUCKET) == []


def test_a_deleted_bucket_is_kept_and_billed_for_a_week_and_its_name_is_free(
    project: Project,
) -> None:
    bucket = project.bucket("data", name="data-of-ada")
    gone = project.bucket("gone", softDeletePolicy={"retentionDurationSeconds": 0})
    for name in (bucket, gone):
        project.delete(tokens.BUCKET, name)
    assert [left.id for left in project.whole.remains(project.now)] == [bucket]
    assert project.bucket("data", name="data-of-ada") == bucket
    project.later(7 * 24 * 3600)
    assert project.whole.remains(project.now) == []


def test_a_registry_goes_with_its_images(project: Project) -> None:
    images = project.create(tokens.REPOSITORY, {"repositoryId": "ml", "format": "DOCKER"}).id
    project.whole.push_image(images, "train", 5_000_000_000)
    assert project.contents(tokens.REPOSITORY, images) == "1 image, 5 GB"
    project.delete(tokens.REPOSITORY, images)
    assert project.ids(tokens.REPOSITORY) == []


def test_disks_and_files_say_what_they_hold(project: Project) -> None:
    made = build(project)
    home, files, managed = (made[name]["id"] for name in ("home", "files", "managed"))
    assert project.contents(tokens.DISK, home) == "50 GB disk, in use since 2027-01-11"
    assert project.contents(tokens.FILES, files) == ""
    project.whole.write_files(files, 3_000_000)
    assert project.contents(tokens.FILES, files) == "3 MB"
    assert project.contents(tokens.NOTEBOOK, managed) == "100 GB disk, in use since 2027-01-11"
    project.delete(tokens.INSTANCE, made["machine"]["id"])
    assert project.contents(tokens.DISK, home) == "50 GB disk, in use since 2027-01-11"
    new = project.create(tokens.DISK, {"size": 10}, "new").id
    assert project.contents(tokens.DISK, new) == "10 GB disk, made on 2027-01-11"


FILES: dict[str, Any] = {
    "tier": "ZONAL",
    "location": ZONE,
    "fileShares": {"name": "share", "capacityGb": 100},
}


def test_protections_hold_until_the_state_says_otherwise(project: Project) -> None:
    network = project.network()
    subnet = project.subnet(network)
    machine = project.instance(subnet, deletionProtection=True)
    name = machine.rpartition("/")[2]
    assert project.kept(tokens.INSTANCE, machine) == (
        f"Error: Cannot delete instance {name}: instance Deletion Protection is enabled. Set "
        'deletion_protection to false for this resource and run "terraform apply" before '
        "attempting to delete it."
    )
    files = {**FILES, "networks": [{"network": network, "modes": ["MODE_IPV4"]}]}
    files["deletionProtectionEnabled"] = True
    kept = "FAILED_PRECONDITION: Instance has deletion protection enabled"
    assert project.kept(tokens.FILES, project.create(tokens.FILES, files).id) == kept
    managed = {"location": ZONE, "enableDeletionProtection": True}
    assert project.kept(tokens.NOTEBOOK, project.create(tokens.NOTEBOOK, managed).id) == kept
    project.delete(tokens.INSTANCE, machine, {"deletionProtection": False})
    assert machine not in project.ids(tokens.INSTANCE)


def test_a_workflow_is_protected_where_nothing_is_said(project: Project) -> None:
    workflow = project.create(tokens.WORKFLOW, {"sourceContents": "main: {}"}).id
    assert project.kept(tokens.WORKFLOW, workflow) == (
        "Error: cannot destroy workflow without setting deletion_protection=false and running "
        "`terraform apply`"
    )
    project.delete(tokens.WORKFLOW, workflow, {"deletionProtection": False})
    assert project.ids(tokens.WORKFLOW) == []


def test_the_deletion_policy_of_the_state_counts(project: Project) -> None:
    network = project.network()
    call = project.call(tokens.NETWORK, "net")
    for policy, left in (("ABANDON", [network]), ("DELETE", [])):
        project.provider.delete(call, network, {"deletionPolicy": policy})
        assert project.ids(tokens.NETWORK) == left
    prevented = project.create(tokens.NETWORK, {"deletionPolicy": "PREVENT"}, "kept").id
    assert project.kept(tokens.NETWORK, prevented) == (
        f'Error: cannot destroy "{prevented}" without setting deletion_policy="DELETE" and running '
        "`terraform apply`"
    )
