"""Changes by hand: seen in a read, named by the diff, healed by an update."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account
from tests.simulated.samples import build


@pytest.mark.parametrize(
    ("name", "path", "value", "change"),
    [
        ("net", "tags.lab", "other", ("tags.lab", "update", "other", "test")),
        ("net", "tags.extra", "x", ("tags.extra", "delete", "x", None)),
        ("private", "blockPublicAcls", False, ("blockPublicAcls", "update", False, True)),
        ("bucket", "forceDestroy", True, ("forceDestroy", "update", True, False)),
        (
            "subnet",
            "assignIpv6AddressOnCreation",
            True,
            ("assignIpv6AddressOnCreation", "update", True, False),
        ),
        (
            "versions",
            "versioningConfiguration.status",
            "Suspended",
            ("versioningConfiguration.status", "update", "Suspended", "Enabled"),
        ),
    ],
)
def test_drift_is_found_and_healed(
    name: str, path: str, value: Any, change: tuple[Any, ...], account: Account
) -> None:
    made = build(account)[name]
    account.whole.tamper(made["token"], made["id"], path, value)
    found = account.diff(made["token"], made["id"], made["given"], name)
    assert [(c.path, c.kind, c.before, c.after) for c in found.changes] == [change]
    account.update(made["token"], made["id"], made["given"], name)
    assert account.diff(made["token"], made["id"], made["given"], name).changes == ()


def test_what_only_the_cloud_decides_is_no_drift(account: Account) -> None:
    made = build(account)["machine"]
    account.whole.tamper(tokens.INSTANCE, made["id"], "monitoring", True)
    assert account.diff(tokens.INSTANCE, made["id"], made["given"], "machine").changes == ()


def test_what_only_the_cloud_sets_is_no_input(account: Account) -> None:
    machine = build(account)["machine"]["id"]
    account.whole.tamper(tokens.INSTANCE, machine, "passwordData", "secret")
    found = account.read(tokens.INSTANCE, machine)
    assert found is not None
    assert "passwordData" not in found.inputs
    assert found.outputs["passwordData"] == "secret"


def test_what_was_deleted_by_hand_reads_as_none(account: Account) -> None:
    made = build(account)["stops"]
    account.whole.remove(made["token"], made["id"])
    assert account.read(made["token"], made["id"]) is None


def test_an_update_of_what_is_gone_is_refused(account: Account) -> None:
    bucket = account.bucket()
    call = account.call(tokens.BUCKET, "bucket")
    found = account.provider.read(call, bucket, {})
    assert found is not None
    account.whole.remove(tokens.BUCKET, bucket)
    with pytest.raises(ProviderFailure, match=f"{bucket} does not exist"):
        account.provider.update(call, bucket, found.outputs, found.inputs)


def test_an_interrupted_create_is_found_by_its_inputs(account: Account) -> None:
    call = account.call(tokens.TOPIC, "alerts")
    inputs = account.provider.check(call, None, {"tags": {"stack": "one"}}).inputs
    assert account.provider.find(call, inputs, ()) is None
    id = account.provider.create(call, inputs).id
    assert account.provider.find(call, inputs, ()) == id
    assert account.provider.find(call, inputs, {id}) is None
    assert account.provider.find(call, inputs | {"tags": {"stack": "two"}}, ()) is None
    assert account.provider.find(call, inputs | {"name": "other"}, ()) is None


def test_of_several_the_newest_that_is_not_known_is_found(account: Account) -> None:
    inputs = {"tags": {"stack": "one"}}
    ids = [account.create(tokens.GATEWAY, inputs).id for _ in range(3)]
    call = account.call(tokens.GATEWAY, "gateway")
    assert account.provider.find(call, inputs, {ids[2]}) == ids[1]
    assert account.provider.find(call, inputs, set(ids)) is None


def test_what_came_to_be_by_itself_is_never_found(account: Account) -> None:
    account.vpc()
    assert account.provider.find(account.call(tokens.ROUTES, "routes"), {}, ()) is None
