"""What a lab costs, as a table and as a document."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mllab.lifecycle.cost import Term
from mllab.money.estimate import OLD_DAYS, WEEK, Estimate, Line, Sums, cents
from mllab.money.prices import MONTH
from mllab.session.session import Session
from mllab.settings.files import FOLDER
from mllab.settings.lab import Lab
from mllab.show.console import say
from mllab.wording import pluralize

COLUMNS: Final = {
    "asleep": "asleep, a month",
    "hour": "in use, an hour",
    "week": "typical week",
    "day": "at most a day",
}
"""Fields of `Sums` -> their titles."""

WEEKLY: Final = {
    "seat_hours": "{} hours of each notebook",
    "node_hours": "{} hours of machines for jobs",
    "bucket_gb": "{} GB in the bucket",
    "files_gb": "{} GB of files",
    "images_gb": "{} GB of images",
    "internet_gb": "{} GB to the internet",
    "writes": "{} objects written",
    "reads": "{} objects read",
    "logs_gb": "{} GB of logs",
}
"""Settings of a typical week in words."""

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
UNKNOWN: Final = "?"


def show(
    console: Console,
    session: Session,
    estimate: Estimate,
    days: Term | None,
    usage: Path | None,
    *,
    verbose: bool,
) -> None:
    """Print the table, what it assumes, and what it leaves out.

    Args:
        usage: the file that says what a typical week is; None: the stack's own does.
    """
    total, lab = estimate.total(), session.declared
    today = session.clock.today()
    dated = "no price known"
    if estimate.oldest:
        old = (today - estimate.oldest).days
        dated = f"list prices of {estimate.oldest} or later, at most {old} days old"
    title = session.title.replace(session.realm.prefix, "")
    say(console, f"{title}: US dollars, {dated}, before tax and free tiers")
    console.print()
    if estimate.oldest and old > OLD_DAYS:
        say(
            console,
            f"Some are more than {OLD_DAYS} days old: look at the cloud's own before you rely on "
            "them.",
            style="yellow",
        )
    console.print(_table(estimate, total))
    console.print()
    say(console, _week(session, estimate, usage))
    for line in _spare(estimate):
        say(console, line)
    budget, month = lab.budget, total.week * MONTH / WEEK
    say(
        console,
        f"Budget: {cents(Decimal(str(budget.limit_usd))):,} per {budget.per}; a {budget.per} of "
        f"typical weeks takes {_money(month * MONTHS[budget.per], known=estimate.known('week'))}"
        + (f", and at worst it lasts {_lasts(lab, estimate)}." if total.day else "."),
    )
    if days:
        weeks = total.week * days.days / 7
        say(
            console,
            f"From {days.first} to {days.last}, {pluralize(days.days, 'day')}: "
            f"{_money(weeks, known=estimate.known('week'))} in typical weeks, at most "
            f"{_money(total.day * days.days, known=estimate.known('day'))}.",
        )
    if not estimate.bounded:
        say(
            console,
            f"It reckons with {pluralize(estimate.lab.most, 'machine')} for jobs at once, but only "
            "the account's quota holds anyone to that.",
        )
    _show_missing(console, estimate)
    told = "" if verbose else "; -v lists them"
    say(
        console,
        f"Not in the sums, billed by what is done: {len(estimate.usage)}{told}. "
        f"Free: {pluralize(estimate.free, 'resource')}.",
    )
    if verbose:
        console.print(_details(estimate))


def show_line(console: Console, session: Session, estimate: Estimate) -> None:
    """Print what matters before a lab is made, in one line."""
    total = estimate.total()
    asleep, day = (
        _money(getattr(total, column), known=estimate.known(column)) for column in ("asleep", "day")
    )
    old = estimate.outdated
    more = f"; prices too old add {cents(old.asleep):,} and {cents(old.day):,}" if old.day else ""
    say(
        console,
        f"Cost by list prices: {asleep or '0.00'} USD a month asleep, {day or '0.00'} on the worst "
        f"day{more}. More: mllab cost {session.stack}",
    )


def document(session: Session, estimate: Estimate, days: Term | None) -> dict[str, Any]:
    """For scripts; see docs/cost.md."""
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
        "term": days and {"first": days.first, "last": days.last, "days": days.days},
        "total": _amounts(estimate.total()),
        "roles": {role: _amounts(estimate.of_role(role)) for role in estimate.roles},
        "free": estimate.free,
        "charges": [_charge(line) for line in estimate.lines],
    }


def _amounts(sums: Sums) -> dict[str, str]:
    return {column: str(cents(getattr(sums, column))) for column in COLUMNS}


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
        **_amounts(line.sums),
    }


def _table(estimate: Estimate, total: Sums) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("")
    for title in COLUMNS.values():
        table.add_column(title, justify="right", min_width=8)
    for role in estimate.roles:
        sums = estimate.of_role(role)
        if role == "notebook":  # an hour of one of them
            sums = Sums(sums.asleep, sums.hour / estimate.lab.seats, sums.week, sums.day)
        cells = [
            _money(getattr(sums, column), known=estimate.known(column, role)) for column in COLUMNS
        ]
        if any(cell.plain for cell in cells):
            table.add_row(role, *cells)
    cells = [_money(getattr(total, one), known=estimate.known(one)) for one in COLUMNS]
    cells[list(COLUMNS).index("hour")] = Text()
    table.add_row("total", *cells, style="bold")
    return table


def _money(amount: Decimal, *, known: bool) -> Text:
    """`12.40`, `12.40 + ?` where a part is not known, `?` where none is, nothing for nothing."""
    text = Text(f"{cents(amount):,}" if amount else "")
    if not known:
        text.append(f" + {UNKNOWN}" if amount else UNKNOWN, style="red")
    return text


def _week(session: Session, estimate: Estimate, usage: Path | None) -> str:
    """What a typical week is, and who says so."""
    use = estimate.use
    told: dict[str, list[str]] = {}
    for name, words in WEEKLY.items():
        amount = getattr(use, name)
        if amount is None or (name == "files_gb" and not session.declared.storage.files):
            continue
        by = (
            "by default"
            if name in use.unsaid
            else f"by {usage or f'{FOLDER}/Pulumi.{session.stack}.yaml'}"
        )
        told.setdefault(by, []).append(words.format(f"{amount:,}"))
    text = "; ".join(f"{by} {', '.join(words)}" for by, words in told.items())
    unused = "".join(f" Nothing here is billed by {name}." for name in estimate.unused)
    return f"A typical week: {text}.{unused}"


def _spare(estimate: Estimate) -> list[str]:
    """What spare machines were seen at: no sum is made of it."""
    told = []
    for line in estimate.lines:
        price = line.charge.price
        if estimate.lab.spot and line.role == "cluster" and line.charge.machine and price:
            seen = " to ".join(dict.fromkeys(map(str, price.spot or ())))
            words = f"{price.item} for jobs was seen at {seen} an hour as a spare machine"
            told += [f"{words}; the sums take its list price."] if seen else []
    return told


def _lasts(lab: Lab, estimate: Estimate) -> str:
    days = Decimal(str(lab.budget.limit_usd)) // estimate.total().day
    told = pluralize(int(days), "day") if days else "less than a day"
    if days >= 31 * MONTHS[lab.budget.per]:
        told = f"the whole {lab.budget.per}"
    return told if estimate.known("day") or not days else f"{told} or less"


def _show_missing(console: Console, estimate: Estimate) -> None:
    """What is not in the sums and should be, one line for each reason."""
    reasons: dict[str, dict[str, None]] = {}
    for line in estimate.missing:
        reasons.setdefault(line.why, {})[line.charge.item] = None
    for why, items in reasons.items():
        say(console, f"{'; '.join(items)}: {why}", label=f"{UNKNOWN} ", indent="  ", style="red")
    old = estimate.outdated
    if old != Sums():
        told = (
            ("asleep", "asleep a month"),
            ("week", "in a typical week"),
            ("day", "on the worst day"),
        )
        words = (f"{cents(getattr(old, one)):,} {label}" for one, label in told)
        say(console, f"  By prices too old or without a date: {', '.join(words)} more.")


def _details(estimate: Estimate) -> Table:
    """Every charge with its price."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("resource", "when", "quantity", "item", "price", "of"):
        table.add_column(title, overflow="fold", no_wrap=title != "item")
    for line in estimate.lines:
        charge, price = line.charge, line.charge.price
        weak = "~" if price and price.weak else ""
        table.add_row(
            line.name,
            charge.when,
            f"{charge.quantity:f}",
            charge.item,
            f"{weak}{price.usd} per {price.unit}" if price else Text(UNKNOWN, style="red"),
            str(price.as_of or "no date") if price else "",
        )
    return table
