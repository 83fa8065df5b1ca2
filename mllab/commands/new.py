"""`new`: a new lab's file, by questions or from another lab."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from mllab.errors import UsageError
from mllab.session.session import clock_from, project
from mllab.show import ask, console
from mllab.stackfiles import convert, prompts


def new(
    stack: str, answers: Sequence[str], cloud: str | None, region: str | None, today: str | None
) -> None:
    """Write a new lab's file."""
    for option, value, setting in (("cloud", cloud, "lab.cloud"), ("region", region, "region")):
        if value is not None:
            raise UsageError(
                f"--{option} {value} says where a lab is brought to, and --from which lab",
                hint=f"For a lab of its own: --set {setting}={value}",
            )
    root = project()
    person = ask.question if ask.can_ask() else None
    path = prompts.write(root, stack, answers, person, clock_from(today).now())
    typer.echo(f"Wrote {path.relative_to(root).as_posix()}. Next: mllab rehearse {stack}")


def from_stack(
    stack: str,
    answers: Sequence[str],
    source: str,
    cloud: str | None,
    region: str | None,
    today: str | None,
) -> None:
    """Write a lab's file from another one, and say what does not carry over."""
    if answers:
        raise UsageError(
            f"--set {answers[0]}: with --from the settings are those of {source}",
            hint="Leave --set out, and change the new file afterwards.",
        )
    root = project()
    path, converted = convert.write(root, stack, source, cloud, region, clock_from(today).now())
    err = console.stderr()
    for line in converted.left:
        console.say(err, line, label="note: ", style="yellow")
    typer.echo(f"Wrote {path.relative_to(root).as_posix()}. Next: mllab rehearse {stack}")
