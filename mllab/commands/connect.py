"""`connect`: the way to a notebook."""

from __future__ import annotations

from mllab.lifecycle import connect as connection
from mllab.lifecycle import hourly
from mllab.session.opening import Choice, open_existing
from mllab.show import console
from mllab.show.plan import note, show_notes


def connect(stack: str, seat: str | None, choice: Choice, *, start: bool) -> int:
    """Open the way to a notebook. Returns the exit code of what was run for it."""
    err = console.stderr()
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    return connection.run(
        session.engine.outputs(),
        stack,
        seat,
        say=lambda line: console.say(err, line),
        remark=session.realm.remark,
        price=(lambda name: hourly.seat(session, name).words) if start else None,
        config=session.config,
        where=session.realm.options,
    )
