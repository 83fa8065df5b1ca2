"""The hours of a lab on this machine: for any history of looks, none counted twice, none lost."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllab.local.keeper import ledger
from mllab.local.keeper.ledger import FILES, Ledger, Use, advance
from mllab.local.keeper.spent import AT_LEAST, KNOWN, Spent, amounts
from tests.local.keeping import AWAKE, NOON, moment, plan

PLAN = plan()
MINUTE = 60.0


def total(counted: Ledger) -> float:
    return sum(sum(prices.values()) for prices in counted.seconds.values())


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Span:
    """A seat or a job that ran, in seconds after noon."""

    key: str
    begin: float
    end: float


def seen(spans: list[Span], now: float, before: Ledger) -> list[Use]:
    """What a look finds: jobs stay listed, seats that stopped are known from the look before."""
    found = []
    for span in spans:
        over = now >= span.end
        listed = span.key.startswith("job") or not over or span.key in before.alive
        if span.begin <= now and listed:
            ended = at(span.end) if over else None
            found.append(Use(span.key, at(span.begin), ended, over=over))
    return found


def union(spans: list[tuple[float, float]]) -> float:
    """By single seconds."""
    return float(len({second for low, high in spans for second in range(int(low), int(high))}))


histories = st.lists(
    st.tuples(st.sampled_from(["job", "seat"]), st.integers(1, 9000), st.integers(1, 9000)),
    max_size=6,
).map(lambda raw: [Span(f"{kind} {n}", b, b + length) for n, (kind, b, length) in enumerate(raw)])
looks = st.lists(st.tuples(st.integers(1, 3000), st.booleans()), min_size=1, max_size=25)
"""Seconds since the look before, and whether the keeper was killed before it could write."""


@settings(max_examples=40)  # each look is written to the disk
@given(histories, looks)
def test_every_second_in_use_counts_once_whatever_looks_are_missed_or_killed(
    spans: list[Span], steps: list[tuple[int, bool]]
) -> None:
    """A seat that nobody ever looked at while it ran is known to nobody."""
    counted, now, alive = advance(Ledger(), moment(0), PLAN, []), 0, set()
    for step, killed in steps:
        now += step
        after = advance(counted, moment(now), PLAN, seen(spans, now, counted))
        if not killed:
            counted = ledger._parse(json.loads(json.dumps(_raw(after))))
            alive |= {span.key for span in spans if span.begin <= now < span.end}
    last = 0.0 if counted.looked is None else counted.looked.awake - AWAKE
    known = [one for one in spans if one.key.startswith("job") or one.key in alive]
    assert total(counted) == pytest.approx(
        union([(one.begin, min(one.end, last)) for one in known if one.begin < last])
    )


def _raw(counted: Ledger) -> object:
    """As it is on disk."""
    with tempfile.TemporaryDirectory() as folder:
        ledger.write(Path(folder), counted)
        return json.loads((Path(folder) / FILES[0]).read_text())


jumps = st.lists(
    st.tuples(st.integers(1, 2000), st.integers(-40, 40).map(lambda days: days * 86400.0)),
    min_size=1,
    max_size=20,
)


@given(histories, jumps)
def test_a_clock_that_jumps_never_counts_more_than_the_time_that_passed(
    spans: list[Span], steps: list[tuple[int, float]]
) -> None:
    counted, now, jumped = advance(Ledger(), moment(0), PLAN, []), 0, 0.0
    for step, jump in steps:
        now, jumped = now + step, jumped + jump
        before = total(counted)
        instant = moment(now, jumped=jumped)
        counted = advance(counted, instant, PLAN, seen(spans, now, counted))
        assert -1e-6 <= total(counted) - before <= step + 1e-6
        assert total(advance(counted, instant, PLAN, seen(spans, now, counted))) == total(counted)


@given(jumps)
def test_what_runs_all_the_time_counts_exactly_though_the_clock_jumps(
    steps: list[tuple[int, float]],
) -> None:
    use = Use("seat ada 1", at(0))
    counted, now, jumped = advance(Ledger(), moment(0), PLAN, [use]), 0, 0.0
    for step, jump in steps:
        now, jumped = now + step, jumped + jump
        counted = advance(counted, moment(now, jumped=jumped), PLAN, [use])
    assert total(counted) == pytest.approx(now)


@given(histories, looks)
def test_a_queue_that_cannot_be_read_loses_and_doubles_nothing_that_ran_before(
    spans: list[Span], steps: list[tuple[int, bool]]
) -> None:
    jobs = [span for span in spans if span.key.startswith("job")]
    counted, now = advance(Ledger(), moment(0), PLAN, []), 0
    for step, deaf in steps:
        now += step
        before = total(counted)
        uses = [] if deaf else seen(jobs, now, counted)
        counted = advance(counted, moment(now), PLAN, uses, "job " if deaf else "")
        assert 0 <= total(counted) - before <= step + 1e-6
    last = advance(counted, moment(now + 9), PLAN, seen(jobs, now + 9, counted))
    again = advance(last, moment(now + 18), PLAN, seen(jobs, now + 18, last))
    idle = all(one.end <= now + 9 for one in jobs if one.begin <= now + 18)
    assert not idle or total(again) == total(last)


def test_what_was_not_there_at_the_last_look_is_no_older() -> None:
    """Its stamp may be from before the clock was set."""
    counted = advance(Ledger(), moment(0), PLAN, [])
    counted = advance(counted, moment(300), PLAN, [Use("seat ada 1", at(-3600))])
    assert (counted.alive, total(counted)) == ({"seat ada 1": AWAKE}, 300)


def test_sleep_is_no_use() -> None:
    """The day's clock goes on, the machine's own stands still."""
    use = Use("seat ada 1", at(0))
    counted = advance(Ledger(), moment(0), PLAN, [use])
    counted = advance(counted, moment(300, jumped=8 * 3600), PLAN, [use])
    assert total(counted) == 300


# ----------------------------------------------------------------------------- what is not known


def test_a_seat_that_died_between_two_looks_counts_until_the_second() -> None:
    counted = advance(Ledger(), moment(0), PLAN, [Use("seat ada 1", at(-600))])
    counted = advance(counted, moment(300), PLAN, [Use("seat ada 1", over=True)])
    assert (total(counted), counted.gaps) == (900, {})


@pytest.mark.parametrize("boot", ["a", "b"])
def test_one_that_died_while_nobody_looked_is_told_as_a_gap(boot: str) -> None:
    counted = advance(Ledger(), moment(0), PLAN, [Use("seat ada 1", at(-600))])
    later = moment(86400, boot=boot, awake=AWAKE if boot == "a" else -86000)
    counted = advance(counted, later, PLAN, [Use("seat ada 1", over=True)])
    assert total(counted) == 900  # one interval more is known
    assert counted.gaps == {
        "2027-03-01": ("nobody looked from 2027-03-10 12:00 until 2027-03-11 12:00 UTC",)
    }
    assert amounts(counted, PLAN, later).state == AT_LEAST


def test_after_a_boot_what_ended_before_counts_until_then() -> None:
    counted = advance(Ledger(), moment(0), PLAN, [Use("job 1", at(-60))])
    later = moment(7200, boot="b", awake=-7100)
    counted = advance(counted, later, PLAN, [Use("job 1", at(-60), at(600), over=True)])
    assert (total(counted), counted.gaps) == (660, {})


def test_jobs_that_ended_before_the_first_look_count_in_their_own_months() -> None:
    uses = [
        Use(f"job {n}", at(-n * 86400), at(-n * 86400 + 3600), over=True) for n in (1, 20, 40, 9)
    ]
    counted = advance(Ledger(), moment(0), PLAN, uses)
    hours = {period: sum(one.values()) / 3600 for period, one in counted.seconds.items()}
    assert {period: one for period, one in hours.items() if one} == pytest.approx(
        {"2027-03-01": 2, "2027-02-01": 1, "2027-01-01": 1}
    )


@given(st.integers(-100, 100), st.sampled_from(["month", "quarter", "year"]), st.integers(1, 100))
def test_what_crosses_periods_is_split_and_sums_up(first: int, per: str, days: int) -> None:
    there = plan(per=per, time_zone="Europe/Copenhagen")
    begin = moment(first * 86400, awake=1e9)
    use = Use("seat ada 1", begin.wall)
    counted = advance(Ledger(), begin, there, [use])
    end = moment((first + days) * 86400, awake=1e9)
    counted = advance(counted, end, there, [use])
    assert total(counted) == pytest.approx(days * 86400)
    for period, prices in counted.seconds.items():
        starts = there.begins(datetime.fromisoformat(f"{period}T12:00").replace(tzinfo=UTC))
        assert sum(prices.values()) <= (end.wall - starts).total_seconds() + 1e-3


# ------------------------------------------------------------------------------------- amounts


@pytest.mark.parametrize(
    ("prices", "price", "told"),
    [
        ({}, 0.5, Spent(0, 0, KNOWN)),
        ({}, None, Spent(0, None, KNOWN)),
        ({"0.5": 7200}, 0.5, Spent(2, 1, KNOWN)),
        ({"0.5": 7200, "2.0": 3600}, 2.0, Spent(3, 3, KNOWN)),
        ({"unknown": 7200}, None, Spent(2, None, KNOWN)),
        ({"unknown": 7200}, 0.5, Spent(2, None, KNOWN)),
        ({"unknown": 3600, "0.5": 3600}, 0.5, Spent(2, 0.5, AT_LEAST)),
        ({"unknown": 3600, "0.5": 3600}, None, Spent(2, 0.5, AT_LEAST)),
        ({"unknown": 0.0, "0.5": 3600}, 0.5, Spent(1, 0.5, KNOWN)),
    ],
)
def test_hours_without_a_price_never_cost_nothing(
    prices: dict[str, float], price: float | None, told: Spent
) -> None:
    counted = Ledger(looked=moment(0), seconds={"2027-03-01": prices})
    assert amounts(counted, plan(usd_per_hour=price), moment(0)) == told
