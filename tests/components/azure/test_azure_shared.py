"""First boot and shared files, in a folder instead of a machine.

What all clouds share is run in tests/files.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from components.azure.storage import CONTAINER
from tests.components.azure.azure_machine import ACCOUNT, ARM, CURL, FILES, KEY, TOKEN, Machine
from tests.files.prepared import HOME


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
        f"LAB_BUCKET=https://mldata1a2b.blob.core.windows.net/{CONTAINER}",
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
    assert any(call.startswith("systemctl start --no-block") for call in there.calls)


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
