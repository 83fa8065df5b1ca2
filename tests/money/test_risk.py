"""What a lab takes if nobody intervenes: by hand, monotone, never proven with a price missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.lifecycle import cost
from mllab.money import estimate
from mllab.money.estimate import Line, Sums
from mllab.money.meters import Charge, When
from mllab.money.risk import Risk, judge
from mllab.settings import files
from mllab.settings.lab import Lab
from mllab.settings.usage import Usage

TODAY = date(2027, 1, 11)
COURSE = """\
config:
  gcp:region: us-central1
  gcp:project: my-course-2027
  mllab:lab: {cloud: gcp, owner: a@example.edu, profile: strict, ends: ENDS}
  mllab:notebook: {max_hours: HOURS, stop_at: STOP}
  mllab:cluster: {max_job_hours: 5}
  mllab:budget: {limit_usd: LIMIT, per: PER}
"""


def lab(folder: Path, **words: object) -> Lab:
    usual: dict[str, object] = {"ends": '"2027-01-20"', "hours": 30, "stop": "null"}
    text = COURSE
    for key, word in (usual | {"limit": 100, "per": "month"} | words).items():
        text = text.replace(key.upper(), str(word))
    path = folder / "Pulumi.it.yaml"
    path.write_text(text)
    return files.load(path)


def line(when: When, amount: str, why: str = "", outdated: str = "0") -> Line:
    """A charge of so much an hour."""
    charge = Charge("", when, when, Decimal(1), None)
    return Line("it", "notebook", charge, _sums(when, amount), why, _sums(when, outdated))


def _sums(when: When, amount: str) -> Sums:
    hour = Decimal(amount)
    return Sums(asleep=hour * 730) if when is When.ALWAYS else Sums(hour=hour, day=hour * 24)


def made_of(*lines: Line) -> estimate.Estimate:
    known = estimate.Lab("gcp", "us-central1", seats=2, node="x", most=3, spot=False)
    return estimate.Estimate(known, Usage(), lines, 0, bounded=False, oldest=None)


LINES = (line(When.ALWAYS, "0.01"), line(When.RUNNING, "0.5"), line(When.NODE, "2"))


@pytest.mark.parametrize(
    ("words", "days", "alone"),
    [
        ({}, 10, "47.4"),  # 240 hours at 0.01, 30 at 0.5, 3 x 5 at 2
        ({"stop": '"20:00"'}, 10, "44.4"),  # no more than a day
        ({"ends": "null"}, 31, "52.44"),  # a month, asleep
        ({"ends": "null", "per": "quarter"}, 92, "67.08"),
        ({"ends": '"2027-12-31"', "per": "quarter"}, 92, "67.08"),
        ({"ends": '"2027-01-11"'}, 1, "45.24"),  # the last day
        ({"ends": '"2027-01-10"'}, 0, "45"),  # over: nothing is negative
    ],
)
def test_by_hand(words: dict[str, object], days: int, alone: str, tmp_path: Path) -> None:
    found = judge(made_of(*LINES), lab(tmp_path, **words), TODAY)
    assert (found.days, found.alone.known) == (days, Decimal(alone))
    assert (found.fits, found.exceeds) == (True, False)


def test_the_budget_holds_to_the_cent(tmp_path: Path) -> None:
    enough = judge(made_of(*LINES), lab(tmp_path, limit=47.4), TODAY)
    short = judge(made_of(*LINES), lab(tmp_path, limit=47.39), TODAY)
    assert (enough.fits, enough.exceeds, short.fits, short.exceeds) == (True, False, False, True)


@pytest.mark.parametrize("when", [When.ALWAYS, When.RUNNING, When.NODE])
def test_with_a_price_missing_nothing_is_known_to_fit(when: When, tmp_path: Path) -> None:
    missing = line(when, "0", why="no price is known")
    found = judge(made_of(*LINES, missing), lab(tmp_path), TODAY)
    assert (found.fits, found.exceeds) == (False, False)
    assert judge(made_of(*LINES, missing), lab(tmp_path, limit=47), TODAY).exceeds


def test_prices_too_old_count_for_a_refusal_and_not_for_a_proof(tmp_path: Path) -> None:
    old = line(When.ALWAYS, "0", why="too old", outdated="1")  # 240 USD
    found = judge(made_of(*LINES, old), lab(tmp_path), TODAY)
    assert (found.alone.known, found.alone.outdated) == (Decimal("47.4"), Decimal(240))
    assert found.exceeds
    assert not judge(made_of(*LINES, old), lab(tmp_path, limit=1000), TODAY).fits


def test_what_is_billed_by_events_counts_for_neither(tmp_path: Path) -> None:
    events = line(When.USAGE, "0", why="billed by what is done")
    assert judge(made_of(*LINES, events), lab(tmp_path), TODAY).fits


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab(tmp_path_factory.mktemp("course"))


MORE = st.integers(0, 500)


@given(MORE, MORE, st.sampled_from(sorted(When)))
def test_more_never_takes_less(course: Lab, first: int, more: int, when: When) -> None:
    def alone(amount: int) -> Any:
        return judge(made_of(*LINES, line(when, str(amount))), course, TODAY).alone.least

    assert alone(first) <= alone(first + more)


@pytest.mark.parametrize("stack", ["aws-course", "azure-course", "gcp-course"])
def test_a_course_as_shipped_is_not_refused_and_its_worst_days_would_be(
    stack: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    session, found = cost.price(stack, TODAY.isoformat())
    risk = judge(found, session.declared, TODAY)
    assert not risk.exceeds
    assert risk.fits == (not found.missing), "with a price missing nobody knows"
    worst = (found.total().day + found.outdated.day) * 26
    assert worst > session.declared.budget.limit_usd, "each day at its worst is above every budget"
    small = session.declared.budget.model_copy(update={"limit_usd": 10})
    assert judge(found, session.declared.model_copy(update={"budget": small}), TODAY).exceeds
    many = replace(found, lab=replace(found.lab, most=1000))
    assert judge(many, session.declared, TODAY).exceeds


def test_days_before_the_first_one_count_as_well(tmp_path: Path) -> None:
    found: Risk = judge(made_of(*LINES), lab(tmp_path), date(2027, 1, 1))
    assert found.days == 20
