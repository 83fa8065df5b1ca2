"""A machine is made anew when it must be, and only then; its home disk stays."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import machine
from tests.components.labs import rebuilt

MACHINE = "aws-course-notebook-shared"
GPU, CPU = machine("aws", "gpu-small"), machine("aws", "cpu-small")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"notebook": CPU}, {"notebook": GPU}, id="a GPU without drivers"),
        pytest.param({"notebook": GPU}, {"notebook": CPU}, id="drivers without a GPU"),
        pytest.param({"files": False}, {"files": True}, id="files that it was not told to mount"),
        pytest.param({"files": True}, {"files": False}, id="files that are gone"),
        pytest.param(
            {"notebook": CPU, "files": False},
            {"notebook": CPU, "files": True},
            id="files on an image that can mount them",
        ),
    ],
)
def test_a_machine_that_cannot_become_what_is_asked_is_made_anew(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    before, after = {"keep": False, **before}, {"keep": False, **after}
    assert rebuilt(before, after) == [MACHINE]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"notebook": machine("aws", "gpu-large")}, id="another GPU"),
        pytest.param({"idle_minutes": 30, "max_hours": 3}, id="limits"),
        pytest.param({"image": "ami-00000000"}, id="an image for new machines"),
        pytest.param({"disk_gb": 500, "home_gb": 500}, id="larger disks"),
        pytest.param({"spot": False, "max_nodes": 9, "keep_images": 2}, id="other roles"),
    ],
)
def test_a_machine_that_can_stay_stays(after: dict[str, Any]) -> None:
    assert rebuilt({}, after) == []
