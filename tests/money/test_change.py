"""What a change costs: the same with its signs turned when it is undone, and `?` for what is not
known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from mllab.engines.contract import Resource
from mllab.money import estimate
from mllab.money.change import Change
from mllab.money.estimate import Estimate
from mllab.settings.usage import Usage
from tests.money.test_estimate import GCP, disk, machine, resource

COLUMNS = ("asleep", "hour", "week", "day")
LISTED = st.lists(st.sampled_from([disk(10), disk(80), machine(), resource("gcp:new/thing:Thing")]))


def of(resources: list[Resource], most: int = 4) -> Estimate:
    return estimate.of(resources, replace(GCP, most=most), date(2026, 11, 30), Usage())


@given(LISTED, LISTED, st.integers(0, 5))
def test_undone_a_change_costs_the_same_with_the_other_sign(
    one: list[Resource], other: list[Resource], most: int
) -> None:
    there, back = Change(of(one), of(other, most)), Change(of(other, most), of(one))
    for column in COLUMNS:
        assert there.difference(column) == -back.difference(column)
        assert there.outdated(column) == -back.outdated(column)
        assert there.known(column) == back.known(column)
    assert not (there.lowers and back.lowers)


def test_what_is_not_known_before_nor_after_makes_no_difference() -> None:
    thing = resource("gcp:new/thing:Thing")
    assert Change(of([thing]), of([thing, disk(10)])).known("asleep")
    assert not Change(of([]), of([thing])).known("asleep")
    assert Change(of([]), of([thing])).known("hour"), "it is billed while nobody works"
    more = Change(of([]), of([], most=5))
    assert not more.known("day"), "a machine more, whose disk has no price"
    assert more.known("hour")


def test_cheaper_is_what_makes_nothing_dearer() -> None:
    assert Change(of([disk(80)]), of([disk(10)])).lowers
    assert not Change(of([disk(10)]), of([disk(10)])).lowers
    assert not Change(of([disk(10)]), of([disk(80)])).lowers
    assert not Change(of([disk(480)]), of([machine()])).lowers, "dearer on the worst day"
    thing = resource("gcp:new/thing:Thing")
    assert not Change(of([disk(80)]), of([disk(10), thing])).lowers
    old = estimate.of([disk(80)], GCP, date(2027, 11, 30), Usage())
    less = estimate.of([disk(10)], GCP, date(2027, 11, 30), Usage())
    assert Change(old, less).lowers, "by prices too old to be added"
