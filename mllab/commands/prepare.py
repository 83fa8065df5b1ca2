"""`list`, `new`, `check`, `setup`: no cloud is contacted."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from mllab.errors import SettingsError, UsageError
from mllab.session.session import clock_from, home, project
from mllab.settings import files
from mllab.show import ask, console
from mllab.stackfiles import convert as brought
from mllab.stackfiles import listing, prompts


def list_stacks(*, as_json: bool) -> None:
    """The labs of this project, and which of them exist."""
    rows = listing.rows(project())
    if as_json:
        console.print_json({"stacks": [listing.document(row) for row in rows]})
    elif rows:
        listing.show_rows(console.stdout(), rows)
    else:
        typer.echo("No labs here yet. Make one: mllab new NAME")


def new(
    stack: str, answers: Sequence[str], cloud: str | None, region: str | None, today: str | None
) -> None:
    """Write a new lab's file."""
    for option, value, setting in (("cloud", cloud, "lab.cloud"), ("region", region, "region")):
        if value is not None:
            raise UsageError(
                f"--{option} {value} says where a lab is brought to, and --from which lab",
                cure=f"For a lab of its own: --set {setting}={value}",
            )
    root = project()
    person = ask.question if ask.can_ask() else None
    path = prompts.write(root, stack, answers, person, clock_from(today).now())
    typer.echo(f"Wrote {path.relative_to(root).as_posix()}. Next: mllab rehearse {stack}")


def port(
    stack: str,
    answers: Sequence[str],
    source: str,
    cloud: str | None,
    region: str | None,
    today: str | None,
) -> None:
    """Write a lab's file for another cloud, and say what does not carry over."""
    if answers:
        raise UsageError(
            f"--set {answers[0]}: with --from the settings are those of {source}",
            cure="Leave --set out, and change the new file afterwards.",
        )
    if cloud is None:
        raise UsageError("--from says which lab, but not where to", cure="Add --cloud NAME.")
    root = project()
    path, ported = brought.write(root, stack, source, cloud, region, clock_from(today).now())
    err = console.stderr()
    for line in ported.left:
        console.say(err, line, label="note: ", style="yellow")
    typer.echo(f"Wrote {path.relative_to(root).as_posix()}. Next: mllab rehearse {stack}")


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


def setup() -> None:
    """Make sure that there is a Pulumi CLI, and print where it is."""
    from mllab.engines.pulumi import install as installer

    err = console.stderr()
    found = installer.install(home(project()), lambda line: console.say(err, line))
    console.say(err, "Look at a lab in your account: mllab preview STACK")
    typer.echo(str(found.path))
