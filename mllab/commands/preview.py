"""`preview`: what `up` would do."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.errors import DataAtRisk
from mllab.lifecycle import cost, deploy, impossible
from mllab.session.opening import Choice, open_declared
from mllab.show import console
from mllab.show.cost import show_line
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
    """Show what `up` would do or refuse, going by what is recorded."""
    err = console.stderr()
    session = open_declared(stack, choice, note(err))
    show_notes(err, session.notes)
    observer = ConsoleObserver(err)
    plan = deploy.plan(session, observer, rebuild)
    if not as_json:
        show_plan(console.stdout(), plan, session.title, every=verbose)
        if not plan.empty:
            show_line(console.stdout(), session, cost.of(session, plan))
    impossible.refuse(session, plan, observer)
    if as_json:
        console.print_json(graph(plan, session.declared.lab.cloud, session.engine.state()))
    try:
        deploy.losses(session, plan, ())
    except DataAtRisk as error:  # what may go is named to `up`, after this was read
        observer.note(f"unless it is told what may go, `up` refuses: {error}")
