"""`preview`, `outputs`, `status`, `connect`: nothing is changed."""

from __future__ import annotations

import typer

from mllab.lifecycle import deploy, teardown
from mllab.lifecycle import status as comparison
from mllab.protocol.deployment import stack_outputs
from mllab.session.opening import Choice, open_declared, open_existing
from mllab.show import console
from mllab.show.graph import graph
from mllab.show.outputs import show_outputs
from mllab.show.plan import note, show_notes, show_plan
from mllab.show.status import show_status


def preview(stack: str, choice: Choice, *, as_json: bool) -> None:
    """Show what `up` would do, going by what is recorded."""
    err = console.stderr()
    session = open_declared(stack, choice, note(err))
    show_notes(err, session.notes)
    plan = deploy.plan(session, err)
    if as_json:
        console.print_json(graph(plan, session.declared.lab.cloud, session.engine.state()))
    else:
        show_plan(console.stdout(), plan, session.title)


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


def connect(stack: str, seat: str | None, choice: Choice, *, start: bool) -> int:
    """Open the way to a notebook. Returns the exit code of what was run for it."""
    from mllab.lifecycle import connect as connection

    err = console.stderr()
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    return connection.run(
        session.engine.outputs(),
        stack,
        seat,
        simulated=session.simulated,
        say=lambda line: console.say(err, line),
        start=start,
        config=session.config,
        where=session.where,
    )


def status(stack: str, choice: Choice, *, as_json: bool) -> None:
    """Compare the lab with the cloud."""
    err = console.stderr()
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    found = comparison.look(session)
    show_notes(err, found.warnings)
    if as_json:
        console.print_json(comparison.document(session, found))
    elif found.findings:
        show_status(console.stdout(), found.findings, session.title, session.command("up"))
    if not found.findings:
        teardown.refuse_leftovers(session, teardown.left(session))  # the state may have been lost
    if not found.findings and not as_json:
        typer.echo(f"{stack} does not exist. Create it: {session.command('up')}")
