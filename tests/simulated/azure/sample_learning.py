"""Valid inputs for Azure Machine Learning and what watches the costs."""

from __future__ import annotations

from typing import Any

from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.sample_stores import IN, Sample


def learning() -> list[Sample]:
    return [
        (
            "safe",
            tokens.VAULT,
            {
                **IN,
                "vaultName": "mlcourse-0a1b2c",
                "properties": {
                    "tenantId": places.TENANT,
                    "sku": {"family": "A", "name": "standard"},
                    "enableRbacAuthorization": True,
                    "softDeleteRetentionInDays": 7,
                },
            },
        ),
        (
            "logs",
            tokens.LOGS,
            {
                **IN,
                "sku": {"name": "PerGB2018"},
                "retentionInDays": 30,
                "workspaceCapping": {"dailyQuotaGb": 0.5},
            },
        ),
        (
            "insights",
            tokens.INSIGHTS,
            {
                **IN,
                "kind": "web",
                "applicationType": "web",
                "ingestionMode": "LogAnalytics",
                "workspaceResourceId": "@logs.id",
            },
        ),
        (
            "ml",
            tokens.WORKSPACE,
            {
                **IN,
                "workspaceName": "mlcourse-0a1b",
                "kind": "Default",
                "sku": {"name": "Basic", "tier": "Basic"},
                "identity": {"type": "SystemAssigned"},
                "storageAccount": "@files.id",
                "keyVault": "@safe.id",
                "applicationInsights": "@insights.id",
                "containerRegistry": "@images.id",
                "publicNetworkAccess": "Enabled",
                "v1LegacyMode": False,
            },
        ),
        ("cluster", tokens.COMPUTE, cluster()),
        ("ann", tokens.COMPUTE, instance()),
        (
            "store",
            tokens.DATASTORE,
            {
                **IN,
                "name": "data",
                "workspaceName": "@ml.name",
                "properties": {
                    "datastoreType": "AzureBlob",
                    "accountName": "@files.name",
                    "containerName": "data",
                    "credentials": {"credentialsType": "None"},
                },
            },
        ),
        (
            "mail",
            tokens.ACTION_GROUP,
            {
                **IN,
                "location": "Global",
                "groupShortName": "mlcourse",
                "enabled": True,
                "emailReceivers": [{"name": "ann", "emailAddress": "ann@example.org"}],
            },
        ),
        (
            "money",
            tokens.BUDGET,
            {
                "scope": "@lab.id",
                "category": "Cost",
                "amount": 100,
                "timeGrain": "Monthly",
                "timePeriod": {
                    "startDate": "2027-01-01T00:00:00Z",
                    "endDate": "2027-07-01T00:00:00Z",
                },
                "notifications": {
                    "warn": {
                        "enabled": True,
                        "operator": "GreaterThanOrEqualTo",
                        "threshold": 80,
                        "thresholdType": "Actual",
                        "contactEmails": ["ann@example.org"],
                        "contactGroups": ["@mail.id"],
                    }
                },
            },
        ),
    ]


def cluster(size: str = "Standard_NC4as_T4_v3", most: int = 2, **more: Any) -> dict[str, Any]:
    """Inputs of a cluster in the workspace `@ml`."""
    return {
        **IN,
        "workspaceName": "@ml.name",
        "computeName": "gpu",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["@who.id"]},
        "properties": {
            "computeType": "AmlCompute",
            "disableLocalAuth": True,
            "properties": {
                "vmSize": size,
                "vmPriority": "Dedicated",
                "osType": "Linux",
                "remoteLoginPortPublicAccess": "Disabled",
                "scaleSettings": {
                    "minNodeCount": 0,
                    "maxNodeCount": most,
                    "nodeIdleTimeBeforeScaleDown": "PT5M",
                },
                **more,
            },
        },
    }


def instance(name: str = "mlcourse-ann", **more: Any) -> dict[str, Any]:
    """Inputs of a compute instance in the workspace `@ml`."""
    return {
        **IN,
        "workspaceName": "@ml.name",
        "computeName": name,
        "properties": {
            "computeType": "ComputeInstance",
            "properties": {
                "vmSize": "Standard_D2ds_v4",
                "idleTimeBeforeShutdown": "PT30M",
                "schedules": {
                    "computeStartStop": [
                        {
                            "action": "Stop",
                            "triggerType": "Cron",
                            "status": "Enabled",
                            "cron": {"expression": "0 20 * * *", "timeZone": "UTC"},
                        }
                    ]
                },
                "applicationSharingPolicy": "Personal",
                "sshSettings": {"sshPublicAccess": "Disabled"},
                **more,
            },
        },
    }
