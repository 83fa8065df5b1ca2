"""`preview` and `up`: what they refuse, what they do, what they report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mllab.engines.contract import Op, Outcome, Plan, Status
from mllab.errors import Interrupted, RunFailed, StillThere, UsageError
from mllab.lifecycle import data_protection, rebuild
from mllab.lifecycle.explain import explain, summary
from mllab.lifecycle.granted import grant_options, lacking, unlooked
from mllab.lifecycle.observer import Observer, Run
from mllab.lifecycle.status import early
from mllab.protocol.deployment import entries, in_cloud, stack_outputs
from mllab.session import location
from mllab.session.session import Session
from mllab.wording import join_limited, pluralize


def plan(session: Session, observer: Observer, seats: Sequence[str] = ()) -> Plan:
    """What `up` would do, and make anew of these seats. Raises UsageError for a seat that is not
    there, and for settings that describe another lab than exists."""
    refuse_moved(session)
    machines = rebuild.machines(session, seats)
    # As if all data might go, so that the plan can say what would be lost; `losses` decides.
    everything = frozenset(holding.urn for holding in session.engine.holdings())
    with observer.waiting(f"Planning {session.stack}"):
        found = session.engine.preview(release=everything, rebuild=machines)
    state = session.engine.state()
    settles = (*data_protection.settled(found, state), *_outputs_to_record(found, state))
    for_new = rebuild.counts_for_new(session, found)
    warnings = (*found.warnings, *map(rebuild.told, for_new), *early(session))
    return replace(found, settles=settles, warnings=warnings, rebuild=machines, for_new=for_new)


def _outputs_to_record(plan: Plan, recorded: Mapping[str, Any]) -> tuple[str, ...]:
    """What the lab's outputs will say anew, one line each: a run may have ended before it said it.

    Where resources change, outputs follow, and are not worth a line.
    """
    if not plan.empty or not entries(recorded):
        return ()
    old = stack_outputs(recorded)
    roles = sorted(
        role for role in {*old, *plan.outputs} if old.get(role) != plan.outputs.get(role)
    )
    return tuple(f"{role}: outputs" for role in roles)


def look(session: Session, observer: Observer) -> None:
    """Record what was changed or deleted by hand, so that the plan puts it back.

    Raises:
        UsageError: the settings describe another lab than exists.
        RunFailed: something could not be looked at, so no plan would be sound.
    """
    refuse_moved(session)
    if not entries(session.engine.state()):
        return
    outcome = session.engine.refresh()
    refuse_failures(outcome, session, "up", only_looked=True)
    for warning in outcome.warnings:
        observer.note(warning)
    for step in outcome.steps:
        if step.custom and step.op is Op.DELETE:
            observer.tell(f"found: {step.name} is gone from the cloud")
        elif step.custom and step.op is Op.UPDATE:
            names = join_limited([change.path for change in step.changes])
            observer.tell(f"found: {step.name} was changed by hand: {names}")


def losses(session: Session, plan: Plan, named: Sequence[str]) -> frozenset[str]:
    """The holders of data that `up` may take away. Raises what `data_protection.release` raises."""
    engine = session.engine
    return data_protection.release(
        data_protection.data_lost(plan, engine.holdings()),
        named,
        keep=data_protection.kept(session.declared.storage.keep, engine.state()),
        command=session.command("up", rebuild.options(session, plan)),
    )


def up(session: Session, plan: Plan, release: frozenset[str], observer: Observer) -> Outcome:
    """Carry the plan out. Failures stay in the outcome; Ctrl-C raises Interrupted."""
    run = observer.running(
        f"Bringing up {session.stack}",
        session.clock,
        planned=plan.steps,
        simulated=session.realm.timed,
    )
    act = partial(session.engine.up, rebuild=plan.rebuild)
    again = rebuild.options(session, plan)
    return watched(session, "up", run, act, release, observer, again)


def watched(
    session: Session,
    verb: str,
    run: Run,
    act: Callable[..., Outcome],
    release: frozenset[str],
    observer: Observer,
    again: str = "",
) -> Outcome:
    """Let an engine act while somebody watches, and tell what came of it.

    Args:
        verb: to be typed again, with `again`. act: `up` or `destroy` of the session's engine.
        release: the holders of data that may go.

    Raises:
        Interrupted: after Ctrl-C.
    """
    try:
        with run:
            outcome = act(run, release=release)
    except KeyboardInterrupt as error:
        raise stopped(session, verb, again) from error
    for warning in outcome.warnings:
        observer.note(warning)
    observer.tell(f"{summary(outcome)} ({run.took()})")
    return outcome


def refuse_moved(session: Session) -> None:
    """Refuse settings that would make another lab of an existing one.

    Raises:
        UsageError: cloud, region, project or name differs from what the last `up` was told.
    """
    lab, state = session.declared, session.engine.state()
    moved = location.moved(lab, session.config, state)
    name = (stack_outputs(state).get("lab") or {}).get("name", lab.name)
    if name != lab.name:
        moved["lab.name"] = (name, lab.name)
    if moved:
        lines = [f"  {key}: {old} -> {new}" for key, (old, new) in moved.items()]
        raise UsageError(
            f"{session.stack} exists, and its settings now describe another lab; "
            "nothing was changed\n" + "\n".join(lines),
            hint="Put the old values back, or give the new lab a stack of its own: mllab new NAME",
        )


def refuse_failures(
    outcome: Outcome, session: Session, verb: str, *, only_looked: bool = False, again: str = ""
) -> None:
    """Tell every failure: resource, cause, where it was declared, and the hint.

    Args:
        only_looked: the run has changed nothing. again: options to be typed again with the verb.

    Raises:
        StillThere: something failed, and resources exist that may cost money.
        RunFailed: something failed, and nothing exists, or nothing was changed.
    """
    if outcome.ok:
        return
    skipped = sum(1 for step in outcome.steps if step.status is Status.SKIPPED and step.custom)
    head = f"{verb} {session.stack}: {pluralize(len(outcome.failures), 'resource')} failed"
    if skipped:
        head += f", {skipped} needed what failed and were not touched"
    short = lacking(session)
    lines = [head, *explain(outcome.failures, short)]
    lines += unlooked(session, outcome.failures)
    go_on = f"  {session.command(verb, again)}{grant_options(session, short)}"
    hint = f"What went well is recorded. When the cause is gone, go on with:\n{go_on}"
    exist = 0 if only_looked else _recorded(session)
    if not exist:
        raise RunFailed("\n".join(lines), hint=hint)
    lines.append(f"  {pluralize(exist, 'resource')} of {session.stack} exist and may cost money.")
    raise StillThere(
        "\n".join(lines), hint=f"{hint}\nOr remove what exists:\n  {session.command('down')}"
    )


def _recorded(session: Session) -> int:
    """How many things in a cloud are recorded."""
    return sum(in_cloud(entry) for entry in entries(session.engine.state()))


def stopped(session: Session, verb: str, again: str = "") -> Interrupted:
    """What to say after Ctrl-C: how much exists, how to go on, how to end it."""
    exist = _recorded(session)
    are = "is" if exist == 1 else "are"
    told = f"{pluralize(exist, 'resource')} of {session.stack} {are} recorded"
    return Interrupted(
        f"interrupted; {told}, and what was in work is looked for by the next run",
        hint=f"Go on:    {session.command(verb, again)}\nLook:     {session.command('status')}\n"
        f"Remove:   {session.command('down')}",
    )
