"""Images are cleaned up, not scanned for money, and gone with the lab."""

from __future__ import annotations

import pytest

from components.contracts import RegistryArgs
from tests.components.gcp.gcp_account import STACKS, alone, asked, committed
from tests.components.render import Rendered

REPOSITORY = "artifactregistry/repository:Repository"


def registry(**changes: object) -> Rendered:
    return alone("registry", RegistryArgs, **changes)


@pytest.mark.parametrize("keep_images", [1, 30])
def test_only_the_newest_images_stay(keep_images: int) -> None:
    inputs = registry(keep_images=keep_images).one(REPOSITORY).inputs
    assert inputs["cleanupPolicyDryRun"] is False
    assert inputs["cleanupPolicies"] == [
        {
            "id": "untagged",
            "action": "DELETE",
            "condition": {"tagState": "UNTAGGED", "olderThan": "604800s"},
        },
        {"id": "surplus", "action": "DELETE", "condition": {"tagState": "TAGGED"}},
        {"id": "newest", "action": "KEEP", "mostRecentVersions": {"keepCount": keep_images}},
    ]


@pytest.mark.parametrize(("profile", "scan"), [("course", "DISABLED"), ("strict", "INHERITED")])
def test_scanning_costs_money_so_a_course_goes_without(profile: str, scan: str) -> None:
    inputs = registry(lab={"profile": profile}).one(REPOSITORY).inputs
    assert inputs["vulnerabilityScanningConfig"] == {"enablementConfig": scan}
    assert "dockerConfig" not in inputs, "`latest` must move"


@pytest.mark.parametrize("stack", STACKS)
def test_repository_is_in_the_labs_region_and_its_name_its_own(stack: str) -> None:
    inputs = committed(stack).one(REPOSITORY).inputs
    assert inputs["location"] == asked(stack).lab.region
    assert inputs["format"] == "DOCKER"
    assert inputs["repositoryId"].startswith(f"{stack}-images-")


def test_uri_is_what_docker_pushes_to() -> None:
    rendered = committed()
    name = rendered.one(REPOSITORY).inputs["repositoryId"]
    uri = rendered.registered["mllab:gcp:Registry"]["uri"]
    assert uri == f"us-central1-docker.pkg.dev/my-course-2027/{name}/lab"
