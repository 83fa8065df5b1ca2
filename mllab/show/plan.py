"""A plan as a person reads it: what happens, why, where it was declared, what it would lose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from rich.console import Console
from rich.text import Text

from components import environment
from mllab.engines.contract import Op, Plan, Step
from mllab.engines.operations import OPS
from mllab.lifecycle.meaning import doubtful, meaning
from mllab.show import table
from mllab.show.console import say
from mllab.show.table import WIDE, Row
from mllab.show.words import value
from mllab.wording import pluralize, role

NEW: Final = "new"
"""The engine's reason for a create."""

ORDER: Final = (Op.CREATE, Op.ADOPT, Op.READ, Op.UPDATE, Op.REPLACE, Op.DELETE, Op.RETAIN)


LONG: Final = 80
"""Rows of a plan from which on those that are alike are told as one."""

ROLES: Final = tuple(environment.ROLES)
"""The order in which roles are told."""

ALIKE: Final = 3
"""How many alike rows are told as one."""


def show_plan(console: Console, plan: Plan, title: str, *, every: bool = False) -> None:
    """Print the plan, unchanged resources as a count only.

    Args:
        every: one row for each resource, however many there are.
    """
    console.print(title, style="bold", markup=False)
    groups = grouped(plan.steps)
    long = not every and sum(map(len, groups.values())) > LONG
    wide = console.width >= WIDE
    rows = {
        name: [_row(same, wide=wide) for same in (_alike(steps) if long else [[s] for s in steps])]
        for name, steps in groups.items()
    }
    console.print(table.resources(rows, console.width))
    if long:
        say(console, "What is alike is told once; with -v, one line for each.", style="dim")
    show_notes(console, plan.warnings)
    for line in plan.settles:
        say(console, line, label="recorded: ", style="yellow")
    for urn in plan.pending:
        console.print(
            f"interrupted before: {urn.rpartition('::')[2]}, `up` looks for it in the cloud",
            style="yellow",
            markup=False,
        )
    console.print()
    console.print(summary(plan))


def note(console: Console) -> Callable[[str], None]:
    """Prints what somebody should know at once, also in the middle of a live display."""
    return lambda text: show_notes(console, [text])


def show_notes(console: Console, warnings: Iterable[str]) -> None:
    """Print what an engine wants a person to know."""
    for line in warnings:
        say(console, line, label="note: ", style="yellow")


def summary(plan: Plan) -> Text:
    """`Plan: 45 to create, 2 to replace (1 loses data), 3 unchanged.`"""
    counts = plan.counts()
    if not any(counts.get(op) for op in ORDER) and not plan.pending:
        same = f"{pluralize(counts.get(Op.SAME, 0), 'resource')} as declared."
        if plan.settles:
            return Text(f"Plan: {len(plan.settles)} to record, {same}")
        return Text(f"Plan: nothing to do, {same}")
    text = Text("Plan: ")
    unsure = sum(1 for step in plan.steps if doubtful(step))
    doubts = f" ({unsure} only if what is not known yet has changed)" if unsure else ""
    parts = [
        Text(f"{counts[op]} {OPS[op].future}{doubts if op is Op.REPLACE else ''}", OPS[op].style)
        for op in ORDER
        if counts.get(op)
    ]
    if counts.get(Op.SAME):
        parts.append(Text(f"{counts[Op.SAME]} unchanged"))
    text.append_text(Text(", ").join(parts))
    losing = sum(1 for step in plan.steps if step.loses)
    if losing:
        text.append(f"; {pluralize(losing, 'step')} would lose data", style="bold red")
    return text.append(".")


def grouped(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """Custom resources that something happens to, by role, then by name.

    The order of a plan is that in which the SDK has the inputs ready, which differs between runs.
    """
    groups: dict[str, list[Step]] = {}
    for step in sorted(steps, key=_place):
        if step.custom and step.op is not Op.SAME:
            groups.setdefault(role(step.urn), []).append(step)
    return groups


def _place(step: Step) -> tuple[int, list[tuple[str, int]], str]:
    """What belongs to no role, as providers do, comes first; `s9` comes before `s10`."""
    found = role(step.urn)
    parts = re.findall(r"(\D*)(\d*)", step.name)
    name = [(words, int(number or 0)) for words, number in parts]
    return ROLES.index(found) + 1 if found in ROLES else 0, name, step.urn


def _alike(steps: Iterable[Step]) -> list[list[Step]]:
    """Steps of one kind, with the same consequences, together; what loses data stays alone."""
    kinds: dict[tuple[object, ...], list[Step]] = {}
    for step in steps:
        paths = tuple(change.path for change in step.changes)
        own = step.urn if step.loses else ""
        kinds.setdefault((step.op, step.type, paths, meaning(step), own), []).append(step)
    return [
        group
        for same in kinds.values()
        for group in ([same] if len(same) >= ALIKE else [[step] for step in same])
    ]


def _row(same: list[Step], *, wide: bool) -> Row:
    step, word = same[0], OPS[same[0].op]
    name = step.name if len(same) == 1 else f"{len(same)} x {step.name} ... {same[-1].name}"
    return Row(Text(word.mark, style=word.style), name, step.type, _why(same, wide=wide))


def _why(same: list[Step], *, wide: bool) -> Text:
    """Reason, consequence and place; of what is new the place suffices, its mark says the rest."""
    step = same[0]
    reason = "" if step.reason == NEW and step.source else step.reason or OPS[step.op].future
    text = Text(reason)
    if step.source and wide:
        text.append(f"{', ' if reason else ''}{step.source}", style="dim")
    for words in meaning(step):
        text.append(f"\n{words}", style="bold magenta")
    if step.op in {Op.UPDATE, Op.REPLACE}:
        for number, change in enumerate(step.changes):
            values = {
                (value(s.changes[number].before), value(s.changes[number].after)) for s in same
            }
            before, after = values.pop()
            text.append(f"\n{change.path}: ")
            text.append("each its own" if values else f"{before} -> {after}")
            if change.replaces and doubtful(step):
                text.append(" (replaced only if it has changed)", style="dim")
            elif change.replaces:
                text.append(" (cannot be changed in place)", style="magenta")
    if step.loses:
        text.append(f"\nloses data: {step.loses}", style="bold red")
    return text
