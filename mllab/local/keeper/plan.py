"""What the keeper was told, and which moments follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

INTERVAL: Final = 300.0
"""Seconds between two looks, as often as a machine in a cloud is looked at."""
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """The keeper's settings.

    Args:
        seats: names of their servers. queue: of the queue's; empty without one.
        stop_at: of every day, in `zone`. ends: last day, there, too.
        usd_per_hour: of this machine in use; None where nobody said.
        interval: seconds between two looks.
    """

    seats: tuple[str, ...]
    queue: str
    idle_minutes: float
    max_hours: float
    stop_at: time | None
    zone: ZoneInfo
    ends: date | None
    usd_per_hour: float | None
    limit_usd: float
    per: str
    warn_percent: tuple[int, ...]
    interval: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Plan:
        """What plain settings say, as they are in the stack's file and in the server's."""
        stop_at, ends, price = (settings.get(key) for key in ("stop_at", "ends", "usd_per_hour"))
        return cls(
            seats=tuple(settings["seats"]),
            queue=str(settings.get("queue") or ""),
            idle_minutes=float(settings["idle_minutes"]),
            max_hours=float(settings["max_hours"]),
            stop_at=time.fromisoformat(stop_at) if stop_at else None,
            zone=ZoneInfo(settings["time_zone"]),
            ends=date.fromisoformat(ends) if ends else None,
            usd_per_hour=None if price is None else float(price),
            limit_usd=float(settings["limit_usd"]),
            per=str(settings["per"]),
            warn_percent=tuple(int(one) for one in settings["warn_percent"]),
            interval=float(settings.get("interval_seconds") or INTERVAL),
        )

    @property
    def end(self) -> datetime | None:
        """The first moment after the last day."""
        return self._local(self.ends + _DAY, time.min) if self.ends else None

    def over(self, now: datetime) -> bool:
        """Whether the last day has passed."""
        return self.end is not None and now >= self.end

    def last_stop(self, now: datetime) -> datetime | None:
        """The latest daily stop that is not still to come."""
        return max((one for one in self._stops(now) if one <= now), default=None)

    def upcoming(self, now: datetime) -> datetime | None:
        """The next moment at which something stops: the daily stop, or the end."""
        moments = [*self._stops(now), *([self.end] if self.end else [])]
        return min((one for one in moments if one > now), default=None)

    def begins(self, now: datetime) -> datetime:
        """When the budget's month, quarter or year began that `now` is in."""
        day = now.astimezone(self.zone).date()
        months = _MONTHS[self.per]
        return self._local(date(day.year, (day.month - 1) // months * months + 1, 1), time.min)

    def period(self, begins: datetime) -> str:
        """The name of that time: its first day."""
        return begins.astimezone(self.zone).date().isoformat()

    def _stops(self, now: datetime) -> Iterator[datetime]:
        today = now.astimezone(self.zone).date()
        for day in (today - _DAY, today, today + _DAY):
            if self.stop_at is not None:
                yield self._local(day, self.stop_at)

    def _local(self, day: date, at: time) -> datetime:
        # A time that the clocks skip in spring is as long after midnight as on other days; one that
        # comes twice in autumn is the first of the two.
        return datetime.combine(day, at, self.zone).astimezone(UTC)
