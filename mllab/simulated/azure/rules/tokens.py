"""Type tokens that rules refer to."""

from __future__ import annotations

from typing import Final

GROUP: Final = "azure-native:resources:ResourceGroup"

NETWORK: Final = "azure-native:network:VirtualNetwork"
SUBNET: Final = "azure-native:network:Subnet"
SECURITY_GROUP: Final = "azure-native:network:NetworkSecurityGroup"
INTERFACE: Final = "azure-native:network:NetworkInterface"
ADDRESS: Final = "azure-native:network:PublicIPAddress"
BASTION: Final = "azure-native:network:BastionHost"

ACCOUNT: Final = "azure-native:storage:StorageAccount"
CONTAINER: Final = "azure-native:storage:BlobContainer"
BLOB_SERVICE: Final = "azure-native:storage:BlobServiceProperties"
LIFECYCLE: Final = "azure-native:storage:ManagementPolicy"
TABLE: Final = "azure-native:storage:Table"
SHARE: Final = "azure-native:storage:FileShare"
FILE_SERVICE: Final = "azure-native:storage:FileServiceProperties"

REGISTRY: Final = "azure-native:containerregistry:Registry"
REGISTRY_TASK: Final = "azure-native:containerregistry:Task"

IDENTITY: Final = "azure-native:managedidentity:UserAssignedIdentity"
ROLE_ASSIGNMENT: Final = "azure-native:authorization:RoleAssignment"

MACHINE: Final = "azure-native:compute:VirtualMachine"
DISK: Final = "azure-native:compute:Disk"
SCHEDULE: Final = "azure-native:devtestlab:GlobalSchedule"
WORKFLOW: Final = "azure-native:logic:Workflow"

VAULT: Final = "azure-native:keyvault:Vault"
LOGS: Final = "azure-native:operationalinsights:Workspace"
INSIGHTS: Final = "azure-native:applicationinsights:Component"
WORKSPACE: Final = "azure-native:machinelearningservices:Workspace"
DATASTORE: Final = "azure-native:machinelearningservices:Datastore"
COMPUTE: Final = "azure-native:machinelearningservices:Compute"

BUDGET: Final = "azure-native:consumption:Budget"
ACTION_GROUP: Final = "azure-native:monitor:ActionGroup"
