"""The table of `list`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mllab.stackfiles.listing import Row
from mllab.wording import pluralize


def show_rows(console: Console, found: list[Row]) -> None:
    """Print the stacks as a table."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("stack", "cloud", "profile", "notebooks", "ends", "state"):
        table.add_column(title, overflow="fold")
    for row in found:
        if row.faults:
            wrong = Text(
                f"{pluralize(len(row.faults), 'fault')}: mllab check {row.stack}", style="red"
            )
            table.add_row(row.stack, "", "", "", "", wrong.append(f"; {row.state}", style=""))
        else:
            ends = row.ends or "no end"
            table.add_row(row.stack, row.cloud, row.profile, row.size, ends, row.state)
    console.print(table)
