"""What a plan means in money, as two lines and as a part of a document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from rich.console import Console

from mllab.lifecycle.outlook import OPTION, Outlook, amount
from mllab.money.change import Change
from mllab.money.estimate import Estimate, cents
from mllab.money.risk import Amount
from mllab.session.session import Session
from mllab.show.console import say
from mllab.show.cost import show_line
from mllab.show.cost_document import sums
from mllab.show.cost_table import UNKNOWN, money

COLUMNS: Final = ("asleep", "day")


def show(console: Console, session: Session, outlook: Outlook, *, accepted: bool = False) -> None:
    """Print what the lab will cost, the difference to what it costs now, and its budget.

    Args:
        accepted: that it may take more than the budget.
    """
    if outlook.change is None:
        show_line(console, session, outlook.after)
    else:
        asleep, day = (_difference(outlook.change, column) for column in COLUMNS)
        say(
            console,
            f"Cost by list prices, USD: asleep, a month: {asleep}; on the worst day: {day}. "
            f"More: mllab cost {session.stack}",
        )
    if outlook.why:
        say(console, f"What it costs now is not known: {outlook.why}.")
    risk = outlook.risk
    verdict = "" if risk.fits else ": prices are missing, so it may be more"
    if risk.exceeds:
        more = f", accepted by {OPTION}" if accepted else ", but no more than now"
        verdict = f": more than that{more if accepted or outlook.no_worse else ''}"
    until = f"until {risk.last}" if risk.last else f"in {risk.days} days"
    say(
        console,
        f"Budget: {cents(risk.limit):,} USD per {risk.per}. If nobody intervenes, the lab takes "
        f"{amount(risk.alone)} {until}{verdict}.",
    )


def document(outlook: Outlook) -> dict[str, Any]:
    """For scripts; see docs/preview-json.md."""
    change, risk = outlook.change, outlook.risk
    return {
        "currency": "USD",
        "after": sums(outlook.after, COLUMNS),
        "before": sums(change.before, COLUMNS) if change else None,
        "before_unknown": outlook.why or None,
        "difference": change
        and {
            column: {
                "usd": str(cents(change.difference(column))),
                "complete": change.known(column),
                "outdated_usd": str(cents(change.outdated(column))),
            }
            for column in COLUMNS
        },
        "unattended": {
            **_amount(risk.alone),
            "days": risk.days,
            "parts": {part.what: _amount(part.amount) for part in risk.parts},
            "budget_usd": str(cents(risk.limit)),
            "per": risk.per,
            "fits": True if risk.fits else False if risk.exceeds else None,
        },
    }


def _difference(change: Change, column: str) -> str:
    """`15.40 + ? -> 20.40 + ? (+5.00)`, or one amount where nothing changes."""
    before, after = _of(change.before, column), _of(change.after, column)
    more, old = change.difference(column), change.outdated(column)
    parts = [f"{cents(more):+,}"] if more else []
    parts += [f"{cents(old):+,} by prices too old"] if old else []
    told = ", ".join(parts)
    if not change.known(column):
        told += f" + {UNKNOWN}" if told else UNKNOWN
    return f"{before} -> {after} ({told})" if told else f"{after} as now"


def _of(estimate: Estimate, column: str) -> str:
    found: Decimal = getattr(estimate.total(), column)
    return money(found, known=estimate.known(column)).plain or "0.00"


def _amount(found: Amount) -> dict[str, Any]:
    return {
        "usd": str(cents(found.known)),
        "complete": found.complete,
        "outdated_usd": str(cents(found.outdated)),
    }
