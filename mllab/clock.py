"""The one source of time. Everything that asks for the date is handed a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


class Clock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The present day in UTC."""
        return self.now().date()


class SimulatedClock(Clock):
    """A clock that stands still until it is moved; it never sleeps and never goes back.

    Args:
        start: timezone-aware moment at which it begins.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` (0 or more)."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        self._now += timedelta(seconds=seconds)
