"""Failures on demand: how each looks, what it leaves behind, how often it comes."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from mllab.simulated.faults import Faults, How, Killed, Rule
from tests.simulated.account import Account


def failing(*rules: Rule) -> Account:
    return Account(faults=Faults(rules))


@pytest.mark.parametrize(
    ("how", "code", "message", "seconds", "exists", "made"),
    [
        (How.BEFORE, "InternalError", "An internal error has occurred", 0, False, False),
        (
            How.AFTER,
            "RequestError",
            "send request failed: read: connection reset by peer",
            0,
            True,
            False,
        ),
        (How.THROTTLE, "RequestLimitExceeded", "Request limit exceeded.", 600, False, False),
        (
            How.EXPIRED_TOKEN,
            "ExpiredToken",
            "The security token included in the request is expired",
            0,
            False,
            False,
        ),
        (
            How.HANG,
            "Timeout",
            "timeout while waiting for bucket to become ready",
            1200,
            True,
            True,
        ),
        (
            How.CAPACITY,
            "InsufficientInstanceCapacity",
            "We currently do not have sufficient capacity in the Availability Zone you requested. "
            "Our system will be working on provisioning additional capacity.",
            600,
            False,
            False,
        ),
    ],
)
def test_a_failed_create(
    how: How, code: str, message: str, seconds: float, exists: bool, made: bool
) -> None:
    account = failing(Rule(how))
    with pytest.raises(ProviderFailure) as failure:
        account.bucket()
    assert (failure.value.code, failure.value.message) == (code, message)
    assert failure.value.seconds == seconds
    assert bool(account.ids(tokens.BUCKET)) is exists
    assert (failure.value.made is not None) is made
    if failure.value.made:
        assert failure.value.made.id == account.ids(tokens.BUCKET)[0]


@pytest.mark.parametrize(
    ("how", "happened"),
    [(How.BEFORE, False), (How.AFTER, True), (How.HANG, True), (How.THROTTLE, False)],
)
def test_a_failed_update_and_delete(how: How, happened: bool) -> None:
    account = failing(Rule(how, op="update"), Rule(how, op="delete"))
    bucket = account.bucket()
    with pytest.raises(ProviderFailure):
        account.update(tokens.BUCKET, bucket, {"tags": {"a": "b"}})
    found = account.read(tokens.BUCKET, bucket)
    assert found is not None
    assert ("tags" in found.inputs) is happened
    with pytest.raises(ProviderFailure):
        account.delete(tokens.BUCKET, bucket)
    assert (account.read(tokens.BUCKET, bucket) is None) is happened


def test_reads_and_functions_fail_too() -> None:
    account = failing(Rule(How.EXPIRED_TOKEN, op="read"), Rule(How.THROTTLE, op="invoke"))
    bucket = account.bucket()
    with pytest.raises(ProviderFailure, match="expired"):
        account.read(tokens.BUCKET, bucket)
    token = "aws:index/getRegion:getRegion"
    with pytest.raises(ProviderFailure, match="limit exceeded"):
        account.provider.invoke(token, {}, preview=False)
    assert account.provider.invoke(token, {}, preview=False)["region"] == "us-east-1"


def test_a_failure_comes_as_often_as_told() -> None:
    account = failing(Rule(How.BEFORE, times=2, skip=1))
    results = []
    for i in range(5):
        try:
            account.bucket(f"bucket{i}")
            results.append("made")
        except ProviderFailure:
            results.append("failed")
    assert results == ["made", "failed", "failed", "made", "made"]


def test_an_expired_token_stays_expired() -> None:
    account = failing(Rule(How.EXPIRED_TOKEN, times=None))
    for i in range(3):
        with pytest.raises(ProviderFailure, match="expired"):
            account.bucket(f"bucket{i}")


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        (Rule(How.BEFORE, op="delete"), False),
        (Rule(How.BEFORE, op="create", type="aws:s3/*"), True),
        (Rule(How.BEFORE, type="aws:ec2/*"), False),
        (Rule(How.BEFORE, name="buck*"), True),
        (Rule(How.BEFORE, name="other"), False),
    ],
)
def test_a_rule_hits_what_it_means(rule: Rule, hit: bool) -> None:
    account = failing(rule)
    if hit:
        with pytest.raises(ProviderFailure):
            account.bucket()
    else:
        account.bucket()


def test_a_preview_never_fails_by_chance() -> None:
    account = failing(Rule(How.BEFORE, times=None))
    account.provider.create(account.call(tokens.BUCKET, "b", preview=True), {"bucket": "b-1"})


def test_own_words() -> None:
    account = failing(Rule(How.BEFORE, code="Nope", message="{name} of {type} was eaten"))
    with pytest.raises(ProviderFailure) as failure:
        account.bucket()
    assert failure.value.code == "Nope"
    assert failure.value.message == "bucket of aws:s3/bucket:Bucket was eaten"


@pytest.mark.parametrize(("how", "exists"), [(How.KILL_BEFORE, False), (How.KILL_AFTER, True)])
def test_a_kill_in_this_process(how: How, exists: bool) -> None:
    account = failing(Rule(how))
    with pytest.raises(Killed):
        account.bucket()
    assert bool(account.ids(tokens.BUCKET)) is exists


def test_faults_from_plain_data() -> None:
    faults = Faults.of([{"how": "after", "op": "create", "type": "aws:s3/*", "times": None}])
    account = Account(faults=faults)
    with pytest.raises(ProviderFailure, match="connection reset"):
        account.bucket()


@pytest.mark.parametrize("rule", [{}, {"how": "gently"}, {"how": "after", "when": "now"}])
def test_what_is_no_fault_is_named(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a fault: "):
        Faults.of([rule])


PROGRAM = """
    from pathlib import Path
    from mllab.simulated.faults import Faults
    from tests.simulated.account import Account

    faults = Faults.of([{{"how": "{how}", "name": "second"}}], exits=True)
    account = Account(Path({path!r}), faults=faults)
    account.bucket("first")
    account.bucket("second")
    print("not reached")
"""


@pytest.mark.parametrize(
    ("how", "left"), [("kill-before", ["first"]), ("kill-after", ["first", "second"])]
)
def test_a_kill_really_ends_the_process_and_the_account_is_whole(
    how: str, left: list[str], tmp_path: Path, root: Path
) -> None:
    path = tmp_path / "aws.db"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM.format(how=how, path=str(path)))],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (137, ""), done.stderr
    names = [record.urn.rpartition("::")[2] for record in SimulatedAws(path).inventory()]
    assert names == left
