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
    """What the settings say otherwise than machines were made by, with the command.

    A cloud changes it on no machine, or only by making it anew, and nobody shall lose one unasked.
    In the order of the cloud's table and of the seats: a plan's own is not always the same.
    """
    recorded = {
        entry["urn"]: entry.get("inputs") or {} for entry in entries(session.engine.state())
    }
    order = session.declared.notebook.seats
    seats = dict(sorted(_machines(session).items(), key=lambda item: order.index(item[1])))
    planned = {each.urn: each for each in plan.resources if each.op in {Op.SAME, Op.UPDATE}}
    found: dict[str, list[str]] = {}
    for row in consequences.table(session.declared.lab.cloud):
        for urn in (urn for urn in seats if urn in planned):
            each = planned[urn]
            if (row.type, row.role, row.step) != (each.type, role(urn), "ignored"):
                continue
            before, after = (_at(inputs, row.property) for inputs in (recorded[urn], each.inputs))
            if after != _UNKNOWN and _differ(before, after):
                found.setdefault(row.words, []).append(urn)
    return tuple(
        ForNew(
            what,
            names := tuple(seats[urn] for urn in urns),
            tuple(urns),
            session.command("up", f" {OPTION} {names[0]}"),
        )
        for what, urns in found.items()
    )


def told(one: ForNew) -> str:
    """One line."""
    return (
        f"{one.what}: counts for new machines only ({join_limited(one.seats)} not yet): "
        f"{one.command}"
    )


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
    """Whether a cloud has something else than is said; what it adds by itself does not count."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return any(before.get(key) != value for key, value in after.items())
    return bool(before != after)


def _at(inputs: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path; None for nothing, an empty list and an empty text."""
    value: Any = inputs
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
        if value == _UNKNOWN:
            break
    return value or None
