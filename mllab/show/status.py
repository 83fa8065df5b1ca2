"""The table of `status`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from mllab.clouds.registry import POWER_UNKNOWN
from mllab.lifecycle.status import (
    AS_RECORDED,
    CHANGED,
    INTERRUPTED,
    MISSING,
    UNKNOWN,
    Comparison,
    Finding,
    counts,
)
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
}


def show_status(console: Console, findings: Sequence[Finding], title: str, up_command: str) -> None:
    """Print the machines and all that is not as recorded; the rest as a count."""
    console.print(title, style="bold", markup=False)
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
    if any(finding.state in {CHANGED, MISSING} for finding in findings):
        say(console, f"Put back what was changed or deleted:\n  {up_command}")


def document(session: Session, comparison: Comparison) -> dict[str, Any]:
    """What `status --json` prints."""
    findings = comparison.findings
    return {
        "stack": session.stack,
        "engine": session.engine.name,
        "simulated": session.realm.simulated,
        "exists": bool(findings),
        "summary": counts(findings),
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
