"""Seats come and go without touching each other; a machine is made anew only when it must be."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import machine
from components.gcp import zones
from tests.components.gcp.gcp_account import rebuilt, refusal, variant
from tests.components.render import Rendered

MACHINE = "gcp-course-notebook-shared"
DISK = "compute/disk:Disk"
T4, L4, CPU = (machine("gcp", size) for size in ("gpu-small", "gpu-medium", "cpu-small"))
A100 = machine("gcp", "a2-highgpu-1g")


def shape(rendered: Rendered) -> dict[str, Any]:
    """Everything but order and place of declaration."""
    return {
        r.urn: (r.inputs, r.parent, r.dependencies, r.property_dependencies, r.options)
        for r in rendered.resources.values()
    }


@functools.cache
def seated(kind: str, *seats: str) -> dict[str, Any]:
    return shape(variant(seats=seats, kind=kind))


@pytest.mark.parametrize("gone", ["ana", "bo", "cy"])
@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("vm", ("-home", "-daily", "-end", "-stopper-access")),
        ("managed", ("-daily", "-end", "-stopper-access")),
    ],
)
def test_removing_a_seat_leaves_everything_else_as_it_is(
    kind: str, parts: tuple[str, ...], gone: str
) -> None:
    seats = ("ana", "bo", "cy")
    before = seated(kind, *seats)
    after = seated(kind, *(seat for seat in seats if seat != gone))
    removed = {urn.split("::")[-1] for urn in before.keys() - after.keys()}
    name = f"gcp-course-notebook-{gone}"
    assert removed == {name, *(f"{name}{part}" for part in parts)}
    assert after == {urn: before[urn] for urn in after}


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_order_of_the_seats_means_nothing(kind: str) -> None:
    assert seated(kind, "ana", "bo") == seated(kind, "bo", "ana")


@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.sampled_from("abcdef"), st.text())
def test_a_new_zone_takes_seats_but_moves_none_between_the_others(
    letters: set[str], new: str, seat: str
) -> None:
    before = zones.choose(seat, [f"us-central1-{letter}" for letter in sorted(letters)])
    after = zones.choose(seat, [f"us-central1-{letter}" for letter in sorted(letters | {new})])
    assert after in (before, f"us-central1-{new}")


def test_seats_are_spread_over_the_zones() -> None:
    found = [f"us-central1-{letter}" for letter in "abcd"]
    chosen = [zones.choose(f"seat-{n}", found) for n in range(200)]
    assert [zone for zone in found if chosen.count(zone) <= 30] == []


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"notebook": CPU}, {"notebook": T4}, id="a GPU without drivers"),
        pytest.param({"notebook": T4}, {"notebook": CPU}, id="drivers without a GPU"),
        pytest.param({"notebook": T4}, {"notebook": L4}, id="a GPU that comes with the type"),
        pytest.param({"notebook": L4}, {"notebook": A100}, id="another such GPU"),
        pytest.param({"files": False}, {"files": True}, id="files that it was not told to mount"),
        pytest.param({"files": True}, {"files": False}, id="files that are gone"),
    ],
)
def test_trap_rights_and_schedule_go_with_a_machine_that_is_made_anew(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Its name stays, so nothing but the replacement itself would tell Pulumi."""
    found = rebuilt({"keep": False, **before}, {"keep": False, **after})
    assert set(found) == {MACHINE, f"{MACHINE}-stopper-access", f"{MACHINE}-end"}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"notebook": machine("gcp", "n1-standard-8+nvidia-tesla-t4")}, id="a size"),
        pytest.param({"idle_minutes": 30, "max_hours": 3}, id="limits"),
        pytest.param({"image": "pytorch-3-0"}, id="an image for new machines"),
        pytest.param({"disk_gb": 500, "home_gb": 500}, id="larger disks"),
        pytest.param({"spot": False, "max_nodes": 9, "keep_images": 2}, id="other roles"),
    ],
)
def test_a_machine_that_can_stay_stays(after: dict[str, Any]) -> None:
    assert rebuilt({}, after) == []
