"""What is against the rules, and what was accepted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console

from mllab.rules.finding import Finding
from mllab.show.console import say
from mllab.wording import join_limited, pluralize


def show(console: Console, findings: Collection[Finding], *, verbose: bool) -> None:
    """Print what must be put right, each with its place; of all else how much there is, or all."""
    told = findings if verbose else [each for each in findings if each.fails]
    for finding, names in _alike(told):
        _one(console, finding, names)
    if not (verbose or failing(findings)):
        say(console, _rest(findings))


def failing(findings: Iterable[Finding]) -> int:
    """How many rules are broken, on however many resources."""
    return len({each.rule for each in findings if each.fails})


def document(finding: Finding) -> dict[str, Any]:
    """For scripts."""
    return asdict(finding)


def _alike(findings: Iterable[Finding]) -> Iterable[tuple[Finding, list[str]]]:
    """Findings that differ in the resource alone, once, with the names of all."""
    found: dict[tuple[str, str, str, str], tuple[Finding, list[str]]] = {}
    for each in findings:
        key = (each.rule, each.message, each.source, each.severity)
        found.setdefault(key, (each, []))[1].append(each.name)
    return found.values()


def _one(console: Console, finding: Finding, names: list[str]) -> None:
    word, style = _word(finding)
    place = f"{finding.source}: " if finding.source else ""
    text = f"{place}{join_limited(names)}: {finding.message} ({finding.rule})"
    say(console, text, "  ", f"{word}: ", style=style)
    decided = f" ({finding.setting})" if finding.setting else ""
    why = f"Because {finding.waived}" if finding.waived else f"Fix: {finding.fix}{decided}"
    say(console, f"{why}.", "  ")


def _word(finding: Finding) -> tuple[str, str]:
    if finding.waived:
        return "accepted", "dim"
    return ("error", "red") if finding.severity == "error" else ("warning", "yellow")


def _rest(findings: Iterable[Finding]) -> str:
    waived = {each.rule for each in findings if each.waived}
    warned = {each.rule for each in findings if each.severity == "warning"}
    told = [pluralize(len(warned), "warning")] if warned else []
    told += [pluralize(len(waived), "exception") + " with a reason"] if waived else []
    return f"Rules: {', '.join(told)}; -v lists them." if told else "Rules: all are kept."
