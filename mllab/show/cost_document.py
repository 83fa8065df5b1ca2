"""What a lab costs as a document for scripts; see docs/cost.md."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mllab.lifecycle.cost import Budget
from mllab.lifecycle.savings import Saving
from mllab.money.estimate import Estimate, Line, Sums, cents
from mllab.money.lasts import Term, Used
from mllab.session.session import Session
from mllab.show.cost_table import COLUMNS, seats


def document(
    session: Session, estimate: Estimate, term: Term | None, budget: Budget, saving: Saving | None
) -> dict[str, Any]:
    """Everything that is reckoned of one lab."""
    return {
        "schema": 2,
        "stack": session.stack,
        "cloud": estimate.lab.cloud,
        "region": estimate.lab.region,
        "seats": estimate.lab.seats,
        "currency": "USD",
        "oldest_price": estimate.oldest,
        "complete": not estimate.missing,
        "use": {name: None if value is None else str(value) for name, value in estimate.use},
        "use_by_default": estimate.use.unsaid,
        "term": term and of_term(estimate, term),
        "budget": {
            "limit_usd": str(budget.limit),
            "per": budget.per,
            "typical": _used(budget.typical, complete=estimate.known("week")),
            "worst": _used(budget.worst, complete=estimate.known("day")),
        },
        "saves_most": saving
        and {
            "setting": saving.key,
            "value": saving.value,
            "instead_of": saving.instead,
            "week": _usd(saving.week),
            "day": _usd(saving.day),
        },
        "total": sums(estimate),
        "roles": {
            role: sums(estimate.part(lambda line, role=role: line.role == role))  # type: ignore[misc]
            for role in estimate.roles
        },
        "each_seat": {name: sums(one) for name, one in seats(estimate, session.declared)},
        "free": estimate.free,
        "unknown": len(estimate.missing),
        "usage_based": len(estimate.usage),
        "charges": [_charge(line) for line in estimate.lines],
    }


def of_term(estimate: Estimate, term: Term) -> dict[str, Any]:
    """The days that a lab still has, and what they take."""
    days = Decimal(term.days)
    return {
        "first": term.first,
        "last": term.last,
        "days": term.days,
        "typical": _sum(estimate, "week", days / 7),
        "worst": _sum(estimate, "day", days),
    }


def sums(estimate: Estimate, columns: Iterable[str] = COLUMNS) -> dict[str, Any]:
    """What an estimate comes to, by column, and of each whether that is all of it."""
    return {column: _sum(estimate, column) for column in columns}


def _sum(estimate: Estimate, column: str, times: Decimal = Decimal(1)) -> dict[str, Any]:
    usd, old = (getattr(one, column) * times for one in (estimate.total(), estimate.outdated))
    return {"usd": _usd(usd), "complete": estimate.known(column), "outdated_usd": _usd(old)}


def _usd(amount: Decimal) -> str:
    return str(cents(amount))


def _used(used: Used | None, *, complete: bool) -> dict[str, Any]:
    """With a price missing nobody knows that a budget lasts."""
    return {
        "used_up": True if used else False if complete else None,
        "days": used and used.days,
        "on": used and used.on,
        "complete": complete,
    }


def _amounts(found: Sums, *, known: bool) -> dict[str, str | None]:
    return {column: _usd(getattr(found, column)) if known else None for column in COLUMNS}


def _charge(line: Line) -> dict[str, Any]:
    price = line.charge.price
    return {
        "resource": line.name,
        "role": line.role,
        "when": line.charge.when,
        "item": line.charge.item,
        "quantity": str(line.charge.quantity),
        "unit": price and price.unit,
        "unit_usd": price and str(price.usd),
        "as_of": price and price.as_of,
        "source": price and price.source,
        "not_added": line.why or None,
        **_amounts(line.sums, known=not line.why),
        "outdated": _amounts(line.outdated, known=line.outdated != Sums()),
    }
