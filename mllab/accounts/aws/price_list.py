"""Asks AWS's price list, which wants a login with `pricing:GetProducts`.

Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html,
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html.
Spare machines are not in it, and SageMaker's notebooks, S3, EFS and ECR are not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
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
# Item, unit; service, what is asked with; how the usage type ends, and its unit.
_FLAT: Final[tuple[tuple[str, str, str, dict[str, str], str, str], ...]] = (
    ("EBS gp3 storage", "GB-month", "AmazonEC2", {"volumeApiName": "gp3"}, "EBS:VolumeUsage.gp3",
     "GB-Mo"),
    ("public IPv4 address, in use", "hour", "AmazonVPC", {}, "PublicIPv4:InUseAddress", "Hrs"),
)  # fmt: skip


def ask(region: str) -> Quotes:
    """The prices of machines, disks and addresses, in one region.

    Raises:
        QueryFailed: no answer, or one that is no list of prices. LabError: no login, no SDK.
    """
    client = Client(HOME, {})
    _ = client.names  # says what is wrong with a login better than the list does
    quotes: list[Quote] = []
    unclear: dict[tuple[str, str], str] = {}
    asked: set[tuple[str, str]] = set()
    for name in sorted({name for use in _USES for name in catalog.types("aws", use)}):
        uses = [use for use in _USES if name in catalog.types("aws", use)]
        asked |= {(use, name) for use in uses}
        found = _prices(client, "AmazonEC2", region, {"instanceType": name, **_LINUX}, name, "Hrs")
        for use in uses:
            _take(quotes, unclear, found, use, name, "hour")
    for item, unit, service, words, ending, measure in _FLAT:
        asked.add(("", item))
        _take(
            quotes,
            unclear,
            _prices(client, service, region, words, ending, measure),
            "",
            item,
            unit,
        )
    return Quotes(SOURCE, tuple(quotes), frozenset(asked), unclear)


def _take(
    quotes: list[Quote],
    unclear: dict[tuple[str, str], str],
    found: Sequence[Decimal],
    use: str,
    item: str,
    unit: str,
) -> None:
    if len(found) > 1:
        told = ", ".join(f"{price:f}" for price in found)
        unclear[use, item] = f"it is listed at several prices: {told}"
    elif found and not found[0]:
        unclear[use, item] = "it is listed for nothing"
    elif found:
        quotes.append(Quote(use, item, unit, found[0], spot_told=False))


def _prices(
    client: Client, service: str, region: str, words: Mapping[str, str], ending: str, measure: str
) -> list[Decimal]:
    """The list prices of what is found by these words, each once."""
    filters = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in {"regionCode": region, **words}.items()
    ]
    asked = {"ServiceCode": service, "Filters": filters}
    found = {
        price
        for page in client.ask("pricing", "get_products", asked)
        for text in page.get("PriceList") or ()
        for price in _read(text, region, ending, measure)
    }
    return sorted(found)


def _read(text: Any, region: str, ending: str, measure: str) -> Iterator[Decimal]:
    """The price of the first step of one product, where it is the one that is meant."""
    try:
        product = json.loads(text) if isinstance(text, str) else text
        attributes = product["product"]["attributes"]
        meant = str(attributes["usagetype"]).endswith(ending)
        if attributes["regionCode"] != region or not meant:
            return
        for term in product["terms"]["OnDemand"].values():
            for step in term["priceDimensions"].values():
                price = Decimal(step["pricePerUnit"]["USD"])
                if not price.is_finite() or price < 0:
                    raise ValueError(price)
                if step["unit"] == measure and step.get("beginRange", "0") == "0":
                    yield price
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise QueryFailed("AWS's price list answers with what is no list of prices") from error
