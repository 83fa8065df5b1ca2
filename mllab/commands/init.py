"""`init`: a folder of one's own for labs."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from mllab.show import console
from mllab.stackfiles import init as project


def init(folder: str) -> None:
    """Make a folder into a project, and say how to go on in it."""
    made = project.write(Path(folder))
    if made.ignore:
        told = f".gitignore is your own; nobody should commit this, so add: {' '.join(made.ignore)}"
        console.say(console.stderr(), told, label="note: ", style="yellow")
    way = "" if Path(folder).resolve() == Path.cwd() else f"cd {shlex.quote(folder)} && "
    what = f"Wrote {', '.join(made.files)}" if made.files else "Everything was there"
    typer.echo(f"{what}. Next: {way}mllab new my-course")
