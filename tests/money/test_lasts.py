"""When a budget is used up, held against spending day by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.engines.contract import Resource
from mllab.lifecycle import cost
from mllab.money import estimate
from mllab.money.lasts import MONTHS, Term, Used, used_up
from mllab.settings import files


def day_by_day(limit: Decimal, per: str, daily: Decimal, term: Term) -> Used | None:
    """Spend a day's money each day, and begin anew with each period of the calendar."""
    spent, day = Decimal(0), term.first
    while day <= term.last:
        if day.day == 1 and (day.month - 1) % MONTHS[per] == 0:
            spent = Decimal(0)
        spent += daily
        if spent > limit:
            return Used((day - term.first).days, day)
        day += timedelta(1)
    return None


@given(
    st.integers(1, 5000),
    st.sampled_from(sorted(MONTHS)),
    st.integers(1, 400),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.integers(0, 500),
)
def test_it_is_used_up_on_the_day_on_which_more_is_spent(
    limit: int, per: str, daily: int, first: date, days: int
) -> None:
    term = Term(first, first + timedelta(days))
    wanted = day_by_day(Decimal(limit), per, Decimal(daily), term)
    assert used_up(Decimal(limit), per, Decimal(daily), term) == wanted


@pytest.mark.parametrize(
    ("per", "daily", "used"),
    [
        ("month", "100", Used(15, None)),  # 15 days are paid in full, and on the 16th it is more
        ("month", "48.39", Used(30, None)),
        ("month", "48.38", None),  # 31 days, the whole month
        ("quarter", "48.38", Used(31, None)),
        ("year", "4.09", None),
        ("month", "0", None),
    ],
)
def test_without_an_end_a_whole_period_is_looked_at(
    per: str, daily: str, used: Used | None
) -> None:
    assert used_up(Decimal(1500), per, Decimal(daily), None) == used


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 300), st.integers(-400, 400))
def test_what_is_left_of_a_lab_are_its_days_that_are_not_over(
    starts: date, days: int, away: int
) -> None:
    today = starts + timedelta(away)
    left = Term.left(starts, starts + timedelta(days), today)
    assert left
    assert left.days == sum(starts + timedelta(n) >= today for n in range(days + 1))


@pytest.mark.parametrize(("per", "months"), [("month", 1), ("quarter", 3), ("year", 12)])
def test_a_period_of_typical_weeks_is_all_its_months(root: Path, per: str, months: int) -> None:
    """100 GB at 0.10 a month, by hand."""
    lab = files.load(root / "stacks" / "Pulumi.gcp-course.yaml")
    lab = lab.model_copy(update={"budget": lab.budget.model_copy(update={"per": per})})
    disk = {"type": "pd-balanced", "size": 100}
    urn = "urn:pulumi:lab::mllab::gcp:compute/disk:Disk::it"
    things = [Resource(urn, "gcp:compute/disk:Disk", "it", custom=True, parent="", inputs=disk)]
    found = estimate.of(things, cost.known(lab), date(2026, 11, 30), lab.usage)
    priced = found.part(lambda line: line.name == "it")
    assert estimate.cents(cost.budget(lab, priced, None).period) == 10 * months


def test_a_course_over_two_months_has_two_budgets() -> None:
    term = Term(date(2027, 1, 11), date(2027, 2, 5))
    assert used_up(Decimal(1500), "month", Decimal("71.42"), term) is None  # 21 days: 1,499.82
    assert used_up(Decimal(1500), "month", Decimal("71.43"), term) == Used(20, date(2027, 1, 31))
