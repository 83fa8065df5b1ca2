"""The systemd units: what they promise to the student and to the bill. No unit is started here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.aws import machine
from components.files.watchdog import NUMBERS
from tests.files.unpacked import SETTINGS, unpack

UNITS = {
    file.source.name: file.source.read_text()
    for file in machine.FILES
    if file.target.startswith("/etc/systemd/system/")
}


def values(unit: str, key: str) -> list[str]:
    lines = UNITS[unit].splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def test_jupyter_listens_on_this_machine_alone() -> None:
    (command,) = values("mllab-jupyter.service", "ExecStart")
    words = command.split()
    assert [word for word in words if ".ip" in word] == ["--ServerApp.ip=127.0.0.1"]
    assert [word for word in words if "port" in word] == [
        "--ServerApp.port=8888",
        "--ServerApp.port_retries=0",
    ]


@pytest.mark.parametrize("unit", ["mllab-packages.service", "mllab-shared.service"])
def test_what_fails_again_and_again_is_given_up_until_the_next_start(unit: str) -> None:
    """Its downloads count as use, so a full disk would keep the machine running."""
    assert values(unit, "Restart") == ["on-failure"]
    assert values(unit, "StartLimitIntervalSec") == ["infinity"]
    (times,) = values(unit, "StartLimitBurst")
    assert 1 < int(times) < 10


def test_jupyter_takes_its_token_from_the_file_of_root_and_from_nowhere_else() -> None:
    assert values("mllab-jupyter.service", "EnvironmentFile") == ["/run/mllab/jupyter.env"]
    assert "token" not in UNITS["mllab-jupyter.service"].lower()


def test_jupyter_is_no_root_and_comes_back() -> None:
    assert values("mllab-jupyter.service", "User") == ["lab"]
    assert values("mllab-jupyter.service", "Restart") == ["always"]


def test_runaway_kernel_ends_alone() -> None:
    assert values("mllab-jupyter.service", "MemoryMax") == ["85%"]
    assert values("mllab-jupyter.service", "OOMPolicy") == ["continue"]


def test_jupyter_waits_for_the_home_disk() -> None:
    assert values("mllab-jupyter.service", "Requires") == ["mllab-setup.service"]
    assert values("mllab-jupyter.service", "After") == ["mllab-setup.service"]


def test_jupyter_waits_for_nothing_that_can_be_done_without() -> None:
    assert "mllab-shared" not in UNITS["mllab-jupyter.service"] + UNITS["mllab-packages.service"]
    assert values("mllab-shared.service", "Requires") == ["mllab-setup.service"]


def test_watchdog_depends_on_nothing_and_looks_as_often_as_it_believes() -> None:
    text = UNITS["mllab-watchdog.service"] + UNITS["mllab-watchdog.timer"]
    assert not [word for word in ("Requires", "After", "Condition", "User=") if word in text]
    minutes = [f"{NUMBERS['INTERVAL_MINUTES']}min"]
    assert values("mllab-watchdog.timer", "OnUnitActiveSec") == minutes
    assert values("mllab-watchdog.timer", "OnBootSec") == minutes
    assert values("mllab-watchdog.timer", "OnCalendar") == []


def test_watchdog_has_time_for_every_tool_to_hang() -> None:
    """Limits, probes, heartbeat; then the command to stop and the one that forces it."""
    (limit,) = values("mllab-watchdog.service", "TimeoutStartSec")
    needed = 3 * float(NUMBERS["PROBE_SECONDS"]) + 2 * float(NUMBERS["STOP_SECONDS"])
    assert needed < int(limit) < 60 * float(NUMBERS["INTERVAL_MINUTES"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """Of a copy whose programs exist, since systemd wants to see what it is to start."""
    unpack(tmp_path, SETTINGS)
    jupyter = tmp_path / "opt/mllab/venv/bin/jupyter-lab"
    jupyter.parent.mkdir(parents=True)
    jupyter.touch(0o755)
    folder = tmp_path / "etc/systemd/system"
    for name, text in UNITS.items():
        text = re.sub("=(/usr/local|/opt)/", rf"={tmp_path}\1/", text)
        (folder / name).write_text(text.replace("=/usr/bin/python3", f"={sys.executable}"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *sorted(UNITS)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
