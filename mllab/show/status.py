"""The table of `status`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mllab.show.words import count, short_type, value
from mllab.status import AS_DECLARED, CHANGED, MISSING, UNKNOWN, Finding, counts

STYLES: Final = {
    "running": "green",
    "stopped": "yellow",
    CHANGED: "magenta",
    MISSING: "bold red",
    UNKNOWN: "bold red",
}


def show_status(console: Console, findings: Sequence[Finding], title: str) -> None:
    """Print the machines and all that is not as declared; the rest as a count."""
    console.print(title, style="bold", markup=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    worth = [finding for finding in findings if finding.machine or finding.state != AS_DECLARED]
    for finding in worth:
        words = [finding.machine] if finding.machine else []
        words += [finding.state] if finding.state != AS_DECLARED else []
        table.add_row(
            Text(" and ").join(Text(word, style=STYLES.get(word, "")) for word in words),
            Text(finding.name, overflow="fold"),
            Text(short_type(finding.type), style="dim"),
            _detail(finding),
        )
    if worth:
        console.print(table)
    rest = len(findings) - len(worth)
    if rest:
        console.print(f"{'and ' if worth else ''}{count(rest, 'resource')} as declared")
    words = [f"{number} {word}" for word, number in counts(findings).items()]
    console.print(f"\n{count(len(findings), 'resource')}: {', '.join(words) or 'all as declared'}.")


def _detail(finding: Finding) -> Text:
    lines = [
        f"{change.path}: {value(change.before)} -> {value(change.after)}"
        for change in finding.changes
    ]
    return Text("\n".join(lines + ([finding.cause] if finding.cause else [])), overflow="fold")
