"""`list`: the labs of this project."""

from __future__ import annotations

import typer

from mllab.session.session import project
from mllab.show import console
from mllab.show.stacks import show_rows
from mllab.stackfiles import listing


def list_stacks(*, as_json: bool) -> None:
    """The labs of this project, and which of them exist."""
    rows = listing.rows(project())
    if as_json:
        console.print_json({"stacks": [listing.document(row) for row in rows]})
    elif rows:
        show_rows(console.stdout(), rows)
    else:
        typer.echo("No labs here yet. Make one: mllab new NAME")
