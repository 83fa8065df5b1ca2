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
from typing import Any

import pytest

from tests.pulumi.aws_cli import ONE, Aws

WAITS = """
trap 'echo heard INT; exit 7' INT; trap 'echo heard TERM; exit 8' TERM
trap 'echo heard HUP; exit 9' HUP; echo up
while :; do read line < "$NOTED.never" || :; done
"""


@pytest.fixture
def started(root: Path, aws: Aws) -> Callable[..., subprocess.Popen[str]]:
    """The connection in a process of its own, once the command is up."""

    def begin(does: str, **streams: Any) -> subprocess.Popen[str]:
        aws.does(does)
        os.mkfifo(f"{aws.noted}.never")
        code = (
            "import sys, json; from mllab.lifecycle import connect; "
            f"sys.exit(connect.run(json.loads({json.dumps(ONE)!r}), 'course', None, "
            "simulated=False, say=lambda _: None))"
        )
        return subprocess.Popen([sys.executable, "-c", code], cwd=root, text=True, **streams)

    return begin


@pytest.mark.parametrize(("name", "code"), [("INT", 7), ("TERM", 8), ("HUP", 9)])
def test_a_signal_passes_to_the_command(
    started: Callable[..., subprocess.Popen[str]], name: str, code: int
) -> None:
    with started(WAITS, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(getattr(signal, f"SIG{name}"))
        try:
            shown, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert shown == f"heard {name}\n", "once"
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
    counts = "n=0; trap 'n=$((n+1)); echo INT $n' INT; trap 'echo TERM; exit 5' TERM; echo up\n"
    wait = 'while :; do read line < "$NOTED.never" || :; done'
    launcher = str(root / "tests" / "cli" / "launcher.py")
    real = subprocess.Popen

    def at_terminal(words: list[str], **more: Any) -> subprocess.Popen[str]:
        return real([sys.executable, launcher, "terminal", *words], **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", at_terminal)
        process = started(
            counts + wait, stdin=side, stdout=side, stderr=side, start_new_session=True
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
        until("INT 1")
        process.terminate()
        until("TERM")
        assert process.wait(60) == 5
        assert "INT 2" not in shown
    finally:
        process.kill()
        process.wait()
        os.close(main)
