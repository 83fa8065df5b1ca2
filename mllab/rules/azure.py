"""Rules for Azure.

Source of the ids: Checkov 3.3.30 (`CKV`; some of them are of its Terraform checks), trivy-checks
(`AZU-`), and CIS Azure Foundations 6.0 as Prowler maps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mllab.engines.contract import Resource
from mllab.rules.finding import STRICT, Break, Graph
from mllab.rules.networks import is_wide
from mllab.rules.paths import GONE, at
from mllab.rules.values import In, Set, Unset, Where, every, must, never, rule

_MACHINE: Final = "azure-native:compute:VirtualMachine"
_INTERFACE: Final = "azure-native:network:NetworkInterface"
_ACCOUNT: Final = "azure-native:storage:StorageAccount"
_COMPUTE: Final = "azure-native:machinelearningservices:Compute"
_SETTINGS: Final = "properties.properties"
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
         fix="name in azure.ssh_from the addresses from which people come, of 8 bits or more",
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
    rule("azure-images-named-only", "azure-native:containerregistry:Registry",
         every(must("adminUserEnabled", False), never("anonymousPullEnabled", True)),
         "one password, or none, opens all images", "CKV_AZURE_137, CKV_AZURE_138"),
    rule("azure-vault-by-roles", "azure-native:keyvault:Vault",
         must("properties.enableRbacAuthorization", True),
         "who may read secrets stands where nobody looks", "CKV_AZURE_42, CIS Azure 8.3.6"),
    rule("azure-vault-kept", "azure-native:keyvault:Vault",
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
    rule("azure-workspace-private", "azure-native:machinelearningservices:Workspace",
         must("publicNetworkAccess", "Disabled"), "whoever has a right may use it from anywhere",
         "CKV_AZURE_144, CKV_AZURE_243, CKV2_AZURE_49", profiles=STRICT),
)  # fmt: skip
