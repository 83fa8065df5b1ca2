"""All that an Azure subscription shows of a stack, asked of a stand-in for `az`.

It proves what is asked and what follows from the answers; not that Azure answers so.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mllab.accounts.azure.imports import DELETED, TYPES
from mllab.accounts.contract import SOFT_DELETED, InventoryItem
from mllab.errors import LabError, StillThere
from tests.accounts.labs import labels, pending, up
from tests.accounts.subscription import (
    DISK,
    LOGS,
    MINE,
    NOT_LISTED,
    Subscription,
    ask,
    group_of,
    one,
)


def test_only_reading_is_asked(subscription: Subscription) -> None:
    lab = up("azure-tiny")
    subscription.hold(lab)
    look = subscription.account()
    look.inventory(lab.stack)
    look.find(pending(lab.entries[0]), ())
    for line in subscription.asked:
        assert re.match(
            "account (get-access-token|show)|(group|resource) list|rest --method get ", line
        )
        assert line.startswith("rest") or f"--subscription {MINE}" in line or line[:7] == "account"


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_all_that_is_in_the_group_is_seen_and_nothing_of_others(
    subscription: Subscription, kind: str
) -> None:
    lab, other = up("azure-course", kind), up("azure-tiny")
    subscription.hold(lab)
    subscription.hold(other)
    found = {each.id: each for each in subscription.account().inventory(lab.stack)}
    recorded = {entry["id"]: entry["type"] for entry in lab.entries}
    expected = {thing["id"] for thing in lab.things if not NOT_LISTED.search(thing["id"])}
    assert found.keys() == expected
    assert len(expected) >= 15
    for id in expected & recorded.keys():
        assert found[id].type == recorded[id]
    by_itself = [each for each in found.values() if each.id not in recorded]
    assert by_itself, "what services made in the group"
    assert {each.role for each in found.values() if each.id in recorded} == {
        "network", "storage", "registry", "notebook", "cluster", "budget",
    }  # fmt: skip


def test_an_empty_subscription_shows_nothing(subscription: Subscription) -> None:
    assert subscription.account().inventory("azure-course") == []


def test_what_was_moved_out_of_the_group_is_seen_by_its_tags(subscription: Subscription) -> None:
    id = f"/subscriptions/{MINE}/resourceGroups/elsewhere/providers/Microsoft.Compute/disks/d"
    subscription.put(id, labels("azure-course"))
    subscription.put(f"{id}2", {**labels("azure-course"), "managed-by": "terraform"})
    subscription.put(f"{id}3", labels("other"))
    assert subscription.account().inventory("azure-course") == [
        InventoryItem(DISK, id, "d", "cluster")
    ]


def test_a_group_that_is_being_deleted_is_still_there(subscription: Subscription) -> None:
    id = f"/subscriptions/{MINE}/resourceGroups/g"
    subscription.put(id, labels("azure-course"), provisioningState="Deleting")
    [found] = subscription.account().inventory("azure-course")
    assert (found.name, found.state) == ("g", "deleting")


def test_what_azure_keeps_is_told_as_that_from_every_page(subscription: Subscription) -> None:
    where = f"/subscriptions/{MINE}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults"

    def vault(name: str, stack: str) -> dict[str, Any]:
        own = {"id": f"{where}/{name}", "name": name, "type": "Microsoft.KeyVault/deletedVaults"}
        return {**own, "properties": {"tags": labels(stack)}}

    workspace = {
        "id": f"/subscriptions/{MINE}/resourceGroups/g/providers/{LOGS.lower()}/w",
        "name": "w",
        "type": LOGS,
        "tags": labels("azure-course"),
    }  # fmt: skip
    subscription.known["deleted"] = {
        "deletedVaults": [
            [vault("a", "azure-course"), vault("b", "other")],
            [vault("c", "azure-course")],
        ],
        "deletedWorkspaces": [[workspace, {**workspace, "name": "x", "tags": None}]],
    }
    found = subscription.account().inventory("azure-course")
    assert [(each.name, each.state) for each in found] == [
        ("a", SOFT_DELETED), ("c", SOFT_DELETED), ("w", SOFT_DELETED),
    ]  # fmt: skip
    assert [each.type for each in found] == [
        "azure-native:keyvault:Vault",
        "azure-native:keyvault:Vault",
        "azure-native:operationalinsights:Workspace",
    ]


def test_the_lists_of_what_is_kept_are_those_of_declared_types() -> None:
    kinds = {path.lower().replace("/deleted", "/") for path, _, _ in DELETED}
    assert kinds <= TYPES.keys()


def test_a_service_that_was_never_used_has_nothing(subscription: Subscription) -> None:
    subscription.refuse(
        "deletedVaults", 'Conflict({"error":{"code":"MissingSubscriptionRegistration"}})'
    )
    assert subscription.account().inventory("azure-course") == []


@pytest.mark.parametrize(
    "part", ["group list", "resource list --tag", "resource list --resource-group", "deletedVaults",
             "deletedWorkspaces"],
)  # fmt: skip
def test_a_part_that_cannot_be_seen_is_never_taken_for_empty(
    subscription: Subscription, part: str
) -> None:
    lab = up("azure-tiny")
    subscription.hold(lab)
    subscription.refuse(part, "(AuthorizationFailed) The client 'ann' does not have authorization.")
    with pytest.raises(StillThere) as caught:
        subscription.account().inventory(lab.stack)
    assert "(AuthorizationFailed) The client 'ann'" in caught.value.message
    if part != "group list":
        assert f"{group_of(lab).rpartition('/')[2]} (azure-native:resources:ResourceGroup)" in (
            caught.value.message
        )
    assert f"az group list --tag stack={lab.stack}" in caught.value.hint


@pytest.mark.parametrize("garbage", ["", "no json", "{}", '"x"', "[1]"])
def test_an_answer_that_is_no_list_is_no_empty_list(
    subscription: Subscription, garbage: str
) -> None:
    look = subscription.account()
    az = subscription.folder / "az"
    wrong = az.read_text().replace(
        "sys.stdout.write(",
        f"sys.stdout.write({garbage!r} if sys.argv[1] != 'account' else ",
    )
    az.write_text(wrong)
    with pytest.raises(StillThere, match="Azure answers with what is no (JSON|list)"):
        look.inventory("azure-course")
    if garbage != "{}":
        with pytest.raises(StillThere, match="Azure answers with what is no (JSON|resource)"):
            look.find(pending(one(DISK)), ())


@pytest.mark.parametrize("act", ["find", "inventory"])
def test_without_az_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, act: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="`az` is not installed") as caught:
        ask(act)
    assert not isinstance(caught.value, StillThere)
    assert "install-azure-cli" in caught.value.hint


@pytest.mark.parametrize("act", ["find", "inventory"])
@pytest.mark.parametrize("by", ["az", "variables"])
def test_without_a_login_it_says_what_to_type(
    subscription: Subscription, monkeypatch: pytest.MonkeyPatch, act: str, by: str
) -> None:
    if by == "variables":  # the engine's own login, which az does not know
        monkeypatch.setenv("ARM_CLIENT_ID", "robot")
        monkeypatch.setenv("ARM_SUBSCRIPTION_ID", MINE)
    subscription.refuse("", "Please run 'az login' to setup account.")
    subscription.account()
    with pytest.raises(LabError, match="Please run 'az login'") as caught:
        ask(act)
    assert not isinstance(caught.value, StillThere)
    assert caught.value.hint == "az login"


@pytest.mark.parametrize(
    ("power", "allocated"),
    [("running", True), ("stopped", True), ("deallocated", False), ("", None)],
)
def test_whether_a_machine_takes_up_a_host(
    subscription: Subscription, power: str, allocated: bool | None
) -> None:
    machine = str(one("azure-native:compute:VirtualMachine")["id"])
    subscription.turn(machine, power)
    assert subscription.account().allocated(machine) is allocated


@pytest.mark.parametrize(
    ("state", "allocated"),
    [("Attached", True), ("Reserved", False), ("Unattached", False), ("", None)],
)
def test_whether_the_machine_of_a_disk_takes_up_a_host(
    subscription: Subscription, state: str, allocated: bool | None
) -> None:
    disk = str(one("azure-native:compute:Disk")["id"])
    if state:
        subscription.put(disk, {}, diskState=state)
    assert subscription.account().allocated(disk) is allocated


def test_nobody_knows_whether_a_machine_runs_that_cannot_be_asked(
    subscription: Subscription,
) -> None:
    machine = str(one("azure-native:compute:VirtualMachine")["id"])
    subscription.turn(machine, "running")
    subscription.refuse("instanceView", "AuthorizationFailed")
    assert subscription.account().allocated(machine) is None
