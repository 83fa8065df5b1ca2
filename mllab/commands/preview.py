"""`preview`: what `up` would do."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.lifecycle import deploy, impossible
from mllab.session.opening import Choice, open_declared
from mllab.show import console
from mllab.show.graph import graph
from mllab.show.observer import ConsoleObserver
from mllab.show.plan import note, show_notes, show_plan


def preview(
    stack: str,
    choice: Choice,
    rebuild: Sequence[str] = (),
    *,
    as_json: bool,
    verbose: bool = False,
) -> None:
    """Show what `up` would do, going by what is recorded."""
    err = console.stderr()
    session = open_declared(stack, choice, note(err))
    show_notes(err, session.notes)
    plan = deploy.plan(session, ConsoleObserver(err), rebuild)
    if as_json:
        impossible.refuse_impossible(plan)
        console.print_json(graph(plan, session.declared.lab.cloud, session.engine.state()))
    else:
        show_plan(console.stdout(), plan, session.title, every=verbose)
        impossible.refuse_impossible(plan)
