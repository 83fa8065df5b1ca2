"""What a created resource shows, in Azure's formats."""

from __future__ import annotations

import pytest

from mllab.protocol.provider import UNKNOWN
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription
from tests.simulated.samples import build, samples

SAMPLES = [name for name, _, _ in samples(Subscription)]


@pytest.mark.parametrize("name", SAMPLES)
def test_an_update_that_changes_nothing_keeps_everything(name: str) -> None:
    subscription = Subscription()
    found = build(subscription)[name]
    read = subscription.read(found["token"], found["id"])
    assert read is not None
    before = read.outputs
    call = subscription.call(found["token"], name, preview=True)
    checked = subscription.provider.check(call, read.inputs, found["given"])
    predicted = subscription.provider.update(call, found["id"], before, checked.inputs)
    after = subscription.update(found["token"], found["id"], found["given"], name)
    assert after.outputs == before
    for key, value in predicted.outputs.items():
        assert value is UNKNOWN or value == before[key], key


def test_a_preview_changes_nothing_and_needs_nothing_to_exist(azure: Subscription) -> None:
    call = azure.call(tokens.SUBNET, "sub", preview=True)
    inputs = {"resourceGroupName": UNKNOWN, "virtualNetworkName": UNKNOWN, "addressPrefix": "::"}
    made = azure.provider.create(call, azure.provider.check(call, None, inputs).inputs)
    assert made.outputs["name"] == "sub"
    assert azure.whole.inventory() == []


def test_a_preview_does_not_know_the_address_of_an_interface(lab: Built) -> None:
    subscription, made = lab
    call = subscription.call(tokens.INTERFACE, "card", preview=True)
    inputs = subscription.provider.check(call, None, made["card"]["given"]).inputs
    predicted = subscription.provider.create(call, inputs)
    assert predicted.outputs["ipConfigurations"] is UNKNOWN


@pytest.mark.parametrize("same", [True, False])
def test_a_preview_keeps_the_address_of_what_stays(same: bool, lab: Built) -> None:
    subscription, made = lab
    id, given = made["card"]["id"], made["card"]["given"]
    before = subscription.shown(tokens.INTERFACE, id)
    configuration = given["ipConfigurations"][0]
    given["ipConfigurations"][0] = configuration | ({} if same else {"name": "other"})
    call = subscription.call(tokens.INTERFACE, "card", preview=True)
    inputs = subscription.provider.check(call, {"networkInterfaceName": "c"}, given).inputs
    predicted = subscription.provider.update(call, id, before, inputs).outputs["ipConfigurations"]
    assert predicted == before["ipConfigurations"] if same else predicted is UNKNOWN


def test_ids_are_paths(lab: Built) -> None:
    _, made = lab
    group = f"{WHOLE}/resourceGroups/{made['lab']['name']}"
    assert made["lab"]["id"] == group
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/{made['net']['name']}"
    assert (made["net"]["id"], made["sub"]["id"]) == (network, f"{network}/subnets/sub")
    files = f"{group}/providers/Microsoft.Storage/storageAccounts/mlcourse0a1b2c3d"
    assert made["data"]["id"] == f"{files}/blobServices/default/containers/data"
    assert made["may"]["id"].startswith(
        f"{files}/providers/Microsoft.Authorization/roleAssignments/"
    )
    assert made["money"]["id"].startswith(f"{group}/providers/Microsoft.Consumption/budgets/")


def test_generated_names_have_eight_digits_and_no_hyphen(azure: Subscription) -> None:
    group = azure.create(tokens.GROUP, {}, "ml-course-group").outputs["name"]
    assert len(group) == len("ml-course-group") + 8
    assert group.startswith("ml-course-group")
    assert group[-9] == "p"
    azure.group()
    account = azure.create(
        tokens.ACCOUNT,
        {"resourceGroupName": "lab", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}},
        "files",
    )
    assert account.outputs["name"].startswith("files")
    assert len(account.outputs["name"]) == 13


def test_children_keep_their_logical_name(lab: Built) -> None:
    _, made = lab
    assert [made[name]["name"] for name in ("sub", "data", "clean-up")] == [
        "sub",
        "data",
        "clean-up",
    ]


def test_where_no_location_is_given_it_is_that_of_the_group(azure: Subscription) -> None:
    azure.group(location="North Europe")
    made = azure.create(tokens.IDENTITY, {"resourceGroupName": "lab"})
    assert azure.shown(tokens.GROUP, f"{WHOLE}/resourceGroups/lab")["location"] == "northeurope"
    assert made.outputs["location"] == "northeurope"


def test_a_group_takes_the_configured_location(azure: Subscription) -> None:
    azure.group()
    assert azure.shown(tokens.GROUP, f"{WHOLE}/resourceGroups/lab")["location"] == "westeurope"


def test_identities_show_who_they_are(lab: Built) -> None:
    _, made = lab
    identity = made["seat"]["identity"]
    own = {"clientId": made["who"]["clientId"], "principalId": made["who"]["principalId"]}
    assert identity["userAssignedIdentities"] == {made["who"]["id"]: own}
    assert identity["principalId"] not in ("", made["who"]["principalId"])
    assert made["ann"]["identity"] is None


def test_secrets_of_a_machine_are_not_shown(lab: Built) -> None:
    _, made = lab
    assert "customData" not in made["seat"]["osProfile"]
    assert made["seat"]["osProfile"]["adminUsername"] == "ubuntu"


def test_what_is_used_shows_its_user_from_then_on(lab: Built) -> None:
    subscription, made = lab
    card = subscription.shown(tokens.INTERFACE, made["card"]["id"])
    assert card["virtualMachine"] == {"id": made["seat"]["id"]}
    assert card["macAddress"].startswith("00-0D-3A-")
    home = subscription.shown(tokens.DISK, made["home"]["id"])
    assert (home["diskState"], home["managedBy"]) == ("Attached", made["seat"]["id"])
    subscription.whole.stop(made["seat"]["id"])
    assert subscription.shown(tokens.DISK, made["home"]["id"])["diskState"] == "Reserved"
    address = subscription.shown(tokens.ADDRESS, made["address"]["id"])
    assert address["ipConfiguration"] == {"id": f"{made['card']['id']}/ipConfigurations/main"}


def test_every_interface_has_another_address(lab: Built) -> None:
    subscription, made = lab
    configuration = {"name": "main", "subnet": {"id": made["sub"]["id"]}}
    inputs = {
        "resourceGroupName": made["lab"]["name"],
        "ipConfigurations": [configuration],
    }
    other = subscription.create(tokens.INTERFACE, inputs, "other")
    addresses = [
        shown["ipConfigurations"][0]["privateIPAddress"] for shown in (made["card"], other.outputs)
    ]
    assert addresses == ["10.0.0.4", "10.0.0.5"]


def test_the_answer_who_is_logged_in(azure: Subscription) -> None:
    found = azure.provider.invoke("azure-native:authorization:getClientConfig", {}, preview=False)
    assert found["subscriptionId"] == places.SUBSCRIPTION
    assert found["tenantId"] == places.TENANT
    assert {"clientId", "objectId"} <= found.keys()
