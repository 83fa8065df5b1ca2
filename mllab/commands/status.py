"""`status`: the lab beside the cloud."""

from __future__ import annotations

import typer

from mllab.lifecycle import hourly, teardown
from mllab.lifecycle import status as comparison
from mllab.session.opening import Choice, open_existing
from mllab.show import console
from mllab.show import status as report
from mllab.show.plan import note, show_notes


def status(stack: str, choice: Choice, *, as_json: bool) -> None:
    """Compare the lab with the cloud and its file; end with an error where it is not whole."""
    err = console.stderr()
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    found = comparison.look(session)
    show_notes(err, found.warnings)
    money = hourly.running(session, found.findings)
    if as_json:
        console.print_json(report.document(session, found, *money))
    elif found.findings:
        report.show_status(console.stdout(), found, session, *money)
    if not found.findings:
        teardown.refuse_orphans(session, teardown.left(session))  # the state may have been lost
    if not found.findings and not as_json:
        typer.echo(f"{stack} does not exist. Create it: {session.command('up')}")
    comparison.refuse(session, found)
