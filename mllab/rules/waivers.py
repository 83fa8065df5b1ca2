"""What a lab may do against a rule, why, and until when: `waivers.csv`.

The ids are those of rules, or of Checkov, which the project's own checks ask.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from mllab.rules.finding import Finding

ANY: Final = "*"
FILE: Final = Path(__file__).with_name("waivers.csv")


@dataclass(frozen=True)
class Waiver:
    """One row.

    Args:
        rule: id. profile: `course`, `strict` or `*`. resource: type of resource, as a shell's
            pattern. until: last day on which it counts. reason: for whoever reads a report.
    """

    rule: str
    profile: str
    resource: str
    until: date
    reason: str

    def covers(self, rule: str, type: str, profile: str) -> bool:
        """Whether it is about this rule, type and profile, ended or not."""
        return (
            self.rule == rule
            and self.profile in (profile, ANY)
            and fnmatchcase(type, self.resource)
        )


def read(path: Path = FILE) -> tuple[Waiver, ...]:
    """All of them. Raises ValueError, with its line, where one lacks something."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return tuple(_row(cells, f"{path.name}:{rows.line_num}") for cells in rows)


def _row(cells: dict[str, str], place: str) -> Waiver:
    if missing := [name for name, cell in cells.items() if not cell]:
        raise ValueError(f"{place}: {', '.join(missing)} must be given")
    try:
        until = date.fromisoformat(cells["until"])
    except ValueError as error:
        raise ValueError(f"{place}: until must be a day, like 2028-12-31") from error
    return Waiver(cells["rule"], cells["profile"], cells["resource"], until, cells["reason"])


def waive(
    finding: Finding, type: str, profile: str, today: date, waivers: Iterable[Waiver]
) -> Finding:
    """The finding with the reason why it is accepted, if it is; one that has ended is told."""
    for each in waivers:
        if finding.severity == "error" and each.covers(finding.rule, type, profile):
            if today <= each.until:
                return replace(finding, waived=each.reason)
            ended = f"{finding.message} (accepted until {each.until}: {each.reason})"
            finding = replace(finding, message=ended)
    return finding


def unused(
    waivers: Iterable[Waiver], found: Collection[tuple[str, str, str]]
) -> tuple[Finding, ...]:
    """A finding for each waiver that covers nothing that was found.

    Args:
        found: rule, type of resource and profile of everything that does not hold.
    """
    return tuple(
        Finding(
            rule=each.rule,
            severity="error",
            urn="",
            name=each.resource,
            message=f"nothing does against it in profile {each.profile}",
            fix=f"take its row out of {FILE.name}",
        )
        for each in waivers
        if not any(each.covers(*one) for one in found)
    )
