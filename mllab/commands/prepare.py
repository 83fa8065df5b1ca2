"""`list`, `new`, `check`, `setup`: no cloud is contacted."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from mllab import interview, stacks
from mllab.errors import SettingsError
from mllab.session import clock_from, home, project
from mllab.settings import files
from mllab.show import ask, console


def list_stacks(*, as_json: bool) -> None:
    """The labs of this project, and which of them exist."""
    rows = stacks.rows(project())
    if as_json:
        console.print_json({"stacks": [stacks.document(row) for row in rows]})
    elif rows:
        stacks.show_rows(console.stdout(), rows)
    else:
        typer.echo("No labs here yet. Make one: mllab new NAME")


def new(stack: str, answers: Sequence[str], today: str | None) -> None:
    """Write a new lab's file."""
    root = project()
    person = ask.question if ask.can_ask() else None
    path = interview.write(root, stack, answers, person, clock_from(today).today())
    typer.echo(f"Wrote {path.relative_to(root).as_posix()}. Next: mllab rehearse {stack}")


def check(stack: str, today: str | None, *, as_json: bool) -> None:
    """Check a lab's file, and say every fault with its line."""
    path = files.find(project(), stack)
    try:
        lab = files.load(path, today=clock_from(today).today())
    except SettingsError as error:
        if as_json:
            console.print_json({"stack": stack, "ok": False, "faults": list(error.faults)})
        raise
    summary = stacks.describe(lab)
    if as_json:
        console.print_json({"stack": stack, "ok": True, "faults": [], "summary": summary})
    else:
        typer.echo(f"{stack}: ok. {summary}")


def setup() -> None:
    """Make sure that there is a Pulumi CLI, and print where it is."""
    from mllab import setup as installer  # what it needs takes longer than the other verbs

    err = console.stderr()
    found = installer.install(home(project()), lambda line: console.say(err, line))
    console.say(err, "Look at a lab in your account: mllab preview STACK")
    typer.echo(str(found.path))
