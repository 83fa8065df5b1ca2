"""What Pulumi's provider refuses before AWS is asked: all faults at once, each by its property."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account


@pytest.mark.parametrize(
    ("type", "name"),
    [
        *((tokens.BUCKET, name) for name in ("Upper", "ab", "a..b", "xn--abc")),
        (tokens.REPOSITORY, "Upper"),
        (tokens.SCHEDULE_GROUP, "a b"),
    ],
)
def test_a_name_must_match_the_pattern_of_its_type(type: str, name: str) -> None:
    key = Account().provider.kind(type).facts.name
    (fault,) = Account().faults(type, {key: name})
    assert fault.startswith(f"{key}: must match ")


def test_all_faults_come_at_once() -> None:
    assert Account().faults(tokens.SUBNET, {"cidr": "x", "mapPublicIpOnLaunch": 3}) == (
        "cidr: unknown property; did you mean 'cidrBlock'?",
        "mapPublicIpOnLaunch: must be true or false (got 3)",
        "vpcId: missing, it is required",
    )


@pytest.mark.parametrize(
    ("type", "inputs", "kept"),
    [
        (tokens.BUDGET, {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": 25}, "25"),
        (tokens.BUDGET, {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": 2.5}, "2.5"),
    ],
)
def test_a_number_may_stand_for_text(type: str, inputs: dict[str, Any], kept: str) -> None:
    assert Account().check(type, inputs).inputs["limitAmount"] == kept


@pytest.mark.parametrize("given", [12.0, "12", 12])
def test_text_and_a_float_may_stand_for_a_whole_number(given: Any) -> None:
    inputs = {"availabilityZone": "us-east-1a", "size": given}
    kept = Account().check(tokens.VOLUME, inputs).inputs["size"]
    assert kept == 12
    assert type(kept) is int


@pytest.mark.parametrize("given", [float("nan"), float("inf"), "1e400", True])
def test_what_is_no_finite_number_is_refused(given: Any) -> None:
    inputs = {"availabilityZone": "us-east-1a", "size": given}
    (fault,) = Account().faults(tokens.VOLUME, inputs)
    assert fault.startswith("size: must be a whole number")
