"""What a change means for people who work on a lab: one table per cloud, a row with its source."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from mllab.clouds.registry import of_package
from mllab.protocol.provider import Change

STEPS: Final = frozenset({"update", "replace", "delete", "smaller", "deallocated", "ignored"})
"""Kinds of rows: what happens to a resource; a number that the cloud never makes smaller, or a
switch that it never puts back; what it changes on a machine without a host alone; and what our
declaration leaves alone on what exists; its words name the setting."""


@dataclass(frozen=True)
class Consequence:
    """One row.

    Args:
        type: of the resource. role: of it; a cluster and a notebook may be of one type.
        step: one of STEPS. property: dotted path that changes; empty for any. `size>4096`: from as
            much or less to more.
        words: what it means. source: where that is said.
    """

    type: str
    role: str
    step: str
    property: str
    words: str
    source: str


@dataclass(frozen=True)
class ForNew:
    """What the settings say otherwise than something was made by, and no run changes on it.

    Args:
        what: in words, with the setting. names, urns: of what was made otherwise.
        seats: whose machines that are; none for what is no machine.
        command: makes the first of these machines anew; else empty.
    """

    what: str
    names: tuple[str, ...]
    seats: tuple[str, ...]
    urns: tuple[str, ...]
    command: str


@cache
def table(cloud: str) -> tuple[Consequence, ...]:
    """All rows of a cloud, from `data/<cloud>_consequences.csv`."""
    path = resources.files("mllab.clouds") / "data" / f"{cloud}_consequences.csv"
    return tuple(Consequence(**row) for row in csv.DictReader(path.read_text("utf-8").splitlines()))


def words(type: str, role: str, step: str, changes: Sequence[Change]) -> tuple[str, ...]:
    """What a step means for people, each thing once; empty where nobody notices.

    What the cloud will refuse means nothing for them: a smaller disk does not grow.

    Args:
        step: `update`, `replace` or `delete`. changes: of the properties.
    """
    refused = {change.path for change, _ in impossible(type, role, changes)}
    causes = [
        one.path
        for one in changes
        if one.path not in refused and (one.replaces or step != "replace")
    ]
    rows = (row for row in of(type, role, step) if not row.property or _any(row, causes))
    return tuple(dict.fromkeys(row.words for row in rows))


def impossible(type: str, role: str, changes: Sequence[Change]) -> tuple[tuple[Change, str], ...]:
    """The changes that the cloud will refuse, with the reason."""
    return tuple(
        (change, row.words)
        for row in of(type, role, "smaller")
        for change in changes
        if _plain(change.path) == row.property and _shrinks(change)
    )


def deallocated(type: str, role: str, changes: Sequence[Change]) -> tuple[tuple[Change, str], ...]:
    """The changes that the cloud refuses while a machine is allocated, with what to do first."""
    return tuple(
        (change, row.words)
        for row in of(type, role, "deallocated")
        for change in changes
        if _any(row, [change.path]) and _passes(row, change)
    )


def of(type: str, role: str, step: str) -> Iterable[Consequence]:
    """The rows for a step of a resource."""
    cloud = of_package(type.partition(":")[0])
    rows = table(cloud.name) if cloud else ()
    return (row for row in rows if (row.type, row.role, row.step) == (type, role, step))


def _any(row: Consequence, paths: Iterable[str]) -> bool:
    """Whether the property changes, a part of it, or the block that it is in."""
    wanted = row.property.partition(">")[0]
    return any(
        path == wanted or path.startswith(f"{wanted}.") or wanted.startswith(f"{path}.")
        for path in map(_plain, paths)
    )


def _passes(row: Consequence, change: Change) -> bool:
    """Whether a number passes the one that a row has; where it has none, any change does."""
    most = row.property.partition(">")[2]
    if not most:
        return True
    before, after = _number(change.before), _number(change.after)
    return before is not None and after is not None and before <= float(most) < after


def _plain(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _shrinks(change: Change) -> bool:
    """Also where a number is sent as text, and where a switch is taken out that was on."""
    before, after = _number(change.before), _number(change.after)
    if change.before is True and change.after is None:
        return True
    return before is not None and after is not None and after < before


def _number(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if value.isdecimal() else None
    return float(value) if isinstance(value, int | float) else None
