"""What Azure refuses because of what is there already, and what its provider refuses by itself."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import MISSING, WHOLE, Subscription, role
from tests.simulated.samples import sample

(SSH_ONLY,) = sample(Subscription, "guard")["securityRules"]


def test_what_is_there_already_is_not_made_again(lab: Built) -> None:
    subscription, made = lab
    for name in ("sub", "blobs", "data", "nightly", "cluster"):
        said = subscription.refused(made[name]["token"], made[name]["given"], name)
        assert said == f": cannot create already existing resource '{made[name]['id']}'"


def test_a_rule_says_from_where_to_where(azure: Subscription) -> None:
    rule = {**SSH_ONLY}
    del rule["sourceAddressPrefixes"], rule["destinationPortRange"]
    inputs = {"resourceGroupName": "lab", "securityRules": [rule]}
    assert azure.faults(tokens.SECURITY_GROUP, inputs) == (
        "securityRules[0].sourceAddressPrefix: missing, it or sourceAddressPrefixes is required",
        "securityRules[0].destinationPortRange: missing, it or destinationPortRanges is required",
    )


def test_subnets_within_the_network_are_refused_by_name(azure: Subscription) -> None:
    inputs = {"resourceGroupName": "lab", "subnets": [{"id": "x"}]}
    (fault,) = azure.faults(tokens.NETWORK, inputs)
    assert fault.startswith("subnets: the simulated Azure does not know subnets within the network")
    inputs = {"resourceGroupName": "lab", "subnets": [{"addressPrefix": "10.0.0.0/24"}]}
    assert azure.faults(tokens.NETWORK, inputs) == ("subnets[0].addressPrefix: unknown property",)


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        (
            {"sku": {"name": "Basic"}},
            "sku.name: the simulated Azure knows Developer alone (got 'Basic')",
        ),
        (
            {"sku": {"name": "Developer"}},
            "virtualNetwork: missing, it is required for the SKU Developer",
        ),
    ],
)
def test_bastion_is_known_as_developer_alone(
    inputs: dict[str, Any], fault: str, azure: Subscription
) -> None:
    assert azure.faults(tokens.BASTION, {"resourceGroupName": "lab", **inputs}) == (fault,)


def test_without_a_location_nothing_goes() -> None:
    nowhere = Subscription()
    nowhere.provider.region = ""
    assert nowhere.refused(tokens.GROUP, {}) == (
        "LocationRequired: The location property is required for this definition."
    )


def test_an_unknown_location_is_refused_with_those_that_are_known(azure: Subscription) -> None:
    with pytest.raises(ProviderFailure, match="does not know the location 'mars'") as failure:
        azure.whole.configured({"location": "mars"})
    assert "westeurope" in failure.value.hint


@pytest.mark.parametrize(
    "token", ["azure-native:sql:Server", "azure-native:compute:getVirtualMachine"]
)
def test_what_is_not_known_is_refused_by_name(token: str, azure: Subscription) -> None:
    with pytest.raises(ProviderFailure, match=token):
        azure.provider.create(azure.call(token, "x"), {})
    with pytest.raises(ProviderFailure, match=token):
        azure.provider.invoke(token, {}, preview=False)
    assert azure.faults("azure-native:sql:Server", {}) == (
        "the simulated Azure does not know the resource type azure-native:sql:Server",
    )


def test_a_disk_serves_one_machine(lab: Built) -> None:
    subscription, made = lab
    card = {**made["card"]["given"], "ipConfigurations": [{"name": "a"}]}
    card["ipConfigurations"][0]["subnet"] = {"id": made["sub"]["id"]}
    free = subscription.create(tokens.INTERFACE, card, "free").id
    inputs = {**made["seat"]["given"], "vmName": "bob"}
    inputs["networkProfile"] = {"networkInterfaces": [{"id": free}]}
    assert subscription.refused(tokens.MACHINE, inputs) == (
        f"AttachDiskWhileBeingDetached: Cannot attach data disk '{made['home']['name']}' to VM "
        "'bob' because the disk is currently attached to VM 'ml-course-ann'."
    )


@pytest.mark.parametrize(("time", "fault"), [("2000", False), ("20:00", True), ("2460", True)])
def test_a_time_of_day_has_four_digits(time: str, fault: bool, azure: Subscription) -> None:
    inputs = {
        "resourceGroupName": "lab",
        "name": "shutdown-computevm-x",
        "dailyRecurrence": {"time": time},
    }
    words = f"dailyRecurrence.time: must be HHmm, as 1900 (got {time!r})"
    assert azure.faults(tokens.SCHEDULE, inputs) == ((words,) if fault else ())


def test_a_new_identity_is_known_at_once_by_its_type_alone(azure: Subscription) -> None:
    azure.group()
    who = azure.create(tokens.IDENTITY, {"resourceGroupName": "lab"}).outputs["principalId"]
    inputs = {
        "scope": f"{WHOLE}/resourceGroups/lab",
        "roleDefinitionId": role("Reader"),
        "principalId": who,
    }
    for type in ({}, {"principalType": "User"}):
        assert azure.refused(tokens.ROLE_ASSIGNMENT, {**inputs, **type}).startswith(
            f"PrincipalNotFound: Principal {who} does not exist"
        )
    azure.later(minutes=5)
    assert azure.refused(tokens.ROLE_ASSIGNMENT, {**inputs, "principalType": "User"}) == (
        f"UnmatchedPrincipalType: The PrincipalId '{who}' has type 'ServicePrincipal', which is "
        "different from specified PrinciaplType 'User'."
    )
    azure.create(tokens.ROLE_ASSIGNMENT, inputs)


def test_roles_of_people_are_taken_on_trust(lab: Built) -> None:
    subscription, made = lab
    person = "11111111-1111-1111-1111-111111111111"
    inputs = {
        "scope": made["ml"]["id"],
        "roleDefinitionId": role("AzureML Data Scientist"),
        "principalId": person,
        "principalType": "User",
    }
    assert subscription.create(tokens.ROLE_ASSIGNMENT, inputs).outputs["principalId"] == person


@pytest.mark.parametrize(
    ("type", "inputs", "fault"),
    [
        (tokens.ACCOUNT, {"accountName": "ML-course"}, "accountName: must match"),
        (tokens.ACCOUNT, {"accountName": "m" * 25}, "accountName: has 25 characters, at most 24"),
        (tokens.REGISTRY, {"registryName": "ml-course"}, "registryName: must match"),
        (tokens.VAULT, {"vaultName": "1vault"}, "vaultName: must match"),
        (tokens.WORKSPACE, {"workspaceName": "w" * 34}, "workspaceName: has 34 characters"),
        (tokens.GROUP, {"resourceGroupName": "lab."}, "resourceGroupName: must match"),
        (tokens.ACTION_GROUP, {"groupShortName": "thirteenchars"}, "groupShortName: must match"),
        (tokens.ACCOUNT, {"minimumTlsVersion": "TLS9"}, "minimumTlsVersion: must be one of"),
        (tokens.MACHINE, {"priority": "Cheap"}, "priority: must be one of Regular, Low, Spot"),
        (tokens.BUDGET, {"timeGrain": "Daily"}, "timeGrain: must be one of Monthly"),
    ],
)
def test_names_and_words_are_checked_before_azure_is_asked(
    type: str, inputs: dict[str, Any], fault: str, lab: Built
) -> None:
    subscription, made = lab
    given = next(found["given"] for found in made.values() if found["token"] == type)
    (said,) = subscription.faults(type, {**given, **inputs})
    assert said.startswith(fault)


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"timeout": 60}, "timeout: must be 300 to 28800 seconds (got 60)"),
        ({"step": MISSING}, "step: missing, it is required unless isSystemTask is true"),
        (
            {"step": {"type": "EncodedTask", "encodedTaskContent": "steps:"}},
            "step.encodedTaskContent: must be base64",
        ),
        (
            {"trigger": {"timerTriggers": [{"name": "t", "schedule": "0 3 * *"}]}},
            "trigger.timerTriggers.schedule: must be a cron expression of five fields "
            "(got '0 3 * *')",
        ),
    ],
)
def test_a_task_is_checked(inputs: dict[str, Any], fault: str, lab: Built) -> None:
    subscription, made = lab
    given = {**made["clean-up"]["given"], **inputs}
    given = {name: value for name, value in given.items() if value is not MISSING}
    assert subscription.faults(tokens.REGISTRY_TASK, given) == (fault,)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"filters": {}}, "policy.rules[0].definition.filters.blobTypes: missing"),
        ({"actions": {}}, "policy.rules[0].definition.actions: at least one action"),
    ],
)
def test_a_rule_for_old_blobs_is_checked(change: dict[str, Any], fault: str, lab: Built) -> None:
    subscription, made = lab
    (rule,) = made["aging"]["given"]["policy"]["rules"]
    rule = {**rule, "definition": {**rule["definition"], **change}}
    inputs = {**made["aging"]["given"], "policy": {"rules": [rule]}}
    assert any(said.startswith(fault) for said in subscription.faults(tokens.LIFECYCLE, inputs))
    inputs["policy"]["rules"] = [made["aging"]["given"]["policy"]["rules"][0]] * 2
    assert "is given to more than one rule" in subscription.faults(tokens.LIFECYCLE, inputs)[0]
