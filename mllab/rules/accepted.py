"""What a project accepts against rules, why, and until when: `waivers.csv` beside its Pulumi.yaml.

`mllab/rules/waivers.csv` is what comes with mllab; both count.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from mllab.errors import SettingsError
from mllab.rules.finding import Finding
from mllab.rules.waivers import ANY, Waiver, waive
from mllab.settings import files

NAME: Final = "waivers.csv"
COLUMNS: Final = ("rule", "stack", "resource", "until", "reason")
TOLD: Final = 20
"""Rows that differ, and are told: a review has room for no more."""


@dataclass(frozen=True)
class Accepted(Waiver):
    """One row.

    Args:
        stack: name of the one stack that it is for. resource: here the logical name of a resource,
            as a shell's pattern. place: `waivers.csv:3`.
    """

    stack: str
    place: str


def read(root: Path, rules: Collection[str]) -> tuple[Accepted, ...]:
    """All rows of a project; none where it has no such file.

    Args:
        root: the project's folder. rules: ids that there are.

    Raises:
        SettingsError: all that is wrong, each with its line.
    """
    faults: list[str] = []
    found, stacks = [], files.names(root)
    try:
        for number, row in enumerate(_rows(root), 1):
            cells = dict(zip(COLUMNS, row, strict=False))
            place = f"{NAME}:{number}"
            if number == 1 and tuple(row) != COLUMNS:
                faults.append(f"{place}: must be {','.join(COLUMNS)} (got {','.join(row)})")
            elif number > 1 and row:
                wrong = list(_faults(row, cells, rules, stacks))
                faults += [f"{place}: {one}" for one in wrong]
                found += [_accepted(cells, place)] if not wrong else []
    except (OSError, ValueError, csv.Error) as error:
        faults.append(f"{NAME}: cannot be read: {error}")
    if faults:
        raise SettingsError(faults, hint="What a row says: docs/rules.md")
    return tuple(found)


def accept(
    findings: Iterable[Finding], rows: Sequence[Accepted], stack: str, today: date
) -> tuple[Finding, ...]:
    """The findings of a stack, with the reasons why they are accepted."""
    mine = [row for row in rows if row.stack == stack]
    return tuple(waive(found, found.name, ANY, today, mine) for found in findings)


def unused(
    findings: Collection[Finding], rows: Iterable[Accepted], stack: str
) -> tuple[Finding, ...]:
    """A finding for each row of a stack that nothing needs."""
    return tuple(
        Finding(
            rule=row.rule,
            severity="error",
            urn="",
            name=row.resource,
            message="nothing is against this rule, so nothing needs the waiver",
            fix="take the row out",
            source=row.place,
        )
        for row in rows
        if row.stack == stack
        and not any(row.covers(found.rule, found.name, ANY) for found in findings)
    )


def changes(before: Path, after: Path) -> list[str]:
    """What two revisions of a project accept otherwise: a line for each row, of the first ones."""
    old, new = (_told(root) for root in (before, after))
    lines = [f"{NAME}: now accepts {row}" for row in new if row not in old]
    lines += [f"{NAME}: no longer accepts {row}" for row in old if row not in new]
    more = len(lines) - TOLD
    return lines[:TOLD] + ([f"{NAME}: {more} more rows differ"] if more > 0 else [])


def _rows(root: Path) -> list[list[str]]:
    try:
        text = (root / NAME).read_text(encoding="utf-8-sig")  # as spreadsheets write it
    except FileNotFoundError:
        return []
    rows = []
    for line in text.splitlines():  # a row is a line, so that a fault names its line
        rows += list(csv.reader([line], strict=True)) or [[]]
    return rows


def _faults(
    row: Sequence[str], cells: dict[str, str], rules: Collection[str], stacks: Collection[str]
) -> Iterator[str]:
    if len(row) != len(COLUMNS):
        yield f"must have {len(COLUMNS)} columns (got {len(row)}); quote a text with a comma"
        return
    yield from (f"{name}: must be given" for name, cell in cells.items() if not cell.strip())
    if cells["rule"] and cells["rule"] not in rules:
        yield f"rule: must be one of docs/rules.md (got {cells['rule']!r})"
    if cells["stack"] and cells["stack"] not in stacks:
        yield f"stack: must be one of `mllab list` (got {cells['stack']!r})"
    try:
        date.fromisoformat(cells["until"])
    except ValueError:
        yield f"until: must be a day, like 2027-12-31 (got {cells['until']!r})"


def _accepted(cells: dict[str, str], place: str) -> Accepted:
    until = date.fromisoformat(cells["until"])
    reason = f"{cells['reason']} ({place}, until {until})"
    return Accepted(cells["rule"], ANY, cells["resource"], until, reason, cells["stack"], place)


def _told(root: Path) -> list[str]:
    try:
        rows = _rows(root)[1:]
    except (OSError, ValueError, csv.Error):
        return []  # of the base; a fault of the working tree ends the review
    full = [dict(zip(COLUMNS, row, strict=True)) for row in rows if len(row) == len(COLUMNS)]
    return [
        f"{one['rule']} for {one['resource']} of {one['stack']} until {one['until']}:"
        f" {one['reason']}"
        for one in full
    ]
