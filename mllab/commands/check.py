"""`check`: every fault of a lab's file."""

from __future__ import annotations

import typer

from mllab.errors import SettingsError
from mllab.session.session import clock_from, project
from mllab.settings import files
from mllab.show import console
from mllab.stackfiles import listing


def check(stack: str, today: str | None, *, as_json: bool) -> None:
    """Check a lab's file, and say every fault with its line."""
    path = files.find(project(), stack)
    try:
        lab = files.load(path, now=clock_from(today).now())
    except SettingsError as error:
        if as_json:
            console.print_json({"stack": stack, "ok": False, "faults": list(error.faults)})
        raise
    summary = listing.describe(lab)
    if as_json:
        console.print_json({"stack": stack, "ok": True, "faults": [], "summary": summary})
    else:
        typer.echo(f"{stack}: ok. {summary}")
