"""What Azure refuses of learning and budgets because of what is there, or by its provider."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.computes import duration
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription, instance
from tests.simulated.samples import sample

(SSH_ONLY,) = sample(Subscription, "guard")["securityRules"]


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
