"""Which moments follow from a keeper's settings, also where clocks change to summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.local.keeping import plan

COPENHAGEN = "Europe/Copenhagen"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("stop_at", "now", "last"),
    [
        # https://www.iana.org/time-zones: CET to CEST on 28 March 2027, 01:00 UTC
        ("03:00", "2027-03-27T12:00", "2027-03-27T02:00"),
        ("03:00", "2027-03-28T00:59", "2027-03-27T02:00"),
        ("03:00", "2027-03-28T01:00", "2027-03-28T01:00"),
        ("03:00", "2027-03-29T01:00", "2027-03-29T01:00"),
        ("02:30", "2027-03-28T01:29", "2027-03-27T01:30"),
        ("02:30", "2027-03-28T01:30", "2027-03-28T01:30"),  # that time is skipped: 03:30
        ("02:30", "2027-03-29T00:29", "2027-03-28T01:30"),
        # and back on 31 October 2027, 01:00 UTC: 02:30 comes twice, and counts once
        ("02:30", "2027-10-31T00:29", "2027-10-30T00:30"),
        ("02:30", "2027-10-31T00:30", "2027-10-31T00:30"),
        ("02:30", "2027-10-31T23:00", "2027-10-31T00:30"),
        ("02:30", "2027-11-01T01:30", "2027-11-01T01:30"),
    ],
)
def test_the_daily_stop_is_in_the_time_of_its_zone(stop_at: str, now: str, last: str) -> None:
    assert plan(stop_at=stop_at, time_zone=COPENHAGEN).last_stop(utc(now)) == utc(last)


zones = st.sampled_from(
    [COPENHAGEN, "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Africa/Cairo"]
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)).map(
    lambda one: one.replace(tzinfo=UTC)
)


@given(moments, zones, st.times().map(lambda one: f"{one:%H:%M}"))
def test_every_day_has_one_stop_and_the_next_is_awaited(
    now: datetime, zone: str, stop_at: str
) -> None:
    there = plan(stop_at=stop_at, time_zone=zone)
    last, following = there.last_stop(now), there.upcoming(now)
    assert last is not None
    assert following is not None
    assert last <= now < following
    assert timedelta(hours=22) < following - last < timedelta(hours=26)
    assert there.last_stop(following) == following


@given(moments, zones, st.sampled_from(["month", "quarter", "year"]))
def test_a_period_begins_at_midnight_and_holds_the_moment(
    now: datetime, zone: str, per: str
) -> None:
    there = plan(per=per, time_zone=zone)
    begins = there.begins(now)
    assert begins <= now
    assert there.begins(begins) == begins
    assert there.begins(begins - timedelta(seconds=1)) < begins
    assert there.period(begins).endswith("-01")


def test_the_lab_ends_with_its_last_day() -> None:
    there = plan(ends="2027-07-01", time_zone=COPENHAGEN)
    assert not there.over(utc("2027-07-01T21:59:59"))
    assert there.over(utc("2027-07-01T22:00"))
    assert there.upcoming(utc("2027-07-01T00:00")) == utc("2027-07-01T22:00")
    assert there.upcoming(utc("2027-07-02T00:00")) is None
    assert not plan().over(utc("2999-01-01"))
