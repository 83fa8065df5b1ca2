"""What an Azure notebook machine is told at its first boot."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from components.awaited import with_values
from components.cloud_init import CORE, LIB, File, cloud_config, require

_HERE = Path(__file__).parent / "files"

STOP_COMMAND = f"{LIB}/deallocate.sh"
"""How a machine of Azure stops itself."""

FILES = (
    *CORE,
    File(_HERE / "home-device.sh", f"{LIB}/home-device.sh", "0755"),
    File(_HERE / "notebook-env.sh", f"{LIB}/notebook-env.sh", "0755"),
    File(_HERE / "shared.sh", f"{LIB}/shared.sh", "0755"),
    File(_HERE / "deallocate.sh", STOP_COMMAND, "0755"),
    File(_HERE / "arm.sh", f"{LIB}/arm.sh"),
    File(_HERE / "heartbeat.sh", f"{LIB}/heartbeat", "0755"),
    File(_HERE / "limits.sh", f"{LIB}/limits", "0755"),
)
"""Everything that the scripts on the machine consist of."""

KEYS = {
    "LAB": "name of the lab",
    "SEAT": "name of the seat",
    "REGION": "`eastus`",
    "BUCKET": "name of the lab's storage account",
    "ACCOUNT": "resource id of the storage account",
    "IDENTITY": "client id of the identity that may use the lab's things",
    "HOME_DEVICE": "slot `lun0` of the home disk; empty: homes on the system disk",
    "IDLE_MINUTES": "whole number",
    "MAX_HOURS": "whole number",
    "STOP_COMMAND": "what the watchdog runs to stop the machine",
    "MOUNT_KIND": "`smb`; this and the other MOUNT_ settings are empty without shared files",
    "MOUNT_SOURCE": "`//account.file.core.windows.net/shared`",
    "MOUNT_PATH": "`/shared`",
    "MOUNT_OPTIONS": "of mount.cifs, without credentials",
    "GPU": "number of GPUs, `0` without",
    "SIGNS": "address of the table for signs of life",
}
"""The settings of a machine, all of them required, and what they hold."""

LIMIT_BYTES = 65535
"""Azure counts the raw bytes, before base64.
Source: https://learn.microsoft.com/azure/virtual-machines/custom-data"""


def custom_data(
    settings: Mapping[str, pulumi.Input[str]], more: Mapping[str, Any]
) -> pulumi.Output[str]:
    """Custom data for `compute.VirtualMachine`; Azure never changes it afterwards.

    Args:
        settings: as `KEYS`; nothing secret, root on the machine can read it.
        more: modules of cloud-init besides.

    Raises:
        ValueError: when the values are known: see `render` and `pack`.
    """
    return with_values(settings, lambda values: pack(render(values, more)))


def render(settings: Mapping[str, str], more: Mapping[str, Any] | None = None) -> str:
    """The cloud-init document as text.

    Raises:
        ValueError: a setting too many or too few, or a value that is not one line of plain text.
    """
    require(settings, KEYS)
    return cloud_config(settings, FILES, more)


def pack(text: str) -> str:
    """The document as Azure takes it: base64.

    Raises:
        ValueError: it is longer than Azure takes.
    """
    raw = text.encode()
    if len(raw) > LIMIT_BYTES:
        raise ValueError(f"custom data has {len(raw)} bytes, Azure takes {LIMIT_BYTES}")
    return base64.b64encode(raw).decode()
