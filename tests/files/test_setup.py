"""The setup script in a folder instead of a machine, with stand-ins for mkfs, mount and dnf."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.files.prepared import HOME, UBUNTU, prepared

UNIT = "components/files/mllab-shared.service"
SHARED = "fs-0abc123:/ /shared efs _netdev,noauto,tls,iam,accesspoint=fsap-0abc123 0 0"


def test_fresh_machine_becomes_complete(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    done = machine.setup()
    assert (done.returncode, done.stderr, machine.problems) == (0, "", [])
    assert machine.called("mkfs.ext4") == ["mkfs.ext4 -q -m 0 -L mllab-home /disk"]
    assert machine.fstab == ["UUID=root / ext4 defaults 0 1", HOME, SHARED]
    assert machine.called("mount") == ["mount /home/lab", "mount /shared"]
    assert machine.called("dnf") == ["dnf -y -q install amazon-efs-utils"]
    assert machine.called("useradd") == [
        "useradd --uid 2000 --user-group --groups systemd-journal --no-create-home"
        " --home-dir /home/lab --shell /bin/bash lab"
    ]
    assert (machine.root / "home/lab/.bashrc").read_text() == "# bash\n"
    assert (machine.root / "home/lab").stat().st_mode & 0o777 == 0o700
    (start,) = (call for call in machine.calls if "--no-block" in call)
    services = "mllab-packages.service mllab-jupyter.service mllab-shared.service"
    assert start == f"systemctl start --no-block {services}"
    # Nothing that can be done without stands before it.
    assert [call for call in machine.calls[: machine.calls.index(start)] if "shared" in call] == []


@pytest.mark.parametrize("restarted", [False, True])
def test_second_run_changes_nothing(restarted: bool, tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.setup()
    before = machine.tree
    if restarted:
        machine.restart()
    done = machine.setup()
    after = machine.tree
    if restarted:
        assert machine.changes == ["mount /home/lab", "mount /shared"]
        token = str(machine.root / "run/mllab/jupyter.env")
        assert before.pop(token) != after.pop(token)
    else:
        assert machine.changes == []
    assert done.returncode == 0
    assert after == before
    assert "systemctl daemon-reload" not in machine.calls


def test_token_is_long_secret_and_kept_until_the_next_boot(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.setup()
    file = machine.root / "run/mllab/jupyter.env"
    first = file.read_text()
    told = r"AWS_DEFAULT_REGION=us-east-1\nLAB_BUCKET=s3://course-data-1a2b\n"
    assert re.fullmatch(rf"JUPYTER_TOKEN=[0-9a-f]{{48}}\n{told}", first)
    assert file.stat().st_mode & 0o777 == 0o600
    machine.setup()
    assert file.read_text() == first
    assert first[14:62] not in "".join(machine.calls)


def terminal(program: str, env: dict[str, str]) -> str:
    """What a shell prints whose output is a terminal."""
    ours, its = os.openpty()
    subprocess.run(["sh", "-c", program], env=env, stdout=its, check=True)
    os.close(its)
    found = b""
    with contextlib.suppress(OSError):  # the end of a terminal that nobody writes to
        while part := os.read(ours, 4096):
            found += part
    os.close(ours)
    return found.decode()


def test_login_shells_know_the_bucket_and_say_what_is_missing(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.setup()
    profile = machine.root / "etc/profile.d/mllab.sh"
    assert profile.stat().st_mode & 0o777 == 0o644
    assert "TOKEN" not in profile.read_text()
    message = tmp_path / "message"
    message.write_text("This machine is not complete\n")
    text = profile.read_text().replace("/etc/motd.d/mllab", str(message))
    shell = f'{text}\nset -eu\nprintf "%s" "$LAB_BUCKET"'
    bare = {"PATH": "/usr/bin:/bin"}
    assert terminal(shell, bare) == "This machine is not complete\r\ns3://course-data-1a2b"
    assert terminal(shell, {**bare, "SSH_CONNECTION": "x"}) == "s3://course-data-1a2b"
    quiet = subprocess.run(
        ["sh", "-c", shell], env=bare, capture_output=True, text=True, check=True
    )
    assert (quiet.stdout, quiet.stderr) == ("s3://course-data-1a2b", "")
    message.unlink()
    assert terminal(shell, bare) == "s3://course-data-1a2b"


def test_token_differs_between_machines(tmp_path: Path) -> None:
    tokens = set()
    for name in "ab":
        machine = prepared(tmp_path / name)
        machine.setup()
        tokens.add((machine.root / "run/mllab/jupyter.env").read_text())
    assert len(tokens) == 2


def test_files_of_the_student_are_left_alone(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.setup()
    home = machine.root / "home/lab"
    (home / ".bashrc").unlink()
    (home / "thesis.ipynb").write_text("{}")
    home.chmod(0o755)
    machine.restart()
    machine.setup()
    assert [path.name for path in home.iterdir()] == ["thesis.ipynb"]
    assert home.stat().st_mode & 0o777 == 0o755


def test_without_home_disk_the_system_disk_serves(tmp_path: Path) -> None:
    machine = prepared(tmp_path, HOME_DEVICE="")
    assert machine.setup().returncode == 0
    assert {"blkid", "mkfs.ext4"}.isdisjoint(call.split()[0] for call in machine.calls)
    assert (machine.root / "home/lab/.bashrc").exists()


def test_missing_settings_touch_no_disk(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    (machine.root / "etc/mllab/lab.env").unlink()
    for script in ("setup.sh", "home.sh", "shared.sh", "grow.sh"):
        assert machine.run(f"usr/local/lib/mllab/{script}").returncode != 0, script
        touched = {"blkid", "mkfs.ext4", "mount", "resize2fs"}
        assert touched.isdisjoint(call.split()[0] for call in machine.calls)
    assert not (machine.root / "home").exists()


def test_taken_user_number_is_said(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    machine.does("useradd", "echo 'useradd: UID 2000 is not unique' >&2; exit 4")
    assert machine.setup().returncode == 4
    assert machine.problems[1:] == ["user: useradd: UID 2000 is not unique"]


# --------------------------------------------------------------------------------- shared files


def test_lab_without_shared_files_mounts_none(tmp_path: Path) -> None:
    none = dict.fromkeys(["MOUNT_KIND", "MOUNT_SOURCE", "MOUNT_PATH", "MOUNT_OPTIONS"], "")
    machine = prepared(tmp_path, **none)
    assert machine.setup().returncode == 0
    assert machine.called("mount") == ["mount /home/lab"]
    assert machine.called("dnf") == []


def test_ubuntu_cannot_mount_efs_says_so_and_goes_on(tmp_path: Path) -> None:
    machine = prepared(tmp_path, *UBUNTU)
    assert machine.setup().returncode == 0
    assert machine.problems == [
        "This machine is not complete (sudo mllab-status):",
        "shared: EFS needs an Amazon Linux image: amazon-efs-utils has no package for this system",
    ]
    assert any(call.startswith("systemctl start --no-block") for call in machine.calls)


def test_other_kind_of_shared_files_is_refused(tmp_path: Path) -> None:
    machine = prepared(tmp_path, MOUNT_KIND="nfs")
    assert machine.setup().returncode == 0
    assert machine.problems[1:] == ["shared: MOUNT_KIND nfs: only efs can be mounted here"]
    assert machine.called("mount") == ["mount /home/lab"]


def test_what_the_network_refuses_twice_is_tried_again(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    refuse = 'echo x >>"$STANDINS/refused"; [[ $(cat "$STANDINS/refused") == x*x*x* ]] || exit 1\n'
    dnf = (machine.standins / "does/dnf").read_text()
    machine.does("dnf", refuse.replace("x*x*x*", "x$'\\n'x$'\\n'x") + dnf)
    assert machine.setup().returncode == 0
    assert len(machine.called("dnf")) == 3
    assert machine.called("sleep") == ["sleep 5", "sleep 15"]
    assert machine.problems == []


def test_message_goes_when_the_shared_files_come(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    mount = (machine.standins / "does/mount").read_text()
    machine.does(
        "mount", f"[[ $1 != /shared ]] || {{ echo 'mount.nfs4: timed out' >&2; exit 32; }}\n{mount}"
    )
    assert machine.setup().returncode == 0
    assert len(machine.called("mount")) == 6
    assert machine.problems[1:] == ["shared: mount.nfs4: timed out"]
    assert "shared: mount.nfs4: timed out" in machine.status().stdout
    assert machine.status().returncode == 1
    machine.does("mount", mount)
    assert machine.setup().returncode == 0
    assert machine.problems == []
    assert machine.status().returncode == 0


def test_a_share_that_never_answers_is_given_up_and_told(tmp_path: Path) -> None:
    """JupyterLab was started long before, by setup.sh. The limit is cut short here."""
    machine = prepared(tmp_path)
    mount = (machine.standins / "does/mount").read_text()
    machine.does("mount", f"[[ $1 != /shared ]] || tail -f /dev/null\n{mount}")
    (machine.bin / "timeout").unlink()
    (machine.bin / "timeout").symlink_to("standin")
    real = shutil.which("timeout")
    machine.does("timeout", f'[[ $3 == mount ]] && exec {real} -k 9 0.5 "${{@:3}}"; "${{@:3}}"')
    assert machine.setup().returncode == 0
    assert machine.called("mount").count("mount /shared") == 5
    told = "shared: not ready after 120 s, given up: mount /shared"
    assert machine.problems[1:] == [told]
    assert told in machine.status().stdout


def test_every_step_that_can_be_done_without_has_a_limit(root: Path) -> None:
    extras = (root / "components/files/extras.sh").read_text()
    steps = [line.split() for line in extras.splitlines() if line.startswith("step ")]
    assert [words[2] for words in steps] == ["limited"] * 2
    (unit,) = re.findall(r"TimeoutStartSec=(\d+)min", (root / UNIT).read_text())
    assert sum(int(words[3]) for words in steps) < int(unit) * 60


def test_a_step_that_was_cut_off_is_told(tmp_path: Path) -> None:
    machine = prepared(tmp_path)
    mkfs = (machine.standins / "does/mkfs.ext4").read_text()
    machine.does("mkfs.ext4", f'cat "$MLLAB_ROOT/etc/motd.d/mllab" >"$STANDINS/seen"\n{mkfs}')
    machine.setup()
    assert (machine.standins / "seen").read_text().splitlines()[1:] == ["home: not ready yet"]
    assert machine.problems == []


def test_odd_path_stays_one_field_and_is_never_run(tmp_path: Path) -> None:
    machine = prepared(tmp_path, MOUNT_PATH="/sha red\\$(touch pwned);x")
    machine.does("mount", 'echo "$1 x" >>"$STANDINS/mounts"')
    machine.does("findmnt", 'echo "$STANDINS/disk"')
    machine.setup()
    assert machine.fstab[-1].split() == [
        "fs-0abc123:/",
        "/sha\\040red\\134$(touch\\040pwned);x",
        "efs",
        "_netdev,noauto,tls,iam,accesspoint=fsap-0abc123",
        "0",
        "0",
    ]
    assert (machine.root / "sha red\\$(touch pwned);x").is_dir()
    assert not list(tmp_path.rglob("pwned"))
