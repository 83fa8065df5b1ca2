"""Resources as a table that fits the screen: types only where there is room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.table import Table
from rich.text import Text

from mllab.show.words import short_type

WIDE: Final = 110
"""Columns of a screen from which on types fit beside names and notes."""


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
    longest = max((len(row.name) for rows in groups.values() for row in rows), default=0)
    with_types = width >= WIDE
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("mark", no_wrap=True)
    table.add_column("name", overflow="fold", min_width=min(longest, width * 3 // 5))
    if with_types:
        table.add_column("type", overflow="ellipsis", no_wrap=True)
    table.add_column("note", overflow="fold")
    for heading, rows in groups.items():
        if heading:
            table.add_row("", Text(heading, style="bold"))
        for row in rows:
            kind = [Text(short_type(row.type), style="dim")] if with_types else []
            table.add_row(row.mark, row.name, *kind, row.note)
    return table
