"""Azure's list of retail prices on loopback, as far as its documentation shows it:
https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

PAGE = 3


def item(meter: str, price: float, **more: Any) -> dict[str, Any]:
    """A row as the documentation shows one."""
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": "eastus",
        "location": "US East",
        "effectiveStartDate": "2026-06-01T00:00:00Z",
        "meterId": "000a794b-bdb0-58be-a0cd-0c3a0f222923",
        "meterName": meter,
        "productId": "DZH318Z0BQPS",
        "skuId": "DZH318Z0BQPS/00TG",
        "productName": "Virtual Machines Dsv5 Series",
        "skuName": meter,
        "serviceName": "Virtual Machines",
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": "",
        **more,
    }


def machine(name: str, price: float, **more: Any) -> dict[str, Any]:
    short = name.removeprefix("Standard_").replace("_", " ")
    return item(short, price, **{"armSkuName": name, "skuName": short, **more})


@dataclass
class List:
    """What is listed, and how it misbehaves.

    Args:
        busy: answers 429 so often first. wait: its Retry-After. garbage: what it answers instead of
            pages. elsewhere: where the next page is said to be. deaf: answers everything, whatever
            is asked.
    """

    items: list[dict[str, Any]]
    busy: int = 0
    wait: str = "7"
    garbage: bytes | None = None
    elsewhere: str = ""
    deaf: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told: List = self.server.told  # type: ignore[attr-defined]
        query = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
        words, skip = query["$filter"], int(query.get("$skip", 0))
        told.asked.append(words)
        if told.busy:
            told.busy -= 1
            self.send_response(429)
            self.send_header("Retry-After", told.wait)
            self.end_headers()
            return
        found = [each for each in told.items if told.deaf or _fits(each, words)]
        more = {"$filter": words, "$skip": skip + PAGE}
        following = f"{told.elsewhere or told.url}?{urlencode(more)}"
        page = {
            "BillingCurrency": "USD",
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": found[skip : skip + PAGE],
            "NextPageLink": following if skip + PAGE < len(found) else None,
            "Count": len(found[skip : skip + PAGE]),
        }
        body = json.dumps(page).encode() if told.garbage is None else told.garbage
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _fits(each: dict[str, Any], words: str) -> bool:
    """By the operators that are asked with: `and`, and `or` in parentheses. Case counts."""
    types = re.findall(r"armSkuName eq '([^']*)'", words)
    rest = re.sub(r"\(.*\)", "", words)
    equal = re.findall(r"(\w+) eq '([^']*)'", rest)
    names = {"priceType": "type"}
    return all(each[names.get(key, key)] == value for key, value in equal) and (
        not types or each["armSkuName"] in types
    )


@contextmanager
def listed(items: list[dict[str, Any]], **how: Any) -> Iterator[List]:
    """A list that answers at `url`."""
    told = List(items, **how)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.told = told  # type: ignore[attr-defined]
        told.url = f"http://127.0.0.1:{server.server_address[1]}/api/retail/prices"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield told
        finally:
            server.shutdown()
