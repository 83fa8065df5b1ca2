"""Valid inputs for a machine of the simulated Azure, with what it needs and what stops it."""

from __future__ import annotations

from typing import Any

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.sample_stores import IN, TAGS, Sample
from tests.simulated.azure.subscription import KEY, role

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


def machines() -> list[Sample]:
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
                "offer": "0001-com-ubuntu-server-jammy",  # the driver is for this one
                "sku": "22_04-lts-gen2",
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
