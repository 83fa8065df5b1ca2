"""What a lab costs as a table: by role, by seat, and each charge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mllab.money.estimate import Estimate, Line, cents
from mllab.money.meters import When
from mllab.settings.lab import Lab
from mllab.show.console import say
from mllab.show.table import WIDE
from mllab.wording import join_limited, pluralize

COLUMNS: Final = {
    "asleep": "asleep, a month",
    "hour": "in use, an hour",
    "week": "typical week",
    "day": "at most a day",
}
"""Fields of `Sums` -> their titles."""

HOUR: Final = "An hour is one of all notebooks and of one machine for jobs."

UNKNOWN: Final = "?"
_ANY_WIDTH: Final = 500


def money(amount: Decimal, *, known: bool) -> Text:
    """`12.40`, `12.40 + ?` where a part is not known, `?` where none is, nothing for nothing."""
    text = Text(f"{cents(amount):,}" if amount else "")
    if not known:
        text.append(f" + {UNKNOWN}" if amount else UNKNOWN, style="red")
    return text


def print_rows(
    console: Console, rows: Mapping[str, Mapping[str, Text]], important: str = ""
) -> None:
    """Print rows of amounts, each by the title of its column; a block for each where the screen is
    too narrow for a table.

    Args:
        important: name of a row that stands out.
    """
    table = _table()
    titles = list(dict.fromkeys(title for row in rows.values() for title in row))
    table.add_column("")
    for title in titles:
        table.add_column(title, justify="right", min_width=8)
    for name, cells in rows.items():
        style = "bold" if name == important else ""
        table.add_row(name, *(cells.get(title, Text()) for title in titles), style=style)
    wide = console.options.update(max_width=_ANY_WIDTH)
    if console.measure(table, options=wide).maximum > console.width:
        table = _table()
        table.show_header = False
        table.add_column("")
        table.add_column("", justify="right")
        for name, cells in rows.items():
            table.add_row(Text(name, style="bold"), "")
            for title in filter(lambda title: cells[title].plain, cells):
                table.add_row(f"  {title}", cells[title])
    console.print(table)


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def amounts(estimate: Estimate) -> dict[str, Text]:
    """What an estimate comes to, by the titles of the columns."""
    total = estimate.total()
    return {
        title: money(getattr(total, column), known=estimate.known(column))
        for column, title in COLUMNS.items()
    }


def show_roles(console: Console, estimate: Estimate, lab: Lab) -> None:
    """Print the estimate by role, a row for one seat where there are several, and the total."""
    rows: dict[str, dict[str, Text]] = {}
    for role in estimate.roles:
        cells = amounts(estimate.part(lambda line, role=role: line.role == role))  # type: ignore[misc]
        if any(cell.plain for cell in cells.values()):
            rows[role] = cells
        if role == "notebook" and len(lab.notebook.seats) > 1:
            rows |= {f"  {name}": amounts(one) for name, one in seats(estimate, lab)}
    rows["total"] = amounts(estimate)
    print_rows(console, rows, "total")


def seats(estimate: Estimate, lab: Lab) -> Iterator[tuple[str, Estimate]]:
    """What one seat costs, in words which; more than one where they do not cost the same."""
    of: dict[str, list[Line]] = {seat: [] for seat in lab.notebook.seats}
    for line in estimate.lines:
        if line.role == "notebook" and (seat := _seat(line, lab)) in of:
            of[seat].append(line)
    alike: dict[object, list[str]] = {}
    parts = {seat: replace(estimate, lines=tuple(lines)) for seat, lines in of.items()}
    for seat, part in parts.items():
        alike.setdefault((part.total(), len(part.missing)), []).append(seat)
    for names in alike.values():
        words = f"each of {len(names)}" if len(alike) == 1 else join_limited(names, 3)
        yield words, parts[names[0]]


def _seat(line: Line, lab: Lab) -> str:
    """What stands in a name where a seat does, up to the last word that makes it one."""
    words = line.name.removeprefix(f"{lab.name}-notebook-").split("-")
    names = ("-".join(words[:number]) for number in range(len(words), 0, -1))
    return next((name for name in names if name in lab.notebook.seats), "")


def show_charges(console: Console, estimate: Estimate) -> None:
    """Print what each resource is billed by, its price and what it comes to; as a table where the
    screen is wide enough.
    """
    wide, table = console.width >= WIDE, _table()
    table.add_column("", overflow="fold")
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for name, lines in groupby(estimate.lines, attrgetter("name")):
        table.add_row(name)
        if not wide:
            say(console, name)
        for line in lines:
            cells = amounts(replace(estimate, lines=(line,))).values()
            words = f"{line.charge.when}: {_quantity(line)}{line.charge.item}, {_price(line)}"
            table.add_row(Padding(words, (0, 0, 0, 2)), *cells)
            if not wide:
                sums = (f"; {title} {cell}" for title, cell in zip(COLUMNS, cells, strict=True))
                say(console, words + "".join(one for one in sums if one[-1] != " "), indent="  ")
    if wide:
        console.print(table)


def _quantity(line: Line) -> str:
    """Empty where nobody has said how much it is."""
    unsaid = line.charge.when is When.USAGE and not line.charge.said
    return "" if unsaid else f"{line.charge.quantity:f} "


def _price(line: Line) -> str:
    price = line.charge.price
    if price is None:
        return "no price known"
    weak = "~" if price.weak else ""
    dated = f" of {price.as_of}" if price.as_of else ", without a date"
    return f"{weak}{price.usd} per {price.unit}{dated}"


def show_missing(console: Console, estimate: Estimate) -> None:
    """Print what is not in the sums and should be, one line for each reason."""
    reasons: dict[str, dict[str, None]] = {}
    for line in estimate.missing:
        reasons.setdefault(line.why, {})[line.charge.item] = None
    for why, items in reasons.items():
        say(console, f"{'; '.join(items)}: {why}", label=f"{UNKNOWN} ", indent="  ", style="red")
    old = estimate.outdated
    told = {"asleep": "asleep a month", "week": "in a typical week", "day": "on the worst day"}
    if any(vars(old).values()):
        words = (f"{cents(getattr(old, one)):,} {label}" for one, label in told.items())
        say(console, f"  By prices too old or without a date: {', '.join(words)} more.")


def counted(estimate: Estimate, *, listed: bool) -> str:
    """How much is not in the sums, and how much costs nothing."""
    told = "" if listed else "; -v lists them"
    return (
        f"Not in the sums: {len(estimate.missing)} without a price that counts, "
        f"{len(estimate.usage)} billed by what is done{told}. "
        f"Free: {pluralize(estimate.free, 'resource')}."
    )
