"""`down`: remove the whole lab."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from mllab.lifecycle import teardown
from mllab.session.opening import Choice, open_existing
from mllab.show import ask, console
from mllab.show import teardown as report
from mllab.show.observer import ConsoleObserver
from mllab.show.plan import note, show_notes


def down(
    stack: str, choice: Choice, *, yes: bool, delete_data: Sequence[str], as_json: bool
) -> None:
    """Remove the whole lab, after showing what goes and asking, and prove that nothing is left."""
    err, out = console.stderr(), console.results(as_json=as_json)
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    ask.require_terminal(yes, session.command("down"), session.command("status"))
    whose = session.identify()
    things, holdings = teardown.recorded(session), session.engine.holdings()
    outcome = None
    if things:
        report.show_removal(out, session, things, holdings)
        release = teardown.release(session, holdings, delete_data)
        if not yes:
            ask.name(stack, whose)
            session.engine.forget()  # while the question stood, data may have come
            release = teardown.release(session, session.engine.holdings(), delete_data)
        outcome = teardown.down(session, release, len(things), ConsoleObserver(err))
    remaining = teardown.left(session)
    if as_json:
        console.print_json(report.document(session, things, remaining, outcome))
    teardown.refuse_orphans(session, remaining, outcome)
    if not as_json:
        typer.echo(report.farewell(session, things, remaining.kept))
