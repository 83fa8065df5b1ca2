"""A machine on Azure around its own scripts: a folder as its disk, a stand-in for Azure's answers.

That Azure's services answer as here is taken from their documentation.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from components.azure import machine
from tests.files.prepared import UBUNTU, Prepared
from tests.files.unpacked import SETTINGS as AWS
from tests.files.unpacked import contents

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/mldata1a2b"
MACHINE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/course-ana"
SETTINGS = {
    "LAB": "course",
    "SEAT": "ana",
    "REGION": "eastus",
    "BUCKET": "mldata1a2b",
    "ACCOUNT": ACCOUNT,
    "IDENTITY": "11111111-2222-3333-4444-555555555555",
    "HOME_DEVICE": "lun0",
    "IDLE_MINUTES": "60",
    "MAX_HOURS": "12",
    "STOP_COMMAND": "/usr/local/lib/mllab/deallocate.sh",
    "MOUNT_KIND": "smb",
    "MOUNT_SOURCE": "//mldata1a2b.file.core.windows.net/shared",
    "MOUNT_PATH": "/shared",
    "MOUNT_OPTIONS": "vers=3.1.1,uid=2000,gid=2000",
    "GPU": "1",
    "SIGNS": "https://mldata1a2b.table.core.windows.net/signs",
}
DOCUMENT = yaml.safe_load(machine.render(SETTINGS))
FILES = (
    "//mldata1a2b.file.core.windows.net/shared /shared cifs"
    " _netdev,noauto,credentials=/run/mllab/smb,vers=3.1.1,uid=2000,gid=2000 0 0"
)
SCSI, NVME = "dev/disk/azure/scsi1/lun0", "dev/disk/azure/data/by-lun/0"
METADATA = "http://169.254.169.254/metadata"
TOKEN = f"{METADATA}/identity/oauth2/token?api-version=2018-02-01"
ARM = "https://management.azure.com"
KEY = "a+b/c=="

CURL = f"""
    headers=
    [[ $* != *"--header @-"* ]] || headers=$(cat)
    case "${{@: -1}}" in
      */instance/compute/resourceId*) echo -n "{MACHINE}" ;;
      */identity/oauth2/token*resource=https://storage.azure.com/*client_id=*)
        echo '{{"access_token": "data-token"}}'
        ;;
      */identity/oauth2/token*client_id=*) echo '{{"access_token": "lab-token", "a": "9"}}' ;;
      */identity/oauth2/token*) echo '{{"access_token": "own-token", "a": "9"}}' ;;
      */listKeys*)
        [[ $headers == "Authorization: Bearer lab-token" ]] || exit 22
        echo '{{"keys": [{{"keyName": "key1", "value": "{KEY}"}}, {{"value": "other"}}]}}'
        ;;
      */signs*)
        [[ $headers == "Authorization: Bearer data-token" ]] || exit 22
        printf '%s\n' "$@" >"$STANDINS/put"
        ;;
      */tagsList*)
        echo '[{{"name": "max-hours", "value": "24"}}, {{"name": "idle-minutes", "value": "90"}}]'
        ;;
      */deallocate*) [[ $headers == "Authorization: Bearer own-token" ]] || exit 22 ;;
      *) exit 6 ;;
    esac"""
DOES = {
    "curl": CURL,
    "apt-get": '[[ $* != *cifs* ]] || ln -sf standin "$STANDINS/bin/mount.cifs"',
    "uname": "echo 6.8.0-azure",
}


class Machine(Prepared):
    """A fresh Ubuntu machine on Azure with a blank home disk in its first slot."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, AWS, UBUNTU)
        shutil.rmtree(self.root / "usr/local/lib/mllab")
        for entry in yaml.safe_load(machine.render({**SETTINGS, **settings}))["write_files"]:
            path = self.root / entry["path"].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents(entry))
            path.chmod(int(entry["permissions"], 8))
        for tool, body in DOES.items():
            (self.bin / tool).unlink(missing_ok=True)
            (self.bin / tool).symlink_to("standin")
            self.does(tool, body)
        (self.bin / "modprobe").symlink_to("standin")
        # The scripts read JSON with the system's python3, where packages.sh makes an environment.
        (self.bin / "python3").unlink()
        (self.bin / "python3").symlink_to(sys.executable)

    def attach(self, link: str = SCSI) -> None:
        """Put the home disk into its slot."""
        path = self.root / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(self.disk)

    def script(self, name: str) -> subprocess.CompletedProcess[str]:
        return self.run(f"usr/local/lib/mllab/{name}")

    @property
    def urls(self) -> list[str]:
        """What was asked of Azure during the last run."""
        return [call.split()[-1] for call in self.called("curl")]
