"""Data is deleted only when it was named: what `up` and `down` ask before they take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.resource_types import EMPTIED_BY
from mllab.engines.contract import Holding, Op, Plan
from mllab.errors import DataAtRisk, UsageError
from mllab.protocol.deployment import entries

OPTION = "--delete-data"


def kept(keep_setting: bool, recorded: Mapping[str, Any]) -> bool:
    """True when the lab's data must be named before it goes.

    Either the settings say `storage.keep`, or the last `up` made it so: switching the setting off
    in the file alone, without an `up` that somebody read, does not release anything.
    """
    return keep_setting or any(
        entry.get("protect") or entry.get("inputs", {}).get(EMPTIED_BY.get(entry["type"])) is False
        for entry in entries(recorded)
    )


def settled(plan: Plan, recorded: Mapping[str, Any]) -> tuple[str, ...]:
    """Whose protection a run would switch on or off, one line each.

    It is an option of Pulumi's, and no cloud knows of it: alone it makes no step.
    """
    before = {entry["urn"]: bool(entry.get("protect")) for entry in entries(recorded)}
    return tuple(
        f"{each.name}: "
        + ("kept, until it is named" if protect else "no longer kept when the lab goes")
        for each in plan.resources
        if (protect := bool(each.options.get("protect"))) != before.get(each.urn, protect)
    )


def data_lost(plan: Plan, holdings: Iterable[Holding]) -> tuple[Holding, ...]:
    """The holders of data that a plan deletes or replaces; what was not looked into is unknown."""
    known = {holding.urn: holding for holding in holdings}
    return tuple(
        known.get(step.urn, Holding(step.urn, step.type, step.name, step.loses, None))
        for step in plan.steps
        if step.loses and step.op in {Op.DELETE, Op.REPLACE}
    )


def release(
    losing: Sequence[Holding], named: Sequence[str], *, keep: bool, command: str
) -> frozenset[str]:
    """The holders that may go: the named ones and the empty ones.

    Args:
        losing: what the run would take away.
        named: the words of `--delete-data`.
        keep: from `kept`.
        command: what to type again, for the message.

    Raises:
        UsageError: a name that is none of the holders that would go.
        DataAtRisk: data that was not named.
    """
    names = {holding.name for holding in losing}
    unknown = [name for name in named if name not in names]
    if unknown:
        raise UsageError(
            f"{OPTION} {unknown[0]}: this run takes no data of that name away",
            hint="Names that hold data here: " + (", ".join(sorted(names)) or "none"),
        )
    at_risk = (one for one in losing if keep and one.amount != "" and one.name not in named)
    guarded = sorted(at_risk, key=lambda one: one.name)  # a plan's order is not always the same
    if guarded:
        lines = [f"  {holding.name}: {describe(holding)}" for holding in guarded]
        options = " ".join(f"{OPTION} {name}" for name in [*named, *(h.name for h in guarded)])
        raise DataAtRisk(
            "data would be lost that nobody named; nothing was changed\n" + "\n".join(lines),
            hint=f"Copy what you need, then name what may go:\n  {command} {options}",
        )
    return frozenset(
        holding.urn for holding in losing if holding.amount == "" or holding.name in named
    )


def describe(holding: Holding) -> str:
    """`objects in the bucket: 3 objects, 12 MB`; what could not be found out is called so."""
    amount = "amount unknown" if holding.amount is None else holding.amount or "empty"
    return f"{holding.what}: {amount}"
