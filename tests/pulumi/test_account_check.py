"""Whether a run may begin with these credentials: the right account, and time enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mllab.accounts import identity
from mllab.clock import SimulatedClock
from mllab.clouds import registry
from mllab.errors import LabError
from mllab.protocol.deployment import entries
from mllab.session.opening import on_simulated_cloud
from mllab.session.realm import SimulatedRealm
from mllab.settings import files

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)


def recorded(*arns: str, **more: object) -> list[dict[str, object]]:
    type = "aws:ec2/vpc:Vpc"
    entries = [{"type": type, "custom": True, "outputs": {"arn": arn}, **more} for arn in arns]
    return [{"custom": False}, *entries]


def test_a_state_tells_its_accounts() -> None:
    here = "arn:aws:ec2:us-east-1:111111111111:vpc/vpc-1"
    china = "arn:aws-cn:iam::222222222222:role/lab/x:y"
    bucket, policy = "arn:aws:s3:::lab-storage", "arn:aws:iam::aws:policy/ReadOnly"
    other = "urn:pulumi:x::333333333333:z"
    assert registry.accounts(recorded(here, china, bucket, policy, other, "", "x")) == {
        "111111111111",
        "222222222222",
    }
    assert registry.accounts(recorded(here, external=True)) == frozenset()
    assert registry.accounts([]) == frozenset()


def who(**more: object) -> identity.Identity:
    return identity.Identity("111111111111", "arn:x", "aws sso login", switch="so", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("recorded", [set(), {"111111111111"}])
def test_the_same_account_and_a_new_stack_pass(recorded: set[str]) -> None:
    assert identity.check(who(), frozenset(recorded), 1e9, NOW) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("recorded", [{"222222222222"}, {"111111111111", "222222222222"}])
def test_another_account_is_refused_with_both(recorded: set[str]) -> None:
    with pytest.raises(LabError) as caught:
        identity.check(who(), frozenset(recorded), 1, NOW)
    for part in ("111111111111 (arn:x)", "222222222222", "nothing was changed"):
        assert part in caught.value.message
    assert caught.value.hint == "so"


@pytest.mark.parametrize(("minutes", "enough"), [(61, True), (60, True), (59.9, False)])
def test_credentials_must_live_twice_as_long_as_the_run(minutes: float, enough: bool) -> None:
    ends = who(expires=NOW + timedelta(minutes=minutes))
    if enough:
        identity.check(ends, frozenset(), 30 * 60, NOW)
    else:
        with pytest.raises(LabError) as caught:
            identity.check(ends, frozenset(), 30 * 60, NOW)
        assert caught.value.message == (
            "the credentials end at 2027-01-11 09:59 UTC, and the run may last until "
            "2027-01-11 10:00 UTC; nothing was changed"
        )
        assert caught.value.hint == "aws sso login"


def test_credentials_that_have_ended_are_refused_for_any_run() -> None:
    with pytest.raises(LabError, match="ended at 2027-01-11 09:00 UTC"):
        identity.check(who(expires=NOW), frozenset(), 0, NOW)


def test_a_labs_own_state_tells_its_account(root: Path, tmp_path: Path) -> None:
    path = files.find(root, "aws-tiny")
    lab, config = files.load(path), files.config(path)
    clock = SimulatedClock(NOW)
    session = on_simulated_cloud(root, "aws-tiny", lab, config, clock, tmp_path)
    assert isinstance(session.realm, SimulatedRealm)
    session.engine.up()
    assert registry.accounts(entries(session.engine.state())) == {session.realm.cloud.account}
