"""What vendors' lists are easily misread in: no row of the price book shows it."""

from __future__ import annotations

import csv
from decimal import Decimal

from mllab.money import prices

ROWS = list(csv.DictReader((prices._DATA / "machine_prices.csv").read_text("utf-8").splitlines()))
SEEN = [row for row in ROWS if row["spot_low"]]


def test_a_machine_costs_more_than_its_host_without_the_gpu() -> None:
    """SkyPilot's catalogue has a2-highgpu-1g at 0.739, which is the host alone."""
    found = [row for row in ROWS if (row["name"], row["use"]) == ("a2-highgpu-1g", "vm")]
    assert found
    assert all(Decimal(row["usd_hour"]) > 2 for row in found)


def test_a_spot_price_is_not_a_local_zone_s() -> None:
    """The catalogue has g4dn.xlarge in us-west-2 at 0.0631: in Los Angeles, usw2-lax1."""
    found = [row for row in SEEN if (row["region"], row["name"]) == ("us-west-2", "g4dn.xlarge")]
    assert found
    assert all(Decimal(row["spot_low"]) > Decimal("0.1") for row in found)


def test_a_spot_price_is_neither_the_list_s_nor_a_tenth_of_it() -> None:
    """Either says that there is no market, as of g4dn.16xlarge in af-south-1."""
    assert SEEN
    for row in SEEN:
        usd = Decimal(row["usd_hour"])
        assert Decimal(row["spot_low"]) != usd / 10, row
        assert Decimal(row["spot_low"]) < usd, row
