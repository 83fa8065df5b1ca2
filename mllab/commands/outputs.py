"""`outputs`: what the lab consists of."""

from __future__ import annotations

import typer

from mllab.protocol.deployment import stack_outputs
from mllab.session.opening import Choice, open_existing
from mllab.show import console
from mllab.show.outputs import show_outputs
from mllab.show.plan import note, show_notes


def outputs(stack: str, choice: Choice, *, as_json: bool) -> None:
    """Print what the lab consists of."""
    err = console.stderr()
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    found = stack_outputs(session.engine.state())
    if as_json:
        console.print_json(found)
    elif found:
        show_outputs(console.stdout(), found)
    else:
        typer.echo(f"{stack} has no outputs: it does not exist. Create it: {session.command('up')}")
