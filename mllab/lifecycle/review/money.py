"""What a change costs: the same sums before and after, by the same price book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from mllab.engines.contract import Resource
from mllab.lifecycle import outlook
from mllab.lifecycle.review import render
from mllab.lifecycle.review.model import COLUMNS, Amount, Column
from mllab.money import estimate, risk
from mllab.money.change import unpriced
from mllab.money.estimate import Estimate, Sums, cents
from mllab.money.lasts import Term
from mllab.settings.lab import Lab
from mllab.settings.usage import Usage

Amounts = Mapping[str, Amount]
"""By key of COLUMNS; what a lab has none of is left out."""


def of_facts(resources: Iterable[Resource], facts: Mapping[str, Any], today: date) -> Amounts:
    """The sums of a lab that another revision has brought up.

    Args:
        facts: see `render.facts`. today: the day of both revisions.
    """
    keys = ("cloud", "region", "seats", "node", "most", "spot")
    lab = estimate.Lab(**{key: facts[key] for key in keys})
    days = Term.left(*_dates(facts), today)
    usage = Usage.model_validate(facts["usage"])
    return amounts(estimate.of(resources, lab, today, usage), days)


def day_of(facts: Mapping[str, Any], today: date) -> date:
    """The day on which such a lab is looked at if it is compared with nothing."""
    return render.day_for(*_dates(facts), today)


def amounts(found: Estimate, days: Term | None) -> Amounts:
    """The sums of an estimate, rounded as bills are."""
    sums = {"": found.total(), "old": found.outdated}

    def of(name: str, column: str, part: Callable[[Sums], Decimal]) -> tuple[str, Amount]:
        usd, outdated = (cents(part(sums[one])) for one in ("", "old"))
        exact = str(part(found.outdated))  # what is rounded away is a difference, too
        missing = (exact, *sorted(map(str, unpriced(found, column).items())))
        known = found.known(column)
        return name, Amount(usd=usd, outdated=outdated, known=known, unpriced=missing)

    told = [of(name, name, attrgetter(name)) for name in ("asleep", "hour", "week", "day")]
    if days is not None:
        told.append(of("term", "week", lambda one: one.week * days.days / 7))
        told.append(of("term_most", "day", lambda one: one.day * days.days))
    return dict(told)


def compare(before: Amounts | None, after: Amounts | None, *, both: bool) -> dict[str, Column]:
    """The table.

    Args:
        before, after: None where there is no such lab, or nobody knows what it would be.
        both: what is missing costs nothing, as there is no such lab; else nobody can tell what
            the difference is.
    """
    found = {}
    for name in COLUMNS:
        old, new = (before or {}).get(name), (after or {}).get(name)
        if old is None and new is None:
            continue
        column = Column(before=old, after=new)
        if (old and new) or (both and (before is None or after is None)):
            column.difference = _minus(new, old)
        found[name] = column
    return found


def _dates(facts: Mapping[str, Any]) -> tuple[date | None, date | None]:
    starts, ends = (facts[key] and date.fromisoformat(facts[key]) for key in ("starts", "ends"))
    return starts, ends


def _minus(new: Amount | None, old: Amount | None) -> Amount:
    """What has no price that counts makes no difference where it is the same before and after."""
    none = Amount(usd=Decimal(0), outdated=Decimal(0), known=True)
    left, right = new or none, old or none
    same = bool(old and new) and left.unpriced == right.unpriced
    return Amount(
        usd=left.usd - right.usd,
        outdated=left.outdated - right.outdated,
        known=same or (left.known and right.known),
    )


def over_budget(found: Estimate, lab: Lab, today: date) -> str:
    """Why `up` would refuse the budget, in a sentence; empty where it would not."""
    lines = outlook.broken(lab.stack, risk.judge(found, lab, today))
    return f"{lines[0]} ({'; '.join(map(str.strip, lines[1:]))})" if lines else ""
