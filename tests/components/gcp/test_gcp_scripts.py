"""Google's own scripts in a folder instead of a machine, with stand-ins for mount and apt-get.

What all clouds share is run in tests/files.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components.gcp import machine
from tests.components.gcp.gcp_machine import BUCKET, FILES, HOME, KEYRING, LINK, Machine


def apt(machine: Machine) -> list[str]:
    return [call.split()[-1] for call in machine.called("apt-get")]


def test_fresh_machine_becomes_complete(tmp_path: Path) -> None:
    box = Machine(tmp_path)
    done = box.setup()
    assert (done.returncode, box.problems) == (0, [])
    assert box.fstab == ["UUID=root / ext4 defaults 0 1", HOME, FILES, BUCKET]
    assert box.called("mount") == ["mount /home/lab", "mount /shared", "mount /bucket"]
    assert apt(box) == ["update", "nfs-common", "update", "gcsfuse"]
    assert box.called("chown")[-1] == "chown lab:lab /shared"
    assert box.called("mkfs.ext4") == ["mkfs.ext4 -q -m 0 -L mllab-home /disk"]


def test_gcsfuse_comes_from_googles_own_signed_source(tmp_path: Path) -> None:
    box = Machine(tmp_path)
    box.setup()
    (curl,) = box.called("curl")
    assert (
        curl
        == f"curl -fsS --output /usr/share/keyrings/cloud.google.asc.new --max-time 30 {KEYRING}"
    )
    assert (box.root / "usr/share/keyrings/cloud.google.asc").read_text() == "key\n"
    assert (box.root / "etc/apt/sources.list.d/gcsfuse.list").read_text() == (
        "deb [signed-by=/usr/share/keyrings/cloud.google.asc]"
        " https://packages.cloud.google.com/apt gcsfuse-noble main\n"
    )


@pytest.mark.parametrize("restarted", [False, True])
def test_second_run_changes_nothing(restarted: bool, tmp_path: Path) -> None:
    box = Machine(tmp_path)
    box.setup()
    fstab = box.fstab
    if restarted:
        box.restart()
    assert box.setup().returncode == 0
    mounts = ["mount /home/lab", "mount /shared", "mount /bucket"]
    assert box.changes == (mounts if restarted else [])
    assert box.fstab == fstab


def test_image_that_has_gcsfuse_installs_nothing(tmp_path: Path) -> None:
    box = Machine(tmp_path, MOUNT_KIND="", MOUNT_SOURCE="", MOUNT_PATH="", MOUNT_OPTIONS="")
    (box.bin / "gcsfuse").symlink_to("standin")
    assert box.setup().returncode == 0
    assert box.called("apt-get") == box.called("curl") == []
    assert box.fstab[1:] == [HOME, BUCKET]


@pytest.mark.parametrize(
    ("broken", "message", "others"),
    [
        ("/shared", "shared: mount.nfs: timed out", "mount /bucket"),
        ("/bucket", "shared: mount.nfs: timed out", "mount /shared"),
    ],
)
def test_one_mount_that_fails_keeps_neither_the_other_nor_people_away(
    broken: str, message: str, others: str, tmp_path: Path
) -> None:
    box = Machine(tmp_path)
    mount = (box.standins / "does/mount").read_text()
    fault = "echo 'mount.nfs: timed out' >&2; exit 32"
    box.does("mount", f"[[ $1 != {broken} ]] || {{ {fault}; }}\n{mount}")
    assert box.setup().returncode == 0
    assert others in box.called("mount")
    assert any(call.startswith("systemctl start --no-block") for call in box.calls)
    assert box.problems[1:] == [message]


def test_key_that_cannot_be_fetched_is_said_and_leaves_no_half_key(tmp_path: Path) -> None:
    box = Machine(tmp_path)
    box.does("curl", "echo 'curl: (6) could not resolve host' >&2; exit 6")
    assert box.setup().returncode == 0
    assert box.problems[1:] == ["shared: curl: (6) could not resolve host"]
    assert not (box.root / "usr/share/keyrings/cloud.google.asc").exists()
    assert "gcsfuse" not in apt(box)


def test_other_kind_of_shared_files_is_refused_and_the_bucket_is_there(tmp_path: Path) -> None:
    box = Machine(tmp_path, MOUNT_KIND="efs")
    assert box.setup().returncode == 0
    assert box.problems[1:] == ["shared: MOUNT_KIND efs: only nfs can be mounted here"]
    assert box.called("mount") == ["mount /home/lab", "mount /bucket"]


def test_disk_under_another_name_is_not_taken(tmp_path: Path) -> None:
    box = Machine(tmp_path, HOME_DEVICE="mllab-other")
    assert box.setup().returncode == 1
    assert box.called("mkfs.ext4") == box.called("mount") == []
    assert "home disk mllab-other is not attached" in box.problems[1]


def test_disk_may_come_late(tmp_path: Path) -> None:
    box = Machine(tmp_path)
    box.detach()
    late = (
        f'(($(grep -c sleep "$STANDINS/calls") < 7)) || ln -s "$STANDINS/disk" "$MLLAB_ROOT/{LINK}"'
    )
    box.does("sleep", late)
    assert box.setup().returncode == 0
    assert box.fstab[1] == HOME


def test_notebooks_know_project_and_region(tmp_path: Path) -> None:
    box = Machine(tmp_path)
    box.setup()
    text = (box.root / "run/mllab/jupyter.env").read_text()
    assert re.fullmatch(
        r"JUPYTER_TOKEN=[0-9a-f]{48}\nGOOGLE_CLOUD_PROJECT=my-course-2027\n"
        r"GOOGLE_CLOUD_REGION=us-central1\nLAB_BUCKET=gs://course-data-1a2b\n",
        text,
    )


@pytest.mark.parametrize(
    "change", [{"REGION": "x y"}, {"PROJECT": "$(touch pwned)"}, {"BUCKET": "a;b"}]
)
def test_odd_place_never_reaches_the_notebooks_environment(
    change: dict[str, str], tmp_path: Path
) -> None:
    box = Machine(tmp_path, **change)
    assert box.setup().returncode != 0
    assert not (box.root / "run/mllab/jupyter.env").exists()
    assert not list(tmp_path.rglob("pwned"))


# --------------------------------------------------------------------- what a machine is handed


def test_document_fits_with_the_longest_settings() -> None:
    longest = {key: "x" * 255 for key in machine.KEYS}
    assert len(machine.render(longest).encode()) <= 262_144
    with pytest.raises(ValueError, match=r"user data has \d+ bytes, Compute Engine takes 262144"):
        machine.render({**longest, "LAB": "x" * 262_144})
