"""`preview`: what `up` would do."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.errors import DataAtRisk, OverBudget
from mllab.lifecycle import deploy, impossible, outlook
from mllab.session.opening import Choice, open_declared
from mllab.show import console, cost_change
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
    money = outlook.of(session, plan)
    if not as_json:
        show_plan(console.stdout(), plan, session.title, every=verbose)
        if not plan.empty:
            cost_change.show(console.stdout(), session, money)
    impossible.refuse(session, plan, observer)
    if as_json:
        shown = graph(plan, session.declared.lab.cloud, session.engine.state())
        console.print_json({**shown, "cost": cost_change.document(money)})
    try:
        outlook.refuse(session, plan, money)
    except OverBudget as error:
        observer.note(f"`up` refuses: {error}")
    try:
        deploy.losses(session, plan, ())
    except DataAtRisk as error:  # what may go is named to `up`, after this was read
        observer.note(f"unless it is told what may go, `up` refuses: {error}")
