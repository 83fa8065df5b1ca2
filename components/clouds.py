"""The clouds: what people call each, and a region of it that many take; the table is in `data/`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

with (Path(__file__).parent / "data" / "clouds.csv").open(encoding="utf-8", newline="") as _text:
    _ROWS: Final = list(csv.DictReader(_text))

TITLES: Final[Mapping[str, str]] = {row["cloud"]: row["title"] for row in _ROWS}
REGIONS: Final[Mapping[str, str]] = {row["cloud"]: row["region"] for row in _ROWS}
