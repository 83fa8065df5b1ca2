"""`up`: create the lab, or change it."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.lifecycle import deploy, impossible, outlook
from mllab.lifecycle.rebuild import options
from mllab.session.opening import Choice, open_declared
from mllab.show import ask, console, cost_change
from mllab.show import deploy as report
from mllab.show.observer import ConsoleObserver
from mllab.show.plan import note, show_notes, show_plan


def up(
    stack: str,
    choice: Choice,
    *,
    yes: bool,
    delete_data: Sequence[str],
    grants: Sequence[str],
    rebuild: Sequence[str] = (),
    accept_risk: bool = False,
    as_json: bool,
    verbose: bool = False,
) -> None:
    """Create the lab, or change it to match its file, after showing the plan and asking."""
    err, out = console.stderr(), console.results(as_json=as_json)
    session = open_declared(stack, choice, note(err))
    show_notes(err, session.notes)
    ask.require_terminal(yes, session.command("up"), session.command("preview"))
    session.realm.grant(grants)
    whose = session.identify()
    observer = ConsoleObserver(err)
    deploy.look(session, observer)
    plan = deploy.plan(session, observer, rebuild)
    show_plan(out, plan, session.title, every=verbose)
    money = outlook.of(session, plan)
    if not plan.empty:
        cost_change.show(out, session, money, accepted=accept_risk)
    impossible.refuse(session, plan, observer)
    outlook.refuse(session, plan, money, accepted=accept_risk)
    release = deploy.losses(session, plan, delete_data)
    if not plan.empty and not yes:
        ask.confirm(f"Do this to {stack}{f' in {whose}' if whose else ''}?")
        session.engine.forget()  # while the question stood, data may have come
        release = deploy.losses(session, plan, delete_data)
    outcome = None if plan.empty else deploy.up(session, plan, release, observer)
    if as_json:
        console.print_json(report.document(session, outcome))
    if outcome is not None:
        again = options(session, plan, outcome)
        deploy.refuse_failures(outcome, session, "up", again=again)
    if not as_json:
        report.show_next(out, session)
