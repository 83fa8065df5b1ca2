"""Questions: only to a person at a terminal, never in a pipe or a CI job."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from mllab.errors import UsageError
from mllab.show.console import say, stderr

if TYPE_CHECKING:
    from mllab.stackfiles.new import Question


def can_ask() -> bool:
    """True when a person sits at both ends, so that a question will be seen and answered."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def require_terminal(yes: bool, command: str, look: str) -> None:
    """Refuse a run that would have to ask nobody; `look` shows what it would be about.

    Raises:
        UsageError: neither a yes nor a terminal.
    """
    if not yes and not can_ask():
        raise UsageError(
            "this asks before it changes anything, and there is no terminal to ask on; "
            "nothing was changed",
            hint=f"Look first, then say yes on the command line:\n  {look}\n  {command} --yes",
        )


def confirm(question: str) -> None:
    """Go on only after a yes. Raises typer.Exit with code 1 after anything else."""
    with _refusals():
        if not typer.confirm(question, err=True):
            raise typer.Abort


def name(stack: str, whose: str = "") -> None:
    """Go on only when the stack's name was typed. Raises typer.Exit with code 1 otherwise."""
    question = f"Type {stack} to delete all of this{f' in {whose}' if whose else ''}"
    with _refusals():
        if typer.prompt(question, default="", show_default=False, err=True).strip() != stack:
            raise typer.Abort


def question(setting: Question, fault: str) -> str:
    """Ask for a setting. `fault`: of the last answer. Raises KeyboardInterrupt after Ctrl-C."""
    if fault:
        say(stderr(), fault, "  ", "  ", "red")
    else:
        form = f" ({setting.form})" if setting.form else ""
        say(stderr(), f"{setting.text}{form}")
    only = setting.choices[0] if len(setting.choices) == 1 else ""
    default = setting.default or only
    try:
        return str(
            typer.prompt(f"  {setting.key}", default=default, show_default=bool(default), err=True)
        )
    except typer.Abort as error:  # also the end of the input
        typer.echo(err=True)  # the cursor stands behind the question
        raise KeyboardInterrupt from error


@contextmanager
def _refusals() -> Generator[None, None, None]:
    try:
        yield
    except typer.Abort as error:  # also Ctrl-C and the end of the input
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(1) from error
