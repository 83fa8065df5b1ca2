"""A plan as a person reads it: what happens, why, where it was declared, what it would lose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mllab.engines.contract import Op, Plan, Step
from mllab.show.words import OPS, count, role, short_type, value

ORDER = (Op.CREATE, Op.ADOPT, Op.READ, Op.UPDATE, Op.REPLACE, Op.DELETE, Op.RETAIN)


def show_plan(console: Console, plan: Plan, title: str) -> None:
    """Print the plan, unchanged resources as a count only."""
    console.print(title, style="bold", markup=False)
    console.print(_table(grouped(plan.steps)))
    for line in plan.warnings:
        console.print(f"note: {line}", style="yellow", markup=False)
    for urn in plan.pending:
        console.print(
            f"interrupted before: {urn.rpartition('::')[2]}, `up` looks for it in the cloud",
            style="yellow",
            markup=False,
        )
    console.print()
    console.print(summary(plan))


def summary(plan: Plan) -> Text:
    """`Plan: 45 to create, 2 to replace (1 loses data), 3 unchanged.`"""
    counts = plan.counts()
    if not any(counts.get(op) for op in ORDER) and not plan.pending:
        return Text(
            f"Plan: nothing to do, {count(counts.get(Op.SAME, 0), 'resource')} as declared."
        )
    text = Text("Plan: ")
    parts = [
        Text(f"{counts[op]} {OPS[op].future}", style=OPS[op].style)
        for op in ORDER
        if counts.get(op)
    ]
    if counts.get(Op.SAME):
        parts.append(Text(f"{counts[Op.SAME]} unchanged"))
    text.append_text(Text(", ").join(parts))
    losing = sum(1 for step in plan.steps if step.loses)
    if losing:
        text.append(f"; {count(losing, 'step')} would lose data", style="bold red")
    return text.append(".")


def grouped(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """Custom resources that something happens to, by role, in the order of the plan."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        if step.custom and step.op is not Op.SAME:
            groups.setdefault(role(step.urn), []).append(step)
    return groups


def _table(groups: Mapping[str, Sequence[Step]]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column("mark", width=2, no_wrap=True)
    for column in ("name", "type", "why"):
        table.add_column(column, overflow="fold")
    for name, steps in groups.items():
        table.add_row("", Text(name, style="bold"))
        for step in steps:
            word = OPS[step.op]
            kind = Text(short_type(step.type), style="dim")
            table.add_row(Text(word.mark, style=word.style), step.name, kind, _why(step))
    return table


def _why(step: Step) -> Text:
    text = Text(step.reason or OPS[step.op].future)
    if step.source:
        text.append(f", {step.source}", style="dim")
    if step.op in {Op.UPDATE, Op.REPLACE}:
        for change in step.changes:
            text.append(f"\n{change.path}: ")
            text.append(f"{value(change.before)} -> {value(change.after)}")
            if change.replaces:
                text.append(" (cannot be changed in place)", style="magenta")
    if step.loses:
        text.append(f"\nloses data: {step.loses}", style="bold red")
    return text
