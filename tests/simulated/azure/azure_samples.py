"""Valid inputs for every resource type that the simulated Azure knows, in an order that works."""

from __future__ import annotations

import base64
from typing import Any

from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.subscription import KEY, Subscription, role

Sample = tuple[str, str, dict[str, Any]]
"""Logical name, type token, inputs; `@name.property` stands for an output of an earlier one."""

TAGS = {"lab": "ml-course", "role": "test"}
IN = {"resourceGroupName": "@lab.name"}
ACCOUNT = {**IN, "accountName": "@files.name"}
WORKFLOW = {
    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
    "workflowdefinition.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"group": {"type": "String"}},
    "triggers": {"look": {"type": "Recurrence"}},
    "actions": {
        "list": {"type": "Http", "inputs": {"uri": "@{parameters('group')}"}},
        "each": {
            "type": "Foreach",
            "runAfter": {"list": ["Succeeded"]},
            "actions": {"stop": {"type": "Http", "runAfter": {}}},
        },
    },
}
SSH_ONLY = {
    "name": "ssh",
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefixes": ["203.0.113.0/24"],
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


def samples() -> list[Sample]:
    """At least one of every type, with all properties that the components use."""
    return [
        ("lab", tokens.GROUP, {"tags": TAGS}),
        ("guard", tokens.SECURITY_GROUP, {**IN, "securityRules": [SSH_ONLY], "tags": TAGS}),
        ("net", tokens.NETWORK, {**IN, "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}),
        (
            "sub",
            tokens.SUBNET,
            {
                **IN,
                "virtualNetworkName": "@net.name",
                "addressPrefix": "10.0.0.0/21",
                "defaultOutboundAccess": False,
                "networkSecurityGroup": {"id": "@guard.id"},
            },
        ),
        (
            "door",
            tokens.BASTION,
            {**IN, "sku": {"name": "Developer"}, "virtualNetwork": {"id": "@net.id"}},
        ),
        *_stores(),
        *_machine(),
        *_work(),
    ]


def _stores() -> list[Sample]:
    return [
        (
            "files",
            tokens.ACCOUNT,
            {
                **IN,
                "accountName": "mlcourse0a1b2c3d",
                "kind": "StorageV2",
                "sku": {"name": "Standard_LRS"},
                "allowBlobPublicAccess": False,
                "allowSharedKeyAccess": True,
                "minimumTlsVersion": "TLS1_2",
                "tags": TAGS,
            },
        ),
        (
            "blobs",
            tokens.BLOB_SERVICE,
            {
                **ACCOUNT,
                "blobServicesName": "default",
                "deleteRetentionPolicy": {"enabled": True, "days": 7},
            },
        ),
        ("data", tokens.CONTAINER, {**ACCOUNT, "publicAccess": "None"}),
        (
            "aging",
            tokens.LIFECYCLE,
            {
                **ACCOUNT,
                "managementPolicyName": "default",
                "policy": {
                    "rules": [
                        {
                            "name": "scratch",
                            "type": "Lifecycle",
                            "definition": {
                                "actions": {
                                    "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 90}}
                                },
                                "filters": {"blobTypes": ["blockBlob"]},
                            },
                        }
                    ]
                },
            },
        ),
        (
            "fileservice",
            tokens.FILE_SERVICE,
            {
                **ACCOUNT,
                "fileServicesName": "default",
                "shareDeleteRetentionPolicy": {"enabled": True, "days": 7},
            },
        ),
        ("shared", tokens.SHARE, {**ACCOUNT, "shareQuota": 100, "enabledProtocols": "SMB"}),
        (
            "images",
            tokens.REGISTRY,
            {
                **IN,
                "registryName": "mlcourse0A1b",
                "sku": {"name": "Basic"},
                "adminUserEnabled": False,
            },
        ),
        (
            "clean-up",
            tokens.REGISTRY_TASK,
            {
                **IN,
                "registryName": "@images.name",
                "platform": {"os": "Linux", "architecture": "amd64"},
                "agentConfiguration": {"cpu": 2},
                "step": {
                    "type": "EncodedTask",
                    "encodedTaskContent": base64.b64encode(b"steps: []").decode(),
                    "values": [{"name": "keep", "value": "10"}],
                },
                "trigger": {"timerTriggers": [{"name": "nightly", "schedule": "0 3 * * *"}]},
                "status": "Enabled",
                "timeout": 3600,
            },
        ),
    ]


def _machine() -> list[Sample]:
    return [
        ("who", tokens.IDENTITY, {**IN, "tags": TAGS}),
        (
            "may",
            tokens.ROLE_ASSIGNMENT,
            {
                "scope": "@files.id",
                "roleDefinitionId": role("Storage Blob Data Contributor"),
                "principalId": "@who.principalId",
                "principalType": "ServicePrincipal",
            },
        ),
        (
            "address",
            tokens.ADDRESS,
            {**IN, "sku": {"name": "Standard"}, "publicIPAllocationMethod": "Static"},
        ),
        (
            "card",
            tokens.INTERFACE,
            {
                **IN,
                "ipConfigurations": [
                    {
                        "name": "main",
                        "subnet": {"id": "@sub.id"},
                        "publicIPAddress": {"id": "@address.id", "deleteOption": "Detach"},
                    }
                ],
            },
        ),
        (
            "home",
            tokens.DISK,
            {
                **IN,
                "sku": {"name": "StandardSSD_LRS"},
                "creationData": {"createOption": "Empty"},
                "diskSizeGB": 50,
                "networkAccessPolicy": "DenyAll",
            },
        ),
        ("seat", tokens.MACHINE, machine("@home.id", "@card.id", "@who.id")),
        (
            "driver",
            tokens.EXTENSION,
            {
                **IN,
                "vmName": "@seat.name",
                "publisher": "Microsoft.HpcCompute",
                "type": "NvidiaGpuDriverLinux",
                "typeHandlerVersion": "1.9",
                "autoUpgradeMinorVersion": True,
            },
        ),
        (
            "nightly",
            tokens.SCHEDULE,
            {
                **IN,
                "name": "shutdown-computevm-ml-course-ann",
                "taskType": "ComputeVmShutdownTask",
                "dailyRecurrence": {"time": "2000"},
                "timeZoneId": "W. Europe Standard Time",
                "targetResourceId": "@seat.id",
                "status": "Enabled",
            },
        ),
        (
            "watch",
            tokens.WORKFLOW,
            {
                **IN,
                "identity": {"type": "SystemAssigned"},
                "definition": WORKFLOW,
                "parameters": {"group": {"type": "String", "value": "@lab.id"}},
            },
        ),
    ]


def machine(disk: str, card: str, user: str, **more: Any) -> dict[str, Any]:
    """Inputs of a virtual machine in the group `@lab.name`."""
    return {
        **IN,
        "vmName": "ml-course-ann",
        "hardwareProfile": {"vmSize": "Standard_NC4as_T4_v3"},
        "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": [user]},
        "osProfile": {
            "adminUsername": "ubuntu",
            "computerName": "ml-course-ann",
            "customData": "I2Nsb3VkLWNvbmZpZwo=",
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {
                    "publicKeys": [{"path": "/home/ubuntu/.ssh/authorized_keys", "keyData": KEY}]
                },
            },
        },
        "storageProfile": {
            "imageReference": {
                "publisher": "canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
            },
            "osDisk": {
                "createOption": "FromImage",
                "deleteOption": "Delete",
                "diskSizeGB": 64,
                "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
            },
            "dataDisks": [
                {
                    "lun": 0,
                    "createOption": "Attach",
                    "deleteOption": "Detach",
                    "managedDisk": {"id": disk},
                }
            ],
        },
        "networkProfile": {
            "networkInterfaces": [{"id": card, "primary": True, "deleteOption": "Detach"}]
        },
        "tags": TAGS,
        **more,
    }


def _work() -> list[Sample]:
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


def filled(value: Any, made: dict[str, dict[str, Any]]) -> Any:
    """A sample's inputs with the outputs of earlier ones in place of `@name.property`."""
    if isinstance(value, dict):
        return {key: filled(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, made) for item in value]
    if isinstance(value, str) and value.startswith("@") and not value.startswith("@{"):
        name, _, output = value[1:].partition(".")
        return made[name][output]
    return value


def build(account: Subscription) -> dict[str, dict[str, Any]]:
    """Create all samples; their outputs with `id`, `token` and `given` inputs, by name."""
    made: dict[str, dict[str, Any]] = {}
    for name, token, inputs in samples():
        given = filled(inputs, made)
        found = account.create(token, given, name)
        made[name] = {**found.outputs, "id": found.id, "token": token, "given": given}
    return made
