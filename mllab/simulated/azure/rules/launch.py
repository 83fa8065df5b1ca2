"""What Azure checks before it makes a virtual machine."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from mllab.protocol.provider import Properties
from mllab.simulated import checks
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import disks, tokens
from mllab.simulated.kind import Here, refuse
from mllab.simulated.store import Record

CUSTOM_DATA = 87_380
"""Most characters, 64 KiB in base64.
Source: https://learn.microsoft.com/azure/virtual-machines/custom-data"""

# fmt: off
FORBIDDEN_NAMES = frozenset((
    "1", "123", "a", "actuser", "adm", "admin", "admin1", "admin2", "administrator", "aspnet",
    "backup", "console", "david", "guest", "john", "owner", "root", "server", "sql", "support",
    "support_388945a0", "sys", "test", "test1", "test2", "test3", "user", "user1", "user2",
    "user3", "user4", "user5",
))
# fmt: on
"""Source: https://learn.microsoft.com/azure/virtual-machines/linux/faq"""

KEYS = ("ssh-rsa ", "ssh-ed25519 ")
"""Source: https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed"""

CORES, SPOT_CORES = "cores", "lowPriorityCores"
CARDS = "networkProfile.networkInterfaces.id"


def size(inputs: Properties) -> places.Size:
    """The size that is asked for. Raises ProviderFailure."""
    name = (inputs.get("hardwareProfile") or {}).get("vmSize")
    found = places.sizes().get(str(name))
    if found is None:
        raise refuse(
            "InvalidParameter (400): The value {name} provided for the VM size is not valid. The "
            "valid sizes in the current region are: {sizes}.",
            name=name,
            sizes=", ".join(places.sizes()),
        )
    return found


def image(inputs: Properties) -> places.Image:
    """The image that is asked for. Raises ProviderFailure."""
    given = (inputs.get("storageProfile") or {}).get("imageReference") or {}
    urn = ":".join(str(given.get(part)) for part in ("publisher", "offer", "sku", "version"))
    found = places.images().get(urn)
    if found is None:
        raise refuse(
            "PlatformImageNotFound (404): The platform image '{urn}' is not available. Verify that "
            "all fields in the storage profile are correct.",
            urn=urn,
        )
    return found


def validate_image(inputs: Properties) -> None:
    """Refuse a disk smaller than the image, and Trusted Launch where the image has none."""
    found, disk = image(inputs), inputs["storageProfile"].get("osDisk") or {}
    wanted = disk.get("diskSizeGB")
    if wanted is not None and wanted < found.os_gb:
        raise refuse(
            "ResizeDiskError (409): The specified disk size {wanted} GB is smaller than the size "
            "of the corresponding disk in the VM image: {least} GB.",
            wanted=wanted,
            least=found.os_gb,
        )
    trusted = (inputs.get("securityProfile") or {}).get("securityType") == "TrustedLaunch"
    if trusted and not found.trusted_launch:
        raise refuse(
            "BadRequest (400): The requested VM image does not support Trusted Launch. Use "
            "security type Standard, or another image."
        )


def validate_profile(inputs: Properties) -> None:
    """Refuse a login that Azure does not make. Raises ProviderFailure."""
    profile = inputs.get("osProfile") or {}
    user, linux = profile.get("adminUsername"), profile.get("linuxConfiguration") or {}
    if not user or not profile.get("computerName"):
        raise refuse(
            "InvalidParameter (400): Required parameter 'osProfile.{name}' is missing (null).",
            name="computerName" if user else "adminUsername",
        )
    if str(user).lower() in FORBIDDEN_NAMES:
        raise refuse("InvalidParameter (400): The Admin Username specified is not allowed.")
    keys: list[Any] = (linux.get("ssh") or {}).get("publicKeys") or []
    if not keys and (
        linux.get("disablePasswordAuthentication") or not profile.get("adminPassword")
    ):
        raise refuse(
            "InvalidParameter (400): Authentication using either SSH or by user name and password "
            "must be enabled in Linux profile."
        )
    for key in keys:
        if not str(key.get("keyData")).startswith(KEYS):
            raise refuse(
                "InvalidParameter (400): The value of parameter linuxConfiguration.ssh.publicKeys."
                "keyData is invalid."
            )
        path = f"/home/{user}/.ssh/authorized_keys"
        if key.get("path") != path:
            raise refuse(
                "InvalidParameter (400): Destination path for SSH public keys is currently limited "
                "to its default value {path} due to a known issue in Linux provisioning agent.",
                path=path,
            )
    text = profile.get("customData")
    if text is not None and (len(text) > CUSTOM_DATA or not _is_base64(text)):
        raise refuse(
            "InvalidParameter (400): Custom data in OSProfile must be in Base64 encoding and with "
            "a maximum length of {most} characters.",
            most=CUSTOM_DATA,
        )


def validate_cards(here: Here, inputs: Properties, old: Record | None) -> None:
    """Refuse interfaces that are elsewhere or in use. Raises ProviderFailure."""
    ids = checks.values(inputs, CARDS)
    if not ids:
        raise refuse(
            "InvalidParameter (400): Required parameter 'networkProfile.networkInterfaces' is "
            "missing (null)."
        )
    for card in filter(None, (here.get(tokens.INTERFACE, id) for id in ids)):
        if card.inputs["location"] != inputs["location"]:
            raise refuse(
                "InvalidResourceReference (400): Resource {id} referenced by resource {name} was "
                "not found. Please make sure that the referenced resource exists, and that both "
                "resources are in the same region.",
                id=card.id,
                name=inputs["vmName"],
            )
        for user in here.session.users(card, tokens.MACHINE, CARDS):
            if old is None or user.uid != old.uid:
                raise refuse(
                    "NicInUse (400): Network Interface {id} is used by existing resource {user}. "
                    "In order to delete the network interface, it must be dissociated from the "
                    "resource. To learn more, see aka.ms/deletenic.",
                    id=card.id,
                    user=user.id,
                )


def validate_disks(here: Here, inputs: Properties, old: Record | None) -> None:
    """Refuse data disks that are elsewhere, in use, or in one place. Raises ProviderFailure."""
    given = inputs["storageProfile"].get("dataDisks") or []
    luns = [disk["lun"] for disk in given]
    if len(set(luns)) != len(luns):
        raise refuse("InvalidParameter (400): A LUN is used by more than one data disk.")
    for id in checks.values(inputs, disks.VIA):
        disk = here.get(tokens.DISK, id)
        if disk is None:
            continue
        if disk.inputs["location"] != inputs["location"]:
            raise refuse(
                "BadRequest (400): Disk {id} is not in the same location as the VM.", id=disk.id
            )
        for user in here.session.users(disk, tokens.MACHINE, disks.VIA):
            if old is None or user.uid != old.uid:
                raise refuse(
                    "AttachDiskWhileBeingDetached (409): Cannot attach data disk '{disk}' to VM "
                    "'{name}' because the disk is currently attached to VM '{user}'.",
                    disk=disk.name,
                    name=inputs["vmName"],
                    user=user.name,
                )


def validate_quota(here: Here, inputs: Properties, old: Record | None) -> None:
    """Refuse more vCPUs than the quotas of the location allow; deallocated machines count, too.

    Source: https://learn.microsoft.com/azure/virtual-machines/quotas
    """
    wanted = counted(inputs)
    location, more = wanted["location"], wanted["vcpus"]
    for field in ("quota", "pool"):
        code = wanted[field]
        used = here.session.total("vcpus", tokens.MACHINE, "", location=location, **{field: code})
        mine = old.hidden["vcpus"] if old and old.hidden[field] == code else 0
        needed, limit = used - mine + more, here.quota(code)
        if needed > limit:
            names = {CORES: "Total Regional Cores", SPOT_CORES: "LowPriorityCores"}
            raise refuse(
                "OperationNotAllowed (409): Operation could not be completed as it results in "
                "exceeding approved {what} quota. Additional details - Deployment Model: Resource "
                "Manager, Location: {location}, Current Limit: {limit:g}, Current Usage: {used:g}, "
                "Additional Required: {more:g}, (Minimum) New Limit Required: {needed:g}.",
                places.ask_for(code, location, needed),
                what=names.get(code, f"{code} Cores"),
                location=location,
                limit=limit,
                used=used,
                more=needed - used,
                needed=needed,
            )


def counted(inputs: Properties) -> dict[str, Any]:
    """What a machine counts against, to be kept with it."""
    asked, spot = size(inputs), inputs.get("priority", "Regular") != "Regular"
    return {
        "vcpus": asked.vcpus,
        "location": inputs["location"],
        "quota": SPOT_CORES if spot else asked.quota,
        "pool": SPOT_CORES if spot else CORES,
    }


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
