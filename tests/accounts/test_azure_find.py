"""What an interrupted create made in an Azure subscription, asked of a stand-in for `az`.

It proves what is asked and what follows from the answers; not that Azure answers so.
"""

from __future__ import annotations

import importlib
import inspect
import re
from string import Template

import pytest

from mllab.accounts.azure.imports import IMPORT_QUERIES
from mllab.errors import StillThere
from tests.accounts.labs import pending, up
from tests.accounts.subscription import (
    DISK,
    Subscription,
    one,
)


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_what_was_made_is_found_by_the_id_that_the_cloud_gave_it(
    subscription: Subscription, kind: str
) -> None:
    lab = up("azure-course", kind)
    subscription.hold(lab)
    look = subscription.account()
    for entry in lab.entries:
        assert look.find(pending(entry), ()) == entry["id"], entry["type"]
        assert look.find(pending(entry), {entry["id"].upper()}) is None, "recorded already"


def test_what_was_not_made_is_not_found(subscription: Subscription) -> None:
    look = subscription.account()
    for entry in {entry["type"]: entry for entry in up("azure-course").entries}.values():
        assert look.find(pending(entry), ()) is None, entry["type"]


def test_what_is_going_is_not_taken_over(subscription: Subscription) -> None:
    entry = one(DISK)
    subscription.put(entry["id"], {}, provisioningState="Deleting")
    assert subscription.account().find(pending(entry), ()) is None
    subscription.drop(entry["id"])
    subscription.put(entry["id"], {}, provisioningState="Failed")
    assert subscription.account().find(pending(entry), ()) == entry["id"], (
        "it exists, and is billed"
    )


@pytest.mark.parametrize("type", IMPORT_QUERIES)
def test_ids_and_versions_are_those_of_the_sdk(type: str) -> None:
    query, (_, module, name) = IMPORT_QUERIES[type], type.split(":")
    sdk = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    assert set(re.findall("Uses Azure REST API version ([0-9a-z-]+)", inspect.getsource(sdk))) == {
        query.version
    }
    inputs = {
        re.sub("_([a-z0-9])", lambda found: found[1].upper(), name)
        for name in inspect.signature(sdk._internal_init).parameters
    }
    assert set(Template(query.id).get_identifiers()) - {"subscription"} <= inputs


def test_an_unknown_type_is_refused_by_name(subscription: Subscription) -> None:
    entry = pending(one(DISK)) | {"type": "azure-native:sql:Server"}
    with pytest.raises(StillThere, match=r"azure-native:sql:Server.*does not know how") as caught:
        subscription.account().find(entry, ())
    assert "az resource list --tag stack=azure-course" in caught.value.hint
    assert "pulumi refresh --clear-pending-creates -s azure-course" in caught.value.hint


@pytest.mark.parametrize("lost", [None, {"4dabf18193072939515e22adb298388d": "x"}])
def test_without_its_name_nobody_can_tell(subscription: Subscription, lost: object) -> None:
    entry = pending(one(DISK))
    entry["inputs"] = {**entry["inputs"], "diskName": lost}
    with pytest.raises(StillThere, match="its diskName is not recorded"):
        subscription.account().find(entry, ())


REFUSALS = [
    ('Forbidden({"error":{"code":"AuthorizationFailed","message":"no"}})', "AuthorizationFailed"),
    ('Not Found({"error":{"code":"SubscriptionNotFound"}})', "SubscriptionNotFound"),
    ("HTTPSConnectionPool: Max retries exceeded", "Max retries exceeded"),
]


@pytest.mark.parametrize(("answer", "told"), REFUSALS)
def test_a_refusal_is_not_taken_for_nothing(
    subscription: Subscription, answer: str, told: str
) -> None:
    subscription.refuse("rest --method get", answer)
    with pytest.raises(StillThere, match=told) as caught:
        subscription.account().find(pending(one(DISK)), ())
    assert "nothing was changed" in caught.value.message
