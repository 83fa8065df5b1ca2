"""Seats come and go without touching each other; a machine is made anew only when it must be."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.notebook import zone_of
from components.catalog import machine
from components.gcp import zones
from mllab.clouds.registry import CLOUDS
from tests.components.render import Rendered
from tests.components.twins import LABS

OWN = {
    ("aws", "vm"): ("home", "home-attachment", "daily", "end"),
    ("azure", "vm"): ("home", "address", "interface", "power", "daily"),
    ("azure", "managed"): (),
    ("gcp", "vm"): ("home", "daily", "end", "stopper-access"),
    ("gcp", "managed"): ("daily", "end", "stopper-access"),
}
"""What a seat has besides its notebook."""
ANEW = {"aws": set(), "azure": set(), "gcp": {"-stopper-access", "-end"}}
"""What goes with a machine that is made anew: on Google Cloud its name stays, so nothing but the
replacement itself would tell Pulumi."""
every_kind = pytest.mark.parametrize(("cloud", "kind"), OWN)


def shape(rendered: Rendered) -> dict[str, Any]:
    """Everything but order and place of declaration."""
    return {
        r.urn: (r.inputs, r.parent, r.dependencies, r.property_dependencies, r.options)
        for r in rendered.resources.values()
    }


@functools.cache
def seated(cloud: str, kind: str, *seats: str) -> dict[str, Any]:
    return shape(LABS[cloud].variant(seats=seats, kind=kind))


@pytest.mark.parametrize("gone", ["ana", "bo", "cy"])
@every_kind
def test_removing_a_seat_leaves_everything_else_as_it_is(cloud: str, kind: str, gone: str) -> None:
    seats = ("ana", "bo", "cy")
    before = seated(cloud, kind, *seats)
    after = seated(cloud, kind, *(seat for seat in seats if seat != gone))
    removed = {urn.split("::")[-1] for urn in before.keys() - after.keys()}
    name = f"{cloud}-course-notebook-{gone}"
    assert removed == {name, *(f"{name}-{what}" for what in OWN[cloud, kind])}
    assert after == {urn: before[urn] for urn in after}


@every_kind
def test_order_of_the_seats_means_nothing(cloud: str, kind: str) -> None:
    assert seated(cloud, kind, "ana", "bo") == seated(cloud, kind, "bo", "ana")


def choose(cloud: str, seat: str, letters: str) -> str:
    """The letter of a seat's zone, of those that there are."""
    if cloud == "aws":
        network = SimpleNamespace(subnets=dict.fromkeys(letters))
        return zone_of(seat, network)  # type: ignore[arg-type]
    return zones.choose(seat, list(letters))


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.sampled_from("abcdef"), st.text())
def test_a_new_zone_takes_seats_but_moves_none_between_the_others(
    cloud: str, letters: set[str], new: str, seat: str
) -> None:
    before = choose(cloud, seat, "".join(sorted(letters)))
    after = choose(cloud, seat, "".join(sorted(letters | {new})))
    assert after in (before, new)


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_seats_are_spread_over_the_zones(cloud: str) -> None:
    chosen = [choose(cloud, f"seat-{n}", "abcd") for n in range(200)]
    assert [zone for zone in "abcd" if chosen.count(zone) <= 30] == []


KEY = LABS["azure"].loaded().azure.ssh_keys[0]
NEEDED = {
    "a GPU without drivers": ({"notebook": "cpu-small"}, {"notebook": "gpu-small"}),
    "drivers without a GPU": ({"notebook": "gpu-small"}, {"notebook": "cpu-small"}),
    "files that it was not told to mount": ({"files": False}, {"files": True}),
    "files that are gone": ({"files": True}, {"files": False}),
}
NEEDED_BY_ONE = {
    ("aws", "files on an image that can mount them"): (
        {"notebook": "cpu-small", "files": False},
        {"notebook": "cpu-small", "files": True},
    ),
    ("gcp", "a GPU that comes with the type"): (
        {"notebook": "gpu-small"},
        {"notebook": "gpu-medium"},
    ),
    ("gcp", "another such GPU"): ({"notebook": "gpu-medium"}, {"notebook": "a2-highgpu-1g"}),
}
"""Changes after which a machine cannot be what is asked."""
BORNE = {
    ("aws", "another GPU"): {"notebook": "gpu-large"},
    ("azure", "another GPU"): {"notebook": "gpu-large"},
    ("gcp", "a size"): {"notebook": "n1-standard-8+nvidia-tesla-t4"},
    ("aws", "an image for new machines"): {"image": "ami-00000000"},
    ("azure", "what Azure cannot change"): {"image": "ubuntu", "ssh_keys": (KEY, KEY)},
    ("gcp", "an image for new machines"): {"image": "pytorch-3-0"},
    **{(cloud, "limits"): {"idle_minutes": 30, "max_hours": 3} for cloud in CLOUDS},
    **{(cloud, "larger disks"): {"disk_gb": 500, "home_gb": 500} for cloud in CLOUDS},
    **{
        (cloud, "other roles"): {"spot": False, "max_nodes": 9, "keep_images": 2}
        for cloud in CLOUDS
    },
}
"""Changes with which it stays."""


def rebuilt(cloud: str, before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """What is replaced; sizes are said by their names."""
    sized = [
        {key: machine(cloud, value) if key == "notebook" else value for key, value in each.items()}
        for each in (before, after)
    ]
    return set(LABS[cloud].rebuilt(*sized))


@pytest.mark.parametrize(
    ("cloud", "why"), [*((cloud, why) for cloud in CLOUDS for why in NEEDED), *NEEDED_BY_ONE]
)
def test_a_machine_that_cannot_become_what_is_asked_is_made_anew(cloud: str, why: str) -> None:
    before, after = NEEDED.get(why) or NEEDED_BY_ONE[cloud, why]
    found = rebuilt(cloud, {"keep": False, **before}, {"keep": False, **after})
    name = f"{cloud}-course-notebook-shared"
    assert found == {name, *(f"{name}{what}" for what in ANEW[cloud])}


@pytest.mark.parametrize(("cloud", "what"), BORNE)
def test_a_machine_that_can_stay_stays(cloud: str, what: str) -> None:
    assert rebuilt(cloud, {}, BORNE[cloud, what]) == set()
