"""The watchdog's decision alone, against what it promises, for any history of looks."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from components.files.watchdog import Limits, Memory, decide

INTERVAL = 300.0
limits = st.builds(
    Limits,
    idle=st.floats(1, 8).map(lambda intervals: intervals * INTERVAL),
    uptime=st.floats(0.1, 60).map(lambda intervals: intervals * INTERVAL),
    interval=st.just(INTERVAL),
)
uptimes = st.floats(0, 60 * INTERVAL)
times = uptimes | st.floats()
memories = st.none() | st.builds(Memory, times, times, st.booleans(), st.just({}), st.just({}))
reasons = st.lists(st.text(min_size=1), max_size=3)


@given(limits, uptimes, memories, reasons)
def test_longest_time_stops_whatever_else(
    limits: Limits, uptime: float, past: Memory | None, busy: list[str]
) -> None:
    late = limits.uptime + uptime
    assert decide(limits, late, past, busy).act == "stop"


@given(limits, uptimes, memories, reasons.filter(bool))
def test_nothing_in_use_is_stopped_before(
    limits: Limits, uptime: float, past: Memory | None, busy: list[str]
) -> None:
    assert (decide(limits, uptime, past, busy).act == "stop") == (uptime >= limits.uptime)


@given(limits, uptimes, memories)
def test_idle_machine_stops_only_on_a_memory_of_idleness(
    limits: Limits, uptime: float, past: Memory | None
) -> None:
    verdict = decide(limits, uptime, past, [])
    if verdict.act == "stop" and uptime < limits.uptime:
        assert past is not None
        assert uptime - past.busy_at >= limits.idle
        assert past.busy_at <= past.seen_at <= uptime < past.seen_at + 3 * limits.interval
    assert 0 <= verdict.busy_at <= uptime


histories = st.lists(st.tuples(st.floats(0.1, 4), st.booleans()), min_size=1, max_size=60)
"""Looks: the time since the last one, in intervals, and whether something was in use."""


@given(limits, histories)
def test_over_time_it_stops_exactly_after_an_unbroken_idle_time(
    limits: Limits, history: list[tuple[float, bool]]
) -> None:
    """Against a plain account of the same looks."""
    uptime, past = 0.0, None
    quiet_since = math.nan
    for step, used in history:
        uptime += step * limits.interval
        verdict = decide(limits, uptime, past, ["used"] if used else [])
        unbroken = past is not None and uptime < past.seen_at + 3 * limits.interval
        if used or not unbroken:
            quiet_since = uptime
        idle = not used and uptime - quiet_since >= limits.idle
        assert (verdict.act == "stop") == (idle or uptime >= limits.uptime)
        past = Memory(verdict.busy_at, uptime, verdict.act == "stop", {}, {})


@given(limits, uptimes, memories, reasons, st.integers(1, 100))
def test_stop_is_announced_one_look_before(
    limits: Limits, uptime: float, past: Memory | None, busy: list[str], part: int
) -> None:
    now = decide(limits, uptime, past, busy)
    if now.act == "stay":
        kept = Memory(now.busy_at, uptime, False, {}, {})
        soon = uptime + limits.interval * part / 101
        assert decide(limits, soon, kept, []).act != "stop"
