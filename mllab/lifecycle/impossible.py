"""What the cloud would refuse, refused before anything is changed."""

from __future__ import annotations

from mllab.clouds import consequences
from mllab.engines.contract import Op, Plan
from mllab.errors import UsageError
from mllab.lifecycle import granted, rebuild
from mllab.lifecycle.observer import Observer
from mllab.protocol.deployment import entries
from mllab.session.session import Session
from mllab.wording import join_limited, role


def refuse(session: Session, plan: Plan, observer: Observer) -> None:
    """Refuse a plan that `up` would not begin, or whoever asks what it would do.

    Data that must be named is not looked at: see `deploy.losses`.

    Raises:
        UsageError, RunFailed: the first that is found.
    """
    _refuse_impossible(plan)
    _refuse_allocated(session, plan, observer)
    granted.refuse_short(session, plan, observer)


def _refuse_impossible(plan: Plan) -> None:
    """Refuse what the cloud will refuse, before anything is changed.

    Raises:
        UsageError: names each resource, the property and its values.
    """
    lines, old = [], []
    for step in sorted(plan.steps, key=lambda step: step.name):
        if step.op is Op.UPDATE:
            for change, why in consequences.impossible(step.type, role(step.urn), step.changes):
                values = f"{change.before} -> {change.after}"
                lines.append(f"  {step.name}: {change.path} {values}: {why}")
                old.append(change.before)
    if lines:
        sizes = [str(one) for one in dict.fromkeys(old) if not isinstance(one, bool)]
        larger = ", or a larger one. A smaller disk is to be had by a new seat only."
        raise UsageError(
            "the cloud would refuse this; nothing was changed\n" + "\n".join(lines),
            hint=f"Put the old value back ({join_limited(sizes)}){larger}"
            if sizes
            else "Put the old value back.",
        )


def _refuse_allocated(session: Session, plan: Plan, observer: Observer) -> None:
    """Refuse what the cloud changes only on machines that have been stopped, before it does.

    Whether they run is said to be unknown where the account does not tell.

    Raises:
        UsageError: names each machine, and what to type first.
    """
    lines = []
    ids = {entry["urn"]: entry.get("id", "") for entry in entries(session.engine.state())}
    for step in sorted(plan.steps, key=lambda step: step.name):
        needs = consequences.deallocated(step.type, role(step.urn), step.changes)
        if step.op is not Op.UPDATE or not needs:
            continue
        allocated = session.realm.allocated(ids[step.urn])
        if allocated is None:
            observer.note(f"not checked: whether {step.name} runs (the account does not tell)")
        if not allocated:
            continue
        for change, why in needs:
            values = f"{change.before} -> {change.after}"
            why = why.format(id=ids[step.urn])
            lines.append(f"  {step.name}: {change.path} {values}: {why}")
    if lines:
        again = session.command("up", rebuild.options(session, plan))
        raise UsageError(
            "machines run that cannot be changed while they do; nothing was changed\n"
            + "\n".join(lines),
            hint=f"When nobody works on them, do that. Then:  {again}",
        )
