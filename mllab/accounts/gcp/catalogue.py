"""Asks Google's catalogue of prices, the Cloud Billing API, which wants a login.

Source: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list. It has no
machines: a machine is its processors, its memory and its GPUs. `skus.csv` names the rest by
expressions for whole descriptions, since `Regional Balanced PD Capacity` is another thing. Machines
of `a2-ultragpu` have local disks besides. Vertex AI and Workbench add a share of the machine.
"""

from __future__ import annotations

import csv
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib import parse

from components import catalog
from mllab.accounts import web
from mllab.accounts.gcp import login
from mllab.accounts.quotes import Quote, Quotes
from mllab.accounts.responses import QueryFailed
from mllab.errors import LabError

URL: Final = "https://cloudbilling.googleapis.com/v1"
SOURCE: Final = "Google's Cloud Billing Catalog API, v1"
MOST_PAGES: Final = 100

_WHAT: Final = "Google's catalogue of prices"
_NO_LIST: Final = f"{_WHAT} answers with what is no list of prices"
_COMPUTE: Final = "Compute Engine"
_GPUS: Final = {"T4": "Nvidia Tesla T4", "L4": "Nvidia L4", "A100": "Nvidia Tesla A100"}

_SHARES: Final = {
    "job": (Decimal("1.15"), "vertex-1.15", ("e2", "n1"), ("a2",)),
    "managed": (Decimal("1.20"), "workbench-1.20", ("e2",), ()),
}
"""What a machine costs for other uses: how many times as much, by which source of
`mllab/money/data/sources.csv`; the families for which that is strong; those for which nobody knows.
"""

Sku = Mapping[str, Any]


def ask(region: str, url: str = "", pause: Callable[[float], None] = time.sleep) -> Quotes:
    """The prices of machines and of what `skus.csv` names, in one region.

    Args:
        url: of the API; by default the real one. pause: waits so many seconds.

    Raises:
        QueryFailed: no answer, or one that is no list of prices. LabError: no login.
    """
    reader = _Reader(url or URL, region, pause)
    names = {row["service"] for row in _items()} | {_COMPUTE}
    skus = {name: reader.skus(name) for name in sorted(names)}
    quotes: list[Quote] = []
    unclear: dict[tuple[str, str], str] = {}
    asked: set[tuple[str, str]] = set()
    for name in catalog.types("gcp", "vm"):
        machine = catalog.machine("gcp", name, "vm")
        if name.startswith("a2-ultragpu"):
            continue
        uses = [use for use in _SHARES if _is_known(use, name)]
        asked |= {("vm", name), *((use, name) for use in uses)}
        try:
            usd = _whole(skus[_COMPUTE], machine, spot=False)
            if usd is not None:
                spot = _whole(skus[_COMPUTE], machine, spot=True)
                quotes.append(Quote("vm", name, "hour", usd, spot, spot_told=spot is not None))
                quotes += [_with_share(use, name, usd) for use in uses]
        except QueryFailed as why:
            unclear |= {(use, name): str(why) for use in ("vm", *uses)}
    for item in dict.fromkeys(row["item"] for row in _items()):
        rows = [row for row in _items() if row["item"] == item]
        asked.add(("", item))
        found = {
            price * int(row["times"])
            for row in rows
            for price in _prices(skus[row["service"]], row["description"], row["measure"])
        }
        try:
            price = _one(sorted(found))
        except QueryFailed as why:
            unclear["", item] = str(why)
            continue
        if price is not None:
            quotes.append(Quote("", item, rows[0]["unit"], price))
    return Quotes(SOURCE, tuple(quotes), frozenset(asked), unclear)


class _Reader:
    """Asks the API about one region, page by page."""

    def __init__(self, url: str, region: str, pause: Callable[[float], None]) -> None:
        self._url, self._region, self._pause = url, region, pause
        self._headers = _headers()
        self._services = {
            str(each["displayName"]): str(each["name"])
            for each in self._pages("services", "services", ("displayName", "name"))
        }

    def skus(self, service: str) -> list[Sku]:
        """What a service has in the region, and everywhere."""
        if service not in self._services:
            raise QueryFailed(f"{_WHAT} has no service {service}")
        here = {self._region, "global"}
        needed = ("description", "serviceRegions", "category", "pricingInfo")
        path = f"{self._services[service]}/skus"
        return [sku for sku in self._pages(path, "skus", needed) if here & {*sku["serviceRegions"]}]

    def _pages(self, path: str, items: str, needed: Sequence[str]) -> Iterator[Sku]:
        token = ""
        for _ in range(MOST_PAGES):
            words = {"pageSize": "5000", "currencyCode": "USD"} if items == "skus" else {}
            query = parse.urlencode(words | ({"pageToken": token} if token else {}))
            try:
                text = web.get(f"{self._url}/{path}?{query}", _WHAT, self._pause, self._headers)
                page = json.loads(text, parse_float=Decimal, parse_int=Decimal)
                found = page.get(items, [])
                if not all(each.keys() >= {*needed} for each in found):
                    raise QueryFailed(_NO_LIST)
                token = str(page.get("nextPageToken") or "")
            except web.Refused as refused:
                raise _no_login(refused) from refused
            except (ValueError, TypeError, AttributeError) as failure:
                raise QueryFailed(_NO_LIST) from failure
            yield from found
            if not token:
                return
        raise QueryFailed(f"{_WHAT} does not end")


def _no_login(refused: web.Refused) -> Exception:
    try:
        said = str(json.loads(refused.body)["error"]["message"]).splitlines()[0][:300]
    except (ValueError, KeyError, TypeError, IndexError):
        said = str(refused)
    if refused.code == 401:
        return LabError(f"the Google Cloud login does not work: {said}", hint=login.LOGIN)
    if refused.code == 403:
        return LabError(
            f"{_WHAT} may not be read: {said}",
            hint="Let a project of yours ask it:\n  gcloud services enable"
            " cloudbilling.googleapis.com\n  gcloud auth application-default set-quota-project"
            " PROJECT",
        )
    return refused


def _headers() -> dict[str, str]:
    token = os.environ.get("GOOGLE_OAUTH_ACCESS_TOKEN", "")
    if not token:
        answer = login.GCLOUD.ask("auth", "application-default", "print-access-token")
        if answer.code:
            raise LabError(
                f"there is no Google Cloud login that works: {answer.why}", hint=login.LOGIN
            )
        token = answer.out.strip()
    # Source: https://cloud.google.com/docs/quotas/set-quota-project
    quota = os.environ.get("GOOGLE_CLOUD_QUOTA_PROJECT", "")
    return {"Authorization": f"Bearer {token}"} | ({"X-Goog-User-Project": quota} if quota else {})


def _whole(skus: Sequence[Sku], machine: catalog.Machine, *, spot: bool) -> Decimal | None:
    """What an hour of a machine costs; None where a part of it is not listed."""
    family = machine.type.partition("-")[0].upper()
    base = f"{family} Predefined Instance" if family == "N1" else f"{family} Instance"
    spare = "(Spot )?Preemptible " if spot else ""
    gpu = _GPUS[machine.gpu] if machine.gpu else ""
    attached = "attached to Spot Preemptible VMs " if spot else ""
    parts = [
        (f"{spare}{base} Core running in .+", "h", machine.vcpus),
        (f"{spare}{base} Ram running in .+", "GiBy.h", machine.memory_gib),
        *([(f"{gpu} GPU {attached}running in .+", "h", machine.gpus)] if gpu else []),
    ]
    usd = Decimal(0)
    for words, unit, count in parts:
        price = _one(_prices(skus, words, unit, spot=spot))
        if price is None:
            return None
        usd += price * count
    return usd


def _is_known(use: str, name: str) -> bool:
    *_, unknown = _SHARES[use]
    return name in catalog.types("gcp", use) and not name.startswith(unknown)


def _with_share(use: str, name: str, usd: Decimal) -> Quote:
    times, source, strong, _ = _SHARES[use]
    mark = "strong" if name.startswith(strong) else "weak"
    told = f"derived ({mark}): {times} x Compute Engine {usd.normalize():f} ({source}) | {SOURCE}"
    price = (times * usd).quantize(Decimal("1e-8"))
    return Quote(use, name, "hour", price, spot_told=False, source=told)


def _prices(
    skus: Sequence[Sku], description: str, measure: str, *, spot: bool = False
) -> list[Decimal]:
    """The prices of what is described so, each once: of the first step that is not free."""
    usage, found = "Preemptible" if spot else "OnDemand", set()
    try:
        for sku in skus:
            right = sku["category"]["usageType"] == usage
            if not right or not re.fullmatch(description, sku["description"]):
                continue
            told = sku["pricingInfo"][-1]["pricingExpression"]  # the last one is the newest
            if told["usageUnit"] != measure:
                continue
            steps = [(step["startUsageAmount"], _money(step)) for step in told["tieredRates"]]
            usd = [price for _, price in sorted(steps)]
            found.add(next(filter(None, usd), usd[0]))
    except (KeyError, TypeError, IndexError, ValueError, InvalidOperation) as failure:
        raise QueryFailed(_NO_LIST) from failure
    return sorted(found)


def _money(step: Mapping[str, Any]) -> Decimal:
    told = step["unitPrice"]
    usd = Decimal(told.get("units", 0)) + Decimal(told.get("nanos", 0)).scaleb(-9)
    if told["currencyCode"] != "USD" or not usd.is_finite() or usd < 0:
        raise ValueError(told)
    return usd


def _one(prices: Sequence[Decimal]) -> Decimal | None:
    """The price; None where there is none. Raises QueryFailed where it is nothing, or several."""
    if len(prices) > 1:
        told = ", ".join(f"{price.normalize():f}" for price in prices)
        raise QueryFailed(f"it is listed at several prices: {told}")
    if prices and not prices[0]:
        raise QueryFailed("it is listed for nothing")
    return prices[0] if prices else None


@cache
def _items() -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / "skus.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
