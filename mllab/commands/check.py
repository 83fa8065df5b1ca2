"""`check`: every fault of a lab's file, what is against the rules, and what it costs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import typer

from mllab.errors import RunFailed, SettingsError, UsageError
from mllab.lifecycle import checking
from mllab.lifecycle.outlook import CURE
from mllab.session.session import clock_from, project
from mllab.settings import files
from mllab.settings.lab import Lab
from mllab.show import console
from mllab.show import cost as money
from mllab.show import rules as report
from mllab.stackfiles import listing
from mllab.wording import pluralize

FIRST = "first"
"""The lab's own first day, for `--today`: no lab is over before it has begun."""


def check(stack: str, today: str | None, *, verbose: bool, as_json: bool) -> None:
    """Check a lab's file, and say every fault with its line; then the lab that it describes.

    Args:
        stack: its name, or the path of its file. today: `first` for whichever day it begins on.

    Raises:
        SettingsError: all faults of the file. RunFailed: the lab is against a rule.
    """
    is_path = stack.endswith(".yaml") or "/" in stack
    path = Path(stack) if is_path else files.find(project(), stack)
    now = None if today == FIRST else clock_from(today).now()
    try:
        lab = files.load(path, now=now)
    except SettingsError as error:
        if as_json:
            console.print_json({"stack": stack, "ok": False, "faults": list(error.faults)})
        if is_path and error.hint:  # its file need not be in this project
            error.hint = f"Correct it, then run `mllab check {shlex.quote(stack)}`."
        raise
    if today == FIRST:
        today = lab.lab.starts.isoformat() if lab.lab.starts else None
    try:
        looked = checking.look(_root(path), path, lab, clock_from(today))
    except checking.NotLooked as why:
        _unlooked(stack, lab, str(why), as_json=as_json)
        return
    failing, budget = report.failing(looked.findings), looked.over_budget
    if as_json:
        found = [report.document(each) for each in looked.findings]
        told = _document(stack, lab, failing + bool(budget), found)
        console.print_json(told | {"over_budget": budget[0] if budget else None})
    else:
        if not failing and not budget:
            typer.echo(f"{stack}: ok. {listing.describe(lab)}")
        out = console.stdout()
        report.show(out, looked.findings, verbose=verbose)
        if budget:
            console.say(out, "\n".join(budget), "  ", "error: ", style="red")
            console.say(out, f"Fix: {CURE}", "  ")
        money.show_line(out, looked.session, looked.estimate)
    wrong = [f"{pluralize(failing, 'rule')} not kept"] * bool(failing)
    wrong += ["the budget is broken"] * bool(budget)
    if wrong:
        raise RunFailed(f"{stack}: {', '.join(wrong)}", hint="More: docs/rules.md, docs/cost.md")


def _unlooked(stack: str, lab: Lab, why: str, *, as_json: bool) -> None:
    if as_json:
        console.print_json(_document(stack, lab, 0, None) | {"not_looked_at": why})
        return
    typer.echo(f"{stack}: the settings are right. {listing.describe(lab)}")
    console.say(console.stdout(), f"Rules and cost were not looked at: {why}.")


def _document(stack: str, lab: Lab, failing: int, findings: list[Any] | None) -> dict[str, Any]:
    """`findings` is null where nobody looked."""
    summary = listing.describe(lab)
    return {
        "stack": stack,
        "ok": not failing,
        "faults": [],
        "summary": summary,
        "findings": findings,
    }


def _root(path: Path) -> Path:
    """The project of a file, or its folder."""
    try:
        return files.project_root(path.absolute().parent)
    except UsageError:
        return path.absolute().parent
