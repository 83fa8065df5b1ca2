"""A table of prices as a file: its rows, or one error that names the cell and what is wanted."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TypeVar

from mllab.errors import LabError

MOST: Final = 1_000_000
"""US dollars of one unit, from which on a price is a slip."""

Row = Mapping[str, str]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Wrong(ValueError):
    """A row from which no price can be read: why."""


def read(
    path: Path, shown: str, columns: Collection[str], of: Callable[[Row], tuple[Key, Value] | None]
) -> dict[Key, Value]:
    """The rows of a table.

    Args:
        shown: the file, as messages call it. columns: that it must have. of: what a row says, None
            for one without a price; it raises Wrong.

    Raises:
        LabError: the first line that is wrong.
    """
    found: dict[Key, Value] = {}
    lines: dict[Key, int] = {}
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:  # Excel begins it with a mark
            table = csv.DictReader(text, strict=True)
            if missing := [name for name in columns if name not in (table.fieldnames or ())]:
                raise Wrong(f"must name the columns; {', '.join(missing)} is not among them")
            for row in table:
                line = table.line_num
                if None in row or None in row.values():
                    width = len(table.fieldnames or ())
                    raise Wrong(f"must have {width} columns; put a text with a comma in quotes")
                told = of(row)
                if told is None:
                    continue
                key, value = told
                if key in found:
                    raise Wrong(f"is of the same thing as line {lines[key]}; delete one of them")
                found[key], lines[key] = value, line
    except UnicodeDecodeError as error:
        raise _fault(shown, line, "must be text in UTF-8") from error
    except (Wrong, OSError, csv.Error) as error:
        raise _fault(shown, line, str(error)) from error
    return found


def amount(row: Row, column: str) -> Decimal:
    """US dollars of one unit."""
    text = row[column]
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not (found.is_finite() and 0 <= found <= MOST and text.isascii()):
        raise _cell(row, column, f"a number of US dollars from 0 to {MOST:,}, like 0.045")
    return found


def day(row: Row, column: str) -> date | None:
    """The day of a price; None where nobody wrote it down."""
    try:
        return date.fromisoformat(row[column]) if row[column] else None
    except ValueError:
        raise _cell(row, column, "a day like 2026-11-30, or nothing") from None


def one_of(row: Row, column: str, wanted: Collection[str]) -> str:
    """A text that must be one of some."""
    if row[column] not in wanted:
        raise _cell(row, column, " or ".join(sorted(wanted)))
    return row[column]


def _cell(row: Row, column: str, wanted: str) -> Wrong:
    return Wrong(f"{column}: must be {wanted} (got {row[column]!r})")


def _fault(shown: str, line: int, why: str) -> LabError:
    return LabError(
        f"{shown}:{line}: {why}",
        hint="Correct that line, or put it back as git or the installed mllab has it.",
    )
