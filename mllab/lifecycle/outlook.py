"""What a plan means in money: beside what the lab costs now, and beside its budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mllab.engines.contract import Plan
from mllab.engines.recorded import resource
from mllab.errors import OverBudget
from mllab.lifecycle import cost, rebuild
from mllab.money import estimate, risk
from mllab.money.change import Change
from mllab.money.estimate import Estimate, cents
from mllab.money.risk import Amount, Risk
from mllab.protocol.deployment import entries, in_cloud, interrupted, stack_outputs
from mllab.session.session import Session
from mllab.wording import pluralize

OPTION: Final = "--accept-risk"


class NotReckoned(Exception):
    """Why nobody can say what a lab costs now."""


@dataclass(frozen=True)
class Outlook:
    """What a lab will cost, and what it costs now.

    Args:
        after: when the plan is carried out. risk: of that, beside the budget.
        change: None where nothing exists, or what exists could not be reckoned: `why`.
    """

    after: Estimate
    risk: Risk
    change: Change | None = None
    why: str = ""


def of(session: Session, plan: Plan) -> Outlook:
    """What a plan means in money."""
    after = cost.of(session, plan)
    found = risk.judge(after, session.declared, session.clock.today())
    try:
        before = recorded(session, after)
    except NotReckoned as error:
        return Outlook(after, found, why=str(error))
    return Outlook(after, found, Change(before, after) if before else None)


def recorded(session: Session, like: Estimate) -> Estimate | None:
    """What a lab costs as it is recorded; None where nothing exists.

    Args:
        like: reckoned for the same place and the same use.

    Raises:
        NotReckoned: what is recorded does not tell.
    """
    state = session.engine.state()
    things = [entry for entry in entries(state) if in_cloud(entry) and not entry.get("external")]
    begun = [entry for entry in interrupted(state) if in_cloud(entry)]
    if begun:
        count = pluralize(len(begun), "resource")
        raise NotReckoned(f"{count} of an interrupted run may exist")
    if not things:
        return None
    outputs = stack_outputs(state)
    most, node = _cluster(outputs.get("cluster"), like)
    seats = len((outputs.get("notebook") or {}).get("seats") or ())
    lab = replace(like.lab, most=most, node=node, seats=seats)
    found = map(resource, things)
    return estimate.of(found, lab, session.clock.today(), like.use)


def _cluster(outputs: Any, like: Estimate) -> tuple[int, str]:
    """How many machines for jobs the last `up` allowed, and of which type."""
    told = outputs if isinstance(outputs, Mapping) else {}
    submit = told.get("submit")
    if not isinstance(told.get("max_nodes"), int | float) or not isinstance(submit, Mapping):
        raise NotReckoned("no `up` of it has come to its end")
    if like.bounded:  # a resource tells the type
        return int(told["max_nodes"]), like.lab.node
    if not isinstance(submit.get("machine_type"), str):
        raise NotReckoned("its last `up` did not record the type of its machines for jobs")
    gpu = submit.get("accelerator") or ""
    return int(told["max_nodes"]), f"{submit['machine_type']}{'+' if gpu else ''}{gpu}"


def refuse(
    session: Session, plan: Plan, outlook: Outlook, *, accepted: bool = False, again: str = ""
) -> None:
    """Refuse a lab that takes more than its budget if nobody intervenes.

    What changes nothing, or makes such a lab cheaper and nothing dearer, is not refused.

    Args:
        accepted: somebody said OPTION. again: what to type to say so; by default `up`.

    Raises:
        OverBudget: names each part, and what to change.
    """
    found = outlook.risk
    cheaper = outlook.change is not None and outlook.change.lowers
    if plan.empty or accepted or cheaper or not found.exceeds:
        return
    until = f" until {found.last}" if found.last else ""
    lines = [
        f"{session.stack} can take {amount(found.alone)} USD{until} if nobody intervenes, more than"
        f" its budget of {cents(found.limit):,} per {found.per}; nothing was changed",
        *(f"  {part.what}: {amount(part.amount)}" for part in found.parts if part.amount.least),
    ]
    if old := found.alone.outdated:
        lines.append(f"  Of that {cents(old):,} by prices that are too old, or have no date.")
    again = again or session.command("up", f"{rebuild.options(session, plan)} {OPTION}")
    raise OverBudget(
        "\n".join(lines),
        hint="Lower notebook.max_hours, cluster.max_job_hours, cluster.max_nodes or the sizes, or"
        f" raise budget.limit_usd. To make it all the same:\n  {again}",
    )


def rehearse(session: Session, plan: Plan, *, accepted: bool) -> None:
    """Refuse a plan as `up` would. Raises OverBudget."""
    again = f"mllab rehearse {session.stack} {OPTION}"
    refuse(session, plan, of(session, plan), accepted=accepted, again=again)


def amount(found: Amount) -> str:
    """`12.40`, with `+ ?` where a price is missing; prices too old count as the best known."""
    return f"{cents(found.least):,}{'' if found.complete else ' + ?'}"
