"""Locks that runs have left behind in a folder of states."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.engines.pulumi.locks import clear_stale, is_held
from mllab.errors import LockedError

NOW = datetime(2027, 1, 11, 9, 30, tzinfo=UTC)


def lock(backend: Path, name: str = "one", **changes: object) -> Path:
    """A lock as Pulumi's engine writes it."""
    folder = backend / ".pulumi/locks/organization/mllab/course"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    content = {
        "pid": dead_pid(),
        "username": "ann",
        "hostname": socket.gethostname(),
        "timestamp": "2027-01-11T09:17:59.123456789Z",
    } | changes
    path.write_text(json.dumps(content))
    return path


def dead_pid() -> int:
    """A number that no process has."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def clear(backend: Path) -> str:
    return clear_stale(backend, "mllab", "course", NOW)


def test_without_a_lock_nothing_is_said(tmp_path: Path) -> None:
    assert clear(tmp_path) == ""


def test_the_lock_of_a_dead_run_goes_and_is_named(tmp_path: Path) -> None:
    path = lock(tmp_path)
    warning = clear(tmp_path)
    assert not path.exists()
    assert "ann" in warning
    assert "for 12 min" in warning


def test_a_lock_of_another_host_stays_and_is_named(tmp_path: Path) -> None:
    path = lock(tmp_path, hostname="lab-pc", pid=4711)
    with pytest.raises(LockedError, match=r"ann on lab-pc \(process 4711\), for 12 min") as caught:
        clear(tmp_path)
    assert path.exists()
    assert "pulumi cancel -s course" in caught.value.hint


def test_a_number_that_another_program_has_now_is_no_owner(tmp_path: Path) -> None:
    path = lock(tmp_path, pid=os.getpid())  # python, not pulumi
    assert "killed" in clear(tmp_path)
    assert not path.exists()


def test_the_lock_of_a_living_pulumi_stays(tmp_path: Path) -> None:
    link = tmp_path / "pulumi"
    link.symlink_to("/bin/sleep")
    with subprocess.Popen([link, "1000"]) as process:
        try:
            path = lock(tmp_path, pid=process.pid)
            with pytest.raises(LockedError):
                clear(tmp_path)
            assert path.exists()
        finally:
            process.kill()


def test_a_zombie_holds_nothing(tmp_path: Path) -> None:
    link = tmp_path / "pulumi"
    link.symlink_to("/bin/sleep")
    with subprocess.Popen([link, "1000"]) as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays
        path = lock(tmp_path, pid=process.pid)
        assert not is_held(tmp_path, "mllab", "course")
        assert "killed" in clear(tmp_path)
        assert not path.exists()


def test_drafts_of_locks_go_unless_somebody_holds_the_stack(tmp_path: Path) -> None:
    path = lock(tmp_path, "foreign", hostname="lab-pc")
    draft = path.with_name("dead.json.18ecc4a47f0daa73.tmp")
    draft.write_text("")
    attributes = path.with_name("dead.json.attrs")
    attributes.write_text("")
    with pytest.raises(LockedError):
        clear(tmp_path)
    assert is_held(tmp_path, "mllab", "course")
    assert draft.exists()
    path.unlink()
    assert clear(tmp_path) == ""
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "{}"])
def test_a_lock_that_cannot_be_read_is_believed(tmp_path: Path, text: str) -> None:
    path = lock(tmp_path)
    path.write_text(text)
    with pytest.raises(LockedError, match="one.json"):
        clear(tmp_path)
    assert path.exists()


def test_one_living_owner_among_dead_ones_is_enough(tmp_path: Path) -> None:
    lock(tmp_path, "a-dead")
    lock(tmp_path, "b-foreign", hostname="lab-pc")
    with pytest.raises(LockedError, match="lab-pc"):
        clear(tmp_path)


def test_other_stacks_are_left_alone(tmp_path: Path) -> None:
    path = lock(tmp_path)
    other = path.parent.parent / "other" / "one.json"
    other.parent.mkdir()
    path.rename(other)
    assert clear(tmp_path) == ""
    assert other.exists()
