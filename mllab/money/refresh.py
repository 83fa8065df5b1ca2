"""Renews rows of price tables; a row that nothing is told of stays as it is, with its date."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from mllab.accounts.quotes import Quote
from mllab.money.prices import Price

MACHINES: Final = "machine_prices.csv"
FLAT: Final = "flat_prices.csv"
HEADERS: Final = {
    MACHINES: "cloud,region,use,name,usd_hour,spot_low,spot_high,as_of,source",
    FLAT: "cloud,region,item,unit,usd,free_tier,as_of,source,note",
}
LARGE: Final = 25
"""Percent."""

_KEYS: Final = {MACHINES: 4, FLAT: 3}
"""How many of the first columns say what a row is of."""


@dataclass
class Renewed:
    """What became of a table.

    Args:
        moved: rows with another price, in words. same: how many have their old price and a new
            date. new: how many were not there.
    """

    text: str
    moved: list[str] = field(default_factory=list)
    same: int = 0
    new: int = 0


def renew(
    table: str,
    text: str,
    where: tuple[str, str],
    quotes: Iterable[Quote],
    day: date,
    source: str,
    before: Callable[[Quote], Price | None],
) -> Renewed:
    """A table with the prices of one region renewed; no other line changes by a byte.

    Args:
        table: MACHINES or FLAT. text: of the table; empty for a new one. where: cloud, region.
        day, source: of the prices. before: what the price book has.
    """
    lines = (text or HEADERS[table] + "\n").splitlines(keepends=True)
    cells = [next(csv.reader([line])) for line in lines]
    width, titles = _KEYS[table], cells[0]
    places = {tuple(row[:width]): number for number, row in enumerate(cells) if number}
    found = Renewed("")
    for quote in sorted(quotes, key=lambda one: (one.use, one.item)):
        if bool(quote.use) != (table == MACHINES):
            continue
        key = (*where, *filter(None, (quote.use, quote.item)))
        book = before(quote)
        told = _told(table, quote, book, day, source)
        at = places.get(key)
        old = dict(zip(titles, cells[at], strict=True)) if at is not None else {}
        row = {**dict.fromkeys(titles, ""), **old, **dict(zip(titles, key, strict=False)), **told}
        _count(found, book, quote)
        written = _line([row[title] for title in titles])
        if at is not None:
            lines[at] = written
            continue
        at = 1 + max((n for k, n in places.items() if k < key), default=0)
        lines.insert(at, written)
        places = {k: n + (n >= at) for k, n in places.items()} | {key: at}
        cells.insert(at, [row[title] for title in titles])
    found.text = "".join(lines)
    return found


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file at once: whoever is killed leaves the old one, or the new
    one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _told(table: str, quote: Quote, book: Price | None, day: date, source: str) -> dict[str, str]:
    dated = {"as_of": day.isoformat(), "source": quote.source or source}
    if table == FLAT:
        return {"unit": quote.unit, "usd": _text(quote.usd), **dated}
    seen = (quote.spot, quote.spot) if quote.spot is not None else None
    if not quote.spot_told and book:
        seen = book.spot
    low, high = map(_text, seen) if seen else ("", "")
    return {"usd_hour": _text(quote.usd), "spot_low": low, "spot_high": high, **dated}


def _count(found: Renewed, before: Price | None, quote: Quote) -> None:
    if before is None:
        found.new += 1
    elif before.usd == quote.usd:
        found.same += 1
    else:
        use = f" ({quote.use})" if quote.use else ""
        moved = f"{quote.item}{use}: {_text(before.usd)} -> {_text(quote.usd)}"
        found.moved.append(moved + _share(before.usd, quote.usd))


def _share(before: Decimal, usd: Decimal) -> str:
    """By how much a price moved; one that moved by more than LARGE may be of another thing."""
    if not before:
        return ""
    share = (usd / before - 1) * 100
    large = f", by more than {LARGE} %: check it on the vendor's own page"
    return f", {share:+.0f} %{large if abs(share) > LARGE else ''}"


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
