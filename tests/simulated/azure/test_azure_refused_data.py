"""What Azure refuses of storage, registries, roles, learning and budgets, in Azure's words."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.computes import duration
from tests.simulated.azure.azure_refusing import MISSING, Try, holds
from tests.simulated.azure.azure_samples import instance
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription, role

SCALE = "properties.properties.scaleSettings"
PERIOD = "timePeriod"
NOT_UPDATED = (
    "BadRequest: The property '{}' of a compute of type {} cannot be updated{}. Delete the compute "
    "and create it again."
)
SOME = "; scale settings and identity can"

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
    "vault of a taken name": Try(
        "safe",
        "VaultAlreadyExists: The vault name 'mlcourse-0a1b2c' is already in use. Vault names are "
        "globally unique so it is possible that the name is already taken. If you are sure that "
        "the vault name was not taken then it is possible that a vault with the same name was "
        "recently deleted but not purged after being placed in a recoverable state. If the vault "
        "is in a recoverable state then the vault will need to be purged before reusing the name.",
        {"vaultName": "mlcourse-0a1b2c"},
    ),
    "vault that keeps too short": Try(
        "safe",
        'BadRequest: The property "softDeleteRetentionInDays" must be between 7 and 90 (got 3).',
        {"properties.softDeleteRetentionInDays": 3},
    ),
    "vault that keeps longer later": Try(
        "safe",
        'BadRequest: The property "softDeleteRetentionInDays" has been set already and it can\'t '
        "be modified.",
        {"properties.softDeleteRetentionInDays": 8},
        True,
    ),
    "logs for a day": Try(
        "logs",
        "InvalidParameter: 'RetentionInDays' property doesn't match the SKU limits: 30 to 730 "
        "(got 1).",
        {"retentionInDays": 1},
    ),
    "logs with a cap of nothing": Try(
        "logs",
        "InvalidParameter: 'dailyQuotaGb' must be -1 or at least 0.023 (got 0).",
        {"workspaceCapping.dailyQuotaGb": 0},
    ),
    "classic insights": Try(
        "insights",
        "BadRequest: Classic Application Insights is retired since 2024-02-29: workspaceResourceId "
        "is required.",
        {"workspaceResourceId": MISSING},
    ),
    "workspace without a vault": Try(
        "ml",
        "ValidationError: Missing dependent resources in workspace json: keyVault.",
        {"keyVault": MISSING},
    ),
    "cluster of a size that the service does not take": Try(
        "cluster",
        "InvalidVmSize: The VM size Standard_D2s_v5 is not supported by Azure Machine Learning. "
        "Supported are: Standard_D2ds_v4, Standard_D4ds_v4, Standard_D8ds_v4, "
        "Standard_NC4as_T4_v3, Standard_NC8as_T4_v3, Standard_NC16as_T4_v3, Standard_NC64as_T4_v3, "
        "Standard_NC24ads_A100_v4, Standard_NC48ads_A100_v4, Standard_NC96ads_A100_v4, "
        "Standard_NC40ads_H100_v5, Standard_NC80adis_H100_v5.",
        {"properties.properties.vmSize": "Standard_D2s_v5"},
    ),
    "cluster that is more at least than at most": Try(
        "cluster",
        "BadRequest: The scale settings are not valid: min node count 3, max node count 2.",
        {f"{SCALE}.minNodeCount": 3},
    ),
    "cluster of another size later": Try(
        "cluster",
        NOT_UPDATED.format("properties.properties.vmSize", "AmlCompute", SOME),
        {"properties.properties.vmSize": "Standard_NC8as_T4_v3"},
        True,
    ),
    "cluster with a login later": Try(
        "cluster",
        NOT_UPDATED.format("properties.properties.remoteLoginPortPublicAccess", "AmlCompute", SOME),
        {"properties.properties.remoteLoginPortPublicAccess": "Enabled"},
        True,
    ),
    "instance with another idle time later": Try(
        "ann",
        NOT_UPDATED.format("properties.properties.idleTimeBeforeShutdown", "ComputeInstance", ""),
        {"properties.properties.idleTimeBeforeShutdown": "PT60M"},
        True,
    ),
    "instance of a taken name": Try(
        "ann",
        "BadRequest: Compute name MLcourse-ann is already taken in region westeurope. Names of "
        "compute instances are unique in a region.",
        {"computeName": "MLcourse-ann"},
    ),
    "instance with a long name": Try(
        "ann",
        "BadRequest: The name of a compute instance must have 3 to 24 characters (got "
        "'ml-course-ann-and-berta-2').",
        {"computeName": "ml-course-ann-and-berta-2"},
    ),
    "instance that idles off at once": Try(
        "ann",
        "BadRequest: idleTimeBeforeShutdown must be from PT15M to P3D (got PT5M).",
        {"properties.properties.idleTimeBeforeShutdown": "PT5M"},
    ),
    "instance with a schedule of nothing": Try(
        "ann",
        "BadRequest: A schedule of trigger type cron needs cron.",
        {
            "properties.properties.schedules.computeStartStop": [
                {"action": "Stop", "triggerType": "Cron"}
            ]
        },
    ),
    "budget of the past": Try(
        "money",
        "400: Start date should not be prior to the current month (BudgetStartDateInvalid)",
        {f"{PERIOD}.startDate": "2026-12-01T00:00:00Z"},
    ),
    "budget from within a month": Try(
        "money",
        "400: Start date must be the first of a month (got 2027-01-11T00:00:00Z).",
        {f"{PERIOD}.startDate": "2027-01-11T00:00:00Z"},
    ),
    "budget of a far future": Try(
        "money",
        "400: Start date must be at most 12 months ahead.",
        {f"{PERIOD}.startDate": "2028-02-01T00:00:00Z", f"{PERIOD}.endDate": MISSING},
    ),
    "budget that ends first": Try(
        "money",
        "400: End date must be after the start date.",
        {f"{PERIOD}.endDate": "2026-12-31T00:00:00Z"},
    ),
    "budget with another start later": Try(
        "money",
        "400: Start date of budgets cannot be updated. Please delete and create a new budget.",
        {f"{PERIOD}.startDate": "2027-02-01T00:00:00Z"},
        True,
    ),
    "budget of nothing": Try(
        "money", "400: The amount of a budget must be above 0 (got 0).", {"amount": 0}
    ),
    "budget of no group": Try(
        "money",
        f"ResourceGroupNotFound: The scope '{WHOLE}/resourceGroups/none' could not be found.",
        {"scope": f"{WHOLE}/resourceGroups/none"},
    ),
    "alert above a thousand percent": Try(
        "money",
        "400: The threshold of notification warn must be above 0 and at most 1000 (got 1001).",
        {"notifications.warn.threshold": 1001},
    ),
    "alert to a group that is not there": Try(
        "money",
        "400: The contact group none does not exist.",
        {"notifications.warn.contactGroups": ["none"]},
    ),
    "mail to no address": Try(
        "mail",
        "InvalidEmailAddress: The e-mail address ann is not valid.",
        {"emailReceivers.0.emailAddress": "ann"},
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_azure_refuses(case: str, lab: Built) -> None:
    holds(lab, REFUSALS[case])


def test_a_budget_has_five_alerts(lab: Built) -> None:
    subscription, made = lab
    (alert,) = made["money"]["given"]["notifications"].values()
    inputs = {**made["money"]["given"], "notifications": {f"at-{i}": alert for i in range(6)}}
    assert subscription.refused(tokens.BUDGET, inputs) == (
        "400: A budget has at most 5 notifications (got 6)."
    )


@pytest.mark.parametrize(("groups", "fault"), [(["x"], False), ([], True)])
def test_an_alert_tells_somebody(groups: list[str], fault: bool, azure: Subscription) -> None:
    alert = {"enabled": True, "operator": "GreaterThan", "threshold": 1, "contactEmails": []}
    inputs = {
        "scope": WHOLE,
        "category": "Cost",
        "amount": 1,
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": "2027-01-01"},
        "notifications": {"full": {**alert, "contactGroups": groups}},
    }
    words = (
        "notifications.full.contactEmails: at least one address, or one group in contactGroups, is "
        "required"
    )
    assert azure.faults(tokens.BUDGET, inputs) == ((words,) if fault else ())
    operator = {**inputs, "notifications": {"full": {**alert, "operator": "LessThan"}}}
    assert azure.faults(tokens.BUDGET, operator)[0].startswith("notifications.*.operator: must be")


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


def test_a_workspace_takes_a_plain_account_alone(lab: Built) -> None:
    subscription, made = lab
    lake = {**made["files"]["given"], "accountName": "lake", "isHnsEnabled": True}
    account = subscription.create(tokens.ACCOUNT, lake, "lake").id
    inputs = {**made["ml"]["given"], "workspaceName": "other", "storageAccount": account}
    assert subscription.refused(tokens.WORKSPACE, inputs) == (
        "ValidationError: The storage account lake of a workspace must be of kind StorageV2, "
        "standard, and without hierarchical namespace."
    )


def test_a_workspace_keeps_its_vault(lab: Built) -> None:
    subscription, made = lab
    other = {**made["safe"]["given"], "vaultName": "other"}
    vault = subscription.create(tokens.VAULT, other, "other").id
    inputs = {**made["ml"]["given"], "keyVault": vault}
    assert subscription.not_updated(tokens.WORKSPACE, made["ml"]["id"], inputs) == (
        "BadRequest: The property 'keyVault' cannot be changed."
    )
    missing = {**made["ml"]["given"], "keyVault": "none", "workspaceName": "other"}
    assert subscription.refused(tokens.WORKSPACE, missing) == (
        "ValidationError: The key vault none of the workspace does not exist."
    )


def test_five_schedules_are_too_many(lab: Built) -> None:
    subscription, made = lab
    given = made["ann"]["given"]
    (schedule,) = given["properties"]["properties"]["schedules"]["computeStartStop"]
    inputs = {**given, **instance("bob", schedules={"computeStartStop": [schedule] * 5})}
    inputs |= {name: given[name] for name in ("resourceGroupName", "workspaceName")}
    assert subscription.refused(tokens.COMPUTE, inputs) == (
        "BadRequest: A compute instance has at most 4 schedules (got 5)."
    )


@pytest.mark.parametrize(
    ("properties", "fault"),
    [
        ({"computeType": "AKS"}, "knows AmlCompute and ComputeInstance alone (got 'AKS')"),
        ({"computeType": "Toaster"}, "properties.computeType: must be one of AKS, AmlCompute"),
        (
            {"computeType": "AmlCompute", "properties": {"vmPriority": "Cheap"}},
            "properties.properties.vmPriority: must be one of Dedicated, LowPriority",
        ),
        (
            {"computeType": "AmlCompute", "properties": {"vmsize": "x"}},
            "properties.properties.vmsize: unknown property; did you mean 'vmSize'?",
        ),
        (
            {"computeType": "ComputeInstance", "properties": {"idleTimeBeforeShutdown": "30m"}},
            "properties.properties.idleTimeBeforeShutdown: must be an ISO 8601 duration",
        ),
    ],
)
def test_a_compute_is_one_of_its_types(
    properties: dict[str, Any], fault: str, azure: Subscription
) -> None:
    inputs = {"resourceGroupName": "lab", "workspaceName": "ml", "computeName": "thing"}
    (said,) = azure.faults(tokens.COMPUTE, {**inputs, "properties": properties})
    assert fault in said


def test_durations() -> None:
    found = [duration(text) for text in ("PT30M", "P3D", "P1DT2H", "PT90S")]
    assert [int(one.total_seconds()) for one in found if one] == [1800, 259200, 93600, 90]
    assert [duration(text) for text in ("30M", "P", "PT", "PT-5M", None)] == [None] * 5


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
