"""What can go wrong with a real lab: one clear message with the next command, and nothing lost.

The whole program, the real engine, the real backend; the account alone is simulated, and speaks as
the real provider does.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.pulumi.real.refusals import CHANGING, NO_KEYS, VERBS, message, refused, soon
from tests.pulumi.real.world import STACK, World

pytestmark = pytest.mark.engine


# ------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize("verb", VERBS)
def test_without_credentials(living: World, verb: str) -> None:
    said = refused(living, verb, NO_KEYS)
    assert "AWS credentials" in said
    assert "aws configure" in said


@pytest.mark.parametrize("verb", CHANGING)
@pytest.mark.parametrize(
    ("env", "words", "hint"),
    [
        ({"AWS_ACCESS_KEY_ID": "ASIAEXPIRED"}, "credentials have expired", "aws sso login"),
        ({"AWS_ACCESS_KEY_ID": "AKIATEACHING"}, "lives in account 123456789012", "AWS_PROFILE="),
        (
            {"AWS_SESSION_TOKEN": "t", "AWS_CREDENTIAL_EXPIRATION": "soon"},
            "may last until",
            "login",
        ),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached", "Check the network"),
    ],
    ids=["expired", "another account", "end too soon", "no network"],
)
def test_credentials_that_will_not_do(
    living: World, verb: str, env: dict[str, str], words: str, hint: str
) -> None:
    said = refused(living, verb, {**env, **{k: soon() for k, v in env.items() if v == "soon"}})
    assert words in said
    assert hint in said


def expired(op: str, after: int) -> dict[str, Any]:
    return {"how": "expired-token", "op": op, "skip": after, "times": None}


def test_credentials_that_end_while_things_are_made(world: World) -> None:
    ended = world.run(*VERBS["up"], env=world.failing(expired("create", 10)))
    said = message(ended)
    assert ended.code == 3
    assert said.count("ExpiredToken") == 1, "one cause, told once"
    assert "aws sso login" in said
    assert f"mllab up {STACK}" in said
    made = world.made()
    assert len(made) == 10
    names = [entry["urn"].rpartition("::")[2] for entry in world.deployment()["resources"]]
    assert set(made) <= set(names), "what was made is recorded"

    assert world.run(*VERBS["up"]).code == 0
    assert world.twins() == [], "and not made again"


@pytest.mark.parametrize("verb", ["status", "up"])
def test_credentials_that_end_while_things_are_read(living: World, verb: str) -> None:
    made = living.made()
    ended = living.run(*VERBS[verb], env=living.failing(expired("read", 3)))
    said = message(ended)
    assert ended.code == 1
    assert "credentials ended" in said
    assert f"aws sso login), then go on:  mllab {verb} {STACK}" in said
    assert living.made() == made
    assert "nothing to do" in living.run(*VERBS["preview"]).out


def test_credentials_that_end_while_things_are_deleted(living: World) -> None:
    everything = living.made()
    ended = living.run(*VERBS["down"], env=living.failing(expired("delete", 3)))
    assert ended.code == 3, ended.err
    said = message(ended)
    left = living.made()
    assert 0 < len(left) < len(everything)
    for name in left:
        assert name in said, "what may still cost money is named"
    assert said.count("ExpiredToken") == 1
    assert "aws sso login" in said
    assert f"mllab down {STACK}" in said

    assert living.run(*VERBS["down"]).code == 0
    assert living.made() == []


# ---------------------------------------------------------------------------------- refusals

VCPUS = (
    "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the "
    "instance bucket that the specified instance type belongs to. Please visit "
    "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
)
MACHINE = {"op": "create", "type": "aws:ec2/instance:Instance"}


def test_what_the_account_refuses_is_told_and_then_gone_on_with(world: World) -> None:
    quota = {**MACHINE, "how": "before", "code": "VcpuLimitExceeded", "message": VCPUS}
    ended = world.run(*VERBS["up"], env=world.failing(quota))
    assert ended.code == 3
    said = message(ended)
    assert f"VcpuLimitExceeded: {VCPUS}" in said
    assert "RequestID" not in said
    assert "https://console.aws.amazon.com/servicequotas" in said
    assert f"mllab up {STACK}" in said
    made = world.made()

    ended = world.run(*VERBS["up"], env=world.failing({**MACHINE, "how": "capacity"}))
    assert ended.code == 3
    said = message(ended)
    assert "InsufficientInstanceCapacity: We currently do not have sufficient capacity" in said
    assert "later, or take another" in said
    assert world.made() == made

    assert world.run(*VERBS["up"]).code == 0
    assert world.twins() == []
    assert set(made) < set(world.made())
