"""Sums: by hand, monotone, the sum of their parts, and never with what nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import catalog, regions
from mllab.engines.contract import Resource
from mllab.lifecycle import cost
from mllab.money import estimate, prices
from mllab.money.estimate import Estimate, Lab, Sums
from mllab.settings.usage import Usage
from tests.scenarios.living_lab import CLOUDS, MANAGED, LivingLab

TODAY = date(2026, 11, 30)
NODE_DISK = Decimal("0.08") * 200 / 730  # an hour of 200 GB
GCP = Lab("gcp", "us-central1", seats=1, node="e2-standard-4", most=4, spot=False)


def disk(size: int) -> Resource:
    return resource("gcp:compute/disk:Disk", type="pd-balanced", size=size)


def machine() -> Resource:
    disk = {"initializeParams": {"type": "pd-balanced", "size": 100}}
    return resource("gcp:compute/instance:Instance", machineType="e2-standard-2", bootDisk=disk)


def resource(token: str, /, **inputs: object) -> Resource:
    urn = f"urn:pulumi:lab::mllab::mllab:lab:Lab$mllab:gcp:Notebook${token}::it"
    return Resource(urn, token, "it", custom=True, parent="", inputs=inputs)


def of(resources: Sequence[Resource], use: Usage = Usage(), today: date = TODAY) -> Estimate:  # noqa: B008
    return estimate.of(resources, GCP, today, use)


def by_hand(asleep: str, hour: str, node: str) -> Sums:
    """What one notebook and four nodes come to, by the definitions of the columns."""
    month, one, other = Decimal(asleep), Decimal(hour), Decimal(node)
    return Sums(
        month,
        one + other,
        month * 168 / 730 + 8 * one + 4 * other,
        month * 24 / 730 + 24 * one + 24 * 4 * other,
    )


@pytest.mark.parametrize(
    ("stack", "sums", "whole"),
    [
        # 150 GB of disks at 0.08, 20 GB of files at 0.3 and of objects at 0.023, 5 GB of images at
        # 0.1; machines with address; 200 GB of a node's disk while it lives.
        ("aws-course", by_hand("18.96", "0.531", str(Decimal("1.011") + NODE_DISK)), True),
        # An address, 730 hours at 0.005; a disk of up to 128 GB; 20 GB of files at 0.06.
        ("azure-course", by_hand("14.45", "0.526", "0.531"), False),
        # Two disks, 50 and 100 GB at 0.1; 20 GB at 0.02; machine and address.
        ("gcp-course", by_hand("15.40", "0.544999", "0.62099885"), False),
    ],
)
def test_the_course_labs_by_hand(
    stack: str, sums: Sums, *, whole: bool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    _, found = cost.price(stack, "2026-11-30")
    for column, wanted in vars(sums).items():
        assert abs(getattr(found.total(), column) - wanted) < Decimal("1e-20"), column
    parts = sum((found.of_role(role) for role in found.roles), Sums())
    assert all(abs(a - b) < Decimal("1e-20") for a, b in _pairs(parts, found.total()))
    assert bool(found.missing) != whole
    assert not any(line.why for line in found.lines if line.sums != Sums())


def _pairs(one: Sums, other: Sums) -> list[tuple[Decimal, Decimal]]:
    return [(getattr(one, column), getattr(other, column)) for column in vars(one)]


@pytest.mark.parametrize("kind", ["vm", "managed"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_in_every_region_each_charge_is_added_or_says_why_not(
    cloud: str, kind: str, tmp_path: Path
) -> None:
    lab = LivingLab(tmp_path, cloud, "embedded")
    if kind == "managed":
        lab.set(MANAGED[cloud])
    resources = lab.plan().resources
    node = catalog.machine(cloud, "cpu-small", "job").name
    for region in regions.of(cloud):
        where = Lab(cloud, region, seats=2, node=node, most=1, spot=True)
        found = estimate.of(resources, where, TODAY, Usage())
        assert found.free
        for line in found.lines:
            assert bool(line.why) == (line.sums == Sums()), line
            assert min(vars(line.sums).values()) >= 0


def test_machines_that_no_price_is_known_for_in_any_region() -> None:
    unknown = {
        (cloud, use, name)
        for cloud in CLOUDS
        for use in catalog.USES
        for name in catalog.types(cloud, use)
        if not prices.sold(cloud, name, use)
    }
    assert unknown == {
        ("aws", "managed", "ml.p5.4xlarge"),
        ("gcp", "job", "a2-highgpu-1g"),
        ("gcp", "job", "a2-ultragpu-1g"),
    }


@pytest.mark.parametrize(
    ("today", "added"), [(date(2027, 7, 30), True), (date(2027, 7, 31), False)]
)
def test_a_price_of_more_than_a_year_ago_is_not_added_but_told(today: date, *, added: bool) -> None:
    found = of([disk(10)], today=today)  # its price is of 2026-07-30
    line = found.lines[0]
    assert (line.sums.asleep, line.outdated.asleep) == ((1, 0) if added else (0, 1))
    assert found.known("asleep") == added
    assert line.why == ("" if added else "its price is of 2026-07-30, more than 365 days ago")


def test_a_price_of_a_later_day_is_not_added() -> None:
    line = of([disk(10)], today=date(2026, 7, 29)).lines[0]
    assert (line.sums, line.why) == (Sums(), "its price is of 2026-07-30, after 2026-07-29")


@pytest.mark.parametrize("use", ["vm", "managed", "job"])
def test_every_machine_that_a_lab_may_have_is_found_by_the_name_that_its_resource_gives(
    use: str, tmp_path: Path
) -> None:
    """Google Cloud writes GPUs in two ways; a wrong name looks like a missing price."""
    where = {"vm": "notebook", "managed": "notebook", "job": "cluster"}[use]
    lab = LivingLab(tmp_path, "gcp", "embedded")
    if use == "managed":
        lab.set(MANAGED["gcp"])
    for name in catalog.types("gcp", use):
        if not prices.sold("gcp", name, use) or (use == "managed" and "a2-" in name):
            continue
        lab.set({where: {"size": name}})
        session = lab.session()
        found = cost.of(session, session.engine.preview())
        items = {line.charge.item for line in found.lines if line.charge.machine}
        assert name in items


def test_a_price_without_a_date_and_one_of_another_region_are_not_added() -> None:
    job = of([resource("gcp:cloudscheduler/job:Job")]).lines[0]
    assert (job.sums, job.why) == (Sums(), "its price has no date")
    assert job.outdated.asleep == Decimal("0.1")
    elsewhere = replace(GCP, region="asia-southeast3")
    (line, *_) = estimate.of([machine()], elsewhere, TODAY, Usage()).lines
    assert line.charge.item == "e2-standard-2"
    assert line.sums == line.outdated == Sums()
    assert line.why == "no price is known in asia-southeast3; the nearest is of asia-southeast1"


def test_what_is_billed_by_events_is_listed_and_not_missing() -> None:
    found = of([resource("gcp:pubsub/topic:Topic")])
    assert [line.charge.item for line in found.usage] == ["Pub/Sub message delivery"]
    assert found.usage[0] not in found.missing
    assert found.known("asleep")


def test_a_free_resource_is_counted_and_an_unknown_type_is_not_free() -> None:
    found = of([resource("gcp:compute/firewall:Firewall"), resource("gcp:new/thing:Thing")])
    assert found.free == 1
    known = [line.charge.item for line in found.missing]
    assert known == ["gcp:new/thing:Thing", "disk of a machine for jobs"]


AMOUNTS = st.integers(0, 10_000)
SEATS = st.integers(1, 20)


@given(AMOUNTS, AMOUNTS, AMOUNTS, SEATS, SEATS, st.sampled_from(sorted(Usage.model_fields)))
def test_more_never_costs_less_and_nothing_costs_less_than_nothing(
    first: int, more: int, size: int, seats: int, others: int, field: str
) -> None:
    def found(amount: int, size: int, seats: int, most: int = 4) -> Estimate:
        use = Usage().model_copy(update={field: Decimal(amount)})
        shared = [resource("gcp:storage/bucket:Bucket"), resource("gcp:compute/network:Network")]
        lab = replace(GCP, most=most, seats=seats)
        return estimate.of([*shared, *[disk(size), machine()] * seats], lab, TODAY, use)

    least = found(first, size, seats)
    for greater in (
        found(first + more, size, seats),
        found(first, size + more, seats),
        found(first, size, seats + others),
        found(first, size, seats, most=5),
    ):
        assert all(0 <= a <= b for a, b in _pairs(least.total(), greater.total()))
        parts = sum((greater.of_role(role) for role in greater.roles), Sums())
        assert all(abs(a - b) < Decimal("1e-18") for a, b in _pairs(parts, greater.total()))
    use, total = least.use, least.total()
    if use.seat_hours <= 168 and use.node_hours <= 4 * 168:
        assert total.week <= 7 * total.day + Decimal("1e-18"), (
            "no week is more than seven worst days"
        )


def test_what_a_week_says_of_the_whole_lab_is_billed_once() -> None:
    logs = {"logConfig": {"aggregationInterval": "INTERVAL_10_MIN"}}
    twice = [resource("gcp:compute/subnetwork:Subnetwork", **logs)] * 2
    silent = of(twice)
    assert [line.why for line in silent.usage] == ["billed by what is done"] * 2
    told = of([*twice, resource("gcp:compute/network:Network")], Usage(logs_gb=Decimal(3)))
    (logged,) = (line for line in told.lines if line.charge.item == "Cloud Logging ingest")
    assert (logged.sums, logged.why) == (Sums(week=Decimal("1.5"), day=Decimal("1.5")), "")
    assert told.unused == ()
    assert of([disk(1)], Usage(reads=Decimal(9), writes=Decimal(0))).unused == ("reads",)


def test_a_stated_amount_without_a_price_is_missing() -> None:
    elsewhere = replace(GCP, region="us-east1")  # no price of logs is known there
    logs = resource("gcp:compute/subnetwork:Subnetwork", logConfig={"aggregationInterval": "5"})
    found = estimate.of([logs], elsewhere, TODAY, Usage(logs_gb=Decimal(3)))
    assert found.lines[0] in found.missing
    logged = found.part(lambda line: line.charge.said == "logs_gb")
    assert not logged.known("week")
    assert logged.known("asleep")


def test_requests_are_counted_by_the_thousand() -> None:
    bucket = resource("gcp:storage/bucket:Bucket")
    use = Usage(writes=Decimal(50_000), bucket_gb=Decimal(0), node_hours=Decimal(0))
    assert of([bucket], use).total().week == Decimal("0.5")  # 50 times 0.01
