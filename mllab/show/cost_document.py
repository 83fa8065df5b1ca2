"""What a lab costs as a document for scripts; see docs/cost.md."""

from __future__ import annotations

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
        "schema": 1,
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
            "typical": _used(budget.typical),
            "worst": _used(budget.worst),
        },
        "saves_most": saving
        and {
            "setting": saving.key,
            "value": saving.value,
            "instead_of": saving.instead,
            "week": _usd(saving.week),
            "day": _usd(saving.day),
        },
        "total": amounts(estimate.total()),
        "roles": {role: amounts(estimate.of_role(role)) for role in estimate.roles},
        "each_seat": {
            name: amounts(one.total()) for name, one in seats(estimate, session.declared)
        },
        "free": estimate.free,
        "charges": [_charge(line) for line in estimate.lines],
    }


def of_term(estimate: Estimate, term: Term) -> dict[str, Any]:
    """The days that a lab still has, and what they take."""
    total = estimate.total()
    return {
        "first": term.first,
        "last": term.last,
        "days": term.days,
        "typical": _usd(total.week * term.days / 7),
        "worst": _usd(total.day * term.days),
    }


def amounts(sums: Sums) -> dict[str, str]:
    """The columns."""
    return {column: _usd(getattr(sums, column)) for column in COLUMNS}


def _usd(amount: Decimal) -> str:
    return str(cents(amount))


def _used(used: Used | None) -> dict[str, Any] | None:
    return None if used is None else {"days": used.days, "on": used.on}


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
        **amounts(line.sums),
    }
