"""Resources as a table that fits the screen; on a narrow one the type stands before the note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.table import Table
from rich.text import Text

from mllab.wording import short_type

WIDE: Final = 110
"""Columns of a screen from which on types have a column of their own."""

GAP: Final = 2
"""Columns between two columns of the table."""


@dataclass(frozen=True)
class Row:
    """One resource. `mark`: what happens to it, or its state."""

    mark: Text
    name: str
    type: str
    note: Text = field(default_factory=Text)


def resources(groups: Mapping[str, Sequence[Row]], width: int) -> Table:
    """The rows, each group under its heading; names are never cut, because they are typed again.

    Args:
        width: columns of the screen.
    """
    every = [row for rows in groups.values() for row in rows]
    with_types = width >= WIDE
    names = min(max((len(row.name) for row in every), default=0), width * 3 // 5)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
    table.add_column("mark", no_wrap=True)
    table.add_column("name", overflow="fold", min_width=names)
    # Told how much room is left, the notes are folded; else rich cuts off what is too wide.
    room = width - max((len(row.mark) for row in every), default=0) - names - 3 * GAP
    if with_types:
        types = min(max((len(short_type(row.type)) for row in every), default=0), room // 2)
        table.add_column("type", overflow="ellipsis", no_wrap=True, max_width=types)
        room -= types + GAP
    table.add_column("note", overflow="fold", max_width=max(room, 1))
    for heading, rows in groups.items():
        if heading:
            table.add_row("", Text(heading, style="bold"))
        for row in rows:
            kind = Text(short_type(row.type), style="dim")
            cells = [kind, row.note] if with_types else [_joined(kind, row.note)]
            table.add_row(row.mark, row.name, *cells)
    return table


def _joined(kind: Text, note: Text) -> Text:
    """`ec2/Instance restarts`; a note that begins a new line does so."""
    if not note.plain or not kind.plain:
        return kind + note
    return kind + Text("" if note.plain.startswith("\n") else " ") + note
