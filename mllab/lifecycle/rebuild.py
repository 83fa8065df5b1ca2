"""Machines made anew on demand, and what counts only for those that are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mllab.clouds import consequences, registry
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


def counts_for_new(session: Session, plan: Plan) -> tuple[str, ...]:
    """What the settings say otherwise than machines were made by, one line each, with the command.

    A cloud changes it on no machine, or only by making it anew, and nobody shall lose one unasked.
    """
    recorded = {
        entry["urn"]: entry.get("inputs") or {} for entry in entries(session.engine.state())
    }
    seats = _machines(session)
    found: dict[str, list[str]] = {}
    for each in plan.resources:
        if each.urn not in seats or each.op not in {Op.SAME, Op.UPDATE}:
            continue
        for row in consequences.of(each.type, role(each.urn), "ignored"):
            before, after = (
                _at(inputs, row.property) for inputs in (recorded[each.urn], each.inputs)
            )
            if after != _UNKNOWN and _differ(before, after):
                found.setdefault(row.words, []).append(seats[each.urn])
    return tuple(
        f"{words}: counts for new machines only ({join_limited(changed)} not yet): "
        + session.command("up", f" {OPTION} {changed[0]}")
        for words, changed in found.items()
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
