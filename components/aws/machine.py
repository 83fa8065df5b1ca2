"""What an EC2 notebook machine is told at its first boot."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from pathlib import Path

import pulumi

from components.awaited import with_values
from components.cloud_init import CORE, LIB, File, cloud_config, require

_HERE = Path(__file__).parent / "files"

FILES = (
    *CORE,
    File(_HERE / "home-device.sh", f"{LIB}/home-device.sh", "0755"),
    File(_HERE / "notebook-env.sh", f"{LIB}/notebook-env.sh", "0755"),
    File(_HERE / "shared.sh", f"{LIB}/shared.sh", "0755"),
    File(_HERE / "imds.sh", f"{LIB}/imds.sh"),
    File(_HERE / "heartbeat.sh", f"{LIB}/heartbeat", "0755"),
    File(_HERE / "limits.sh", f"{LIB}/limits", "0755"),
)
"""Everything that the scripts on the machine consist of."""

KEYS = {
    "LAB": "name of the lab",
    "SEAT": "name of the seat",
    "REGION": "`us-east-1`",
    "BUCKET": "name of the lab's bucket",
    "HOME_DEVICE": "volume id `vol-0abc...` of the home disk; empty: homes on the system disk",
    "IDLE_MINUTES": "whole number",
    "MAX_HOURS": "whole number",
    "MOUNT_KIND": "`efs`; this and the other MOUNT_ settings are empty without shared files",
    "MOUNT_SOURCE": "`fs-0abc...`",
    "MOUNT_PATH": "`/shared`",
    "MOUNT_OPTIONS": "`tls,iam,accesspoint=fsap-0abc...`",
    "GPU": "number of GPUs, `0` without",
    "SIGNS": "name of the table for signs of life",
    "ROLE": "unique id `AROA...` of the role that the machine acts in",
}
"""The settings of a machine, all of them required, and what they hold."""

LIMIT_BYTES = 16384
"""EC2 counts the raw bytes, before base64.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html"""


def user_data(settings: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    """User data for `ec2.Instance(user_data_base64=...)`; plain `user_data` cannot carry gzip.

    Args:
        settings: as `KEYS`; nothing secret, whoever may describe the machine can read it.

    Raises:
        ValueError: when the values are known: see `render` and `pack`.
    """
    return with_values(settings, lambda values: pack(render(values)))


def render(settings: Mapping[str, str]) -> str:
    """The cloud-init document as text.

    Raises:
        ValueError: a setting too many or too few, or a value that is not one line of plain text.
    """
    require(settings, KEYS)
    return cloud_config(settings, FILES)


def pack(text: str) -> str:
    """The document as EC2 takes it: gzip, which cloud-init undoes, then base64.

    Raises:
        ValueError: it is longer than EC2 takes.
    """
    packed = gzip.compress(text.encode(), mtime=0)
    if len(packed) > LIMIT_BYTES:
        raise ValueError(f"user data has {len(packed)} bytes, EC2 takes {LIMIT_BYTES}")
    return base64.b64encode(packed).decode()
