"""Azure's retail prices: paging, throttling, rows that are not meant, and garbage.

Not proven: that the real list answers so; it is the shape that its documentation shows.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from mllab.accounts import web
from mllab.accounts.azure import retail
from mllab.accounts.responses import QueryFailed
from tests.accounts.retail_list import item, listed, machine

FIRST, SECOND, ELSE = "Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_D2s_v5"
SPOT = {"skuName": "NC4as T4 v3 Spot", "meterName": "NC4as T4 v3 Spot"}
LOW = {"skuName": "NC4as T4 v3 Low Priority", "meterName": "NC4as T4 v3 Low Priority"}
WINDOWS = {"productName": "Virtual Machines Dsv5 Series Windows"}
CLOUD_SERVICES = {"productName": "Dsv5 Series Cloud Services"}
DISK = {
    "productName": "Standard SSD Managed Disks",
    "serviceName": "Storage",
    "unitOfMeasure": "1/Month",
}
ROWS = [
    machine(FIRST, 0.096),
    machine(FIRST, 0.02, **SPOT),
    machine(FIRST, 0.0192, **LOW),
    machine(FIRST, 0.188, **WINDOWS),
    machine(FIRST, 0.2, **CLOUD_SERVICES),
    machine(SECOND, 0.192),
    machine(SECOND, 0.0192, skuName="NC16as T4 v3 Spot"),
    machine(ELSE, 0.526, armRegionName="westus"),
    machine(ELSE, 4000.0, type="Reservation", unitOfMeasure="1 Hour"),
    item("E10 LRS Disk", 9.6, **DISK),
    item("E10 LRS Disk Mount", 1.82, **DISK),
    item("E10 LRS Disk Operations", 0.002, **{**DISK, "unitOfMeasure": "10K"}),
]
BLOB = {"productName": "Blob Storage", "serviceName": "Storage", "unitOfMeasure": "1 GB/Month"}


def never(_: float) -> None:
    pytest.fail("nothing is to be waited for")


def test_pages_are_followed_and_only_machines_with_linux_are_taken() -> None:
    with listed(ROWS) as told:
        found = retail.ask("eastus", told.url, never)
    prices = {(one.use, one.item): (one.usd, one.spot) for one in found.quotes}
    assert prices["vm", FIRST] == (Decimal("0.096"), Decimal("0.02"))
    assert prices["job", FIRST] == (Decimal("0.096"), Decimal("0.0192"))
    assert prices["vm", SECOND] == (Decimal("0.192"), None), (
        "a tenth of the list price is no market"
    )
    assert prices["", "Standard SSD E10 LRS"] == (Decimal("9.6"), None)
    assert ("vm", ELSE) not in prices, "of another region, or reserved for a year"
    assert ("vm", ELSE) in found.asked
    assert found.unclear == {}
    assert max(map(len, told.asked)) < 800


def test_what_was_not_asked_for_is_not_taken_either() -> None:
    """A filter that a list does not know may be passed over."""
    rows = [row for row in ROWS if row["type"] == "Consumption"]
    with listed(rows, deaf=True) as told:
        found = {(one.use, one.item): one.usd for one in retail.ask("eastus", told.url).quotes}
    assert ("vm", ELSE) not in found
    assert found["", "Standard SSD E10 LRS"] == Decimal("9.6")
    assert found["vm", FIRST] == Decimal("0.096")


def test_prices_of_steps_are_those_of_the_first_one() -> None:
    first = item("Hot LRS Data Stored", 0.0208, **BLOB)
    rows = [first, item("Hot LRS Data Stored", 0.02, **BLOB, tierMinimumUnits=51200.0)]
    files = item("Hot LRS Data Stored", 0.0287, **{**BLOB, "productName": "Files v2"})
    with listed([*rows, files]) as told:
        (found,) = retail.ask("eastus", told.url, never).quotes
    assert (found.item, found.usd) == ("Blob hot LRS storage, first 50 TB", Decimal("0.0208"))
    assert found.unit == "GB-month"


def test_a_busy_list_is_asked_again_after_the_time_that_it_says() -> None:
    waited: list[float] = []
    with listed(ROWS, busy=2) as told:
        found = retail.ask("eastus", told.url, waited.append)
    assert waited == [7.0, 7.0]
    assert len(found.quotes) == 7
    with listed(ROWS, busy=2, wait="900") as told:
        retail.ask("eastus", told.url, waited.append)
    assert waited[2:] == [web.LONGEST] * 2
    with listed(ROWS, busy=99) as told, pytest.raises(QueryFailed, match="429"):
        retail.ask("eastus", told.url, waited.append)
    assert len(told.asked) == web.ATTEMPTS


@pytest.mark.parametrize(
    ("garbage", "why"),
    [
        (b"<html>", "no JSON"),
        (b"[]", "no list of prices"),
        (b'{"Items": {}}', "no list of prices"),
        (b'{"Items": [{"retailPrice": 1}]}', "no list of prices"),
    ],
)
def test_garbage_is_refused(garbage: bytes, why: str) -> None:
    with listed([], garbage=garbage) as told, pytest.raises(QueryFailed, match=why):
        retail.ask("eastus", told.url, never)


@pytest.mark.parametrize(
    "wrong",
    [{"retailPrice": -1.0}, {"retailPrice": "1"}, {"currencyCode": "EUR"}, {"skuName": None}],
)
def test_a_row_that_is_no_price_in_dollars_is_refused(wrong: dict[str, object]) -> None:
    rows = [machine(FIRST, 0.096) | wrong]
    with listed(rows) as told, pytest.raises(QueryFailed, match="no list of prices"):
        retail.ask("eastus", told.url, never)


def test_two_prices_of_one_thing_and_a_price_of_nothing_are_taken_for_none() -> None:
    with listed([machine(FIRST, 0.096), machine(FIRST, 0.1), machine(SECOND, 0.0)]) as told:
        found = retail.ask("eastus", told.url, never)
    assert found.quotes == ()
    assert found.unclear["vm", FIRST] == "it is listed at several prices: 0.096, 0.1"
    assert found.unclear["job", SECOND] == "it is listed for nothing"


def test_a_list_that_goes_on_elsewhere_is_not_followed() -> None:
    with (
        listed(ROWS, elsewhere="http://other.invalid/prices") as told,
        pytest.raises(QueryFailed, match="goes on elsewhere"),
    ):
        retail.ask("eastus", told.url, never)


def test_nobody_answers() -> None:
    with listed([]) as told:
        pass
    waited: list[float] = []
    with pytest.raises(QueryFailed, match="does not answer"):
        retail.ask("eastus", told.url, waited.append)
    assert waited == [web.PAUSE] * (web.ATTEMPTS - 1)


def test_every_meter_is_one_that_the_price_book_knows() -> None:
    from mllab.money import prices

    unknown = {
        row["item"]
        for row in retail._meters()
        if not prices.sold("azure", row["item"]) or row["unit"] not in prices.HOURS
    }
    assert unknown == set()
