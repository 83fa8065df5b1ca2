"""The table of `status`."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.text import Text

from mllab.clouds.registry import POWER_UNKNOWN
from mllab.engines.operations import OPS
from mllab.lifecycle.hourly import Hourly
from mllab.lifecycle.status import (
    AS_RECORDED,
    CHANGED,
    INTERRUPTED,
    MISSING,
    NOT_MADE,
    UNKNOWN,
    Comparison,
    Finding,
    counts,
)
from mllab.money.estimate import cents
from mllab.session.session import Session
from mllab.show import table
from mllab.show.console import say
from mllab.show.graph import changes
from mllab.show.table import Row
from mllab.show.words import value
from mllab.wording import pluralize

STYLES: Final = {
    "running": "green",
    "stopped": "yellow",
    POWER_UNKNOWN: "bold red",
    CHANGED: "magenta",
    MISSING: "bold red",
    UNKNOWN: "bold red",
    INTERRUPTED: "yellow",
    NOT_MADE: "bold red",
}


def show_status(
    console: Console, comparison: Comparison, session: Session, now: Hourly, maybe: Hourly
) -> None:
    """Print the machines and all that is not as recorded; the rest as a count.

    Args:
        now: what runs. maybe: what may run: the cloud does not tell.
    """
    findings = comparison.findings
    console.print(session.title, style="bold", markup=False)
    worth = [finding for finding in findings if finding.machine or finding.state != AS_RECORDED]
    if worth:
        console.print(table.resources({"": [_row(finding) for finding in worth]}, console.width))
    rest = len(findings) - len(worth)
    if rest:
        console.print(f"{'and ' if worth else ''}{pluralize(rest, 'resource')} as recorded")
    words = [f"{number} {word}" for word, number in counts(findings).items()]
    console.print(
        f"\n{pluralize(len(findings), 'resource')}: {', '.join(words) or 'all as recorded'}."
    )
    _show_hourly(console, session, now, maybe)
    if comparison.undeclared:
        say(
            console,
            f"Whether that is all that its file declares could not be told: "
            f"{comparison.undeclared}",
            style="yellow",
        )
    told = [f"{number} {OPS[op].future}" for op, number in comparison.pending.items()]
    if comparison.settles:
        told.append(f"{len(comparison.settles)} to record")
    if told:
        say(
            console,
            f"Its file says more than the last `up` did: {', '.join(told)}. Look at it:\n"
            f"  {session.command('preview')}",
        )
    if any(finding.state in {CHANGED, MISSING} for finding in findings):
        say(console, f"Put back what was changed or deleted:\n  {session.command('up')}")


def _show_hourly(console: Console, session: Session, now: Hourly, maybe: Hourly) -> None:
    """What an hour costs, on top of what is billed asleep."""
    if now.machines:
        say(
            console,
            f"Running now: {pluralize(now.machines, 'notebook')}, {now.words}. Machines for jobs "
            f"are not counted. More: mllab cost {session.stack}",
        )
    if maybe.machines:
        say(
            console,
            f"Power unknown: {pluralize(maybe.machines, 'notebook')}, while running {maybe.words}.",
        )


def document(
    session: Session, comparison: Comparison, now: Hourly, maybe: Hourly
) -> dict[str, Any]:
    """What `status --json` prints."""
    findings = comparison.findings
    return {
        "stack": session.stack,
        "engine": session.engine.name,
        "simulated": session.realm.simulated,
        "exists": bool(findings),
        "ended": comparison.over.isoformat() if comparison.over else None,
        "compared_with_file": not comparison.undeclared,
        "to_change": {str(op): number for op, number in comparison.pending.items()},
        "to_record": len(comparison.settles),
        "summary": counts(findings),
        "an_hour": {"running": _hourly(now), "power_unknown": _hourly(maybe)},
        "resources": [
            {
                "urn": finding.urn,
                "type": finding.type,
                "name": finding.name,
                "role": finding.role,
                "state": finding.state,
                "machine": finding.machine,
                "changes": changes(finding.changes),
                "cause": finding.cause,
            }
            for finding in findings
        ],
        "warnings": list(comparison.warnings),
    }


def _hourly(found: Hourly) -> dict[str, Any]:
    return {
        "notebooks": found.machines,
        "usd": str(cents(found.usd)),
        "outdated_usd": str(cents(found.outdated)),
        "unknown": list(found.missing),
    }


def _row(finding: Finding) -> Row:
    words = [finding.machine] if finding.machine else []
    words += [finding.state] if finding.state != AS_RECORDED else []
    mark = Text(" and ").join(Text(word, style=STYLES.get(word, "")) for word in words)
    return Row(mark, finding.name, finding.type, _detail(finding))


def _detail(finding: Finding) -> Text:
    lines = [
        f"{change.path}: {value(change.before)} -> {value(change.after)}"
        for change in finding.changes
    ]
    return Text("\n".join(lines + ([finding.cause] if finding.cause else [])), overflow="fold")
