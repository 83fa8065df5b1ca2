"""Names of time zones: people and this product use IANA's, Azure's schedules use those of Windows.

Source: Unicode CLDR, `common/supplemental/windowsZones.xml`, with the other names of the same zones
from IANA's `backward`; as collected by tzlocal, github.com/regebro/tzlocal, `windows_tz.py`.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from components.contracts import Unsupported


def windows_name(zone: str) -> str:
    """The Windows name of a time zone, `Romance Standard Time` for `Europe/Copenhagen`.

    Raises:
        Unsupported: it has none.
    """
    try:
        return _table()[zone]
    except KeyError:
        raise Unsupported(
            f"mllab:notebook.time_zone is {zone!r}, for which Azure's schedules have no name;"
            " name a city with the same time, like Europe/Copenhagen"
        ) from None


@cache
def _table() -> dict[str, str]:
    path = Path(__file__).parent.parent / "data" / "windows_zones.csv"
    with path.open(encoding="utf-8", newline="") as text:
        return {row["iana"]: row["windows"] for row in csv.DictReader(text)}
