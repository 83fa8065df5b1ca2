"""A machine on Google Cloud around its own scripts, with stand-ins for mount and apt-get."""

from __future__ import annotations

from pathlib import Path

import yaml

from components.gcp import machine
from tests.files.prepared import UBUNTU, Prepared
from tests.files.unpacked import SETTINGS as AWS
from tests.files.unpacked import contents

SETTINGS = {
    "LAB": "course",
    "SEAT": "shared",
    "PROJECT": "my-course-2027",
    "REGION": "us-central1",
    "BUCKET": "course-data-1a2b",
    "BUCKET_PATH": "/bucket",
    "BUCKET_OPTIONS": "rw,allow_other,uid=2000",
    "HOME_DEVICE": "mllab-home",
    "IDLE_MINUTES": "60",
    "MAX_HOURS": "12",
    "MOUNT_KIND": "nfs",
    "MOUNT_SOURCE": "10.9.0.2:/share",
    "MOUNT_PATH": "/shared",
    "MOUNT_OPTIONS": "rw,hard",
    "GPU": "1",
}
HOME = "UUID=0000-1111 /home/lab ext4 defaults,nofail,x-systemd.device-timeout=60 0 2"
BUCKET = "course-data-1a2b /bucket gcsfuse _netdev,noauto,rw,allow_other,uid=2000 0 0"
FILES = "10.9.0.2:/share /shared nfs _netdev,noauto,rw,hard 0 0"
LINK = "dev/disk/by-id/google-mllab-home"
KEYRING = "https://packages.cloud.google.com/apt/doc/apt-key.gpg"

DOES = {
    "apt-get": """
        case $* in
          *gcsfuse*) ln -sf standin "$STANDINS/bin/gcsfuse" ;;
          *nfs-common*) ln -sf standin "$STANDINS/bin/mount.nfs" ;;
        esac""",
    "curl": 'echo key >"$3"',
}


class Machine(Prepared):
    """A fresh Ubuntu machine on Compute Engine with a blank home disk attached."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, AWS, UBUNTU)
        for entry in yaml.safe_load(machine.render({**SETTINGS, **settings}))["write_files"]:
            path = self.root / entry["path"].lstrip("/")
            path.write_bytes(contents(entry))
            path.chmod(int(entry["permissions"], 8))
        (self.root / "etc/os-release").write_text("NAME=Ubuntu\nVERSION_CODENAME=noble\n")
        (self.bin / "curl").symlink_to("standin")
        for tool, body in DOES.items():
            self.does(tool, body)

    def attach(self) -> None:
        link = self.root / LINK
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(self.disk)

    def detach(self) -> None:
        (self.root / LINK).unlink()
