"""How each Azure type is found: data, no code.

An id in Azure is made of names, and all names are inputs; generated ones are, too. `$name` stands
for an input of the resource, or for `subscription`.
Source: the path of each type's Get operation, https://learn.microsoft.com/rest/api/azure/, in the
    version that the SDK names in the description of the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

GROUP: Final = "azure-native:resources:ResourceGroup"


@dataclass(frozen=True)
class ImportQuery:
    """What a type's existence is read from.

    Args:
        id: of the resource, as the provider has it and imports it by.
        version: of the API that is asked.
    """

    id: str
    version: str

    @property
    def kind(self) -> str:
        """Azure's own name of the type in lower case: `microsoft.compute/disks`."""
        provider, *parts = self.id.rpartition("/providers/")[2].split("/")
        return "/".join([provider, *parts[::2]]).lower()


_GROUP: Final = "/subscriptions/$subscription/resourceGroups/$resourceGroupName"
_ACCOUNT: Final = "Microsoft.Storage/storageAccounts/$accountName"
_LEARNING: Final = "Microsoft.MachineLearningServices/workspaces/$workspaceName"


def _in_group(path: str, version: str) -> ImportQuery:
    return ImportQuery(f"{_GROUP}/providers/{path}", version)


IMPORT_QUERIES: Final[Mapping[str, ImportQuery]] = {
    GROUP: ImportQuery(_GROUP, "2024-03-01"),
    "azure-native:network:VirtualNetwork": _in_group(
        "Microsoft.Network/virtualNetworks/$virtualNetworkName", "2024-05-01"
    ),
    "azure-native:network:Subnet": _in_group(
        "Microsoft.Network/virtualNetworks/$virtualNetworkName/subnets/$subnetName", "2024-05-01"
    ),
    "azure-native:network:NetworkSecurityGroup": _in_group(
        "Microsoft.Network/networkSecurityGroups/$networkSecurityGroupName", "2024-05-01"
    ),
    "azure-native:network:NetworkInterface": _in_group(
        "Microsoft.Network/networkInterfaces/$networkInterfaceName", "2024-05-01"
    ),
    "azure-native:network:PublicIPAddress": _in_group(
        "Microsoft.Network/publicIPAddresses/$publicIpAddressName", "2024-05-01"
    ),
    "azure-native:storage:StorageAccount": _in_group(_ACCOUNT, "2024-01-01"),
    "azure-native:storage:BlobServiceProperties": _in_group(
        f"{_ACCOUNT}/blobServices/$blobServicesName", "2024-01-01"
    ),
    "azure-native:storage:BlobContainer": _in_group(
        f"{_ACCOUNT}/blobServices/default/containers/$containerName", "2024-01-01"
    ),
    "azure-native:storage:FileServiceProperties": _in_group(
        f"{_ACCOUNT}/fileServices/$fileServicesName", "2024-01-01"
    ),
    "azure-native:storage:FileShare": _in_group(
        f"{_ACCOUNT}/fileServices/default/shares/$shareName", "2024-01-01"
    ),
    "azure-native:storage:Table": _in_group(
        f"{_ACCOUNT}/tableServices/default/tables/$tableName", "2024-01-01"
    ),
    "azure-native:storage:ManagementPolicy": _in_group(
        f"{_ACCOUNT}/managementPolicies/$managementPolicyName", "2024-01-01"
    ),
    "azure-native:containerregistry:Registry": _in_group(
        "Microsoft.ContainerRegistry/registries/$registryName", "2023-01-01-preview"
    ),
    "azure-native:containerregistry:Task": _in_group(
        "Microsoft.ContainerRegistry/registries/$registryName/tasks/$taskName",
        "2019-06-01-preview",
    ),
    "azure-native:compute:Disk": _in_group("Microsoft.Compute/disks/$diskName", "2024-03-02"),
    "azure-native:compute:VirtualMachine": _in_group(
        "Microsoft.Compute/virtualMachines/$vmName", "2024-11-01"
    ),
    "azure-native:devtestlab:GlobalSchedule": _in_group(
        "Microsoft.DevTestLab/schedules/$name", "2018-09-15"
    ),
    "azure-native:logic:Workflow": _in_group(
        "Microsoft.Logic/workflows/$workflowName", "2019-05-01"
    ),
    "azure-native:managedidentity:UserAssignedIdentity": _in_group(
        "Microsoft.ManagedIdentity/userAssignedIdentities/$resourceName", "2023-01-31"
    ),
    "azure-native:keyvault:Vault": _in_group("Microsoft.KeyVault/vaults/$vaultName", "2024-11-01"),
    "azure-native:operationalinsights:Workspace": _in_group(
        "Microsoft.OperationalInsights/workspaces/$workspaceName", "2023-09-01"
    ),
    "azure-native:applicationinsights:Component": _in_group(
        "Microsoft.Insights/components/$resourceName", "2020-02-02"
    ),
    "azure-native:machinelearningservices:Workspace": _in_group(_LEARNING, "2025-12-01"),
    "azure-native:machinelearningservices:Compute": _in_group(
        f"{_LEARNING}/computes/$computeName", "2025-12-01"
    ),
    "azure-native:machinelearningservices:Datastore": _in_group(
        f"{_LEARNING}/datastores/$name", "2025-12-01"
    ),
    "azure-native:monitor:ActionGroup": _in_group(
        "Microsoft.Insights/actionGroups/$actionGroupName", "2024-10-01-preview"
    ),
    # On something else, whose id their scope is; their names are made up at random, and inputs.
    "azure-native:authorization:RoleAssignment": ImportQuery(
        "$scope/providers/Microsoft.Authorization/roleAssignments/$roleAssignmentName",
        "2022-04-01",
    ),
    "azure-native:consumption:Budget": ImportQuery(
        "$scope/providers/Microsoft.Consumption/budgets/$budgetName", "2024-08-01"
    ),
}

TYPES: Final[Mapping[str, str]] = {
    way.kind: type for type, way in IMPORT_QUERIES.items() if type != GROUP
}
"""Pulumi's tokens of Azure's own names."""

DELETED: Final[tuple[tuple[str, str, str], ...]] = (
    ("Microsoft.KeyVault/deletedVaults", "2024-11-01", "properties"),
    ("Microsoft.OperationalInsights/deletedWorkspaces", "2023-09-01", ""),
)
"""Path and version of the lists of what Azure keeps after it was deleted, and where an item has its
tags.
Source: https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted,
    https://learn.microsoft.com/rest/api/loganalytics/deleted-workspaces/list
"""
