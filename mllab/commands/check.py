"""`check`: every fault of a lab's file."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from mllab.errors import SettingsError
from mllab.session.session import clock_from, project
from mllab.settings import files
from mllab.show import console
from mllab.stackfiles import listing

FIRST = "first"
"""The lab's own first day, for `--today`: no lab is over before it has begun."""


def check(stack: str, today: str | None, *, as_json: bool) -> None:
    """Check a lab's file, and say every fault with its line.

    Args:
        stack: its name, or the path of its file. today: `first` for whichever day it begins on.
    """
    is_path = stack.endswith(".yaml") or "/" in stack
    path = Path(stack) if is_path else files.find(project(), stack)
    now = None if today == FIRST else clock_from(today).now()
    try:
        lab = files.load(path, now=now)
    except SettingsError as error:
        if as_json:
            console.print_json({"stack": stack, "ok": False, "faults": list(error.faults)})
        if is_path and error.hint:  # its file need not be in this project
            error.hint = f"Correct it, then run `mllab check {shlex.quote(stack)}`."
        raise
    summary = listing.describe(lab)
    if as_json:
        console.print_json({"stack": stack, "ok": True, "faults": [], "summary": summary})
    else:
        typer.echo(f"{stack}: ok. {summary}")
