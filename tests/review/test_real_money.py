"""Every number of a report's money table, reckoned by hand from the rows of the price tables.

Nothing of `mllab.money` is used: what is billed stands below, as a person reads it from the
vendors' pages of prices, and so does each step of the arithmetic. Rows are found by their key, as
prices are renewed; what is too old to be added is decided here, too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

import pytest

from tests.review.conftest import Real
from tests.review.real_change import CLOUDS, SEATS, TWICE

REGIONS: Final = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}
TODAY: Final = date(2026, 11, 30)

HOURS: Final = {"hour": 1, "day": 24}
"""Hours of a unit; of all others, a month's: 365 days of 24 hours, in twelve parts."""
MONTH: Final = 730

SEAT_HOURS, NODE_HOURS = 8, 4  # a typical week, docs/cost.md
BUCKET_GB, FILES_GB, IMAGES_GB = 20, 20, 5
HOME_GB, SYSTEM_GB = 50, 100  # notebook.home_gb and notebook.disk_gb of the stacks
NODES: Final = 4  # cluster.max_nodes
DAYS: Final = 21 + 5  # 11 to 31 January and 1 to 5 February, both included

SMALL: Final = {
    "aws": "g4dn.xlarge",
    "azure": "Standard_NC4as_T4_v3",
    "gcp": "n1-standard-4+nvidia-tesla-t4",
}

LAB: Final = {
    "aws": [
        ("S3 Standard storage, first 50 TB", BUCKET_GB),
        ("EFS Standard storage", FILES_GB),
        ("ECR private storage", IMAGES_GB),
    ],
    "azure": [
        ("Blob hot LRS storage, first 50 TB", BUCKET_GB),
        ("Azure Files TransactionOptimized LRS storage", FILES_GB),
        ("ACR Basic", 1),
        ("load balancer of a compute cluster", 1),
    ],
    "gcp": [
        ("GCS Standard storage", BUCKET_GB),
        ("Artifact Registry storage", IMAGES_GB),
        ("Filestore ZONAL", 100),  # the smallest there is
        ("Cloud Scheduler job", 1),  # the watch
    ],
}
"""What is billed always, once: item and quantity."""

SEAT: Final = {
    "aws": [("EBS gp3 storage", HOME_GB + SYSTEM_GB)],
    "azure": [
        ("Standard SSD E6 LRS", 1),  # 64 GB, the smallest that holds 50
        ("Standard SSD E10 LRS", 1),  # 128 GB
        ("public IPv4, Standard, static", 1),
    ],
    "gcp": [("pd-balanced", HOME_GB + SYSTEM_GB), ("Cloud Scheduler job", 1)],  # the daily stop
}
"""The same, for each seat."""

RUNNING: Final = {
    "aws": [("public IPv4 address, in use", 1)],
    "azure": [],
    "gcp": [("external IPv4, in use by a VM", 1)],
}
"""What is billed while a notebook runs, besides its machine."""

NODE: Final = {
    "aws": [("EBS gp3 storage", 200), ("public IPv4 address, in use", 1)],
    "azure": [("public IPv4, Standard, static", 1)],
    "gcp": [("disk of a machine for jobs", 1)],
}
"""What is billed while a machine for jobs runs, besides it."""


@dataclass
class Sum:
    """US dollars: by prices that count, by those too old or without a date; and what is missing."""

    usd: Decimal = Decimal(0)
    old: Decimal = Decimal(0)
    missing: tuple[tuple[str, int], ...] = ()

    def rounded(self) -> tuple[Decimal, Decimal]:
        cent = Decimal("0.01")
        return self.usd.quantize(cent, ROUND_HALF_UP), self.old.quantize(cent, ROUND_HALF_UP)


@pytest.fixture(scope="module")
def rows(root: Path) -> Mapping[tuple[str, ...], Mapping[str, str]]:
    """The rows of both tables by cloud, region, use of a machine, and item."""
    found = {}
    for file, name in (("machine_prices.csv", "name"), ("flat_prices.csv", "item")):
        with (root / "mllab/money/data" / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found[row["cloud"], row["region"], row.get("use", ""), plain(row[name])] = row
    return found


def plain(item: str) -> str:
    """What a resource calls a thing and the table another way is the same: case and spaces."""
    return re.sub("[ _-]", "", item.lower())


class Bill:
    """What a lab is billed, column by column."""

    def __init__(self, rows: Mapping[tuple[str, ...], Mapping[str, str]], cloud: str) -> None:
        self.rows, self.cloud = rows, cloud

    def row(self, item: str, use: str) -> tuple[Decimal | None, int, bool]:
        """USD of a unit, its hours, and whether it is too old to be added."""
        for region in (REGIONS[self.cloud], "*"):
            row = self.rows.get((self.cloud, region, use, plain(item)), {})
            if usd := row.get("usd_hour" if use else "usd"):
                day = row["as_of"]
                old = not day or (TODAY - date.fromisoformat(day)).days > 365
                return Decimal(usd), 1 if use else HOURS.get(row["unit"], MONTH), old
        return None, 1, False

    def add(self, to: Sum, item: str, quantity: int, hours: int, use: str = "") -> None:
        """So many hours of something."""
        usd, unit, old = self.row(item, use)
        if usd is None or old:
            to.missing += ((item, quantity * hours),)
        if usd is not None and old:
            to.old += usd * quantity * hours / unit
        elif usd is not None:
            to.usd += usd * quantity * hours / unit

    def column(self, seats: int, machine: str, asleep: int, running: int, node: int) -> Sum:
        """The sum of so many hours asleep, of each notebook, and of machines for jobs together."""
        found = Sum()
        for item, quantity in LAB[self.cloud]:
            self.add(found, item, quantity, asleep)
        for item, quantity in SEAT[self.cloud]:
            self.add(found, item, quantity * seats, asleep)
        if running:
            self.add(found, machine, seats, running, "vm")
            for item, quantity in RUNNING[self.cloud]:
                self.add(found, item, quantity * seats, running)
        if node:
            self.add(found, self.job(), 1, node, "job")
            for item, quantity in NODE[self.cloud]:
                self.add(found, item, quantity, node)
        found.missing = tuple(one for one in found.missing if one[1])
        return found

    def job(self) -> str:
        """AWS Batch takes whichever of three types there is: the dearest is reckoned with."""
        types = ["g4dn.xlarge", "g6.xlarge", "g5.xlarge"] if self.cloud == "aws" else []
        return max(types, key=lambda one: self.row(one, "job")[0] or 0, default=SMALL[self.cloud])

    def columns(self, seats: int, machine: str) -> dict[str, Sum]:
        """The six columns of the table."""
        week = self.column(seats, machine, 7 * 24, SEAT_HOURS, NODE_HOURS)
        day = self.column(seats, machine, 24, 24, NODES * 24)
        return {
            "asleep": self.column(seats, machine, MONTH, 0, 0),
            "hour": self.column(seats, machine, 0, 1, 1),
            "week": week,
            "day": day,
            "term": Sum(week.usd * DAYS / 7, week.old * DAYS / 7, week.missing),
            "term_most": Sum(day.usd * DAYS, day.old * DAYS, day.missing),
        }


def shown(usd: Decimal, *, known: bool, signed: bool = False) -> str:
    """An amount as the report writes it."""
    number = f"{usd:+,}" if signed and usd else f"{usd:,}"
    return number if known else f"{number} + ?" if usd else "?"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_number_is_that_of_the_price_list(
    real: Real, rows: Mapping[tuple[str, ...], Mapping[str, str]], cloud: str
) -> None:
    bill = Bill(rows, cloud)
    before = bill.columns(len(SEATS), SMALL[cloud])
    after = bill.columns(len(SEATS) - 1, TWICE[cloud])
    money, cells = real.stacks[f"{cloud}-course"]["money"], []
    assert list(money) == list(before)
    for name, told in money.items():
        (old, new), at_all = (before[name], after[name]), before[name].missing
        same = at_all == new.missing
        for column, amount in (("before", old), ("after", new)):
            assert Decimal(told[column]["usd"]) == amount.rounded()[0], (name, column)
            assert Decimal(told[column]["outdated"]) == amount.rounded()[1], (name, column)
            assert told[column]["known"] == (not amount.missing), (name, column)
        usd, outdated = (a - b for a, b in zip(new.rounded(), old.rounded(), strict=True))
        assert Decimal(told["difference"]["usd"]) == usd, name
        assert Decimal(told["difference"]["outdated"]) == outdated, name
        assert told["difference"]["known"] == same, name
        text = f"**{shown(usd, known=same, signed=True)}**<br>"
        text += f"{shown(old.rounded()[0], known=not old.missing)} → "
        text += shown(new.rounded()[0], known=not new.missing)
        cells.append(text + (f"<br>old prices {outdated:+,}" if outdated else ""))
    assert f"| `{cloud}-course` | {' | '.join(cells)} |" in real.comment


def test_the_last_row_is_the_sum_of_the_others(real: Real) -> None:
    row = next(line for line in real.comment.splitlines() if line.startswith("| all 3 |"))
    for cell, name in zip(row.split("|")[2:-1], real.stacks["aws-course"]["money"], strict=True):
        columns = [stack["money"][name] for stack in real.stacks.values()]
        total = sum(Decimal(one["difference"]["usd"]) for one in columns)
        assert cell.strip().startswith(f"**{total:+,}"), name
        for column in ("before", "after"):
            assert f"{sum(Decimal(one[column]['usd']) for one in columns):,}" in cell, name
