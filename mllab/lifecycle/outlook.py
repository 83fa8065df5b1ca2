"""What a plan means in money: beside what the lab costs now, and beside its budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from mllab.engines.contract import Plan
from mllab.engines.recorded import resource
from mllab.errors import OverBudget
from mllab.lifecycle import cost, rebuild
from mllab.money import estimate, risk
from mllab.money.change import Change
from mllab.money.estimate import Estimate, cents
from mllab.money.risk import Amount, Limits, Risk
from mllab.protocol.deployment import entries, in_cloud, interrupted, stack_outputs
from mllab.session.session import Session
from mllab.wording import pluralize

OPTION: Final = "--accept-risk"
CURE: Final = (
    "Lower notebook.max_hours, cluster.max_job_hours, cluster.max_nodes or the sizes, or raise"
    " budget.limit_usd."
)


class NotReckoned(Exception):
    """Why nobody can say what a lab costs now."""


@dataclass(frozen=True)
class Outlook:
    """What a lab will cost, and what it costs now.

    Args:
        after: when the plan is carried out. risk: of that, beside the budget.
        change: None where nothing exists, or what exists could not be reckoned: `why`.
        now: what the lab takes as it is recorded; None where that does not tell.
    """

    after: Estimate
    risk: Risk
    change: Change | None = None
    why: str = ""
    now: Risk | None = None

    @property
    def no_worse(self) -> bool:
        """The lab exists, and nobody takes more of a risk by the change than now."""
        if self.change is None:
            return False
        if self.now is None:
            return self.change.lowers
        return not self.risk.raises(self.now) and self.change.adds_nothing_unpriced


def of(session: Session, plan: Plan) -> Outlook:
    """What a plan means in money."""
    after = cost.of(session, plan)
    found = risk.judge(after, session.declared, session.clock.today())
    try:
        before = recorded(session, after)
    except NotReckoned as error:
        return Outlook(after, found, why=str(error))
    if before is None:
        return Outlook(after, found)
    bounds = _limits(stack_outputs(session.engine.state()))
    now = risk.judge(before, bounds, session.clock.today()) if bounds else None
    return Outlook(after, found, Change(before, after), now=now)


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


def _limits(outputs: Mapping[str, Any]) -> Limits | None:
    """What bounded the lab by its last `up`; None where an older version made it."""
    told = outputs.get("lab") or {}
    try:
        ends = date.fromisoformat(told["ends"]) if told["ends"] else None
        return Limits.recorded(told["unattended"], ends)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


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

    What changes nothing, or raises nothing that such a lab can take, is not refused.

    Args:
        accepted: somebody said OPTION. again: what to type to say so; by default `up`.

    Raises:
        OverBudget: names each part, and what to change.
    """
    found = outlook.risk
    if plan.empty or accepted or outlook.no_worse or not found.exceeds:
        return
    first, *rest = broken(session.stack, found)
    lines = [f"{first}; nothing was changed", *rest]
    again = again or session.command("up", f"{rebuild.options(session, plan)} {OPTION}")
    raise OverBudget(
        "\n".join(lines),
        hint=f"{CURE} To make it all the same:\n  {again}",
    )


def broken(stack: str, found: Risk) -> list[str]:
    """Why a lab's budget is broken: a sentence, then its parts; nothing where it is not."""
    if not found.exceeds:
        return []
    until = f" until {found.last}" if found.last else ""
    lines = [
        f"{stack} can take {amount(found.alone)} USD{until} if nobody intervenes, more than"
        f" its budget of {cents(found.limit):,} per {found.per}",
        *(f"  {part.what}: {amount(part.amount)}" for part in found.parts if part.amount.least),
    ]
    if old := found.alone.outdated:
        lines.append(f"  Of that {cents(old):,} by prices that are too old, or have no date.")
    return lines


def rehearse(session: Session, plan: Plan, *, accepted: bool) -> None:
    """Refuse a plan as `up` would. Raises OverBudget."""
    again = f"mllab rehearse {session.stack} {OPTION}"
    refuse(session, plan, of(session, plan), accepted=accepted, again=again)


def amount(found: Amount) -> str:
    """`12.40`, with `+ ?` where a price is missing; prices too old count as the best known."""
    return f"{cents(found.least):,}{'' if found.complete else ' + ?'}"
