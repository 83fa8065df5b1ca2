"""Seats come and go without touching each other."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import catalog
from components.aws.notebook import zone_of
from tests.components.labs import answers, refusal, variant
from tests.components.render import Rendered

HOMES = "ebs/volume:Volume"


def shape(rendered: Rendered) -> dict[str, Any]:
    """Everything but order and place of declaration."""
    return {
        r.urn: (r.inputs, r.parent, r.dependencies, r.property_dependencies, r.options)
        for r in rendered.resources.values()
    }


@functools.cache
def seated(*seats: str) -> dict[str, Any]:
    return shape(variant(seats=seats))


@pytest.mark.parametrize("gone", ["ana", "bo", "cy"])
def test_removing_a_seat_leaves_everything_else_as_it_is(gone: str) -> None:
    seats = ("ana", "bo", "cy")
    before = seated(*seats)
    after = seated(*(seat for seat in seats if seat != gone))
    removed = {urn.split("::")[-1] for urn in before.keys() - after.keys()}
    name = f"aws-course-notebook-{gone}"
    assert removed == {
        name,
        *(f"{name}-{what}" for what in ("home", "home-attachment", "daily", "end")),
    }
    assert after == {urn: before[urn] for urn in after}


def test_order_of_the_seats_means_nothing() -> None:
    assert seated("ana", "bo") == seated("bo", "ana")


class Zones:
    """As much of a network as the choice of a zone looks at."""

    def __init__(self, letters: str) -> None:
        self.subnets = dict.fromkeys(f"us-east-1{letter}" for letter in letters)


@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.sampled_from("abcdef"), st.text())
def test_a_new_zone_takes_seats_but_moves_none_between_the_others(
    letters: set[str], new: str, seat: str
) -> None:
    before = zone_of(seat, Zones("".join(sorted(letters))))  # type: ignore[arg-type]
    after = zone_of(seat, Zones("".join(sorted(letters | {new}))))  # type: ignore[arg-type]
    assert after in (before, f"us-east-1{new}")


def test_seats_are_spread_over_the_zones() -> None:
    zones = Zones("abcd")
    chosen = [zone_of(f"seat-{n}", zones) for n in range(200)]  # type: ignore[arg-type]
    assert {zone: chosen.count(zone) > 30 for zone in zones.subnets} == dict.fromkeys(
        zones.subnets, True
    )


def test_machine_follows_its_home_disk_when_the_choice_of_zones_changes() -> None:
    chosen = variant().one(HOMES).inputs["availabilityZone"]
    other = next(f"us-east-1{z}" for z in "abcdf" if f"us-east-1{z}" != chosen)
    home = "aws-course-notebook-shared-home"
    rendered = variant(recorded={home: {"availabilityZone": other}})
    assert rendered.one(HOMES).options["ignoreChanges"] == ["availabilityZone", "kmsKeyId"]
    box = rendered.one("ec2/instance:Instance")
    assert box.inputs["subnetId"] == f"aws-course-network-subnet-{other[-1]}-id"


def test_refuses_a_size_that_a_home_disk_cannot_follow() -> None:
    home = "aws-course-notebook-shared-home"
    recorded = {home: {"availabilityZone": "us-east-1f"}}
    assert refusal(variant, said=answers("ab"), recorded=recorded) == (
        "the home disk of seat shared is in us-east-1f, where g4dn.xlarge is not offered, and a"
        " disk cannot move: choose a mllab:notebook.size that is offered there, or save what is on"
        " the disk and give the seat another name"
    )


def test_refuses_jobs_where_a_home_disk_is_not() -> None:
    """The network has subnets only where both kinds of machines can be had."""
    home = "aws-course-notebook-shared-home"
    recorded = {home: {"availabilityZone": "us-east-1f"}}
    said = answers({"g4dn.xlarge": "abf", "p4d.24xlarge": "ab"})
    message = refusal(
        variant, said=said, recorded=recorded, cluster=catalog.machine("aws", "p4d.24xlarge", "job")
    )
    assert message == (
        "the home disk of seat shared is in us-east-1f, where p4d.24xlarge is not offered, and a"
        " disk cannot move: choose a mllab:cluster.size that is offered there, or save what is on"
        " the disk and give the seat another name"
    )
