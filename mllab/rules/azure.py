"""Rules for Azure.

Source of the ids: Checkov 3.3.30 (`CKV`; some of them are of its Terraform checks), trivy-checks
(`AZU-`), and CIS Azure Foundations 6.0 as Prowler maps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mllab.engines.contract import Resource
from mllab.rules.facts import Facts
from mllab.rules.finding import STRICT, Break, Graph
from mllab.rules.networks import is_wide
from mllab.rules.paths import GONE, at, one, over
from mllab.rules.values import In, Set, Unset, Where, every, must, never, rule

_MACHINE: Final = "azure-native:compute:VirtualMachine"
_INTERFACE: Final = "azure-native:network:NetworkInterface"
_ACCOUNT: Final = "azure-native:storage:StorageAccount"
_COMPUTE: Final = "azure-native:machinelearningservices:Compute"
_VAULT: Final = "azure-native:keyvault:Vault"
_REGISTRY: Final = "azure-native:containerregistry:Registry"
_WORKSPACE: Final = "azure-native:machinelearningservices:Workspace"
_WORKFLOW: Final = "azure-native:logic:Workflow"
_LOCK: Final = "azure-native:authorization:ManagementLock"
_SETTINGS: Final = "properties.properties"
_SCALE: Final = f"{_SETTINGS}.scaleSettings"
_OPEN: Final = {
    "name": "x", "access": "Allow", "direction": "Inbound", "sourceAddressPrefix": "Internet"
}  # fmt: skip


def _nothing_from_the_internet(resource: Resource, _: Graph) -> Iterable[str]:
    for each in at(resource.inputs, "securityRules.*"):
        if each is GONE or (each.get("access"), each.get("direction")) != ("Allow", "Inbound"):
            continue
        for source in (each.get("sourceAddressPrefix"), *each.get("sourceAddressPrefixes", [])):
            if source and is_wide(source):
                yield f"{each['name']} lets in {source}"


def _limited(resource: Resource, graph: Graph) -> Iterable[str]:
    """No more machines than the settings say."""
    if one(resource.inputs, "properties.computeType") == "AmlCompute":
        most = graph.lab.cluster.max_nodes
        yield from over(resource.inputs, f"{_SCALE}.maxNodeCount", most)


FACTS: Final = Facts(
    budget="azure-native:consumption:Budget",
    watch=_WORKFLOW,
    machines={_MACHINE: ("tags.idle-minutes", "tags.max-hours")},
    daily={_MACHINE: ("azure-native:devtestlab:GlobalSchedule", "targetResourceId")},
    sizes={_MACHINE: ("hardwareProfile.vmSize",), _COMPUTE: (f"{_SETTINGS}.vmSize",)},
    images=(_REGISTRY,),
    names={
        _ACCOUNT: "accountName",
        _VAULT: "vaultName",
        _REGISTRY: "registryName",
        _WORKSPACE: "workspaceName",
    },
    locks={"properties.enablePurgeProtection": _VAULT},
    readable={
        _MACHINE: ("osProfile.customData", "userData"),
        _WORKFLOW: ("definition", "parameters"),
        _COMPUTE: (f"{_SETTINGS}.setupScripts.scripts.creationScript.scriptData",),
    },
    hourly=(
        *("azure-native:network:NatGateway", "azure-native:network:LoadBalancer"),
        *("azure-native:network:PrivateEndpoint", "azure-native:network:AzureFirewall"),
        "azure-native:containerservice:ManagedCluster",
        "azure-native:machinelearningservices:OnlineEndpoint",
    ),
    held=(f"{_LOCK}ByScope", f"{_LOCK}AtResourceLevel", f"{_LOCK}AtResourceGroupLevel"),
)

RULES: Final = (
    rule("azure-keys-alone", _MACHINE,
         must("osProfile.linuxConfiguration.disablePasswordAuthentication", True),
         "passwords are guessed", "CKV_AZURE_1, CKV_AZURE_149, CKV_AZURE_178, AZU-0039"),
    rule("azure-trusted-launch", _MACHINE, must("securityProfile.securityType", "TrustedLaunch"),
         "what runs before the system is not looked at", "vm_trusted_launch_enabled",
         profiles=STRICT),
    rule("azure-host-encrypted", _MACHINE, must("securityProfile.encryptionAtHost", True),
         "the machine's temporary disk is in the clear", "CKV_AZURE_97", profiles=STRICT),
    rule("azure-disk-closed", "azure-native:compute:Disk", must("publicNetworkAccess", "Disabled"),
         "who has its address may copy it from anywhere", "CKV_AZURE_251"),
    rule("azure-nothing-from-the-internet", "azure-native:network:NetworkSecurityGroup",
         _nothing_from_the_internet, "machines with public addresses are tried all day",
         "CKV_AZURE_9, CKV_AZURE_10, CKV_AZURE_160, CKV_AZURE_77, AZU-0047, AZU-0050,"
         " CIS Azure 7.1",
         fix="name in azure.ssh_from the networks that people come from, of /8 or smaller",
         setting="azure.ssh_from", wrong=[
             Break({"securityRules": [_OPEN]}),
             Break({"securityRules": [{**_OPEN, "sourceAddressPrefix": None,
                                       "sourceAddressPrefixes": ["128.0.0.0/1"]}]})]),
    rule("azure-subnet-guarded", "azure-native:network:Subnet", Set("networkSecurityGroup.id"),
         "nothing holds off what comes in", "CKV2_AZURE_31, CIS Azure 7.11"),
    rule("azure-no-forwarding", _INTERFACE, never("enableIPForwarding", True),
         "the machine passes on the traffic of others", "CKV_AZURE_118"),
    rule("azure-no-public-address", _INTERFACE, Unset("ipConfigurations.*.publicIPAddress"),
         "a wrong rule of a group is then enough to open a machine", "CKV_AZURE_119",
         profiles=STRICT),
    rule("azure-storage-tls", _ACCOUNT,
         every(must("enableHttpsTrafficOnly", True), must("minimumTlsVersion", "TLS1_2", "TLS1_3")),
         "data crosses networks in the clear",
         "CKV_AZURE_3, CKV_AZURE_44, AZU-0008, AZU-0011, CIS Azure 9.3.4, CIS Azure 9.3.6"),
    rule("azure-storage-named-only", _ACCOUNT,
         every(must("allowBlobPublicAccess", False), must("allowCrossTenantReplication", False)),
         "one switch of a container shows its objects to everybody",
         "CKV_AZURE_59, CKV_AZURE_190, CKV2_AZURE_47, AZU-0007, CIS Azure 9.3.7, CIS Azure 9.3.8"),
    rule("azure-storage-no-keys", _ACCOUNT, must("allowSharedKeyAccess", False),
         "who has the account's key may do everything, and nobody sees who it was",
         "CKV2_AZURE_40, CIS Azure 9.3.1.3", profiles=STRICT, setting="storage.files",
         fix="set storage.files to false: shared files are mounted by the account's key"),
    rule("azure-storage-firewall", _ACCOUNT, must("networkRuleSet.defaultAction", "Deny"),
         "whoever has a right may use it from anywhere",
         "CKV_AZURE_35, AZU-0012, CIS Azure 9.3.2.3", profiles=STRICT),
    rule("azure-objects-undelete", "azure-native:storage:BlobServiceProperties",
         every(must("deleteRetentionPolicy.enabled", True),
               Set("deleteRetentionPolicy.days")),
         "what is deleted is lost", "CKV2_AZURE_38, CIS Azure 9.2.1",
         fix="set storage.undelete_days to 1 or more", profiles=STRICT,
         setting="storage.undelete_days"),
    rule("azure-files-undelete", "azure-native:storage:FileServiceProperties",
         must("shareDeleteRetentionPolicy.enabled", True), "what is deleted is lost",
         "CIS Azure 9.1.1", fix="set storage.undelete_days to 1 or more", profiles=STRICT,
         setting="storage.undelete_days"),
    rule("azure-images-named-only", _REGISTRY,
         every(must("adminUserEnabled", False), never("anonymousPullEnabled", True)),
         "one password, or none, opens all images", "CKV_AZURE_137, CKV_AZURE_138"),
    rule("azure-vault-by-roles", _VAULT,
         must("properties.enableRbacAuthorization", True),
         "who may read secrets stands where nobody looks", "CKV_AZURE_42, CIS Azure 8.3.6"),
    rule("azure-vault-kept", _VAULT,
         In("strict", must("properties.enablePurgeProtection", True)),
         "whoever may delete it may also purge it", "CKV_AZURE_110, CIS Azure 8.3.5",
         setting="lab.profile"),
    rule("azure-compute-roles", _COMPUTE, must("properties.disableLocalAuth", True),
         "people come in by a password or a key of the machine", "CKV_AZURE_142"),
    rule("azure-nodes-no-login", _COMPUTE,
         Where("properties.computeType", "AmlCompute",
               must(f"{_SETTINGS}.remoteLoginPortPublicAccess", "Disabled")),
         "machines with public addresses are tried all day", "CKV_AZURE_150"),
    rule("azure-managed-no-login", _COMPUTE,
         Where("properties.computeType", "ComputeInstance",
               must(f"{_SETTINGS}.sshSettings.sshPublicAccess", "Disabled")),
         "machines with public addresses are tried all day"),
    rule("azure-workspace-private", _WORKSPACE,
         must("publicNetworkAccess", "Disabled"), "whoever has a right may use it from anywhere",
         "CKV_AZURE_144, CKV_AZURE_243, CKV2_AZURE_49", profiles=STRICT),
    rule("azure-nodes-none-idle", _COMPUTE,
         Where("properties.computeType", "AmlCompute", must(f"{_SCALE}.minNodeCount", 0)),
         "machines run while there is no job"),
    rule("azure-nodes-limited", _COMPUTE, _limited,
         "one wrong loop makes as many machines as the quota allows",
         fix="set max_node_count to cluster.max_nodes", setting="cluster.max_nodes",
         wrong=[Break({f"{_SCALE}.maxNodeCount": 1000})]),
    rule("azure-managed-idle", _COMPUTE,
         Where("properties.computeType", "ComputeInstance",
               Set(f"{_SETTINGS}.idleTimeBeforeShutdown")),
         "nothing stops it when nobody uses it", setting="notebook.idle_minutes"),
    rule("azure-bastion-free", "azure-native:network:BastionHost",
         must("sku.name", "Developer"), "others are billed by the hour"),
)  # fmt: skip
