"""Quotas: what a new account has, what is refused above it, what raises them; and machine hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account
from tests.simulated.caller import MORNING

G, G_SPOT, STANDARD, VPCS = "L-DB2E81BA", "L-3819A6DF", "L-1216C47A", "L-F678F1CE"
SPOT = {"marketType": "spot", "spotOptions": {"spotInstanceType": "one-time"}}


def fresh() -> tuple[Account, str]:
    """A new account, and a subnet in it."""
    account = Account(quotas=None)
    return account, account.subnet(account.vpc())


def test_a_new_account_starts_no_gpu() -> None:
    account, subnet = fresh()
    with pytest.raises(ProviderFailure) as failure:
        account.instance(subnet)
    assert failure.value.code == "VcpuLimitExceeded"
    assert failure.value.message == (
        "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the "
        "instance bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
    )
    assert failure.value.hint == (
        "the quota 'Running On-Demand G and VT instances' (ec2/L-DB2E81BA) in us-east-1 must be "
        "at least 4 vCPUs; ask for it, which takes AWS hours to days:\n"
        "aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 "
        "--quota-code L-DB2E81BA --desired-value 4"
    )
    assert failure.value.made is None
    assert account.ids(tokens.INSTANCE) == []


def test_what_runs_counts_and_the_cure_names_the_sum() -> None:
    account, subnet = fresh()
    account.whole.grant(G, 10)
    account.instance(subnet)
    account.instance(subnet)
    with pytest.raises(ProviderFailure, match="vCPU limit of 10 ") as failure:
        account.instance(subnet)
    assert "--desired-value 12" in failure.value.hint


def test_what_is_stopped_does_not_count() -> None:
    account, subnet = fresh()
    account.whole.grant(G, 4)
    first = account.instance(subnet)
    account.whole.stop(first, account.now)
    account.instance(subnet)
    assert len(account.ids(tokens.INSTANCE)) == 2


def test_families_and_markets_have_limits_of_their_own() -> None:
    account, subnet = fresh()
    account.whole.grant(G, 4)
    account.instance(subnet)
    account.instance(subnet, "m7i.large")
    with pytest.raises(ProviderFailure) as failure:
        account.instance(subnet, instanceMarketOptions=SPOT)
    assert failure.value.code == "MaxSpotInstanceCountExceeded"
    assert failure.value.message == "Max spot instance count exceeded"
    assert G_SPOT in failure.value.hint
    account.whole.grant(G_SPOT, 4)
    account.instance(subnet, instanceMarketOptions=SPOT)


def test_a_running_machine_grows_only_within_the_limit() -> None:
    account, subnet = fresh()
    account.whole.grant(G, 8)
    machine = account.instance(subnet)
    larger = account.machine(subnet, "g4dn.2xlarge")
    account.update(tokens.INSTANCE, machine, larger)
    with pytest.raises(ProviderFailure, match="vCPU limit of 8 "):
        account.update(tokens.INSTANCE, machine, account.machine(subnet, "g4dn.12xlarge"))


def test_five_vpcs_with_the_one_that_every_region_has() -> None:
    account = Account(quotas=None)
    for i in range(4):
        account.vpc(f"10.{i}.0.0/16", f"net{i}")
    with pytest.raises(ProviderFailure) as failure:
        account.vpc("10.5.0.0/16", "net5")
    assert failure.value.code == "VpcLimitExceeded"
    assert failure.value.message == "The maximum number of VPCs has been reached."
    assert f"--service-code vpc --quota-code {VPCS} --desired-value 6" in failure.value.hint
    there = account.whole.configured({"region": "eu-west-1"})
    there.create(account.call(tokens.VPC, "x"), {"cidrBlock": "10.0.0.0/16"})


def test_a_grant_is_for_good_a_quota_of_one_object_counts_first(tmp_path: Path) -> None:
    path = tmp_path / "aws.db"
    SimulatedAws(path).grant(G, 8)
    assert SimulatedAws(path).quota(G) == 8
    assert SimulatedAws(path, quotas={G: 2}).quota(G) == 2
    assert SimulatedAws(path).quota(STANDARD) == 5


@pytest.mark.parametrize(
    "act",
    [
        lambda: SimulatedAws(None, quotas={"L-1": 1}),
        lambda: SimulatedAws(None).grant("L-1", 1),
        lambda: SimulatedAws(None).quota("L-1"),
    ],
)
def test_an_unknown_quota_is_refused_by_name(act: Callable[[], object]) -> None:
    with pytest.raises(KeyError, match="no quota L-1; known are L-1216C47A"):
        act()


def test_hours_are_kept_per_state_and_machine_type(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    machine = account.instance(subnet)
    account.later(3600)
    account.whole.stop(machine, account.now)
    stopped = account.read(tokens.INSTANCE, machine)
    assert stopped is not None
    assert (stopped.outputs["instanceState"], stopped.outputs["publicIp"]) == ("stopped", "")
    (listed,) = [r for r in account.whole.inventory() if r.id == machine]
    assert listed.outputs["instanceState"] == "stopped"
    account.later(7200)
    account.whole.start(machine, account.now)
    account.later(60)
    account.update(tokens.INSTANCE, machine, account.machine(subnet, "g5.xlarge"))
    account.later(60)
    account.delete(tokens.INSTANCE, machine)
    hours = timedelta(hours=1)
    assert [
        (i.id == machine, i.kind, i.state, i.began - MORNING, i.ended and i.ended - MORNING)
        for i in account.whole.intervals()
    ] == [
        (True, "g4dn.xlarge", "running", 0 * hours, hours),
        (True, "g4dn.xlarge", "stopped", hours, 3 * hours),
        (True, "g4dn.xlarge", "running", 3 * hours, 3 * hours + timedelta(minutes=1)),
        (
            True,
            "g5.xlarge",
            "running",
            3 * hours + timedelta(minutes=1),
            3 * hours + timedelta(minutes=2),
        ),
    ]


def test_a_machine_that_runs_has_no_end_yet(account: Account) -> None:
    account.instance(account.subnet(account.vpc()))
    (interval,) = account.whole.intervals()
    assert interval.ended is None


def test_without_a_moment_a_stop_is_at_the_last_call(account: Account) -> None:
    machine = account.instance(account.subnet(account.vpc()))
    account.later(500)
    account.bucket()
    account.whole.stop(machine)
    assert account.whole.intervals()[0].ended == account.now


@pytest.mark.parametrize(
    "act",
    [
        lambda aws: aws.stop("i-0"),
        lambda aws: aws.start("i-0"),
        lambda aws: aws.remove(tokens.BUCKET, "b"),
        lambda aws: aws.tamper(tokens.BUCKET, "b", "acl", "x"),
        lambda aws: aws.put_object("b", "k", 1),
        lambda aws: aws.write_files("fs-0", 1),
        lambda aws: aws.push_image("r", "latest", 1),
    ],
)
def test_acting_on_what_does_not_exist_is_an_error(
    act: Callable[[SimulatedAws], object], account: Account
) -> None:
    with pytest.raises(KeyError, match="exists"):
        act(account.whole)


def test_typical_durations(account: Account) -> None:
    vpc = account.create(tokens.VPC, {"cidrBlock": "10.0.0.0/16"})
    subnet = account.subnet(vpc.id)
    machine = account.create(tokens.INSTANCE, account.machine(subnet))
    assert (vpc.seconds, machine.seconds) == (12, 45)
    restarted = account.update(tokens.INSTANCE, machine.id, account.machine(subnet, "g5.xlarge"))
    assert restarted.seconds == 60
    tagged = account.update(
        tokens.INSTANCE, machine.id, account.machine(subnet, "g5.xlarge", tags={"a": "b"})
    )
    assert tagged.seconds == 5
    assert account.delete(tokens.INSTANCE, machine.id) == 120
