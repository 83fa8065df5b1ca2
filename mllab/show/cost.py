"""What a lab costs, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console

from mllab.lifecycle.cost import Budget
from mllab.lifecycle.savings import Saving
from mllab.money.estimate import OLD_DAYS, Estimate, cents
from mllab.money.lasts import Term, Used
from mllab.session.session import Session
from mllab.settings.files import FOLDER
from mllab.show.console import say
from mllab.show.cost_table import HOUR, counted, money, show_charges, show_missing, show_roles
from mllab.wording import pluralize

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


def show(
    console: Console,
    session: Session,
    estimate: Estimate,
    term: Term | None,
    budget: Budget,
    saving: Saving | None,
    usage: Path | None,
    *,
    verbose: bool,
) -> None:
    """Print the table, what it assumes, and what it leaves out.

    Args:
        saving: the change of a setting that saves most, where one saves anything.
        usage: the file that says what a typical week is; None: the stack's own does.
    """
    show_title(console, session, estimate)
    show_roles(console, estimate, session.declared)
    console.print()
    say(console, HOUR)
    say(console, _week(session, estimate, usage))
    for line in _spare(estimate):
        say(console, line)
    say(console, _budget(estimate, budget))
    if term:
        total = estimate.total()
        weeks = money(total.week * term.days / 7, known=estimate.known("week"))
        say(
            console,
            f"From {term.first} to {term.last}, {pluralize(term.days, 'day')}: {weeks} in typical "
            f"weeks, at most {money(total.day * term.days, known=estimate.known('day'))}.",
        )
    if saving:
        week, day = cents(saving.week), cents(saving.day)
        words = [f"{week:,} less in a typical week"] * (week > 0)
        words += [f"{day:,} less on the worst day"] * (day > 0)
        say(
            console,
            f"The change that saves most: {saving.key} {saving.value} instead of {saving.instead}, "
            f"{', '.join(words)}.",
        )
    if not estimate.bounded:
        say(
            console,
            f"It reckons with {pluralize(estimate.lab.most, 'machine')} for jobs at once, but only "
            "the account's quota holds anyone to that.",
        )
    show_missing(console, estimate)
    say(console, counted(estimate, listed=verbose))
    if verbose:
        show_charges(console, estimate)


def show_title(console: Console, session: Session, estimate: Estimate) -> None:
    """Print whose costs follow, and how old the prices are."""
    dated, old = "no price known", 0
    if estimate.oldest:
        old = (session.clock.today() - estimate.oldest).days
        dated = f"list prices of {estimate.oldest} or later, at most {old} days old"
    title = session.title.replace(session.realm.prefix, "")
    say(console, f"{title}: US dollars, {dated}, before tax and free tiers")
    console.print()
    if old > OLD_DAYS:
        words = (
            f"Some are more than {OLD_DAYS} days old: look at the cloud's own before you rely on "
        )
        say(console, f"{words}them.", style="yellow")


def show_line(console: Console, session: Session, estimate: Estimate) -> None:
    """Print what matters before a lab is made, in one line."""
    total = estimate.total()
    asleep, day = (
        str(money(getattr(total, column), known=estimate.known(column))) or "0.00"
        for column in ("asleep", "day")
    )
    old = estimate.outdated
    more = f"; prices too old add {cents(old.asleep):,} and {cents(old.day):,}" if old.day else ""
    say(
        console,
        f"Cost by list prices, USD: {asleep} for a month asleep, {day} on the worst day{more}. "
        f"More: mllab cost {session.stack}",
    )


def _week(session: Session, estimate: Estimate, usage: Path | None) -> str:
    """What a typical week is, and who says so."""
    use, source = estimate.use, usage or f"{FOLDER}/Pulumi.{session.stack}.yaml"
    told: dict[str, list[str]] = {}
    for name, words in WEEKLY.items():
        amount = getattr(use, name)
        if amount is None or (name == "files_gb" and not session.declared.storage.files):
            continue
        by = "by default" if name in use.unsaid else f"by {source}"
        told.setdefault(by, []).append(words.format(f"{amount:,}"))
    text = "; ".join(f"{by}: {', '.join(words)}" for by, words in told.items())
    unused = "".join(f" Nothing here is billed by {name}." for name in estimate.unused)
    return f"A typical week, {text}.{unused}"


def _spare(estimate: Estimate) -> list[str]:
    """What spot machines were seen at: no sum is made of it."""
    told = []
    for line in estimate.lines:
        price = line.charge.price
        if estimate.lab.spot and line.role == "cluster" and line.charge.machine and price:
            seen = " to ".join(dict.fromkeys(map(str, price.spot or ())))
            words = f"{price.item} for jobs was seen at {seen} an hour as a spot machine"
            told += [f"{words}; the sums take its list price."] if seen else []
    return told


def _budget(estimate: Estimate, budget: Budget) -> str:
    """The budget, and when it is used up."""
    week, day = (estimate.known(column) for column in ("week", "day"))
    text = f"Budget: {cents(budget.limit):,} a {budget.per}."
    if (takes := money(budget.period, known=week)).plain:
        text += f" A {budget.per} of typical weeks takes {takes}"
        if budget.typical:
            text += f", and uses it up {_when(budget.typical, known=week)}"
        elif budget.period > budget.limit:
            text += f", but no calendar {budget.per} that the lab still has uses it up"
        text += "."
    if budget.worst:
        text += f" At the most that a day can cost it is used up {_when(budget.worst, known=day)}."
    else:
        start = " Not" if day else " By what is known, not"
        text += f"{start} even the most that each day can cost uses it up."
    return text


def _when(used: Used, *, known: bool) -> str:
    when = f"on {used.on}" if used.on else f"in {pluralize(used.days + 1, 'day')}"
    return when if known else f"{when} or sooner"
