"""What AWS counts up and never down: versions of launch templates, revisions of job definitions."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import UNKNOWN
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account
from tests.simulated.samples import sample


def test_a_launch_template_counts_its_versions() -> None:
    account = Account()
    made = account.create(tokens.TEMPLATE, {"instanceType": "g4dn.xlarge"})
    assert (made.outputs["latestVersion"], made.outputs["defaultVersion"]) == (1, 1)
    made = account.update(tokens.TEMPLATE, made.id, {"instanceType": "g5.xlarge"})
    assert (made.outputs["latestVersion"], made.outputs["defaultVersion"]) == (2, 1)
    made = account.update(
        tokens.TEMPLATE, made.id, {"instanceType": "g5.xlarge", "tags": {"a": "b"}}
    )
    assert made.outputs["latestVersion"] == 2
    made = account.update(
        tokens.TEMPLATE, made.id, {"instanceType": "g6.xlarge", "updateDefaultVersion": True}
    )
    assert (made.outputs["latestVersion"], made.outputs["defaultVersion"]) == (3, 3)


@pytest.mark.parametrize(
    ("news", "unknown"),
    [
        ({"instanceType": "g5.xlarge"}, True),
        ({}, True),
        ({"instanceType": "g4dn.xlarge"}, False),
        ({"instanceType": "g4dn.xlarge", "tags": {"a": "b"}}, False),
    ],
)
def test_a_preview_knows_when_a_template_gets_a_new_version(
    news: dict[str, Any], unknown: bool
) -> None:
    account = Account()
    made = account.create(tokens.TEMPLATE, {"instanceType": "g4dn.xlarge", "name": "abc"})
    call = account.call(tokens.TEMPLATE, "t", preview=True)
    predicted = account.provider.update(call, made.id, made.outputs, {"name": "abc", **news})
    assert (predicted.outputs["latestVersion"] is UNKNOWN) is unknown
    assert predicted.outputs["arn"] == made.outputs["arn"]


def test_a_job_definition_gets_a_new_revision_and_never_an_old_number() -> None:
    account = Account()
    inputs = sample(Account, "job") | {"name": "train"}
    first = account.create(tokens.DEFINITION, inputs)
    second = account.update(
        tokens.DEFINITION, first.id, inputs | {"retryStrategy": {"attempts": 1}}
    )
    assert (first.outputs["revision"], second.outputs["revision"]) == (1, 2)
    assert second.id == first.id == first.outputs["arn"]
    newest = first.id[:-1] + "2"
    assert second.outputs["arn"] == newest
    found = account.read(tokens.DEFINITION, first.id)
    assert found is not None
    assert found.outputs["arn"] == newest
    account.delete(tokens.DEFINITION, first.id)
    assert not account.whole.inventory()
    third = account.create(tokens.DEFINITION, inputs)
    assert third.outputs["revision"] == 3
    assert [r.id for r in account.whole.remains(account.now)] == [first.id, newest]
    account.later(181 * 86400)
    assert account.whole.remains(account.now) == []


@pytest.mark.parametrize(
    ("change", "unknown"),
    [({}, False), ({"tags": {"a": "b"}}, False), ({"retryStrategy": {"attempts": 1}}, True)],
)
def test_a_preview_knows_when_a_definition_gets_a_new_revision(
    change: dict[str, Any], unknown: bool
) -> None:
    account = Account()
    inputs = sample(Account, "job") | {"name": "train"}
    made = account.create(tokens.DEFINITION, inputs)
    call = account.call(tokens.DEFINITION, "train", preview=True)
    predicted = account.provider.update(call, made.id, made.outputs, inputs | change)
    assert (predicted.outputs["arn"] is UNKNOWN) is unknown
    assert (predicted.outputs["revision"] is UNKNOWN) is unknown
    assert predicted.outputs["arnPrefix"] == made.outputs["arnPrefix"]


def test_tags_alone_make_no_revision() -> None:
    account = Account()
    inputs = sample(Account, "job")
    first = account.create(tokens.DEFINITION, inputs)
    again = account.update(tokens.DEFINITION, first.id, inputs | {"tags": {"a": "b"}})
    assert again.id == first.id
