"""One run at a time: living owners are respected, dead ones are not waited for."""

from __future__ import annotations

import getpass
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mllab.engines.embedded.lock import Lock
from mllab.errors import LockedError, StateError
from tests.engines.bench import Bench, things


def owner(**parts: Any) -> str:
    me = {"pid": os.getpid(), "host": socket.gethostname(), "user": "ada", "began": ""}
    return json.dumps({**me, **parts})


@pytest.fixture
def dead() -> int:
    """The id of a process that is surely gone."""
    process = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(process.stdout)


def test_a_lock_is_taken_and_given_back(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "l", "dev")
    assert lock.acquire() == ""
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    Lock(tmp_path / "l", "dev").acquire()
    with pytest.raises(LockedError) as refused:
        Lock(tmp_path / "l", "dev").acquire()
    text = str(refused.value)
    assert f"process {os.getpid()}" in text
    assert socket.gethostname() in text
    assert "for 0 s" in text
    assert f"rm {tmp_path / 'l'}" in text
    assert [path.name for path in tmp_path.iterdir()] == ["l"]


def test_a_zombie_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]) as process:
        (tmp_path / "l").write_text(owner(pid=process.pid))
        with pytest.raises(LockedError):
            Lock(tmp_path / "l", "dev").check()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays
        assert "taken over" in Lock(tmp_path / "l", "dev").acquire()


def test_drafts_of_processes_that_are_gone_go(tmp_path: Path, dead: int) -> None:
    living = tmp_path / f"l.{os.getppid()}.5"
    for draft in (tmp_path / f"l.{dead}.7", tmp_path / f"l.{dead}.dead", living):
        draft.write_text("")
    Lock(tmp_path / "l", "dev").acquire()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["l", living.name]


def test_only_the_own_lock_is_given_back(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "l", "dev")
    lock.acquire()
    (tmp_path / "l").write_text(owner(user="another"))
    lock.release()
    assert "another" in (tmp_path / "l").read_text()


def test_a_dead_owner_is_followed_with_a_warning(tmp_path: Path, dead: int) -> None:
    (tmp_path / "l").write_text(owner(pid=dead))
    warning = Lock(tmp_path / "l", "dev").acquire()
    assert f"process {dead} of ada" in warning
    assert json.loads((tmp_path / "l").read_text())["pid"] == os.getpid()
    assert [path.name for path in tmp_path.iterdir()] == ["l"]


def test_a_process_id_that_is_used_again_is_not_the_owner(tmp_path: Path) -> None:
    """Process 1 lives on, but it did not begin when the lock says."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc")
    (tmp_path / "l").write_text(owner(began="1"))
    assert "taken over" in Lock(tmp_path / "l", "dev").acquire()


def test_an_owner_on_another_host_may_live(tmp_path: Path, dead: int) -> None:
    (tmp_path / "l").write_text(owner(pid=dead, host="elsewhere"))
    with pytest.raises(LockedError, match="on elsewhere"):
        Lock(tmp_path / "l", "dev").acquire()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "\xff"])
def test_an_unreadable_lock_is_respected(tmp_path: Path, text: str) -> None:
    (tmp_path / "l").write_text(text, encoding="latin-1")
    with pytest.raises(LockedError, match="an unknown process"):
        Lock(tmp_path / "l", "dev").acquire()


def test_looking_at_a_lock_takes_nothing(tmp_path: Path, dead: int) -> None:
    lock = Lock(tmp_path / "l", "dev")
    lock.check()
    (tmp_path / "l").write_text(owner(pid=dead))
    lock.check()
    assert "ada" in (tmp_path / "l").read_text()
    (tmp_path / "l").write_text(owner())
    with pytest.raises(LockedError):
        lock.check()


def test_the_slower_of_two_that_follow_a_dead_owner_gives_way(tmp_path: Path, dead: int) -> None:
    """Both have read the dead owner's file; the first one has taken its place when the second one
    acts.
    """
    lock = Lock(tmp_path / "l", "dev")
    stale = owner(pid=dead).encode()
    (tmp_path / "l").write_text(owner(user="first"))
    lock._set_aside(stale)
    assert json.loads((tmp_path / "l").read_text())["user"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["l"]


@pytest.mark.parametrize(
    ("seconds", "age"), [(5, "5 s"), (200, "3 min"), (7300, "2 h"), (180_000, "2 d"), (-9, "0 s")]
)
def test_the_age_of_a_lock_is_told_in_fitting_units(tmp_path: Path, seconds: int, age: str) -> None:
    path = tmp_path / "l"
    path.write_text(owner())
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))
    with pytest.raises(LockedError, match=f"for {age}$|for {age}\n"):
        Lock(path, "dev").acquire()


def test_a_process_of_another_user_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    (tmp_path / "l").write_text(owner())
    with pytest.raises(LockedError):
        Lock(tmp_path / "l", "dev").acquire()


def test_a_user_without_a_name_can_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nobody)
    Lock(tmp_path / "l", "dev").acquire()
    assert json.loads((tmp_path / "l").read_text())["user"] == f"user {os.getuid()}"


def test_a_folder_that_cannot_be_made_is_an_error_before_anything_happens(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(StateError, match="folder cannot be written") as refused:
        bench.up(things("a"))
    assert "MLLAB_HOME" in refused.value.hint
    assert bench.cloud.things == {}


def test_all_verbs_that_write_hold_the_lock(bench: Bench) -> None:
    bench.up(things("a"))
    lock = Lock(bench.home / "state" / "dev.lock", "dev")
    lock.acquire()
    for verb in (bench.engine.up, bench.engine.refresh, bench.engine.destroy, bench.engine.preview):
        with pytest.raises(LockedError):
            verb()
    assert bench.engine.outputs() == {}
    assert len(bench.resources()) == 3
    lock.release()
    assert bench.engine.destroy().ok


def test_the_lock_goes_with_every_end_of_a_run(bench: Bench) -> None:
    def broken() -> None:
        raise ValueError("no")

    with pytest.raises(Exception, match="no"):
        bench.up(broken)
    assert not (bench.home / "state" / "dev.lock").exists()
