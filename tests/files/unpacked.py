"""The files of a machine, put into a folder as cloud-init would put them onto a disk."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import yaml

from components.aws import machine

SETTINGS = {
    "LAB": "course",
    "SEAT": "shared",
    "REGION": "us-east-1",
    "BUCKET": "course-data-1a2b",
    "HOME_DEVICE": "vol-0abc123",
    "IDLE_MINUTES": "60",
    "MAX_HOURS": "12",
    "MOUNT_KIND": "efs",
    "MOUNT_SOURCE": "fs-0abc123",
    "MOUNT_PATH": "/shared",
    "MOUNT_OPTIONS": "tls,iam,accesspoint=fsap-0abc123",
    "GPU": "1",
    "SIGNS": "course-signs-1a2b3c4",
    "ROLE": "AROAEXAMPLE",
}


def contents(entry: Mapping[str, str]) -> bytes:
    """What an entry of `write_files` puts into its file."""
    text = entry["content"].encode()
    return base64.b64decode(text) if entry.get("encoding") == "b64" else text


def unpack(root: Path, settings: Mapping[str, str]) -> None:
    """Write every file of the cloud-init document below `root`."""
    for entry in yaml.safe_load(machine.render(settings))["write_files"]:
        path = root / entry["path"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents(entry))
        path.chmod(int(entry["permissions"], 8))
