"""When a budget is used up, which begins anew with each calendar month, quarter or year."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
"""A budget's period -> its months, the first of them January."""

LONGEST: Final = {"month": 31, "quarter": 92, "year": 366}
"""A budget's period -> days that it can have."""


@dataclass(frozen=True)
class Term:
    """The days that a lab still has, both included; none where it is over."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return max(0, (self.last - self.first).days + 1)

    @classmethod
    def left(cls, starts: date | None, ends: date | None, today: date) -> Term | None:
        """What is left of a lab today; None for one without an end."""
        return cls(max(today, starts or today), ends) if ends else None


@dataclass(frozen=True)
class Used:
    """A budget is used up.

    Args:
        days: that it lasts in full, from the lab's first day on. on: the day on which more is
            spent; None for a lab without an end.
    """

    days: int
    on: date | None


def used_up(limit: Decimal, per: str, daily: Decimal, term: Term | None) -> Used | None:
    """When spending so much a day exceeds a budget; None: never in the days that the lab has.

    Args:
        limit: of each period. per: `month`, `quarter` or `year`. term: None for a lab without an
            end, for which a whole period is looked at.
    """
    if not daily:
        return None
    full = int(limit // daily)
    if term is None:
        return Used(full, None) if full < LONGEST[per] else None
    for first, last in _periods(per, term):
        if full <= (last - first).days:
            day = first + timedelta(full)
            return Used((day - term.first).days, day)
    return None


def _periods(per: str, term: Term) -> Iterator[tuple[date, date]]:
    """The periods that a term touches, cut to it."""
    months, first = MONTHS[per], term.first
    while first <= term.last:
        month = (first.month - 1) // months * months + months
        end = date(first.year, month, monthrange(first.year, month)[1])
        yield first, min(end, term.last)
        first = end + timedelta(1)
