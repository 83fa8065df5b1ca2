"""Reads the tables that clouds keep."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from mllab.clouds.contract import Quota


@cache
def quotas(cloud: str) -> Mapping[str, Quota]:
    """All limits of a cloud by code, from `data/<cloud>_quotas.csv`."""
    text = (resources.files("mllab.clouds") / "data" / f"{cloud}_quotas.csv").read_text("utf-8")
    return {
        row["code"]: Quota(
            row["code"],
            row["service"],
            row["unit"],
            float(row["default"]),
            row.get("name") or "",
            row.get("scope") or "region",
        )
        for row in csv.DictReader(text.splitlines())
    }
