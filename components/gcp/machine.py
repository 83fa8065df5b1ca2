"""What a notebook machine on Compute Engine is told at its first boot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi_gcp import compute

from components.awaited import with_values
from components.catalog import Machine
from components.cloud_init import CORE, LIB, File, cloud_config, require

_HERE = Path(__file__).parent / "files"

FILES = (
    *CORE,
    File(_HERE / "home-device.sh", f"{LIB}/home-device.sh", "0755"),
    File(_HERE / "notebook-env.sh", f"{LIB}/notebook-env.sh", "0755"),
    File(_HERE / "shared.sh", f"{LIB}/shared.sh", "0755"),
    File(_HERE / "heartbeat.sh", f"{LIB}/heartbeat", "0755"),
    File(_HERE / "limits.sh", f"{LIB}/limits", "0755"),
)
"""Everything that the scripts on the machine consist of."""

KEYS = {
    "LAB": "name of the lab",
    "SEAT": "name of the seat",
    "PROJECT": "id of the project",
    "REGION": "`us-central1`",
    "BUCKET": "name of the lab's bucket",
    "BUCKET_PATH": "`/bucket`, where it is mounted",
    "BUCKET_OPTIONS": "of gcsfuse, as in fstab",
    "HOME_DEVICE": "name the home disk is attached under; empty: homes on the system disk",
    "IDLE_MINUTES": "whole number",
    "MAX_HOURS": "whole number",
    "MOUNT_KIND": "`nfs`; this and the other MOUNT_ settings are empty without shared files",
    "MOUNT_SOURCE": "`10.0.0.2:/share`",
    "MOUNT_PATH": "`/shared`",
    "MOUNT_OPTIONS": "`rw,hard`",
    "GPU": "number of GPUs, `0` without",
}
"""The settings of a machine, all of them required, and what they hold."""

LIMIT_BYTES = 262_144
"""Of one value in a machine's metadata.
Source: https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations"""


def user_data(settings: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    """The value of `user-data` in a machine's metadata, which cloud-init reads.

    Args:
        settings: as `KEYS`; nothing secret, whoever may describe the machine can read it.

    Raises:
        ValueError: when the values are known: see `render`.
    """
    return with_values(settings, render)


def render(settings: Mapping[str, str]) -> str:
    """The cloud-init document as text.

    Raises:
        ValueError: a setting too many or too few, or a value that is not one line of plain text; or
            the document is longer than Compute Engine takes.
    """
    require(settings, KEYS)
    text = cloud_config(settings, FILES)
    if (size := len(text.encode())) > LIMIT_BYTES:
        raise ValueError(f"user data has {size} bytes, Compute Engine takes {LIMIT_BYTES}")
    return text


def accelerators(machine: Machine) -> list[compute.InstanceGuestAcceleratorArgsDict] | None:
    """None where the machine type brings its GPUs."""
    if not machine.accelerator:
        return None
    return [{"type": machine.accelerator, "count": machine.gpus}]
