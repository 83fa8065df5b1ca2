"""Machines made anew on demand, and what counts only for those that are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mllab.clouds import consequences, registry
from mllab.clouds.consequences import ForNew
from mllab.engines.contract import Op, Outcome, Plan, Status
from mllab.errors import UsageError
from mllab.protocol import urns
from mllab.protocol.deployment import entries
from mllab.session.session import Session
from mllab.settings.fields import nearest
from mllab.wording import join_limited, role

OPTION: Final = "--rebuild"

_UNKNOWN: Final = {"$unknown": True}


def machines(session: Session, seats: Sequence[str]) -> frozenset[str]:
    """The recorded machines of some seats; none for a seat whose machine is to be made anyhow.

    Raises:
        UsageError: the settings name no such seat.
    """
    known = session.declared.notebook.seats
    unknown = [seat for seat in seats if seat not in known]
    if unknown:
        raise UsageError(
            f"{OPTION} {unknown[0]}: {session.stack} has no such seat{nearest(unknown[0], known)}",
            hint=f"Seats: {join_limited(known, 20)}",
        )
    return frozenset(urn for urn, seat in _machines(session).items() if seat in seats)


def options(session: Session, plan: Plan, outcome: Outcome | None = None) -> str:
    """What the command that made a plan needs when it is typed again.

    Args:
        outcome: what came of it; whoever has a new machine already keeps that.
    """
    done = {
        step.urn
        for step in (outcome.steps if outcome else ())
        if (step.op, step.status) == (Op.CREATE_REPLACEMENT, Status.DONE)
    }
    wanted = plan.rebuild - done
    seats = [seat for urn, seat in _machines(session).items() if urn in wanted] if wanted else []
    return "".join(f" {OPTION} {seat}" for seat in seats)


def counts_for_new(session: Session, plan: Plan) -> tuple[ForNew, ...]:
    """What the settings say otherwise than something was made by, and no run changes on it.

    A cloud changes it on nothing that exists, or only by making it anew, and nobody shall lose
    anything unasked. In the order of the cloud's table, and of the seats: a plan's own is not
    always the same.
    """
    recorded = {
        entry["urn"]: entry.get("inputs") or {} for entry in entries(session.engine.state())
    }
    seats, order = _machines(session), session.declared.notebook.seats
    kept = [each for each in plan.resources if each.op in {Op.SAME, Op.UPDATE}]
    kept.sort(key=lambda each: (order.index(seats.get(each.urn, order[0])), each.urn))
    found: dict[str, list[str]] = {}
    for row in consequences.table(session.declared.lab.cloud):
        for each in kept:
            if (row.type, row.role, row.step) == (each.type, role(each.urn), "ignored"):
                before = _at(recorded[each.urn], row.property)
                if _differ(before, _at(each.inputs, row.property)):
                    found.setdefault(row.words, []).append(each.urn)
    return tuple(_for_new(session, what, urns, seats) for what, urns in found.items())


def _for_new(
    session: Session, what: str, changed: Sequence[str], seats: Mapping[str, str]
) -> ForNew:
    whose = tuple(seats[urn] for urn in changed if urn in seats)
    command = session.command("up", f" {OPTION} {whose[0]}") if whose else ""
    names = tuple(urns.name_of(urn) for urn in changed)
    return ForNew(what, names, whose, tuple(changed), command)


def told(one: ForNew) -> str:
    """One line."""
    those = "machines" if one.seats else "ones"
    left = join_limited(one.seats or one.names)
    line = f"{one.what}: counts for new {those} only ({left} not yet)"
    return f"{line}: {one.command}" if one.command else line


def _machines(session: Session) -> dict[str, str]:
    """The recorded machines of the notebooks: urn -> seat."""
    lab = session.declared
    names = {f"{lab.name}-notebook-{seat}": seat for seat in lab.notebook.seats}
    return {
        urn: names[name]
        for entry in entries(session.engine.state())
        if registry.is_machine(entry["type"])
        and role(urn := entry["urn"]) == "notebook"
        and (name := urns.name_of(urn)) in names
    }


def _differ(before: Any, after: Any) -> bool:
    """Whether a cloud has something else than is said; what it adds by itself does not count, nor
    what the run alone will know, unless there is nothing yet."""
    if after == _UNKNOWN:
        return before is None
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return any(before.get(key) != value for key, value in after.items())
    return bool(before != after)


def _at(inputs: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path; None for nothing, an empty list and an empty text.

    A list in the middle of it is a block, of which there is one.
    """
    value: Any = inputs
    for key in path.split("."):
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(key) if isinstance(value, Mapping) else None
        if value == _UNKNOWN:
            break
    return value or None
