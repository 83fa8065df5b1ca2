"""What is known of each resource type that components declare: `<cloud>/types.csv`, a row per type.

No SDK is imported here. The columns are explained in `data/README.md`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class TypeRow:
    """One row.

    Args:
        type: Pulumi's token. cloud: as settings call it.
        create_s, update_s, delete_s: typical duration.
        holds: what data is lost with it, in words; empty: none.
        emptied_by: the switch by which the provider deletes that data, too; empty: it needs none.
        power: dotted path in a machine's outputs that tells whether it runs; `unknown` where they
            never do; empty: no machine.
        by_hand: what a rehearsal does behind the lab's back: `removed`, or `path=value`.
        setting: it is but a setting of something else.
        meter: what it is billed by.
        source: of the durations.
        own: the columns of its cloud, which say how it is found in an account.
    """

    type: str
    cloud: str
    create_s: float
    update_s: float
    delete_s: float
    holds: str
    emptied_by: str
    power: str
    by_hand: str
    setting: bool
    meter: str
    source: str
    own: Mapping[str, str]


def pairs(text: str) -> dict[str, str]:
    """The pairs of a column such as `a=$x b.c=$y`, in their order."""
    return dict(pair.split("=", 1) for pair in text.split(" ") if pair)


def rest_type(id: str) -> str:
    """A REST API's own name of the type of a resource, from its path: `Microsoft.Compute/disks`."""
    provider, *parts = id.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *parts[::2]])


def _rows(file: Path) -> list[TypeRow]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [_row(file.parent.name, cells) for cells in csv.DictReader(lines)]


def _row(cloud: str, cells: dict[str, str]) -> TypeRow:
    take = cells.pop
    return TypeRow(
        type=take("type"),
        cloud=cloud,
        create_s=float(take("create_s")),
        update_s=float(take("update_s")),
        delete_s=float(take("delete_s")),
        holds=take("holds"),
        emptied_by=take("emptied_by"),
        power=take("power"),
        by_hand=take("by_hand"),
        setting=take("setting") == "yes",
        meter=take("meter"),
        source=take("source"),
        own=cells,
    )


ROWS: Final[Mapping[str, TypeRow]] = {
    row.type: row for file in sorted(_HERE.glob("*/types.csv")) for row in _rows(file)
}
"""By type token."""

HOLDS_DATA: Final = {row.type: row.holds for row in ROWS.values() if row.holds}
"""Type token -> the data that is lost with it, in words."""

EMPTIED_BY: Final = {row.type: row.emptied_by for row in ROWS.values() if row.emptied_by}
"""Type token -> the property by which a provider empties a resource before it deletes it."""


def of_cloud(cloud: str) -> tuple[TypeRow, ...]:
    """The rows of one cloud, in the order of its table."""
    return tuple(row for row in ROWS.values() if row.cloud == cloud)
