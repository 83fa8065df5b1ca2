"""A machine is in a zone that has its GPU, and follows its home disk, or is refused."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import machine
from components.gcp import zones
from tests.components.gcp.gcp_account import refusal, variant

MACHINE = "gcp-course-notebook-shared"
DISK = "compute/disk:Disk"
T4, L4, CPU = (machine("gcp", size) for size in ("gpu-small", "gpu-medium", "cpu-small"))


def test_machine_follows_its_home_disk_when_the_choice_of_zones_changes() -> None:
    chosen = variant().one(DISK).inputs["zone"]
    other = next(f"us-central1-{z}" for z in "abcf" if f"us-central1-{z}" != chosen)
    rendered = variant(recorded={f"{MACHINE}-home": {"zone": other}})
    assert rendered.one(DISK).options["ignoreChanges"] == ["zone"]
    assert rendered.one("compute/instance:Instance").inputs["zone"] == other


def test_refuses_a_size_that_a_home_disk_cannot_follow() -> None:
    recorded = {f"{MACHINE}-home": {"zone": "us-central1-f"}}
    assert refusal(variant, notebook=L4, recorded=recorded) == (
        "the home disk of seat shared is in us-central1-f, where g2-standard-4 is not offered, and"
        " a disk cannot move: choose a mllab:notebook.size that is offered there, or save what is"
        " on the disk and give the seat another name"
    )


def test_refuses_a_zone_that_a_home_disk_cannot_follow() -> None:
    recorded = {f"{MACHINE}-home": {"zone": "us-central1-f"}}
    said = refusal(variant, switches={"zone": "us-central1-b"}, recorded=recorded)
    assert said == (
        "the home disk of seat shared is in us-central1-f, and a disk cannot move: set gcp:zone to"
        " us-central1-f or take it out, or save what is on the disk and give the seat another name"
    )
    follows = variant(switches={"zone": "us-central1-f"}, recorded=recorded)
    assert follows.one("compute/instance:Instance").inputs["zone"] == "us-central1-f"


@pytest.mark.parametrize(
    ("one", "region", "letters"),
    [
        (CPU, "us-central1", "abcf"),
        (CPU, "us-east1", "bcd"),
        (T4, "europe-west4", "abc"),
        (L4, "us-east4", "ac"),
        (machine("gcp", "gpu-large"), "us-central1", "ac"),
        (machine("gcp", "a2-highgpu-1g"), "us-west3", "b"),
    ],
)
def test_zones_are_those_that_have_the_gpu(one: Any, region: str, letters: str) -> None:
    assert zones.offered(one, region, None) == [f"{region}-{letter}" for letter in letters]
    assert zones.offered(one, region, f"{region}-z") == [f"{region}-z"], "whoever names one knows"
