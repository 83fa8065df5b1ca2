"""What Azure refuses of machines, disks and schedules, with Azure's code and words."""

from __future__ import annotations

import pytest

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.azure_refusing import MISSING, Try, holds
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import KEY, Subscription

KEYS = "osProfile.linuxConfiguration.ssh.publicKeys"
DISK = "storageProfile.dataDisks.0.managedDisk.id"
CHANGED = "PropertyChangeNotAllowed: Changing property '{}' is not allowed."
LOGIN = (
    "InvalidParameter: Authentication using either SSH or by user name and password must be "
    "enabled in Linux profile."
)

REFUSALS = {
    "unknown size": Try(
        "seat",
        "InvalidParameter: The value Standard_Z1 provided for the VM size is not valid. The valid "
        "sizes in the current region are: Standard_D2s_v5, Standard_D4s_v5, Standard_D8s_v5, "
        "Standard_D2ds_v4, Standard_D4ds_v4, Standard_D8ds_v4, Standard_NC4as_T4_v3, "
        "Standard_NC8as_T4_v3, Standard_NC16as_T4_v3, Standard_NC64as_T4_v3, "
        "Standard_NC24ads_A100_v4, Standard_NC48ads_A100_v4, Standard_NC96ads_A100_v4, "
        "Standard_NC40ads_H100_v5, Standard_NC80adis_H100_v5.",
        {"hardwareProfile.vmSize": "Standard_Z1"},
    ),
    "unknown image": Try(
        "seat",
        "PlatformImageNotFound: The platform image "
        "'canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2:24.04.1' is not available. Verify "
        "that all fields in the storage profile are correct.",
        {"storageProfile.imageReference.version": "24.04.1"},
    ),
    "disk smaller than the image": Try(
        "seat",
        "ResizeDiskError: The specified disk size 20 GB is smaller than the size of the "
        "corresponding disk in the VM image: 30 GB.",
        {"storageProfile.osDisk.diskSizeGB": 20},
    ),
    "trusted launch of an image without": Try(
        "seat",
        "BadRequest: The requested VM image does not support Trusted Launch. Use security type "
        "Standard, or another image.",
        {
            "securityProfile": {"securityType": "TrustedLaunch"},
            "storageProfile.osDisk.diskSizeGB": 150,
            "storageProfile.imageReference": {
                "publisher": "microsoft-dsvm",
                "offer": "ubuntu-hpc",
                "sku": "2404",
                "version": "latest",
            },
        },
    ),
    "user that is forbidden": Try(
        "seat",
        "InvalidParameter: The Admin Username specified is not allowed.",
        {"osProfile.adminUsername": "Admin"},
    ),
    "no computer name": Try(
        "seat",
        "InvalidParameter: Required parameter 'osProfile.computerName' is missing (null).",
        {"osProfile.computerName": MISSING},
    ),
    "no way to log in": Try("seat", LOGIN, {KEYS: []}),
    "password that is switched off": Try(
        "seat", LOGIN, {KEYS: [], "osProfile.adminPassword": "correct horse"}
    ),
    "key of another kind": Try(
        "seat",
        "InvalidParameter: The value of parameter linuxConfiguration.ssh.publicKeys.keyData is "
        "invalid.",
        {f"{KEYS}.0.keyData": "ecdsa-sha2-nistp256 AAAA"},
    ),
    "key in another place": Try(
        "seat",
        "InvalidParameter: Destination path for SSH public keys is currently limited to its "
        "default value /home/ubuntu/.ssh/authorized_keys due to a known issue in Linux "
        "provisioning agent.",
        {KEYS: [{"path": "/root/.ssh/authorized_keys", "keyData": KEY}]},
    ),
    "too much custom data": Try(
        "seat",
        "InvalidParameter: Custom data in OSProfile must be in Base64 encoding and with a maximum "
        "length of 87380 characters.",
        {"osProfile.customData": "eHh4" * 21846},
    ),
    "custom data that is no base64": Try(
        "seat",
        "InvalidParameter: Custom data in OSProfile must be in Base64 encoding and with a maximum "
        "length of 87380 characters.",
        {"osProfile.customData": "#cloud-config"},
    ),
    "interface in use": Try(
        "seat",
        "NicInUse: Network Interface {card} is used by existing resource {seat}. In order to "
        "delete the network interface, it must be dissociated from the resource. To learn more, "
        "see aka.ms/deletenic.",
    ),
    "no interface": Try(
        "seat",
        "InvalidParameter: Required parameter 'networkProfile.networkInterfaces' is missing "
        "(null).",
        {"networkProfile.networkInterfaces": []},
    ),
    "identity that is not there": Try(
        "seat",
        "FailedIdentityOperation: Identity operation failed. Error: 'Failed to perform resource "
        "identity operation. Status: BadRequest. Response: the resource nobody was not found.'",
        {"identity.userAssignedIdentities": ["nobody"]},
    ),
    "disk that is not there": Try("seat", "NotFound: Disk none is not found.", {DISK: "none"}),
    "another user later": Try(
        "seat", CHANGED.format("osProfile.adminUsername"), {"osProfile.adminUsername": "bob"}, True
    ),
    "another set-up later": Try(
        "seat", CHANGED.format("osProfile.customData"), {"osProfile.customData": "eA=="}, True
    ),
    "another image later": Try(
        "seat",
        CHANGED.format("storageProfile.imageReference"),
        {"storageProfile.imageReference.sku": "minimal"},
        True,
    ),
    "spot later": Try("seat", CHANGED.format("priority"), {"priority": "Spot"}, True),
    "another location later": Try(
        "seat",
        "InvalidResourceLocation: The resource 'ml-course-ann' already exists in location "
        "'westeurope'. A resource with the same name cannot be created in location 'eastus'. "
        "Please select a new resource name.",
        {"location": "eastus"},
        True,
    ),
    "disk without size": Try(
        "home",
        "InvalidParameter: Required parameter 'disk.diskSizeGB' is missing (null).",
        {"diskSizeGB": MISSING},
    ),
    "disk too large": Try(
        "home",
        "InvalidParameter: The value '40000' of parameter 'disk.diskSizeGB' is out of range. Value "
        "'40000' must be between 1 and 32767 inclusive.",
        {"diskSizeGB": 40000},
    ),
    "system disk shrinks": Try(
        "seat",
        "OperationNotAllowed: New disk size 63 GB is smaller than the existing disk size 64 GB. "
        "Shrinking is not supported on an existing disk.",
        {"storageProfile.osDisk.diskSizeGB": 63},
        update=True,
    ),
    "disk shrinks": Try(
        "home",
        "OperationNotAllowed: New disk size 49 GB is smaller than the existing disk size 50 GB. "
        "Shrinking is not supported on an existing disk.",
        {"diskSizeGB": 49},
        True,
    ),
    "schedule of another name": Try(
        "nightly",
        "InvalidScheduleName: The schedule of this machine must be named "
        "shutdown-computevm-ml-course-ann (got shutdown-computevm-bob).",
        {"name": "shutdown-computevm-bob"},
    ),
    "schedule in a time zone of IANA": Try(
        "nightly",
        "InvalidTimeZoneId: The time zone Europe/Berlin is not valid. Windows' names are needed, "
        "as W. Europe Standard Time.",
        {"timeZoneId": "Europe/Berlin"},
        True,
    ),
    "schedule of nothing": Try(
        "nightly",
        "InvalidScheduleTarget: The schedule's target resource none does not exist.",
        {"targetResourceId": "none"},
        True,
    ),
    "workflow without a trigger": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The workflow has no trigger'.",
        {"definition.triggers": {}},
    ),
    "workflow in no language": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The template language version None is "
        "not known'.",
        {"definition.$schema": MISSING},
    ),
    "workflow with a value for nothing": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The parameter 'other' is not declared "
        "in the definition'.",
        {"parameters.other": {"type": "String", "value": "x"}},
    ),
    "workflow without a value": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The parameter 'group' has neither a "
        "value nor a default'.",
        {"parameters": {}},
    ),
    "workflow that waits for nothing": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The action 'stop' runs after 'list', "
        "which is not in its scope'.",
        {"definition.actions.each.actions.stop.runAfter": {"list": ["Succeeded"]}},
    ),
    "workflow with two actions of one name": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The action name 'list' is not unique'.",
        {"definition.actions.each.actions.list": {"type": "Http"}},
    ),
    "workflow that uses what is not declared": Try(
        "watch",
        "InvalidTemplate: The template validation failed: 'The action 'stop' uses the parameter "
        "'other', which is not declared'.",
        {"definition.actions.each.actions.stop.inputs": "@{parameters('other')}"},
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_azure_refuses(case: str, whole: Built) -> None:
    holds(whole, REFUSALS[case])


def test_a_disk_serves_one_machine(lab: Built) -> None:
    subscription, made = lab
    card = {**made["card"]["given"], "ipConfigurations": [{"name": "a"}]}
    card["ipConfigurations"][0]["subnet"] = {"id": made["sub"]["id"]}
    free = subscription.create(tokens.INTERFACE, card, "free").id
    inputs = {**made["seat"]["given"], "vmName": "bob"}
    inputs["networkProfile"] = {"networkInterfaces": [{"id": free}]}
    assert subscription.refused(tokens.MACHINE, inputs) == (
        f"AttachDiskWhileBeingDetached: Cannot attach data disk '{made['home']['name']}' to VM "
        "'bob' because the disk is currently attached to VM 'ml-course-ann'."
    )


@pytest.mark.parametrize(("time", "fault"), [("2000", False), ("20:00", True), ("2460", True)])
def test_a_time_of_day_has_four_digits(time: str, fault: bool, azure: Subscription) -> None:
    inputs = {
        "resourceGroupName": "lab",
        "name": "shutdown-computevm-x",
        "dailyRecurrence": {"time": time},
    }
    words = f"dailyRecurrence.time: must be HHmm, as 1900 (got {time!r})"
    assert azure.faults(tokens.SCHEDULE, inputs) == ((words,) if fault else ())
