"""The CLI's process: its environment, its signals, its silence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mllab.engines.pulumi.process import Process, Watch
from tests.pulumi.conftest import Script

QUIET: dict[str, str] = {"PATH": "/usr/bin:/bin"}


def run(path: Path, told: list[str] | None = None, **extra: str) -> tuple[int, str, str]:
    process = Process(path, QUIET, lambda: (told if told is not None else []).append("stop"))
    ended = process.execute(["up", "--yes"], str(path.parent), extra, None, None)
    return ended.code, ended.stdout, ended.stderr


def test_nothing_of_our_environment_gets_through(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    code, out, _ = run(script(tmp_path / "pulumi", "env; exit 3"), CI="true")
    assert code == 3
    names = {line.partition("=")[0] for line in out.splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH", "CI", "PULUMI_AUTOMATION_API"}


def test_no_command_may_ask(tmp_path: Path, script: Script) -> None:
    code, out, err = run(script(tmp_path / "pulumi", 'echo "$@"; cat; echo no >&2'))
    assert (code, out, err) == (0, "--non-interactive up --yes", "no")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_passed_on_as_one_interrupt(
    tmp_path: Path, script: Script, number: signal.Signals
) -> None:
    # It asks its parent to stop, as Ctrl-C would, and waits for what is passed on.
    path = script(
        tmp_path / "pulumi",
        f"""exec {sys.executable} -c '
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
os.kill(os.getppid(), {number.value})
print("heard", signal.sigwait({{signal.SIGINT}}).name)'""",
    )
    told: list[str] = []
    process = Process(path, QUIET, lambda: told.append("stop"))
    assert process.execute([], str(tmp_path), {}, None, None).stdout == "heard SIGINT"
    assert process.interrupted
    assert told == ["stop"]


@pytest.fixture
def typed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is typed when the command runs, but is not known to us yet."""
    real = subprocess.Popen

    def typed(*words: Any, **more: Any) -> subprocess.Popen[str]:
        process = real(*words, **more)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", typed)


@pytest.mark.usefixtures("typed_meanwhile")
def test_a_signal_that_comes_while_it_starts_is_passed_on_once(
    tmp_path: Path, script: Script
) -> None:
    told: list[str] = []
    code, _, _ = run(script(tmp_path / "pulumi", "exec sleep 60"), told)
    assert (code, len(told)) == (-signal.SIGINT, 1)


def test_a_short_command_is_let_end(tmp_path: Path, script: Script) -> None:
    process = Process(script(tmp_path / "pulumi", "kill -INT $PPID; exit 4"), QUIET)
    assert process.execute([], str(tmp_path), {}, None, None).code == 4
    assert process.interrupted


@pytest.mark.usefixtures("typed_meanwhile")
def test_a_short_command_is_let_end_when_the_signal_comes_while_it_starts(
    tmp_path: Path, script: Script
) -> None:
    process = Process(script(tmp_path / "pulumi", "exit 4"), QUIET)
    assert process.execute([], str(tmp_path), {}, None, None).code == 4
    assert process.interrupted


def test_signals_are_ours_again_afterwards(tmp_path: Path, script: Script) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run(script(tmp_path / "pulumi", "exit 0"))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_quiet_end_is_no_interruption(tmp_path: Path, script: Script) -> None:
    process = Process(script(tmp_path / "pulumi", "exit 0"), QUIET)
    process.execute([], str(tmp_path), {}, None, None)
    assert not process.interrupted


def test_silence_ends_a_command() -> None:
    asked, killed = threading.Event(), threading.Event()
    with Watch(0.01, lambda: False, asked.set, killed.set, grace=1000) as watch:
        assert asked.wait(30)
    assert watch.fell_silent
    assert not killed.is_set(), "it ended when it was asked to"


def test_what_does_not_end_when_asked_is_killed() -> None:
    asked, killed = threading.Event(), threading.Event()
    with Watch(0.01, lambda: False, asked.set, killed.set, grace=0.01):
        assert killed.wait(30)
    assert asked.is_set()


def test_work_in_progress_is_no_silence() -> None:
    looked = threading.Semaphore(0)
    ended = threading.Event()

    def busy() -> bool:
        looked.release()
        return True

    with Watch(0.01, busy, ended.set, ended.set) as watch:
        for _ in range(3):
            assert looked.acquire(timeout=30)
    assert not watch.fell_silent
    assert not ended.is_set()


def test_the_terminals_own_interrupts_do_not_reach_it(tmp_path: Path, script: Script) -> None:
    _, out, _ = run(script(tmp_path / "pulumi", "ps -o sid= -p $$; echo $$"))
    session, own = out.split()
    assert session == own


def test_a_second_signal_is_passed_on_too_and_explained_once(
    tmp_path: Path, script: Script
) -> None:
    path = script(
        tmp_path / "pulumi",
        f"""exec {sys.executable} -c '
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
for _ in range(2):
    os.kill(os.getppid(), signal.SIGINT)
    print("heard", signal.sigwait({{signal.SIGINT}}).name)'""",
    )
    told: list[str] = []
    assert run(path, told)[1].splitlines() == ["heard SIGINT", "heard SIGINT"]
    assert len(told) == 1


def test_it_cannot_read_what_is_typed(tmp_path: Path, script: Script) -> None:
    ours, typed = os.pipe()
    before = os.dup(0)
    os.dup2(ours, 0)
    try:
        _, out, _ = run(script(tmp_path / "pulumi", "readlink /proc/$$/fd/0"))
    finally:
        os.dup2(before, 0)
        for handle in (ours, typed, before):
            os.close(handle)
    assert out == os.devnull
