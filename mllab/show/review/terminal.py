"""The report on a screen: the verdict, the money and the red list."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table

from mllab.lifecycle.review.model import COLUMNS, Column, Report, StackReview
from mllab.show.console import say
from mllab.show.review.words import (
    KINDS,
    alike,
    amounts,
    compared,
    figure,
    figure_old,
    left_behind,
    loud,
    many,
    news,
    said,
    verdict,
    why,
)
from mllab.wording import short_type

_STYLES: Final = {"stop": "bold red", "care": "bold yellow", "fine": "bold green"}


def show(console: Console, report: Report) -> None:
    """Print the report; the files of `--out` have the details."""
    end = verdict(report)
    say(
        console, end.line, label=f"{end.head[:1].upper()}{end.head[1:]}. ", style=_STYLES[end.level]
    )
    say(console, f"Compared: {compared(report)}.", style="dim")
    for note in report.notes:
        say(console, note)
    for stack in loud(report):
        _show(console, stack)


def _show(console: Console, stack: StackReview) -> None:
    console.print()
    console.print(f"{stack.stack}: {stack.status}", style="bold", markup=False)
    for line in stack.faults:
        say(console, line, indent="  ", style="red")
    for line in stack.refusals:
        say(console, line, indent="    ", label=f"  {KINDS['refused']}: ", style="bold red")
    if stack.base_error:
        say(console, f"the base did not render: {stack.base_error}", indent="  ")
    if gone := left_behind(stack):
        say(console, gone[1], label=f"  {gone[0]} ", indent="    ", style="bold red")
    if stack.budget:
        say(console, f"the budget is broken: {stack.budget}", indent="  ")
    if any(one.before != one.after for one in stack.money.values()):
        console.print(_money(stack))
    for same in alike(stack.hazards):
        tag, rest = said(same[0])
        say(console, rest, indent="  ", label=f"  {tag}{': ' * bool(rest)}", style="bold red")
        for one in same:
            say(console, f"{many(one.names)} ({short_type(one.type)})", indent="    ")
            for text, place in why(one.causes):
                say(console, f"because of {text}{f', {place}' if place else ''}", indent="      ")
    for found in news(stack, "new", "unknown"):
        told = [f"{found.rule} {found.resource}: {found.message}", found.setting, found.source]
        say(console, ", ".join(filter(None, told)), indent="    ", label=f"  {found.severity} ")
    if waived := _waived(stack):
        say(console, waived, indent="  ", style="dim")


def _waived(stack: StackReview) -> str:
    rules = sorted({one.rule for one in stack.findings if one.waived})
    return f"waivers in force: {', '.join(rules)}" if rules else ""


def _money(stack: StackReview) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for title in ("  US dollars", "before", "after", "difference", "at old prices"):
        table.add_column(title, justify="left" if title.startswith(" ") else "right")
    for key, title in COLUMNS.items():
        if column := stack.money.get(key):
            before, after = amounts(column)
            table.add_row(f"  {title}", before, after, *_difference(column))
    return table


def _difference(column: Column) -> tuple[str, str]:
    found = column.difference
    old = figure_old(found) if found and found.outdated else ""
    return figure(found, signed=True, old=False), old
