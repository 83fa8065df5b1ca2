"""What Azure refuses of storage, registries and roles, with Azure's code and words."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.azure_refusing import MISSING, Try, holds
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription, role

REFUSALS = {
    "account of a taken name": Try(
        "files",
        "StorageAccountAlreadyTaken: The storage account named mlcourse0a1b2c3d is already taken.",
        {"accountName": "mlcourse0a1b2c3d"},
    ),
    "premium files on a standard account": Try(
        "files",
        "InvalidValuesForRequestParameters: Values for request parameters are invalid: kind, "
        "sku.name (FileStorage needs a Premium SKU)",
        {"accountName": "other", "kind": "FileStorage"},
    ),
    "account that becomes premium": Try(
        "files",
        "StorageAccountUpdateNotSupported: The kind and the tier of a storage account cannot be "
        "changed: StorageV2 Standard to StorageV2 Premium.",
        {"sku.name": "Premium_LRS"},
        True,
    ),
    "public container": Try(
        "data",
        "PublicAccessNotPermitted: Public access is not permitted on this storage account.",
        {"containerName": "open", "publicAccess": "Blob"},
    ),
    "NFS on a standard account": Try(
        "shared",
        "FeatureNotSupportedForAccount: NFS and the tier Premium are not supported for the account "
        "of kind StorageV2.",
        {"shareName": "nfs", "enabledProtocols": "NFS"},
    ),
    "share too large": Try(
        "shared",
        "InvalidRequestPropertyValue: The value '102401' for the property 'shareQuota' is invalid: "
        "1 to 102400.",
        {"shareName": "large", "shareQuota": 102401},
    ),
    "deleted files kept too long": Try(
        "blobs",
        "InvalidRequestPropertyValue: The value '366' for the property "
        "'deleteRetentionPolicy.days' is invalid: 1 to 365.",
        {"deleteRetentionPolicy.days": 366},
        True,
    ),
    "registry of a taken name": Try(
        "images",
        "AlreadyInUse: The registry DNS name mlcourse0A1b.azurecr.io is already in use. You can "
        "check if the name is already claimed using following API: "
        "https://docs.microsoft.com/rest/api/containerregistry/registries/checknameavailability",
        {"registryName": "mlcourse0A1b"},
    ),
    "retention on Basic": Try(
        "images",
        "SkuNotSupported: The property 'policies.retentionPolicy' is only supported for the SKU "
        "Premium (the registry is Basic).",
        {"policies": {"retentionPolicy": {"days": 7, "status": "enabled"}}},
    ),
    "the same role again": Try("may", "RoleAssignmentExists: The role assignment already exists."),
    "unknown role": Try(
        "may",
        "RoleDefinitionDoesNotExist: The specified role definition with ID "
        "'00000000000000000000000000000000' does not exist (or the simulated Azure does not know "
        "it).",
        {"roleDefinitionId": f"{WHOLE}/x/00000000-0000-0000-0000-000000000000"},
    ),
    "role on nothing": Try(
        "may",
        f"ResourceNotFound: The resource '{WHOLE}/none' was not found.",
        {"scope": f"{WHOLE}/none"},
    ),
    "role for nobody": Try(
        "may",
        "PrincipalNotFound: Principal 00000000-0000-0000-0000-00000000000f does not exist in the "
        "directory 00000000-0000-0000-0000-000000000001. Check that you have the correct principal "
        "ID. If you are creating this principal and then immediately assigning a role, this error "
        "might be related to a replication delay. In this case, set the role assignment "
        "principalType property to a value, such as ServicePrincipal, User, or Group.",
        {"principalId": "00000000-0000-0000-0000-00000000000f"},
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_azure_refuses(case: str, whole: Built) -> None:
    holds(whole, REFUSALS[case])


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
