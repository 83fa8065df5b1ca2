"""The price book: published worked figures, and what its sources warn of."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mllab.money import prices
from mllab.money.estimate import cents

DATA = Path(prices.__file__).parent / "data"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


GOLDEN = rows(Path(__file__).parent / "golden.csv")


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["item"])
def test_published_totals_come_out_to_the_cent(row: dict[str, str]) -> None:
    total = Decimal(row["quantity"]) * Decimal(row["unit_price"])
    assert cents(total) == Decimal(row["published_total"])


def test_a_price_of_one_region_is_not_that_of_another() -> None:
    assert prices.machine("gcp", "asia-southeast3", "vm", "e2-standard-2") is None
    assert prices.flat("azure", "eastus", "ACR Basic") is None
    assert "westeurope" in prices.sold("azure", "ACR Basic")


def test_names_are_found_as_the_clouds_write_them() -> None:
    found = prices.flat("azure", "westeurope", "Azure Files TransactionOptimized LRS storage")
    assert found is not None
    assert (found.usd, found.unit) == (Decimal("0.06"), "GB-month")
    assert prices.flat("gcp", "us-central1", "PD_BALANCED") == prices.flat(
        "gcp", "us-central1", "pd-balanced"
    )


def test_what_has_no_price_or_no_date_says_so() -> None:
    assert prices.flat("azure", "eastus", "Logic App action (consumption)") is None
    undated = prices.flat("aws", "us-east-1", "AWS Batch")
    assert undated is not None
    assert undated.as_of is None
    assert undated.age(date(2026, 11, 30)) is None


def test_trap_a_machine_that_brings_its_gpu_has_it_in_its_price() -> None:
    # SkyPilot's list has the host alone, a2-highgpu-1g at 0.739.
    for name, least in (("g2-standard-4", "0.7"), ("a2-highgpu-1g", "3.6")):
        found = prices.machine("gcp", "us-central1", "vm", name)
        assert found is not None
        assert found.usd > Decimal(least)
    assert prices.machine("gcp", "us-central1", "vm", "g2-standard-4+nvidia-l4") is None


def test_trap_an_attached_gpu_is_added_once() -> None:
    with_gpu = prices.machine("gcp", "us-central1", "vm", "n1-standard-4+nvidia-tesla-t4")
    assert with_gpu is not None
    assert with_gpu.usd == Decimal("0.539999")  # 0.189999 and 0.35


def test_trap_a_spot_price_that_is_the_list_price_or_a_tenth_of_it_is_none() -> None:
    for row in prices._machines().values():
        if row.spot:
            assert row.spot[0] < row.usd
            assert row.spot[1] != row.usd / 10


def test_every_price_says_where_it_was_read() -> None:
    for price in (*prices._machines().values(), *prices._flat().values()):
        assert price.source, price
