"""A new project: what is off in it, and who can switch it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.gcp.cloud import SimulatedGcp
from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import PROJECT, Project

USAGE, MANAGER = "serviceusage.googleapis.com", "cloudresourcemanager.googleapis.com"
COMPUTE = {"service": "compute.googleapis.com"}
BY_HAND = f"gcloud services enable {USAGE} {MANAGER} --project={PROJECT}"


def test_nothing_can_be_enabled_before_a_person_has_enabled_two() -> None:
    project = Project(enable=False, by_hand=False)
    assert project.whole.missing() == [USAGE, MANAGER]
    for name, title in ((USAGE, "Service Usage"), (MANAGER, "Cloud Resource Manager")):
        words = project.refused(tokens.SERVICE, COMPUTE)
        assert words.startswith(f"SERVICE_DISABLED: {title} API has not been used in project")
        assert project.refusal(tokens.SERVICE, COMPUTE).hint == BY_HAND
        project.whole.switch_on(name)
    assert project.whole.missing() == []
    project.create(tokens.SERVICE, COMPUTE)


def test_a_program_cannot_enable_what_it_needs_to_enable_anything() -> None:
    project = Project(enable=False, by_hand=False)
    for name in (USAGE, MANAGER):
        assert project.refusal(tokens.SERVICE, {"service": name}).hint == BY_HAND


def test_what_was_switched_on_stays_so_in_the_account(tmp_path: Path) -> None:
    path = tmp_path / "gcp.db"
    SimulatedGcp(path).switch_on(USAGE)
    assert SimulatedGcp(path).missing() == [MANAGER]


def test_only_what_needs_a_person_is_switched_on_by_one() -> None:
    with pytest.raises(KeyError, match="compute.googleapis.com is not switched on by hand"):
        SimulatedGcp(None).switch_on("compute.googleapis.com")
    assert SimulatedAws(None).missing() == []
