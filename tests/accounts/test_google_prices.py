"""Google's catalogue: machines out of their parts, what is not meant, pages, garbage, no login.

Not proven: that the real catalogue describes its SKUs so; the descriptions are those that public
programs match, and the unit prices those of us-central1 of which the price book's are made.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from components import catalog
from mllab.accounts import web
from mllab.accounts.gcp import catalogue
from mllab.accounts.responses import QueryFailed
from mllab.errors import LabError
from mllab.money import prices
from tests.accounts.google_list import listed, sku

GIB, MONTH = "GiBy.h", "GiBy.mo"
SPARE = "Preemptible"
HERE = "us-central1"
COMPUTE = [
    sku("N1 Predefined Instance Core running in Americas", "0.031611"),
    sku("N1 Predefined Instance Ram running in Americas", "0.004237", GIB),
    sku("N1 Predefined Instance Core running in Tokyo", "0.04",
        serviceRegions=["asia-northeast1"]),
    sku("Nvidia Tesla T4 GPU running in Americas", "0.35"),
    sku("Commitment v1: Nvidia Tesla T4 GPU running in Americas for 1 Year", "0.22",
        usage="Commit1Yr"),
    sku("A2 Instance Core running in Americas", "0.031611"),
    sku("A2 Instance Ram running in Americas", "0.004237", GIB),
    sku("Nvidia Tesla A100 GPU running in Americas", "2.933908"),
    sku("Nvidia Tesla A100 80GB GPU running in Americas", "3.9"),
    sku("Spot Preemptible A2 Instance Core running in Americas", "0.01", usage=SPARE),
    sku("Spot Preemptible A2 Instance Ram running in Americas", "0.001", GIB, SPARE),
    sku("Nvidia Tesla A100 GPU attached to Spot Preemptible VMs running in Americas", "1",
        usage=SPARE),
    sku("Balanced PD Capacity", "0.1", MONTH),
    sku("Regional Balanced PD Capacity", "0.2", MONTH),
    sku("Balanced PD Capacity by commitment", "0.07", MONTH),
    sku("Storage PD Capacity", "0.04", MONTH, free=30),
    sku("External IP Charge on a Standard VM", "0.005", free=744, serviceRegions=["global"]),
    sku("Static Ip Charge", "0.01", free=1),
    sku("G2 Instance Core running in Americas", "0.02"),
    sku("G2 Instance Core running in Americas", "0.03"),
    sku("G2 Instance Ram running in Americas", "0.003", GIB),
    sku("Nvidia L4 GPU running in Americas", "0.56"),
]  # fmt: skip
SKUS: dict[str, list[dict[str, Any]]] = {
    "Compute Engine": COMPUTE,
    "Cloud Storage": [
        sku("Standard Storage US Regional", "0.02", MONTH, free=5),
        sku("Standard Storage Iowa Dual-region", "0.022", MONTH),
        sku("Nearline Storage Iowa (Early Delete)", "0.01", "GiBy.d"),
    ],
    "Artifact Registry": [
        sku("Artifact Registry Storage", "0.1", MONTH, free=0.5, serviceRegions=["global"])
    ],
    "Cloud Filestore": [
        sku("Filestore Capacity Zonal and High Scale Iowa", "0.0003", GIB),
        sku("Filestore Capacity Basic HDD (Standard) Iowa", "0.2", MONTH),
    ],
}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.token")


def never(_: float) -> None:
    raise AssertionError("nothing to wait for")


def test_machines_are_made_of_their_parts_and_the_rest_by_its_whole_description() -> None:
    with listed(SKUS) as told:
        found = catalogue.ask(HERE, told.url, never)
    assert {(one.use, one.item): one.usd for one in found.quotes} == {
        ("vm", "n1-standard-4+nvidia-tesla-t4"): Decimal("0.539999"),  # as the price book has it
        ("vm", "n1-standard-8+nvidia-tesla-t4"): Decimal("0.729998"),
        ("vm", "a2-highgpu-1g"): Decimal("3.673385"),
        # As the price book has them, of Vertex AI and Workbench; of `a2` for jobs nobody knows.
        ("job", "n1-standard-4+nvidia-tesla-t4"): Decimal("0.62099885"),
        ("job", "n1-standard-8+nvidia-tesla-t4"): Decimal("0.83949770"),
        ("managed", "n1-standard-4+nvidia-tesla-t4"): Decimal("0.64799880"),
        ("managed", "n1-standard-8+nvidia-tesla-t4"): Decimal("0.87599760"),
        ("managed", "a2-highgpu-1g"): Decimal("4.40806200"),
        ("", "pd-balanced"): Decimal("0.1"),
        ("", "pd-standard"): Decimal("0.04"),
        ("", "external IPv4, in use by a VM"): Decimal("0.005"),
        ("", "external IPv4, reserved and unused"): Decimal("0.01"),
        ("", "GCS Standard storage"): Decimal("0.02"),
        ("", "Artifact Registry storage"): Decimal("0.1"),
        ("", "Filestore Basic HDD (minimum 1 TiB)"): Decimal("0.2"),
        ("", "Filestore ZONAL"): Decimal("0.219"),
    }
    assert found.unclear["vm", "g2-standard-4"] == "it is listed at several prices: 0.02, 0.03"
    assert {("vm", "e2-standard-2"), ("", "pd-ssd")} <= found.asked
    assert ("vm", "a2-ultragpu-1g") not in found.asked, "its local disks are not in the parts"
    assert found.unclear["job", "g2-standard-4"] == found.unclear["vm", "g2-standard-4"]
    assert {one.source[:16] for one in found.quotes if one.use == "job"} == {"derived (strong)"}
    assert {one.source[:14] for one in found.quotes if one.use == "managed"} == {"derived (weak)"}
    spare = {one.item: (one.spot, one.spot_told) for one in found.quotes if one.use == "vm"}
    assert spare["a2-highgpu-1g"] == (Decimal("1.205"), True)
    assert spare["n1-standard-4+nvidia-tesla-t4"] == (None, False)
    assert all(each["Authorization"] == "Bearer ya29.token" for each in told.headers)


def test_a_busy_catalogue_is_asked_again() -> None:
    waited: list[float] = []
    with listed(SKUS, busy=2) as told:
        catalogue.ask(HERE, told.url, waited.append)
    assert waited == [web.PAUSE] * 2
    with listed(SKUS, busy=99) as told, pytest.raises(QueryFailed, match="429"):
        catalogue.ask(HERE, told.url, waited.append)


@pytest.mark.parametrize(
    ("code", "why", "hint"),
    [(401, "login does not work", "application-default login"),
     (403, "may not be read: Request had", "cloudbilling.googleapis.com")],
)  # fmt: skip
def test_a_login_that_has_ended_or_may_not_is_said(code: int, why: str, hint: str) -> None:
    with listed(SKUS, refused=code) as told, pytest.raises(LabError, match=why) as failure:
        catalogue.ask(HERE, told.url, never)
    assert hint in str(failure.value.hint)


@pytest.mark.parametrize(
    "garbage",
    [b"<html>", b"[]", b'{"skus": {}, "nextPageToken": 1}', b'{"skus": [{"description": "x"}]}'],
)
def test_garbage_is_refused(garbage: bytes) -> None:
    with listed({}, garbage=garbage) as told, pytest.raises(QueryFailed):
        catalogue.ask(HERE, told.url, never)


@pytest.mark.parametrize("price", [{"currencyCode": "EUR"}, {"nanos": -1}, {"units": "x"}])
def test_a_price_that_is_none_in_dollars_is_refused(price: dict[str, Any]) -> None:
    wrong = sku("Balanced PD Capacity", "0.1", MONTH)
    steps = wrong["pricingInfo"][0]["pricingExpression"]["tieredRates"]
    steps[1]["unitPrice"] |= price
    with (
        listed({"Compute Engine": [wrong]}) as told,
        pytest.raises(QueryFailed, match="no list of prices"),
    ):
        catalogue.ask(HERE, told.url, never)


@pytest.mark.parametrize("use", ["job", "managed"])
def test_what_is_reckoned_from_the_machine_is_so_in_the_price_book(use: str) -> None:
    """The same machines, shares and marks."""
    for name in catalog.types("gcp", use):
        known = prices.machine("gcp", HERE, use, name)
        if not catalogue._is_known(use, name):
            assert known is None, name
            continue
        base = prices.machine("gcp", HERE, "vm", name)
        if known and base:
            quote = catalogue._with_share(use, name, base.usd)
            assert abs(quote.usd - known.usd) < Decimal("1e-7"), name
            assert quote.source[:14] == known.source[:14], name


def test_every_item_has_the_unit_of_the_price_book() -> None:
    for row in catalogue._items():
        for region in prices.sold("gcp", row["item"]):
            known = prices.flat("gcp", region, row["item"])
            assert known
            assert known.unit == row["unit"], row["item"]
