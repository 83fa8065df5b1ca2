"""What a lab costs elsewhere, as a table and as a part of the document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.text import Text

from mllab.clouds.registry import CLOUDS
from mllab.lifecycle.compare import Elsewhere, Place
from mllab.money.estimate import Estimate, cents
from mllab.money.lasts import Term
from mllab.session.session import Session
from mllab.show.console import say
from mllab.show.cost import show_title
from mllab.show.cost_document import of_term, sums
from mllab.show.cost_table import HOUR, UNKNOWN, money, print_rows


def show(
    console: Console, session: Session, priced: Estimate, found: Elsewhere, term: Term | None
) -> None:
    """Print a row for each place, what is not known there, and what does not carry over."""
    own, here = priced.lab.cloud, f"{priced.lab.cloud} {priced.lab.region}"
    places = {here: priced} | {_name(one): one.priced for one in found.places if one.priced}
    dates = [one.oldest for one in places.values() if one.oldest]
    show_title(console, session, replace(priced, oldest=min(dates, default=None)))
    rows = {name: _row(one, term) for name, one in places.items()}
    print_rows(console, rows, here)
    console.print()
    say(console, HOUR)
    if any(one.missing for one in places.values()):
        say(console, "A sum with ? is the least that it can be: it makes no place the cheaper one.")
    old = {name: cents(one.outdated.week) for name, one in places.items()}
    if told := [f"{name} {week:,}" for name, week in old.items() if week]:
        say(console, f"Prices that are too old would add to a typical week: {', '.join(told)}.")
    unknown: dict[str, list[str]] = {}
    for name, one in places.items():
        if items := dict.fromkeys(line.charge.item for line in one.missing):
            unknown.setdefault("; ".join(items), []).append(name)
    for items_missing, names in unknown.items():
        words = f"in {', '.join(names)}: {items_missing}"
        say(console, words, label=f"{UNKNOWN} ", indent="  ", style="red")
    if found.unknown:
        most = ", ".join(item for item, _ in found.lacking.most_common(3))
        say(
            console,
            f"In {found.unknown} of {found.compared + found.unknown} other regions of "
            f"{CLOUDS[own].title} prices that are known here are missing, mostly of {most}: they "
            "come last, those where least is missing first.",
        )
    for place in found.places:
        if not place.priced:
            say(console, f"Not compared: {_name(place)}: {place.why}")
        elif place.cloud != own:
            say(console, f"What does not carry over to {_name(place)}:")
            for line in place.left:
                say(console, line, label="  ", indent="    ")


def part(found: Elsewhere, term: Term | None) -> dict[str, Any]:
    """For scripts; see docs/cost.md."""
    return {
        "places": [_place(place, term) for place in found.places],
        "regions_compared": found.compared,
        "regions_not_compared": found.unknown,
        "lacking": dict(found.lacking),
    }


def _place(place: Place, term: Term | None) -> dict[str, Any]:
    priced = place.priced
    return {
        "cloud": place.cloud,
        "region": place.region or None,
        "total": priced and sums(priced),
        "complete": priced and not priced.missing,
        "missing": priced and sorted({line.charge.item for line in priced.missing}),
        "term": priced and term and of_term(priced, term),
        "does_not_carry_over": place.left,
        "not_compared": place.why or None,
    }


def _name(place: Place) -> str:
    return f"{place.cloud} {place.region}".strip()


def _row(priced: Estimate, term: Term | None) -> dict[str, Text]:
    total = priced.total()
    row = {
        title: money(getattr(total, column), known=priced.known(column))
        for title, column in {
            "asleep": "asleep",
            "an hour": "hour",
            "typical week": "week",
            "worst day": "day",
        }.items()
    }
    if term:
        row["the term"] = money(total.week * term.days / 7, known=priced.known("week"))
    return row
