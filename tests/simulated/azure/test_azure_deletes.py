"""What a delete takes along, what is in its way, and what it leaves behind in Azure."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription, instance, role
from tests.simulated.samples import build, filled


def test_a_group_takes_along_everything_inside(lab: Built) -> None:
    subscription, made = lab
    other = subscription.create(tokens.GROUP, {}, "other").id
    seconds = subscription.delete(tokens.GROUP, made["lab"]["id"])
    assert seconds == 300
    assert [record.id for record in subscription.whole.inventory()] == [other]
    states = {(i.id, i.state, i.ended is None) for i in subscription.whole.intervals()}
    assert states == {
        (made["seat"]["id"], "running", False),
        (made["ann"]["id"], "running", False),
    }


def test_nothing_is_deleted_twice(lab: Built) -> None:
    """Containers go with their account, and because their ids lie within its own."""
    subscription, made = lab
    subscription.delete(tokens.ACCOUNT, made["files"]["id"])
    left = [found.id for found in subscription.whole.remains(subscription.now)]
    assert sorted(left) == sorted(set(left))
    assert made["data"]["id"] in left


def test_settings_of_an_account_go_alone(lab: Built) -> None:
    subscription, made = lab
    kept = [subscription.ids(token) for token in (tokens.CONTAINER, tokens.SHARE)]
    for name in ("blobs", "fileservice", "aging"):
        subscription.delete(made[name]["token"], made[name]["id"])
    assert [subscription.ids(token) for token in (tokens.CONTAINER, tokens.SHARE)] == kept
    subscription.delete(tokens.ACCOUNT, made["files"]["id"])
    assert subscription.ids(tokens.CONTAINER) == subscription.ids(tokens.SHARE) == []


def test_what_went_with_its_group_is_gone_without_an_error(lab: Built) -> None:
    subscription, made = lab
    subscription.delete(tokens.GROUP, made["lab"]["id"])
    for outputs in made.values():
        assert subscription.delete(outputs["token"], outputs["id"]) == 0
        assert subscription.read(outputs["token"], outputs["id"]) is None


def test_names_are_free_again_but_for_vault_and_workspace(lab: Built) -> None:
    """A lab of fixed names cannot be made again at once."""
    subscription, made = lab
    subscription.delete(tokens.GROUP, made["lab"]["id"])
    subscription.later(hours=1)
    group = {**made["lab"]["given"], "resourceGroupName": made["lab"]["name"]}
    subscription.create(tokens.GROUP, group, "lab")
    for name in ("files", "images"):
        subscription.create(made[name]["token"], made[name]["given"], name)
    assert subscription.refused(tokens.VAULT, made["safe"]["given"]) == (
        "ConflictError: A vault with the same name already exists in deleted state. You need to "
        "either recover or purge existing key vault. Follow this link "
        "https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."
    )
    for name in ("logs", "insights"):
        given = {**made[name]["given"]}
        key = "workspaceName" if name == "logs" else "resourceName"
        subscription.create(made[name]["token"], {**given, key: made[name]["name"]}, name)
    vault = {**made["safe"]["given"], "vaultName": "other"}
    workspace = {**made["ml"]["given"], "keyVault": subscription.create(tokens.VAULT, vault).id}
    assert subscription.refused(tokens.WORKSPACE, workspace) == (
        "Conflict: Soft-deleted workspace exists. Please purge or recover it. "
        "https://aka.ms/wsoftdelete"
    )


@pytest.mark.parametrize(("name", "days"), [("safe", 7), ("ml", 14)])
def test_a_deleted_name_is_free_when_its_time_is_over(name: str, days: int, lab: Built) -> None:
    subscription, made = lab
    token, given = made[name]["token"], made[name]["given"]
    subscription.delete(token, made[name]["id"])
    subscription.later(days=days, seconds=-1)
    assert "delete" in subscription.refused(token, given)
    subscription.later(seconds=1)
    subscription.create(token, given)


@pytest.mark.parametrize("name", ["safe", "ml"])
def test_a_purged_name_is_free_at_once(name: str, lab: Built) -> None:
    subscription, made = lab
    token, given = made[name]["token"], made[name]["given"]
    with pytest.raises(KeyError, match="no deleted"):
        subscription.whole.purge(token, made[name]["name"])
    subscription.delete(token, made[name]["id"])
    left = [found.type for found in subscription.whole.remains(subscription.now)]
    assert token in left
    subscription.whole.purge(token, made[name]["name"])
    assert subscription.whole.remains(subscription.now) == []
    subscription.create(token, given)


def test_a_vault_name_is_blocked_in_other_groups_too_and_can_be_recovered(lab: Built) -> None:
    subscription, made = lab
    subscription.delete(tokens.VAULT, made["safe"]["id"])
    subscription.group("other")
    given = {**made["safe"]["given"], "resourceGroupName": "other"}
    assert subscription.refused(tokens.VAULT, given).startswith("ConflictError")
    given["properties"] = {**given["properties"], "createMode": "recover"}
    subscription.create(tokens.VAULT, given)
    assert subscription.whole.remains(subscription.now) == []


@pytest.mark.parametrize("name", ["data", "shared"])
def test_a_container_is_being_deleted_for_half_a_minute(name: str, lab: Built) -> None:
    subscription, made = lab
    subscription.delete(made[name]["token"], made[name]["id"])
    assert "BeingDeleted" in subscription.refused(made[name]["token"], made[name]["given"], name)
    subscription.later(seconds=30)
    subscription.create(made[name]["token"], made[name]["given"], name)


BLOCKED = {
    "guard": (
        "InUseNetworkSecurityGroupCannotBeDeleted: Network security group {guard} cannot be "
        "deleted because it is in use by the following resources: {sub}. In order to delete the "
        "Network security group, remove the association with the resource(s). To learn how to do "
        "this, see aka.ms/deletensg."
    ),
    "sub": (
        "InUseSubnetCannotBeDeleted: Subnet sub is in use by {card} and cannot be deleted. In "
        "order to delete the subnet, delete all the resources within the subnet. See "
        "aka.ms/deletesubnet."
    ),
    "net": (
        "InUseSubnetCannotBeDeleted: Subnet sub is in use by {card} and cannot be deleted. In "
        "order to delete the subnet, delete all the resources within the subnet. See "
        "aka.ms/deletesubnet."
    ),
    "card": (
        "NicInUse: Network Interface {card} is used by existing resource {seat}. In order to "
        "delete the network interface, it must be dissociated from the resource. To learn more, "
        "see aka.ms/deletenic."
    ),
    "address": (
        "PublicIPAddressCannotBeDeleted: Public IP address {address} can not be deleted since it "
        "is still allocated to resource {card}. In order to delete the public IP, "
        "disassociate/detach the Public IP address from the resource. To learn how to do this, see "
        "aka.ms/deletepublicip."
    ),
    "home": "OperationNotAllowed: Disk {home.name} is attached to VM {seat}.",
}


@pytest.mark.parametrize("name", BLOCKED)
def test_what_is_in_use_stays(name: str, whole: Built) -> None:
    subscription, made = whole
    words = BLOCKED[name].replace("{home.name}", made["home"]["name"])
    for key in ("guard", "sub", "card", "address", "seat"):
        words = words.replace("{" + key + "}", made[key]["id"])
    before = subscription.whole.inventory()
    assert subscription.kept(made[name]["token"], made[name]["id"]) == words
    assert subscription.whole.inventory() == before


def test_a_group_stays_while_another_one_needs_what_is_inside(lab: Built) -> None:
    subscription, made = lab
    group = subscription.group("other")
    card: dict[str, Any] = {
        "resourceGroupName": group,
        "ipConfigurations": [{"name": "main", "subnet": {"id": made["sub"]["id"]}}],
    }
    other = subscription.create(tokens.INTERFACE, card, "other").id
    said = subscription.kept(tokens.GROUP, made["lab"]["id"])
    assert said.startswith(f"InUseSubnetCannotBeDeleted: Subnet sub is in use by {other}")
    assert made["seat"]["id"] in subscription.ids(tokens.MACHINE)
    subscription.delete(tokens.GROUP, f"{WHOLE}/resourceGroups/other")
    subscription.delete(tokens.GROUP, made["lab"]["id"])
    assert subscription.whole.inventory() == []


@pytest.mark.parametrize("option", ["Delete", "Detach", None])
def test_what_a_machine_leaves_behind(option: str | None, azure: Subscription) -> None:
    """By default its disk stays, and is billed."""
    made = build(azure)
    given = {**made["seat"]["given"], "vmName": "two"}
    azure.delete(tokens.MACHINE, made["seat"]["id"])
    assert azure.ids(tokens.DISK) == [made["home"]["id"]]
    chosen = {"deleteOption": option} if option else {}
    storage = given["storageProfile"]
    os_disk = {**{k: v for k, v in storage["osDisk"].items() if k != "deleteOption"}, **chosen}
    data = [{**storage["dataDisks"][0], "deleteOption": option or "Detach"}]
    given["storageProfile"] = {**storage, "osDisk": os_disk, "dataDisks": data}
    card = {**given["networkProfile"]["networkInterfaces"][0]}
    del card["deleteOption"]
    given["networkProfile"] = {"networkInterfaces": [{**card, **chosen}]}
    machine = azure.create(tokens.MACHINE, given).id
    assert len(azure.ids(tokens.DISK)) == 2
    azure.delete(tokens.MACHINE, machine)
    left = [] if option == "Delete" else [made["home"]["id"]]
    orphans = [id for id in azure.ids(tokens.DISK) if "_OsDisk_1_" in id]
    assert [id for id in azure.ids(tokens.DISK) if id not in orphans] == left
    assert len(orphans) == (0 if option == "Delete" else 1)
    assert azure.ids(tokens.INTERFACE) == ([] if option == "Delete" else [made["card"]["id"]])
    azure.delete(tokens.GROUP, made["lab"]["id"])
    assert azure.whole.inventory() == []


def test_a_machine_leaves_its_schedule(lab: Built) -> None:
    subscription, made = lab
    subscription.delete(tokens.MACHINE, made["seat"]["id"])
    assert subscription.ids(tokens.SCHEDULE) == [made["nightly"]["id"]]


def test_a_workspace_takes_its_computes_along_and_leaves_its_data(lab: Built) -> None:
    subscription, made = lab
    number = made["ml"]["workspaceId"]
    own = {f"azureml-blobstore-{number}", "azureml", "azureml-metrics"}
    names = {id.rpartition("/")[2] for id in subscription.ids(tokens.CONTAINER)}
    assert names == {"data", *own}
    subscription.delete(tokens.WORKSPACE, made["ml"]["id"])
    assert subscription.ids(tokens.COMPUTE) == subscription.ids(tokens.DATASTORE) == []
    assert {id.rpartition("/")[2] for id in subscription.ids(tokens.CONTAINER)} == names
    assert f"code-{number}" in {id.rpartition("/")[2] for id in subscription.ids(tokens.SHARE)}


def test_a_workspace_gives_itself_a_role_that_outlives_it(lab: Built) -> None:
    subscription, made = lab
    (own,) = [id for id in subscription.ids(tokens.ROLE_ASSIGNMENT) if id != made["may"]["id"]]
    assert own.startswith(f"{made['lab']['id']}/providers/Microsoft.Authorization/")
    subscription.delete(tokens.WORKSPACE, made["ml"]["id"])
    assert own in subscription.ids(tokens.ROLE_ASSIGNMENT)


def test_a_role_outlives_its_identity_but_not_what_it_is_for(lab: Built) -> None:
    subscription, made = lab
    inputs = {
        "scope": made["images"]["id"],
        "roleDefinitionId": role("AcrPull"),
        "principalId": made["watch"]["identity"]["principalId"],
        "principalType": "ServicePrincipal",
    }
    pull = subscription.create(tokens.ROLE_ASSIGNMENT, inputs, "pull").id
    subscription.delete(tokens.WORKFLOW, made["watch"]["id"])
    assert pull in subscription.ids(tokens.ROLE_ASSIGNMENT)
    subscription.delete(tokens.REGISTRY, made["images"]["id"])
    assert pull not in subscription.ids(tokens.ROLE_ASSIGNMENT)


def test_a_name_of_an_instance_is_free_in_another_region(lab: Built) -> None:
    subscription, made = lab
    given = filled(instance("mlcourse-ann"), made)
    there = subscription.group("there", location="eastus")
    storage = {**made["files"]["given"], "accountName": "there", "resourceGroupName": there}
    needed = {
        **made["ml"]["given"],
        "resourceGroupName": there,
        "storageAccount": subscription.create(tokens.ACCOUNT, storage).id,
    }
    subscription.create(tokens.WORKSPACE, needed)
    subscription.create(tokens.COMPUTE, {**given, "resourceGroupName": there})
    here = {**given, "computeName": "mlcourse-ann"}
    assert "already exist" in subscription.refused(tokens.COMPUTE, here)
