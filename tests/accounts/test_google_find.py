"""What an interrupted create made in a Google Cloud project, asked of a stand-in for `gcloud`.

It proves what is asked and what follows from the answers; not that Google answers so.
"""

from __future__ import annotations

import pytest

from mllab.accounts.gcp.imports import SETTINGS
from mllab.errors import StillThere
from tests.accounts.labs import pending, up
from tests.accounts.project import (
    DISK,
    PROJECT,
    Project,
    every_lab,
    one,
)

ATTACHMENT = "gcp:compute/resourcePolicyAttachment:ResourcePolicyAttachment"


@every_lab
def test_what_was_made_is_found_by_the_id_that_the_cloud_gave_it(
    project: Project, stack: str, how: dict[str, str]
) -> None:
    """Rights are imported with spaces where their ids have slashes."""
    lab = up(stack, **how)
    project.hold(lab)
    look = project.account(lab.config)
    seen = set()
    for entry in lab.entries:
        if entry["type"] in SETTINGS or entry["type"] in seen:
            continue
        found = look.find(pending(entry), ())
        assert found is not None, entry["type"]
        assert found.replace(" ", "/") == entry["id"]
        assert (" " in found) == ("member" in entry["type"].lower())
        if entry["type"] not in seen:
            assert look.find(pending(entry), {entry["id"]}) is None, "recorded already"
        seen.add(entry["type"])


def test_rights_are_imported_with_spaces(project: Project) -> None:
    lab = up("gcp-course")
    project.hold(lab)
    look = project.account(lab.config)
    for type, start in {
        "gcp:storage/bucketIAMMember:BucketIAMMember": "b/gcp-course-storage-bucket-",
        "gcp:projects/iAMMember:IAMMember": "my-course-2027 roles/logging.logWriter service",
        "gcp:compute/instanceIAMMember:InstanceIAMMember": "projects/my-course-2027/zones/",
    }.items():
        found = look.find(pending(one(type)), ())
        assert found.startswith(start)
        assert len(found.split()) == 3


def test_what_was_not_made_is_not_found(project: Project) -> None:
    lab, other = up("gcp-course"), up("gcp-tiny")
    project.hold(other)
    for entry in lab.entries:  # what their rights are on was made before them
        project.hold_right(
            entry["type"].rpartition(":")[2].replace("Attachment", ""),
            {**entry["inputs"], "member": "user:else"},
        )
    look = project.account(lab.config)
    for entry in {entry["type"]: entry for entry in lab.entries}.values():
        assert look.find(pending(entry), ()) is None, entry["type"]


def test_a_name_in_another_place_is_another_thing(project: Project) -> None:
    lab = up("gcp-course")
    project.hold(lab)
    look = project.account(lab.config)
    entry = pending(one(DISK))
    entry["inputs"] = {**entry["inputs"], "zone": "us-central1-f"}
    assert look.find(entry, ()) is None


def test_a_budget_of_another_project_is_another_one(project: Project) -> None:
    lab, type = up("gcp-course"), "gcp:billing/budget:Budget"
    project.hold(lab)
    [budget] = project.answers["billing budgets list --billing-account=000000-000000-000000"]
    budget["budgetFilter"]["projects"] = ["projects/1"]
    look = project.account(lab.config)
    assert look.find(pending(one(type)), ()) is None
    assert type not in {each.type for each in look.inventory(lab.stack)}


def test_of_two_nobody_can_tell_and_both_are_named(project: Project) -> None:
    entry = one("gcp:monitoring/notificationChannel:NotificationChannel")
    shown = [{"name": name, "userLabels": entry["inputs"]["userLabels"]} for name in ("a", "b")]
    project.answers["beta monitoring channels list"] = shown
    with pytest.raises(StillThere, match="it could be each of a, b") as caught:
        project.account().find(pending(entry), ())
    assert f"--scope=projects/{PROJECT} --query=labels.stack=gcp-course" in caught.value.hint
    assert "pulumi refresh --clear-pending-creates -s gcp-course" in caught.value.hint


def test_a_machine_that_is_stopped_exists_and_one_that_goes_does_not(project: Project) -> None:
    type = "gcp:workbench/instance:Instance"
    lab = up("gcp-course", "managed")
    project.hold(lab)
    [shown] = project.answers["workbench instances list --location=-"]
    entry = next(pending(entry) for entry in lab.entries if entry["type"] == type)
    for state, there in {"STOPPED": True, "DELETING": False}.items():
        shown["state"] = state
        assert bool(project.account(lab.config).find(entry, ())) is there


def test_a_machine_that_is_terminated_is_only_stopped(project: Project) -> None:
    lab = up("gcp-course")
    project.hold(lab)
    [machine] = project.answers["compute instances list"]
    machine["status"] = "TERMINATED"
    for type in ("gcp:compute/instance:Instance", ATTACHMENT):
        assert project.account(lab.config).find(pending(one(type)), ()) == one(type)["id"]


def test_settings_are_made_again_without_a_question(project: Project) -> None:
    assert project.account().find(pending(one(*SETTINGS)), ()) is None
    assert not (project.folder / "asked").exists()


def test_an_unknown_type_is_refused_by_name(project: Project) -> None:
    entry = pending(one(DISK)) | {"type": "gcp:sql/databaseInstance:DatabaseInstance"}
    with pytest.raises(StillThere, match=r"gcp:sql/databaseInstance.*does not know how"):
        project.account().find(entry, ())


@pytest.mark.parametrize("lost", [None, {"4dabf18193072939515e22adb298388d": "x"}])
def test_without_its_name_nobody_can_tell(project: Project, lost: object) -> None:
    entry = pending(one(DISK))
    entry["inputs"] = {**entry["inputs"], "name": lost}
    with pytest.raises(StillThere, match="its name is not recorded"):
        project.account().find(entry, ())
