"""Signals that reach `mllab connect`, and the command that it runs."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mllab.lifecycle import connect
from tests.pulumi.aws_cli import ONE, Aws
from tests.pulumi.conftest import Script


def hears(**ending: int) -> str:
    """A command that says what it hears, and ends at some signals with a code.

    From its first word on nothing is missed: a signal is kept until it waits for one. A shell would
    miss what comes between a look at its traps and a call that blocks.
    """
    return f"""exec {sys.executable} -c '
import signal, sys
every = {{signal.SIGINT, signal.SIGTERM, signal.SIGHUP}}
signal.pthread_sigmask(signal.SIG_BLOCK, every)
print("up", flush=True)
while True:
    name = signal.sigwait(every).name
    print("heard", name, flush=True)
    if code := dict({", ".join(f"SIG{name}={code}" for name, code in ending.items())}).get(name):
        sys.exit(code)
'
"""


@pytest.fixture
def started(root: Path, aws: Aws) -> Callable[..., subprocess.Popen[str]]:
    """The connection in a process of its own, once the command is up."""

    def begin(does: str, **streams: Any) -> subprocess.Popen[str]:
        aws.does(does)
        code = (
            "import sys, json; from mllab.lifecycle import connect; "
            f"sys.exit(connect.run(json.loads({json.dumps(ONE)!r}), 'course', None, "
            "say=lambda _: None))"
        )
        return subprocess.Popen([sys.executable, "-c", code], cwd=root, text=True, **streams)

    return begin


@pytest.mark.parametrize(("name", "code"), [("INT", 7), ("TERM", 8), ("HUP", 9)])
def test_a_signal_passes_to_the_command(
    started: Callable[..., subprocess.Popen[str]], name: str, code: int
) -> None:
    with started(
        hears(INT=7, TERM=8, HUP=9), stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(getattr(signal, f"SIG{name}"))
        try:
            shown, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert shown == f"heard SIG{name}\n", "once"
    assert process.returncode == code


def test_a_command_that_a_signal_ends_gives_what_a_shell_gives(
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    with started("kill -9 $$") as process:
        assert process.wait() == 137


def test_ctrl_c_at_a_terminal_is_heard_once_and_by_the_command(
    root: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    main, side = pty.openpty()
    launcher = str(root / "tests" / "cli" / "launcher.py")
    real = subprocess.Popen

    def at_terminal(words: list[str], **more: Any) -> subprocess.Popen[str]:
        return real([sys.executable, launcher, "terminal", *words], **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", at_terminal)
        process = started(
            hears(TERM=5), stdin=side, stdout=side, stderr=side, start_new_session=True
        )
    os.close(side)
    shown = ""

    def until(text: str) -> None:
        nonlocal shown
        while text not in shown:
            assert select.select([main], [], [], 60)[0], shown
            shown += os.read(main, 4096).decode()

    try:
        until("up")
        os.write(main, b"\x03")
        until("heard SIGINT")
        process.terminate()
        until("heard SIGTERM")
        assert process.wait(60) == 5
        assert shown.count("heard SIGINT") == 1
    finally:
        process.kill()
        process.wait()
        os.close(main)


@pytest.mark.parametrize(
    ("by_terminal", "before", "heard"),
    [(True, False, []), (False, False, ["SIGINT"]), (True, True, ["SIGINT"])],
)
def test_what_comes_while_the_command_starts_reaches_it_once(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: Script,
    by_terminal: bool,
    before: bool,
    heard: list[str],
) -> None:
    """A command that is there hears the terminal by itself; one that is not yet cannot."""
    real, (read, write) = subprocess.Popen, os.pipe()
    early = [signal.SIGINT] if before else []

    def begin(words: list[str]) -> subprocess.Popen[bytes]:
        process = real(words, stdout=write)
        os.close(write)
        assert os.read(read, 3) == b"up\n"
        if not before:
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        return process

    def monotonic() -> float:
        if early:
            signal.raise_signal(early.pop())
        return 0.0

    monkeypatch.setattr(connect, "_in_foreground", lambda: by_terminal)
    monkeypatch.setattr(connect, "time", SimpleNamespace(monotonic=monotonic))
    monkeypatch.setattr(connect.subprocess, "Popen", begin)
    command = script(tmp_path / "waits", hears(TERM=8))
    assert connect._attend([str(command)])[0] == 8
    with os.fdopen(read) as shown:
        assert shown.read().split() == [w for name in [*heard, "SIGTERM"] for w in ("heard", name)]
