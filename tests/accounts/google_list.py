"""Google's catalogue of prices on loopback.

Source of the shape: the reference of services.skus.list, and the recorded answers in
TypeOneLabs/tellury@main pkg/pricing/gcp/testdata.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SERVICES = ("Compute Engine", "Cloud Storage", "Artifact Registry", "Cloud Filestore")
PAGE = 3


def sku(
    description: str, usd: str, unit: str = "h", usage: str = "OnDemand", **more: Any
) -> dict[str, Any]:
    """One that costs less from 100 000 on, and nothing below `free`, in no order."""
    units, _, part = usd.partition(".")
    price = {"currencyCode": "USD", "units": units, "nanos": int(part.ljust(9, "0"))}
    free = more.pop("free", 0)
    later = {"currencyCode": "USD", "units": "0", "nanos": 1}
    steps = [
        {"startUsageAmount": 100_000, "unitPrice": later},
        {"startUsageAmount": free, "unitPrice": price},
    ]
    if free:
        steps.append(
            {"startUsageAmount": 0, "unitPrice": {"currencyCode": "USD", "units": "0", "nanos": 0}}
        )
    told = {"usageUnit": unit, "displayQuantity": 1, "tieredRates": steps}
    return {
        "name": "services/6F81-5844-456A/skus/0AD6-2784-F0B6",
        "skuId": "0AD6-2784-F0B6",
        "description": description,
        "category": {
            "serviceDisplayName": "Compute Engine",
            "resourceFamily": "Compute",
            "resourceGroup": "CPU",
            "usageType": usage,
        },
        "serviceRegions": ["us-central1"],
        "pricingInfo": [{"summary": "", "pricingExpression": told, "currencyConversionRate": 1}],
        "serviceProviderName": "Google",
        "geoTaxonomy": {"type": "REGIONAL", "regions": ["us-central1"]},
        **more,
    }


@dataclass
class Told:
    """What is listed, by service, and how it misbehaves.

    Args:
        busy: answers 429 so often first. refused: answers all with this code. garbage: what it
            answers instead of pages of prices.
    """

    skus: dict[str, list[dict[str, Any]]]
    busy: int = 0
    refused: int = 0
    garbage: bytes | None = None
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told: Told = self.server.told  # type: ignore[attr-defined]
        there = urlsplit(self.path)
        query = {key: value[0] for key, value in parse_qs(there.query).items()}
        told.asked.append(self.path)
        told.headers.append(dict(self.headers))
        status, body = 200, b""
        if told.busy:
            told.busy -= 1
            status = 429
        elif told.refused:
            status = told.refused
            said = {"code": status, "message": "Request had invalid authentication credentials."}
            body = json.dumps({"error": said}).encode()
        elif there.path == "/v1/services":
            body = json.dumps(
                {
                    "services": [
                        {"name": f"services/{name.replace(' ', '')}", "displayName": name}
                        for name in SERVICES
                    ]
                }
            ).encode()
        elif told.garbage is not None:
            body = told.garbage
        else:
            assert query["currencyCode"] == "USD"
            names = {name.replace(" ", ""): name for name in SERVICES}
            listed = told.skus.get(names[there.path.split("/")[3]], [])
            begin = int(query.get("pageToken", 0))
            more = str(begin + PAGE) if begin + PAGE < len(listed) else ""
            page = {"skus": listed[begin : begin + PAGE], "nextPageToken": more}
            body = json.dumps(page).encode()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def listed(skus: dict[str, list[dict[str, Any]]], **how: Any) -> Iterator[Told]:
    """A catalogue that answers at `url`."""
    told = Told(skus, **how)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.told = told  # type: ignore[attr-defined]
        told.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield told
        finally:
            server.shutdown()
