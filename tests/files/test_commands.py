"""What a student types on the machine: mllab-token, mllab-keep-awake, mllab-status."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from components.files import probes
from tests.files.prepared import Prepared, prepared
from tests.files.watched import Watched


@pytest.fixture
def machine(tmp_path: Path) -> Prepared:
    machine = prepared(tmp_path)
    machine.setup()
    proc = machine.root / "proc"
    proc.mkdir()
    (proc / "uptime").write_text("1000.99 2000.00\n")
    return machine


def test_token_is_the_address_to_open(machine: Prepared) -> None:
    file = machine.root / "run/mllab/jupyter.env"
    token = file.read_text().splitlines()[0].removeprefix("JUPYTER_TOKEN=")
    assert machine.run("usr/bin/mllab-token").stdout == f"http://localhost:8888/lab?token={token}\n"


def test_token_names_the_port_of_whoever_asks(machine: Prepared) -> None:
    done = machine.run("usr/bin/mllab-token", "8891")
    assert done.stdout.startswith("http://localhost:8891/lab?token=")
    for wrong in ("88a", "-1", "1;id"):
        done = machine.run("usr/bin/mllab-token", wrong)
        assert (done.returncode, done.stdout) == (2, "")


def test_token_before_the_setup_says_what_is_missing(machine: Prepared) -> None:
    (machine.root / "run/mllab/jupyter.env").unlink()
    machine.does("sudo", '[[ $1 == -- ]]; echo "asked sudo for ${2##*/}" >&2; exit 1')
    (machine.bin / "sudo").symlink_to("standin")
    done = machine.run("usr/bin/mllab-token")
    assert done.returncode == 1
    assert done.stderr in (  # root, or somebody who has to become root
        "no token yet: the machine is still being prepared, see mllab-status\n",
        "asked sudo for mllab-token\n",
    )


@pytest.mark.parametrize(("span", "until"), [("3h", 11800), ("90m", 6400), ("1m", 1060)])
def test_keep_awake_counts_from_the_boot(span: str, until: int, machine: Prepared) -> None:
    done = machine.run("usr/bin/mllab-keep-awake", span)
    assert (done.returncode, done.stdout) == (0, f"not stopped as idle for {span} from now\n")
    file = machine.root / "run/mllab-awake/until"
    assert file.read_text() == f"{until}\n"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "span", ["", "3", "h", "0h", "-1h", "3d", "1.5h", "3h;id", "99999h", "$(id)"]
)
def test_keep_awake_refuses_what_is_no_span(span: str, machine: Prepared) -> None:
    done = machine.run("usr/bin/mllab-keep-awake", span)
    assert done.returncode == 2
    assert "usage: mllab-keep-awake 3h | 90m | off" in done.stderr
    assert not (machine.root / "run/mllab-awake/until").exists()


def test_keep_awake_wants_one_word(machine: Prepared) -> None:
    assert machine.run("usr/bin/mllab-keep-awake").returncode == 2
    assert machine.run("usr/bin/mllab-keep-awake", "3h", "now").returncode == 2


def test_keep_awake_can_be_taken_back(machine: Prepared) -> None:
    machine.run("usr/bin/mllab-keep-awake", "3h")
    assert machine.run("usr/bin/mllab-keep-awake", "off").returncode == 0
    assert not (machine.root / "run/mllab-awake/until").exists()
    assert machine.run("usr/bin/mllab-keep-awake", "off").returncode == 0


def test_keep_awake_never_writes_through_a_link(machine: Prepared) -> None:
    victim = machine.root / "etc/passwd"
    victim.write_text("root")
    (machine.root / "run/mllab-awake/until").symlink_to(victim)
    machine.run("usr/bin/mllab-keep-awake", "3h")
    assert victim.read_text() == "root"
    until = machine.root / "run/mllab-awake/until"
    assert not until.is_symlink()
    until.unlink()
    until.symlink_to(machine.root / "etc/mllab")
    machine.run("usr/bin/mllab-keep-awake", "3h")
    assert until.read_text() == "11800\n"


def test_keep_awake_that_cannot_write_says_how_it_can(machine: Prepared) -> None:
    (machine.root / "run/mllab-awake").rmdir()
    done = machine.run("usr/bin/mllab-keep-awake", "3h")
    assert done.returncode == 1
    assert done.stderr.endswith("mllab-awake: try sudo mllab-keep-awake 3h\n")


def test_watchdog_understands_what_keep_awake_writes(machine: Prepared, watched: Watched) -> None:
    machine.run("usr/bin/mllab-keep-awake", "1h")
    watched.settings["KEEP_AWAKE"] = str(machine.root / "run/mllab-awake/until")
    assert "keep-awake for 50 more min" in watched.look(1600 / 60)


def test_status_says_what_there_is_and_why_it_stays(machine: Prepared) -> None:
    machine.does("systemctl", "echo active")
    report = machine.root / "run/mllab-watchdog/report"
    report.parent.mkdir()
    report.write_text("stay: GPU 87 %; up 3.0 of 12 h\n  GPU         in use   87 %\n")
    os.utime(report, (36000, 36000))
    done = machine.status()
    assert (done.returncode, re.sub("1[0-9]:00 ...", "12:00 UTC", done.stdout)) == (
        0,
        "lab course, seat shared\n"
        "bucket course-data-1a2b\n"
        "shared files /shared\n"
        "setup: active\n"
        "packages: active\n"
        "shared files and more: active\n"
        "Jupyter: active\n"
        "watchdog, 12:00 UTC: stay: GPU 87 %; up 3.0 of 12 h\n"
        "  GPU         in use   87 %\n",
    )


def test_status_without_rights_or_services_still_answers(machine: Prepared) -> None:
    machine.does("systemctl", "echo failed; exit 3")
    done = machine.status()
    assert done.returncode == 0
    assert "setup: failed\n" in done.stdout
    assert "watchdog: has not looked since this start\n" in done.stdout


def test_status_shows_what_every_probe_found_in_this_boot_alone(
    machine: Prepared, watched: Watched
) -> None:
    watched.settings |= {
        "REPORT": str(machine.root / "run/mllab-watchdog/report"),
        "KEEP_AWAKE": str(machine.root / "run/mllab-awake/until"),
    }
    machine.run("usr/bin/mllab-keep-awake", "2h")
    line = watched.look(5)
    shown = machine.status().stdout
    assert "keep-awake for 132 more min" in line
    assert line in shown
    for name in (*probes.EVIDENCE, *probes.ORDERS):
        assert re.search(rf"^  {name} +(in use|quiet) +\S", shown, re.MULTILINE), name
    machine.restart()
    assert "watchdog: has not looked since this start\n" in machine.status().stdout
