"""A change replaces where azure-native replaces, is refused where Azure refuses, else is made."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated import facts, relations
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.store import Record
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import Subscription, put
from tests.simulated.caller import MORNING

KINDS = {type: Subscription().provider.kind(type) for type in Subscription().provider._schema.types}
ROWS = list(facts.spread(places.DATA))
REPLACE = [
    {"type": token, "property": property, "value": value}
    for token, kind in KINDS.items()
    for property, value in kind.facts.replace.items()
]
"""Also what follows from ids."""
ALWAYS = [row for row in REPLACE if row["value"] == "always"]
NEVER = [row for row in REPLACE if row["value"].startswith("never")]
FIXED = [row for row in ROWS if row["fact"] == "fixed" and row["confidence"] != "low"]


def case(row: dict[str, str]) -> str:
    return f"{row['type'].split(':')[2]}.{row['property']}"


def at(path: str, value: Any) -> dict[str, Any]:
    """Inputs that hold nothing but one property."""
    inputs: dict[str, Any] = {}
    put(inputs, path.split("."), value)
    return inputs


@pytest.mark.parametrize("row", ALWAYS, ids=case)
def test_always(row: dict[str, str]) -> None:
    differ = KINDS[row["type"]].differ
    olds, news = at(row["property"], "one"), at(row["property"], "two")
    assert [change.replaces for change in differ.changes(olds, {}, news)] == [True]
    assert differ.changes(olds, {}, olds) == ()


@pytest.mark.parametrize("row", NEVER + FIXED, ids=case)
def test_what_is_fixed_is_no_replacement(row: dict[str, str]) -> None:
    differ = KINDS[row["type"]].differ
    olds, news = at(row["property"], "one"), at(row["property"], "two")
    assert [change.replaces for change in differ.changes(olds, {}, news)] == [False]


@pytest.mark.parametrize("row", FIXED, ids=case)
def test_what_is_fixed_is_refused(row: dict[str, str]) -> None:
    olds, news = at(row["property"], "one"), at(row["property"], "two")
    record = Record(row["type"], "id", "", MORNING, "thing", inputs=olds)
    with pytest.raises(ProviderFailure) as failure:
        relations.refuse_fixed(KINDS[row["type"]], record, news)
    words = {"property": row["property"], "name": "thing", "old": "one", "new": "two"}
    code, _, message = row["value"].partition(": ")
    assert failure.value.message == message.format(**words)
    assert failure.value.code == code.split(" ")[0]
    relations.refuse_fixed(KINDS[row["type"]], record, olds)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("lab", "tags.owner", "ann"),
        ("guard", "securityRules.0.sourceAddressPrefixes", ["198.51.100.0/24"]),
        ("files", "minimumTlsVersion", "TLS1_3"),
        ("files", "sku.name", "Standard_GRS"),
        ("shared", "shareQuota", 200),
        ("home", "diskSizeGB", 60),
        ("seat", "hardwareProfile.vmSize", "Standard_D4s_v5"),
        ("nightly", "dailyRecurrence.time", "2200"),
        ("watch", "state", "Disabled"),
        ("cluster", "properties.properties.scaleSettings.maxNodeCount", 4),
        ("ml", "publicNetworkAccess", "Disabled"),
        ("money", "amount", 200),
        ("money", "notifications.warn.threshold", 90),
        ("mail", "emailReceivers.0.emailAddress", "bob@example.org"),
        ("clean-up", "trigger.timerTriggers.0.schedule", "0 4 * * *"),
    ],
)
def test_what_can_change_changes_in_place(name: str, path: str, value: Any, lab: Built) -> None:
    subscription, made = lab
    token, id, given = made[name]["token"], made[name]["id"], made[name]["given"]
    put(given, path.split("."), value)
    found = subscription.diff(token, id, given, name)
    assert [change.replaces for change in found.changes] == [False]
    subscription.update(token, id, given, name)
    shown = subscription.read(token, id)
    assert shown is not None
    node: Any = shown.outputs
    for part in path.split("."):
        node = node[int(part)] if isinstance(node, list) else node[part]
    assert node == value
    assert subscription.diff(token, id, given, name).changes == ()


def test_a_disk_that_grew_with_its_machine_stays_so(lab: Built) -> None:
    subscription, made = lab
    given = made["seat"]["given"]
    given["storageProfile"]["osDisk"]["diskSizeGB"] = 100
    subscription.whole.stop(made["seat"]["id"])
    subscription.update(tokens.MACHINE, made["seat"]["id"], given)
    (disk,) = [r for r in subscription.whole.inventory() if "_OsDisk_1_" in r.name]
    assert disk.inputs["diskSizeGB"] == 100


@pytest.mark.parametrize(
    ("name", "change", "first"),
    [
        ("net", {"location": "eastus"}, False),
        ("files", {"isHnsEnabled": True}, True),
        ("sub", {"virtualNetworkName": "other"}, True),
        ("may", {"principalId": "11111111-1111-1111-1111-111111111111"}, False),
        ("money", {"scope": "other"}, False),
        ("cluster", {"workspaceName": "other"}, True),
    ],
)
def test_a_given_name_is_freed_before_the_replacement_is_made(
    name: str, change: dict[str, Any], first: bool, whole: Built
) -> None:
    subscription, made = whole
    given = {**made[name]["given"], **change}
    found = subscription.diff(made[name]["token"], made[name]["id"], given, name)
    assert found.replaces
    assert found.delete_before_replace is first


def test_a_change_by_hand_is_seen_and_undone(lab: Built) -> None:
    subscription, made = lab
    id, given = made["files"]["id"], made["files"]["given"]
    subscription.whole.tamper(tokens.ACCOUNT, id, "allowBlobPublicAccess", True)
    (change,) = subscription.diff(tokens.ACCOUNT, id, given, "files").changes
    assert (change.path, change.before, change.after) == ("allowBlobPublicAccess", True, False)
    subscription.update(tokens.ACCOUNT, id, given, "files")
    assert subscription.shown(tokens.ACCOUNT, id)["allowBlobPublicAccess"] is False


def test_a_delete_by_hand_is_seen(lab: Built) -> None:
    subscription, made = lab
    subscription.whole.remove(tokens.MACHINE, made["seat"]["id"])
    assert subscription.read(tokens.MACHINE, made["seat"]["id"]) is None


def test_what_an_interrupted_create_made_is_found(lab: Built) -> None:
    subscription, made = lab
    read = subscription.read(tokens.IDENTITY, made["who"]["id"])
    assert read is not None
    call = subscription.call(tokens.IDENTITY, "who")
    assert subscription.provider.find(call, read.inputs, ()) == made["who"]["id"]
    assert subscription.provider.find(call, read.inputs, {made["who"]["id"]}) is None
