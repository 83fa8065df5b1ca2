"""What Azure refuses of vaults, learning and budgets, with Azure's code and words."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.computes import duration
from tests.simulated.azure.azure_refusing import MISSING, Try, holds
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription, instance

SCALE = "properties.properties.scaleSettings"
PERIOD = "timePeriod"
NOT_UPDATED = (
    "BadRequest: The property '{}' of a compute of type {} cannot be updated{}. Delete the compute "
    "and create it again."
)
SOME = "; scale settings and identity can"

REFUSALS = {
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
    "instance with an identity later": Try(
        "ann",
        NOT_UPDATED.format("identity", "ComputeInstance", ""),
        {"identity": {"type": "SystemAssigned"}},
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
def test_azure_refuses(case: str, whole: Built) -> None:
    holds(whole, REFUSALS[case])


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
        ({"properties": {}}, "properties.computeType: must be one of AKS, AmlCompute"),
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
