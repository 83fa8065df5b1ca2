"""What a lab takes if nobody intervenes, beside its budget: what `up` refuses.

The worst day, every day, is no measure: nothing but people's use reaches it, and any budget that a
course can pay is below. What needs no further decision by anyone is one: what is billed asleep, and
each machine once for as long as its own limits let it run. Budgets tell people, a day late, and
stop nothing on any cloud, so no more than that bounds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

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
        limit, per: the budget, and its period.
    """

    days: int
    last: date | None
    parts: tuple[Part, ...]
    limit: Decimal
    per: str

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


def judge(estimate: Estimate, lab: Lab, today: date) -> Risk:
    """What a lab takes from today on if nobody intervenes.

    Args:
        lab: the settings that the estimate is of: limits of the machines, last day, budget.
        today: also before `lab.starts`: what is made is billed at once.
    """
    period = LONGEST[lab.budget.per]
    left = period if lab.lab.ends is None else max(0, (lab.lab.ends - today).days + 1)
    days, most, seats = min(left, period), estimate.lab.most, estimate.lab.seats
    awake = lab.notebook.max_hours
    if lab.notebook.stop_at is not None:
        awake = min(awake, int(DAY))
    job = lab.cluster.max_job_hours
    limit = Decimal(str(lab.budget.limit_usd))

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
        lab.lab.ends if left <= period else None,
        parts,
        limit,
        lab.budget.per,
    )
