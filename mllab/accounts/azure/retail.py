"""Asks Azure's list of retail prices, which needs no login.

Source: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices.
`meters.csv` names the meters as that list does: a disk has meters of the same unit for its mounts,
and `Files v2` has one of the same name as blobs.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib import parse

from components import catalog
from mllab.accounts import web
from mllab.accounts.quotes import Quote, Quotes
from mllab.accounts.responses import QueryFailed

URL: Final = "https://prices.azure.com/api/retail/prices"
AT_ONCE: Final = 10
"""Machine types in one question, so that its address stays short."""
MOST_PAGES: Final = 100

_USES: Final = ("vm", "managed", "job")
_MANY: Final = "it is listed at several prices: {}"


def ask(region: str, url: str = "", pause: Callable[[float], None] = time.sleep) -> Quotes:
    """The prices of machines and of what `meters.csv` names, in one region.

    Azure ML has no fee of its own, so a machine costs the same for every use; as a spare one a
    machine of a cluster is of low priority, which is another product than a spot machine.

    Args:
        url: of the list; by default the real one. pause: waits so many seconds.

    Raises:
        QueryFailed: no answer, or one that is no list of prices.
    """
    url = url or URL
    names = sorted({name for use in _USES for name in catalog.types("azure", use)})
    wanted = [f"armSkuName eq '{name}'" for name in names]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for begin in range(0, len(wanted), AT_ONCE):
        any_of = " or ".join(wanted[begin : begin + AT_ONCE])
        for item in _items(f"serviceName eq 'Virtual Machines' and ({any_of})", region, url, pause):
            if _is_machine(item):
                found.setdefault(item["armSkuName"], []).append(item)
    quotes: list[Quote] = []
    unclear: dict[tuple[str, str], str] = {}
    asked = {(use, name) for use in _USES for name in catalog.types("azure", use)}
    for use, name in sorted(asked):
        items = found.get(name, [])
        try:
            list_price = _one([each for each in items if not _spare(each)])
            spare = " Spot" if use == "vm" else " Low Priority"
            spot = _one([each for each in items if str(each["skuName"]).endswith(spare)])
        except QueryFailed as why:
            unclear[use, name] = str(why)
            continue
        if list_price is not None:
            quotes.append(Quote(use, name, "hour", list_price, _market(spot, list_price)))
    for row in _meters():
        asked.add(("", row["item"]))
        question = (
            f"serviceName eq '{row['service']}' and productName eq '{row['product']}'"
            f" and meterName eq '{row['meter']}'"
        )
        items = [
            each
            for each in _items(question, region, url, pause)
            if each["unitOfMeasure"] == row["measure"]
            and (each["meterName"], each["productName"]) == (row["meter"], row["product"])
            and not each.get("tierMinimumUnits")
        ]
        try:
            price = _one(items)
        except QueryFailed as why:
            unclear["", row["item"]] = str(why)
            continue
        if price is not None:
            quotes.append(Quote("", row["item"], row["unit"], price))
    return Quotes(URL, tuple(quotes), frozenset(asked), unclear)


def _items(
    question: str, region: str, url: str, pause: Callable[[float], None]
) -> Iterator[Mapping[str, Any]]:
    """All rows of an answer, page by page. Values in filters are case-sensitive."""
    words = f"armRegionName eq '{region}' and priceType eq 'Consumption' and {question}"
    here = parse.urlsplit(url)
    next_page = f"{url}?{parse.urlencode({'$filter': words}, quote_via=parse.quote)}"
    for _ in range(MOST_PAGES):
        page = _read(web.get(next_page, "Azure's list of prices", pause))
        yield from (each for each in page["Items"] if each.get("armRegionName") == region)
        if not page.get("NextPageLink"):
            return
        next_page = str(page["NextPageLink"])
        there = parse.urlsplit(next_page)
        if (there.scheme, there.hostname) != (here.scheme, here.hostname):
            raise QueryFailed(f"Azure's list of prices goes on elsewhere: {next_page}")
    raise QueryFailed(f"Azure's list of prices does not end: {words}")


def _read(text: bytes) -> Mapping[str, Any]:
    try:
        page = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError as failure:
        raise QueryFailed("Azure's list of prices answers with what is no JSON") from failure
    items = page.get("Items") if isinstance(page, dict) else None
    if not isinstance(items, list) or not all(map(_is_price, items)):
        raise QueryFailed("Azure's list of prices answers with what is no list of prices")
    return dict(page)


def _is_price(item: Any) -> bool:
    """Whether it is a row in US dollars, with all that is read here."""
    texts = ("armRegionName", "meterName", "productName", "skuName", "unitOfMeasure")
    return (
        isinstance(item, dict)
        and all(isinstance(item.get(key), str) for key in texts)
        and item.get("currencyCode") == "USD"
        and isinstance(price := item.get("retailPrice"), Decimal)
        and price.is_finite()
        and price >= 0
    )


def _is_machine(item: Mapping[str, Any]) -> bool:
    """An hour of a machine with Linux; Cloud Services and dedicated hosts have rows of the same
    machine types."""
    product = item["productName"]
    return (
        item["unitOfMeasure"] == "1 Hour"
        and isinstance(item.get("armSkuName"), str)
        and product.startswith("Virtual Machines")
        and not product.endswith(" Windows")
    )


def _spare(item: Mapping[str, Any]) -> bool:
    return str(item["skuName"]).endswith((" Spot", " Low Priority"))


def _one(items: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """The price; None where it is not listed. Raises QueryFailed where there are several, or it is
    nothing."""
    prices = sorted({item["retailPrice"] for item in items})
    if len(prices) > 1:
        raise QueryFailed(_MANY.format(", ".join(f"{price:f}" for price in prices)))
    if prices == [0]:
        raise QueryFailed("it is listed for nothing")
    return prices[0] if prices else None


def _market(spot: Decimal | None, list_price: Decimal) -> Decimal | None:
    """A spare price; that of the list, or a tenth of it, means that there is no market."""
    return None if spot is None or spot in {list_price, list_price / 10} else spot


@cache
def _meters() -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / "meters.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
