"""The edits of a state file."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from mllab.engines.pulumi.deployment import (
    protected,
    released,
    remaining,
    settled,
    stack_outputs,
)

URN = "urn:pulumi:course::mllab::"
SECRET = "4dabf18193072939515e22adb298388d"


def entry(type: str, name: str, **more: Any) -> dict[str, Any]:
    found = {"urn": f"{URN}{type}::{name}", "type": type, "custom": True, "id": f"{name}-id"}
    return found | more


BUCKET = entry(
    "aws:s3/bucket:Bucket",
    "data",
    protect=True,
    inputs={"forceDestroy": False, "bucket": "b"},
    outputs={"forceDestroy": False, "bucket": "b"},
)
FILES = entry("aws:efs/fileSystem:FileSystem", "files", protect=True, inputs={}, outputs={})
BARE = {key: value for key, value in FILES.items() if key != "protect"}
STACK = entry("pulumi:pulumi:Stack", "mllab-course", custom=False) | {
    "outputs": {"a": 1.0, "key": {SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}}
}
PROVIDER = entry("pulumi:providers:aws", "default_7_51_1")


def deployment(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resources": [copy.deepcopy(found) for found in entries], **more}


def test_only_what_is_released_loses_its_protection() -> None:
    before = deployment(STACK, BUCKET, FILES)
    after = released(before, {BUCKET["urn"]})["resources"]
    assert "protect" not in after[1]
    assert after[1]["inputs"] == {"forceDestroy": True, "bucket": "b"}
    assert after[1]["outputs"] == {"forceDestroy": True, "bucket": "b"}
    assert after[2] == FILES
    assert before == deployment(STACK, BUCKET, FILES), "the given one stays as it is"


def test_no_property_is_added_that_was_not_there() -> None:
    after = released(deployment(FILES), {FILES["urn"]})["resources"]
    assert after == [{key: value for key, value in FILES.items() if key != "protect"}]


def test_what_was_found_is_recorded_and_nothing_stays_pending() -> None:
    pending = [{"resource": BUCKET, "type": "creating"}]
    after = settled(deployment(STACK, pending_operations=pending), [BUCKET])
    assert "pending_operations" not in after
    assert after["resources"] == [STACK, BUCKET]


def test_protection_comes_back_to_what_is_still_there() -> None:
    before = deployment(STACK, BUCKET, FILES)
    lifted = released(before, [BUCKET["urn"]])
    assert lifted != before
    assert protected(lifted, [BUCKET], ()) == before


@pytest.mark.parametrize("now", [{"id": "another"}, {"delete": True}], ids=["replaced", "remains"])
def test_protection_is_for_what_had_it(now: dict[str, Any]) -> None:
    after = deployment({**BARE, **now})
    assert protected(after, [FILES], ()) == after


def test_protection_that_the_program_gave_up_does_not_come_back() -> None:
    after = deployment(BARE)
    assert protected(after, [FILES], {FILES["urn"]}) == after
    assert protected(after, [FILES], ()) == deployment(FILES)


def test_secrets_of_what_was_found_are_marked_for_encryption() -> None:
    sealed = {SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
    found = {
        **BUCKET,
        "inputs": {"password": sealed, "tags": {"token": sealed}, "plain": "p"},
        "outputs": {"password": "horse", "tags": {"token": "t"}, "key": "k", "plain": "p"},
        "additionalSecretOutputs": ["key"],
    }
    (entry,) = settled(deployment(), [found])["resources"]
    marked = {
        key: json.loads(value["plaintext"])
        for key, value in entry["outputs"].items()
        if isinstance(value, dict) and SECRET in value
    }
    assert marked == {"password": "horse", "tags": {"token": "t"}, "key": "k"}
    assert entry["outputs"]["plain"] == "p"
    assert found["outputs"]["password"] == "horse", "the given one stays as it is"


def test_what_was_to_be_replaced_is_deleted_by_the_next_run() -> None:
    new = {**BUCKET, "id": "new"}
    after = settled(deployment(BUCKET), [new])["resources"]
    assert [(found["id"], found.get("delete", False)) for found in after] == [
        ("data-id", True),
        ("new", False),
    ]


def test_what_was_deleted_before_its_replacement_is_gone() -> None:
    new = {**BUCKET, "id": "new"}
    after = settled(deployment({**BUCKET, "pendingReplacement": True}), [new])["resources"]
    assert [found["id"] for found in after] == ["new"]


def test_what_stands_on_a_replacement_comes_after_it() -> None:
    """Pulumi refuses to import a state in which a dependency comes later."""
    gone = {**BUCKET, "pendingReplacement": True}
    policy = {**BUCKET, "urn": f"{BUCKET['urn']}-policy", "dependencies": [BUCKET["urn"]]}
    new = {**BUCKET, "id": "new"}
    after = settled(deployment(gone, policy), [new])["resources"]
    assert [entry["urn"] for entry in after] == [BUCKET["urn"], policy["urn"]]
    assert after[0]["id"] == "new"
    assert "pendingReplacement" not in after[0]


def test_components_and_providers_do_not_remain() -> None:
    assert remaining(deployment(STACK, PROVIDER, BUCKET)) == ("data",)


def test_outputs_hide_secrets() -> None:
    assert stack_outputs(deployment(BUCKET, STACK)) == {"a": 1, "key": {"$secret": True}}
    assert stack_outputs({}) == {}
