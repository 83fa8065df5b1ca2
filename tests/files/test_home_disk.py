"""The home disk: found by its id, formatted only when blank beyond doubt, mounted by its UUID."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.files.prepared import HOME, Prepared, prepared

NOT_COMPLETE = "This machine is not complete (sudo mllab-status):"


def refused(machine: Prepared) -> str:
    """Run, see that nothing happened to the disk and that nobody can work on it; the message."""
    before = machine.disk.read_bytes()
    assert machine.setup().returncode == 1
    assert machine.disk.read_bytes() == before
    assert machine.called("mkfs.ext4") == machine.called("mount") == []
    assert machine.fstab == ["UUID=root / ext4 defaults 0 1"]
    assert not any(call.startswith("systemctl start") for call in machine.calls)
    assert machine.problems[0] == NOT_COMPLETE
    return machine.problems[1].replace(str(machine.standins), "")


def test_disk_with_files_is_mounted_and_never_formatted(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.fill_disk(b"ext4 2222-3333\nthesis")
    assert machine.setup().returncode == 0
    assert machine.called("mkfs.ext4") == []
    assert machine.disk.read_bytes().startswith(b"ext4 2222-3333\nthesis")
    assert machine.fstab[1] == HOME.replace("0000-1111", "2222-3333")
    assert machine.called("resize2fs") == ["resize2fs /disk"]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"xfs 4444\n", "holds something else than ext4, left untouched: UUID=4444 TYPE=xfs"),
        (b"LVM2_member 5\n", "holds something else than ext4, left untouched: UUID=5 TYPE=LVM2_"),
        (b"gpt\n", "holds something else than ext4, left untouched: PTTYPE=gpt"),
        (b"two\n", "holds more than one thing (blkid: 8), left untouched"),
        (b"a tape archive\n", "is not blank, left untouched"),
        (b"\0" * 1_048_575 + b"x", "is not blank, left untouched"),
    ],
)
def test_disk_with_anything_else_is_left_untouched(
    contents: bytes, message: str, tmp_path: Path
) -> None:
    machine = prepared(tmp_path)
    machine.fill_disk(contents)
    assert refused(machine).startswith(f"home: home disk /disk {message}")


def test_disk_that_cannot_be_read_is_not_taken_for_blank(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.disk.unlink()
    machine.disk.mkdir()  # readable for nobody, as a disk with a fault
    assert machine.setup().returncode == 1
    assert machine.called("mkfs.ext4") == []
    assert machine.problems[1].endswith("is not blank, left untouched")


def test_disk_shorter_than_what_is_looked_at_is_not_taken_for_blank(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.disk.write_bytes(b"\0" * 1000)
    assert refused(machine).endswith("is not blank, left untouched")


def test_disk_may_come_late(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.detach()
    link = "$MLLAB_ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc123"
    machine.does(
        "sleep", f'(($(grep -c sleep "$STANDINS/calls") < 7)) || ln -s "$STANDINS/disk" {link}'
    )
    assert machine.setup().returncode == 0
    assert machine.called("sleep") == ["sleep 2"] * 7
    assert machine.fstab[1] == HOME


def test_disk_that_never_comes_is_said_and_nobody_works_elsewhere(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.detach()
    assert refused(machine) == (
        "home: home disk vol-0abc123 is not attached: attach it, then restart the machine"
    )
    assert len(machine.called("sleep")) == 149


def test_disk_of_another_volume_is_not_taken(tmp_path: Path) -> None:
    machine = prepared(tmp_path, HOME_DEVICE="vol-0abc1234")
    assert "vol-0abc1234 is not attached" in refused(machine)


def test_other_disk_on_the_home_folder_is_refused(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    (machine.standins / "mounts").write_text("/home/lab /dev/nvme9n1\n")
    assert machine.setup().returncode == 1
    assert "something else is mounted there" in machine.problems[1]
    assert not any(call.startswith("systemctl start") for call in machine.calls)


def test_format_that_fails_is_not_mounted(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.does("mkfs.ext4", "echo 'mkfs.ext4: Device or resource busy' >&2; exit 1")
    assert machine.setup().returncode == 1
    assert machine.called("mount") == []
    assert machine.problems[1:] == ["home: mkfs.ext4: Device or resource busy"]


def test_mount_that_only_says_it_worked_is_tried_again(tmp_path: Path) -> None:
    """With nofail mount(8) succeeds for a device that udev has not announced yet."""
    machine = prepared(tmp_path)
    mount = (machine.standins / "does/mount").read_text()
    tries = 'grep -c "^mount /home" "$STANDINS/calls"'
    machine.does("mount", f"[[ $1 != /home/lab ]] || (($({tries}) > 1)) || exit 0\n{mount}")
    assert machine.setup().returncode == 0
    assert machine.called("mount")[:2] == ["mount /home/lab"] * 2
    assert machine.called("sleep") == ["sleep 5"]


def test_mount_that_never_works_is_said(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.does("mount", "exit 0")
    assert machine.setup().returncode == 1
    assert machine.called("mount") == ["mount /home/lab"] * 5
    assert machine.problems[1:] == ["home: /home/lab could not be mounted"]
    assert not any(call.startswith("systemctl start") for call in machine.calls)


def test_disk_that_does_not_grow_keeps_nobody_from_working(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.does("resize2fs", "echo 'resize2fs: Permission denied' >&2; exit 1")
    assert machine.setup().returncode == 0
    assert machine.problems[1:] == ["growth: resize2fs: Permission denied"]
    assert any(call.startswith("systemctl start --no-block") for call in machine.calls)


def test_run_cut_off_after_the_format_is_taken_up_without_formatting_again(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    mount = (machine.standins / "does/mount").read_text()
    machine.does("mount", "kill -9 $PPID; exit 1")
    assert machine.setup().returncode != 0
    assert machine.disk.read_bytes().startswith(b"ext4 ")
    machine.does("mount", mount)
    assert machine.setup().returncode == 0
    assert machine.called("mkfs.ext4") == []
    assert machine.problems == []
    assert (machine.root / "home/lab/.bashrc").exists()


def test_exchanged_disk_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.setup()
    others = ["# a comment", "fs-9:/ /data nfs4 defaults 0 0"]
    (machine.root / "etc/fstab").write_text("\n".join([*others, *machine.fstab]) + "\n")
    machine.fill_disk(b"ext4 7777-8888\n")
    machine.restart()
    assert machine.setup().returncode == 0
    lines = [line for line in machine.fstab if "/home/lab" in line]
    assert lines == [HOME.replace("0000-1111", "7777-8888")]
    assert machine.fstab[:3] == [*others, "UUID=root / ext4 defaults 0 1"]
    assert machine.called("systemctl")[0] == "systemctl daemon-reload"


@pytest.mark.skipif(
    not (shutil.which("blkid") and shutil.which("mkfs.ext4")),
    reason="needs blkid and mkfs.ext4 (e2fsprogs)",
)
def test_real_tools_format_once_and_are_understood(tmp_path: Path) -> None:
    """The true answers of blkid, on an image; that a kernel mounts it is not proved here."""
    machine = prepared(tmp_path)
    machine.disk.write_bytes(b"\0" * (8 << 20))
    for tool in ("blkid", "mkfs.ext4"):
        machine.does(tool, f'{shutil.which(tool)} "$@"')
    machine.does("mount", 'echo "$1 $STANDINS/disk" >>"$STANDINS/mounts"')
    assert machine.setup().returncode == 0
    assert len(machine.called("mkfs.ext4")) == 1
    formatted, line = machine.disk.read_bytes(), machine.fstab[1]
    assert b"mllab-home" in formatted
    assert len(line.split()[0]) == len("UUID=") + 36
    machine.restart()
    assert machine.setup().returncode == 0
    assert machine.called("mkfs.ext4") == []
    assert machine.fstab[1] == line
    assert machine.disk.read_bytes() == formatted
    machine.disk.write_bytes(formatted.replace(b"mllab-home", b"-" * 10).ljust(9 << 20, b"\0"))
    machine.restart()
    assert machine.setup().returncode == 0
    assert machine.called("mkfs.ext4") == []
