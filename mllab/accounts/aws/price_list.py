"""Asks AWS's price list, which wants a login with `pricing:GetProducts`.

Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html,
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html.
Spare machines are not in it. `price_items.csv` names what is asked for as the list does: the usage
type without the region that it may begin with (`EUC1-`, in KMS `eu-central-1-`).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Final

from components import catalog
from mllab.accounts.aws.client import Client
from mllab.accounts.quotes import Quote, Quotes
from mllab.accounts.responses import QueryFailed

SOURCE: Final = "AWS price list, GetProducts"
HOME: Final = "us-east-1"
"""Where it is asked for all regions."""

_USES: Final = ("vm", "job")
_LINUX: Final = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
_PLACES: Final = {"AWSDataTransfer": "fromRegionCode"}
"""What says the region, where it is not `regionCode`."""


def ask(region: str) -> Quotes:
    """The prices of machines and of what `price_items.csv` names, in one region.

    Raises:
        QueryFailed: no answer, or one that is no list of prices. LabError: no login, no SDK.
    """
    client = Client(HOME, {})
    _ = client.names  # says what is wrong with a login better than the list does
    prices = _List(client, region)
    found: dict[tuple[str, str], tuple[str, Sequence[Decimal]]] = {}
    for name in sorted({name for use in _USES for name in catalog.types("aws", use)}):
        usd = prices.of(
            "AmazonEC2", {"instanceType": name, **_LINUX}, rf"[^-]+:{re.escape(name)}", "Hrs"
        )
        for use in _USES:
            if name in catalog.types("aws", use):
                found[use, name] = ("hour", usd)
    for name in catalog.types("aws", "managed"):
        usd = prices.of("AmazonSageMaker", {}, re.escape(f"Notebk:{name}"), "")
        found["managed", name] = ("hour", usd)
    for row in _items():
        words = dict(word.split("=", 1) for word in row["words"].split("|") if word)
        usd = prices.of(row["service"], words, re.escape(row["usage"]), row["measure"])
        found["", row["item"]] = (row["unit"], [price * int(row["times"]) for price in usd])
    quotes: list[Quote] = []
    unclear: dict[tuple[str, str], str] = {}
    for (use, item), (unit, told) in found.items():
        if len(told) > 1:
            listed = ", ".join(f"{price.normalize():f}" for price in told)
            unclear[use, item] = f"it is listed at several prices: {listed}"
        elif told and not told[0]:
            unclear[use, item] = "it is listed for nothing"
        elif told:
            quotes.append(Quote(use, item, unit, told[0], spot_told=False))
    return Quotes(SOURCE, tuple(quotes), frozenset(found), unclear)


class _List:
    """The products of one region; what is asked twice with the same words is asked once."""

    def __init__(self, client: Client, region: str) -> None:
        self._client, self._region = client, region
        self._known: dict[tuple[str, ...], list[tuple[str, Mapping[str, Any]]]] = {}

    def of(
        self, service: str, words: Mapping[str, str], usage: str, measure: str
    ) -> Sequence[Decimal]:
        """The list prices of one kind of use, each once.

        Args:
            usage: an expression for the usage type without region. measure: its unit, or empty.
        """
        key = (service, *(f"{name}={value}" for name, value in words.items()))
        if key not in self._known:
            self._known[key] = self._ask(service, words)
        meant = re.compile(f"(?:[A-Z]{{2,4}}[0-9]?-|{self._region}-)?(?:{usage})")
        try:
            found = {
                price
                for name, product in self._known[key]
                if meant.fullmatch(name)
                for term in product["terms"].get("OnDemand", {}).values()
                if (price := _first(term["priceDimensions"].values(), measure)) is not None
            }
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
            raise QueryFailed("AWS's price list answers with what is no list of prices") from error
        return sorted(found)

    def _ask(self, service: str, words: Mapping[str, str]) -> list[tuple[str, Mapping[str, Any]]]:
        place = _PLACES.get(service, "regionCode")
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in {place: self._region, **words}.items()
        ]
        found = []
        for page in self._client.ask(
            "pricing", "get_products", {"ServiceCode": service, "Filters": filters}
        ):
            for text in page.get("PriceList") or ():
                try:
                    product = json.loads(text) if isinstance(text, str) else text
                    attributes = product["product"]["attributes"]
                    if attributes[place] == self._region:
                        found.append((str(attributes["usagetype"]), product))
                except (KeyError, TypeError, ValueError) as error:
                    raise QueryFailed(
                        "AWS's price list answers with what is no list of prices"
                    ) from error
        return found


def _first(steps: Any, measure: str) -> Decimal | None:
    """The price of the first step that is not free; the order of steps in an answer is not theirs.
    0 where all are free, None where none is in this unit."""
    found = []
    for step in steps:
        price, begin = Decimal(step["pricePerUnit"]["USD"]), Decimal(step.get("beginRange", "0"))
        if not price.is_finite() or price < 0:
            raise ValueError(price)
        if not measure or step["unit"] == measure:
            found.append((begin, price))
    prices = [price for _, price in sorted(found)]
    return next(filter(None, prices), prices[0] if prices else None)


@cache
def _items() -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / "price_items.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
