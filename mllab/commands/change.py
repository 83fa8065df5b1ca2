"""`up`, `down`, `rehearse`: what changes a cloud, real or simulated."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from mllab.errors import RunFailed, UsageError
from mllab.lifecycle import deploy, quota, rehearsal, teardown
from mllab.session.opening import Choice, open_declared, open_existing
from mllab.show import ask, console
from mllab.show import rehearsal as report
from mllab.show.plan import note, show_notes, show_plan


def up(
    stack: str,
    choice: Choice,
    *,
    yes: bool,
    delete_data: Sequence[str],
    grants: Sequence[str],
    as_json: bool,
) -> None:
    """Create the lab, or change it to match its file, after showing the plan and asking."""
    err, out = console.stderr(), console.results(as_json=as_json)
    session = open_declared(stack, choice, note(err))
    show_notes(err, session.notes)
    ask.require_terminal(yes, session.command("up"), session.command("preview"))
    if session.cloud is not None:
        quota.grant(session.cloud, grants)
    elif grants:
        raise UsageError(
            f"--grant {grants[0]}: only simulated clouds grant a quota by command",
            cure="Ask the real one: see the failure's own cure, or its console.",
        )
    deploy.refuse_examples(session)
    whose = session.identify()
    deploy.look(session, err)
    plan = deploy.plan(session, err)
    show_plan(out, plan, session.title)
    release = deploy.losses(session, plan, delete_data)
    if not plan.empty and not yes:
        ask.confirm(f"Do this to {stack}{f' in {whose}' if whose else ''}?")
        release = deploy.losses(session, plan, delete_data)  # data may have come meanwhile
    outcome = None if plan.empty else deploy.up(session, plan, release, err)
    if as_json:
        console.print_json(deploy.document(session, outcome))
    if outcome is not None:
        deploy.refuse_failures(outcome, session, "up")
    if not as_json:
        deploy.show_next(out, session)


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
        teardown.show(out, session, things, holdings)
        release = teardown.release(session, holdings, delete_data)
        if not yes:
            ask.name(stack, whose)
            # While the question stood, data may have come into what was empty.
            release = teardown.release(session, session.engine.holdings(), delete_data)
        outcome = teardown.down(session, release, len(things), err)
    remaining = teardown.left(session)
    if as_json:
        console.print_json(teardown.document(session, things, remaining, outcome))
    teardown.refuse_leftovers(session, remaining, outcome)
    if not as_json:
        typer.echo(teardown.farewell(session, things, remaining.kept))


def rehearse(
    stack: str, today: str | None, engine: str | None, *, keep: bool, as_json: bool
) -> None:
    """Play a lab's whole life on a simulated account, and prove that nothing is left of it."""
    out = console.results(as_json=as_json)
    driver = Choice(simulate=True, engine=engine).driver
    with rehearsal.stage(stack, today, driver, keep=keep) as stage:
        acts = report.show(out, stage)
        if as_json:
            console.print_json(report.document(stage, acts))
    if keep:
        typer.echo(f"Kept: {stage.folder}", err=True)
    if not all(act.ok for act in acts):
        raise RunFailed(
            f"rehearsal of {stack}: act {len(acts)} differs from what is expected",
            cure=f"To look into its folder: mllab rehearse {stack} --keep",
        )
