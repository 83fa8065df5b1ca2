"""AWS's price list: pages, products that are not meant, throttling, garbage, no login.

Not proven: that the real list answers so; it is the shape that its API reference shows.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mllab.accounts.aws import price_list
from mllab.accounts.responses import QueryFailed
from mllab.errors import LabError
from mllab.money import prices
from tests.pulumi import stub_sts

HERE = "us-east-1"


def product(usagetype: str, usd: str, unit: str, service: str = "AmazonEC2", **more: str) -> str:
    """One with two steps, of which the answer has the later one first, as AWS's may."""
    attributes = {"servicecode": service, "regionCode": HERE, "usagetype": usagetype, **more}
    first = {"unit": unit, "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}}
    later = {**first, "beginRange": "51200", "pricePerUnit": {"USD": "0.00002"}}
    terms = {"OnDemand": {"X.T": {"priceDimensions": {"X.T.2": later, "X.T.1": first}}}}
    return json.dumps({"product": {"attributes": attributes}, "terms": terms})


def machine(name: str, usd: str, **more: str) -> str:
    linux = {"instanceType": name, **price_list._LINUX, **more}
    return product(f"BoxUsage:{name}", usd, "Hrs", **linux)


LISTED = [
    machine("g4dn.xlarge", "0.526"),
    machine("g4dn.xlarge", "0.71", operatingSystem="Windows"),
    machine("g5.xlarge", "1.006"),
    machine("g5.xlarge", "1.2"),
    product("EBS:VolumeUsage.gp3", "0.08", "GB-Mo", volumeApiName="gp3"),
    product("EBS:VolumeUsage.gp3", "9", "GiBps-mo", volumeApiName="gp3"),
    product("EBS:VolumeP-IOPS.gp3", "0.005", "IOPS-Mo", volumeApiName="gp3"),
    product("USE1-PublicIPv4:InUseAddress", "0.005", "Hrs", "AmazonVPC"),
    product("USE1-PublicIPv4:IdleAddress", "0.006", "Hrs", "AmazonVPC"),
    product("TimedStorage-ByteHrs", "0.023", "GB-Mo", "AmazonS3", volumeType="Standard"),
    product("TimedStorage-ByteHrs", "0.002", "GB-Mo", "AmazonS3", volumeType="Tags"),
    product("Requests-Tier1", "0.000005", "Requests", "AmazonS3", group="S3-API-Tier1"),
    product("USE1-Requests-SIA-Tier1", "0.00001", "Requests", "AmazonS3", group="S3-API-Tier1"),
    product("USE1-TimedStorage-ByteHrs", "0.3", "GB-Mo", "AmazonEFS"),
    product("USE1-IATimedStorage-ByteHrs", "0.025", "GB-Mo", "AmazonEFS"),
    product("USE1-ETDataAccess-Bytes", "0.03", "GB", "AmazonEFS", accessType="Read"),
    product("USE1-ETDataAccess-Bytes", "0.06", "GB", "AmazonEFS", accessType="Write"),
    product("DeliveryAttempts-SMTP", "0", "Notifications", "AmazonSNS"),
    product("us-east-1-KMS-Requests", "0.000003", "Requests", "awskms"),
    product("us-east-1-KMS-Requests-Asymmetric", "0.000015", "Requests", "awskms"),
    product("USE1-Notebk:ml.t3.large", "0.1", "Hrs", "AmazonSageMaker"),
    product("USE1-Studio:KernelGateway-ml.t3.large", "9", "Hrs", "AmazonSageMaker"),
    product("DataTransfer-Out-Bytes", "0.09", "GB", "AWSDataTransfer",
            regionCode="", fromRegionCode=HERE, transferType="AWS Outbound"),
]  # fmt: skip
"""Source of services, usage types, units and steps: recorded answers of GetProducts in
TypeOneLabs/tellury@main pkg/pricing/aws/testdata and public tests that quote the price list."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told: dict[str, Any] = self.server.told  # type: ignore[attr-defined]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AWSPriceListService.GetProducts"
        wanted = {each["Field"]: each["Value"] for each in asked["Filters"]}
        wanted["servicecode"] = asked["ServiceCode"]
        assert all(each["Type"] == "TERM_MATCH" for each in asked["Filters"])
        found = [text for text in told["listed"] if _fits(text, wanted)]
        page = int(asked.get("NextToken", 0))
        answer: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": found[page : page + 1]}
        if page + 1 < len(found):
            answer["NextToken"] = str(page + 1)
        status = 200
        if told["expired"]:
            said = "The security token included in the request is expired"
            status, answer = 400, {"__type": "ExpiredTokenException", "message": said}
        if told["busy"]:
            told["busy"] -= 1
            status, answer = 400, {"__type": "ThrottlingException", "message": "Rate exceeded"}
        body = json.dumps(told["garbage"] or answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _fits(text: str, wanted: dict[str, str]) -> bool:
    attributes = json.loads(text)["product"]["attributes"]
    return all(attributes.get(key) == value for key, value in wanted.items())


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEACHING")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with stub_sts.serving("us-east-1") as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", address)
        yield monkeypatch


@contextmanager
def listing(keys: pytest.MonkeyPatch, **how: Any) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.told = {"listed": LISTED, "busy": 0, "garbage": None, "expired": False, **how}  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        keys.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{server.server_address[1]}")
        try:
            yield
        finally:
            server.shutdown()


@pytest.mark.parametrize("busy", [0, 2])
def test_only_what_is_meant_is_taken_from_all_pages(keys: pytest.MonkeyPatch, busy: int) -> None:
    with listing(keys, busy=busy):
        found = price_list.ask(HERE)
    prices = {(one.use, one.item): one.usd for one in found.quotes}
    assert prices == {
        ("vm", "g4dn.xlarge"): Decimal("0.526"),
        ("job", "g4dn.xlarge"): Decimal("0.526"),
        ("", "EBS gp3 storage"): Decimal("0.08"),
        ("", "public IPv4 address, in use"): Decimal("0.005"),
        ("", "public IPv4 address, idle"): Decimal("0.006"),
        ("", "S3 Standard storage, first 50 TB"): Decimal("0.023"),
        ("", "S3 PUT, COPY, POST, LIST"): Decimal("0.005"),
        ("", "EFS Standard storage"): Decimal("0.3"),
        ("", "EFS IA storage, bursting or provisioned throughput"): Decimal("0.025"),
        ("", "EFS read, elastic throughput"): Decimal("0.03"),
        ("", "EFS write, elastic throughput"): Decimal("0.06"),
        ("", "SNS mail"): Decimal("0.02"),  # its first step is free
        ("", "KMS requests"): Decimal("0.03"),
        ("managed", "ml.t3.large"): Decimal("0.1"),
        ("", "data transfer out to the internet, first 10 TB"): Decimal("0.09"),
    }
    assert not any(one.spot_told for one in found.quotes)
    assert found.unclear["vm", "g5.xlarge"] == "it is listed at several prices: 1.006, 1.2"
    assert ("vm", "p5.48xlarge") in found.asked


def test_garbage_is_refused(keys: pytest.MonkeyPatch) -> None:
    for garbage in ({"PriceList": ["{}"]}, {"PriceList": ["no"]}):
        with listing(keys, garbage=garbage), pytest.raises(QueryFailed, match="no list of prices"):
            price_list.ask(HERE)
    wrong = [machine("g4dn.xlarge", "-1")]
    with listing(keys, listed=wrong), pytest.raises(QueryFailed, match="no list of prices"):
        price_list.ask(HERE)


def test_every_item_is_one_of_the_price_book_in_its_unit() -> None:
    for row in price_list._items():
        (region, *_) = prices.sold("aws", row["item"])
        known = prices.flat("aws", region, row["item"])
        assert known
        assert known.unit == row["unit"], row["item"]


def test_what_is_listed_no_more_has_no_quote(keys: pytest.MonkeyPatch) -> None:
    with listing(keys, listed=LISTED[:1]):
        found = price_list.ask(HERE)
    assert {one.item for one in found.quotes} == {"g4dn.xlarge"}
    assert ("", "EBS gp3 storage") in found.asked
    assert not found.unclear


def test_a_login_that_has_ended_is_said(keys: pytest.MonkeyPatch) -> None:
    with listing(keys, expired=True), pytest.raises((LabError, QueryFailed), match="xpired"):
        price_list.ask(HERE)
