"""What a lab takes if nobody intervenes, beside its budget: what `up` refuses.

The worst day, every day, is no measure: nothing but people's use reaches it, and any budget that a
course can pay is below. What needs no further decision by anyone is one: what is billed asleep, and
each machine once for as long as its own limits let it run. Budgets tell people, a day late, and
stop nothing on any cloud, so no more than that bounds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from mllab.money.estimate import DAY, Estimate, Line, Sums
from mllab.money.lasts import LONGEST
from mllab.money.meters import When
from mllab.money.prices import MONTH
from mllab.settings.lab import Lab
from mllab.wording import pluralize

_ASLEEP: Final = frozenset({When.ALWAYS})
_AWAKE: Final = frozenset({When.RUNNING})
_NODES: Final = frozenset({When.NODE})


@dataclass(frozen=True)
class Amount:
    """US dollars.

    Args:
        known: by prices that count. outdated: what prices that are too old, or have no date, add:
            they are the best that is known. complete: no price is missing.
    """

    known: Decimal
    outdated: Decimal
    complete: bool

    @property
    def least(self) -> Decimal:
        """What it comes to by all that is known."""
        return self.known + self.outdated


@dataclass(frozen=True)
class Limits:
    """What bounds a lab while nobody intervenes.

    Args:
        awake, job: hours that a notebook and a job run at most. limit, per: the budget.
        ends: last day; None for a lab without an end.
    """

    awake: int
    job: int
    limit: Decimal
    per: str
    ends: date | None

    @classmethod
    def of(cls, lab: Lab) -> Limits:
        """Those of a lab's settings."""
        told = {
            "max_hours": lab.notebook.max_hours,
            "stop_at": lab.notebook.stop_at,
            "max_job_hours": lab.cluster.max_job_hours,
            "limit_usd": lab.budget.limit_usd,
            "per": lab.budget.per,
        }
        return cls.recorded(told, lab.lab.ends)

    @classmethod
    def recorded(cls, told: Mapping[str, Any], ends: date | None) -> Limits:
        """Those that the stack's output `lab.unattended` tells."""
        awake = int(told["max_hours"])
        if told["stop_at"] is not None:
            awake = min(awake, int(DAY))
        limit = Decimal(str(told["limit_usd"]))
        return cls(awake, int(told["max_job_hours"]), limit, told["per"], ends)


@dataclass(frozen=True)
class Part:
    """One thing that is reckoned with, in words (`1 notebook, 12 hours once`)."""

    what: str
    amount: Amount


@dataclass(frozen=True)
class Risk:
    """What a lab takes if nobody intervenes, and its budget.

    Args:
        days: that are reckoned with: those left, at most a period of the budget. last: of them,
            where it is the lab's last one.
        parts: asleep, notebooks, machines for jobs.
        limit, per: the budget, and its period. bounds: the limits that it was reckoned by.
    """

    days: int
    last: date | None
    parts: tuple[Part, ...]
    limit: Decimal
    per: str
    bounds: Limits

    @property
    def alone(self) -> Amount:
        """What it takes if nobody intervenes."""
        amounts = [part.amount for part in self.parts]
        return Amount(
            sum((one.known for one in amounts), Decimal(0)),
            sum((one.outdated for one in amounts), Decimal(0)),
            all(one.complete for one in amounts),
        )

    @property
    def exceeds(self) -> bool:
        """It is more than the budget, whatever the missing prices are."""
        return self.alone.least > self.limit

    @property
    def fits(self) -> bool:
        """It is known to be no more: with a price missing, nobody knows."""
        return self.alone.complete and not self.exceeds

    def raises(self, now: Risk) -> bool:
        """Whether a lab that is as `now` would take more, run longer, or have less of a budget."""
        mine, its = self.bounds, now.bounds
        longer = mine.awake > its.awake or mine.job > its.job or self.days > now.days
        budget = mine.per != its.per or mine.limit < its.limit
        return self.alone.least > now.alone.least or longer or budget


def judge(estimate: Estimate, lab: Lab | Limits, today: date) -> Risk:
    """What a lab takes from today on if nobody intervenes.

    Args:
        lab: the settings that the estimate is of, or what is recorded of them.
        today: also before `lab.starts`: what is made is billed at once.
    """
    bounds = lab if isinstance(lab, Limits) else Limits.of(lab)
    period = LONGEST[bounds.per]
    left = period if bounds.ends is None else max(0, (bounds.ends - today).days + 1)
    days, most, seats = min(left, period), estimate.lab.most, estimate.lab.seats
    awake, job = bounds.awake, bounds.job

    def amount(when: frozenset[When], of: Callable[[Sums], Decimal]) -> Amount:
        def chosen(line: Line) -> bool:
            return line.charge.when in when

        known = of(estimate.total(chosen))
        outdated = sum((of(one.outdated) for one in estimate.lines if chosen(one)), Decimal(0))
        return Amount(known, outdated, not any(chosen(line) for line in estimate.missing))

    parts = (
        Part(
            f"asleep, {pluralize(days, 'day')}",
            amount(_ASLEEP, lambda sums: sums.asleep * DAY * days / MONTH),
        ),
        Part(
            f"{pluralize(seats, 'notebook')}, {pluralize(awake, 'hour')} once",
            amount(_AWAKE, lambda sums: sums.hour * awake),
        ),
        Part(
            f"{pluralize(most, 'machine')} for jobs, {pluralize(job, 'hour')} once",
            amount(_NODES, lambda sums: sums.hour * most * job),
        ),
    )
    return Risk(
        days,
        bounds.ends if left <= period else None,
        parts,
        bounds.limit,
        bounds.per,
        bounds,
    )
