"""How the watchdog asks its probes: each in a process, none waited for longer than the limit."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from components.files.asking import Finding, ask_all, found

# Newer Pythons warn of a fork beside threads, which the test runner has and the watchdog has not.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
QUIET = Finding("quiet", "fine", {"left": 1})


def fine() -> Finding:
    return found(False, "fine", {"left": 1})


def fails() -> Finding:
    raise RecursionError


def is_killed() -> Finding:
    os.kill(os.getpid(), signal.SIGKILL)
    return QUIET


def test_what_fails_or_is_ended_is_unknown_and_the_others_answer() -> None:
    said = ask_all({"fails": fails, "fine": fine, "killed": is_killed}, 60)
    assert list(said.items()) == [
        ("fails", Finding("unknown", "RecursionError")),
        ("fine", QUIET),
        ("killed", Finding("unknown", "it was ended")),
    ]


def test_an_answer_may_be_long() -> None:
    long = {str(number): "x" * 100 for number in range(10_000)}
    assert ask_all({"long": lambda: found(True, "long", long)}, 60)["long"].left == long


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    child = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def hangs() -> Finding:
        os.open(pipe, os.O_WRONLY)  # inherited by the process below
        os.fork()
        signal.pause()
        return QUIET

    assert ask_all({"hangs": hangs}, 1) == {"hangs": Finding("unknown", "no answer in 1 s")}
    ready, _, _ = select.select([child], [], [], 60)  # as soon as the last of them is gone
    assert ready
    os.close(child)


def test_a_machine_without_a_free_process_still_gets_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuses)
    (finding,) = ask_all({"fine": fine}, 60).values()
    assert (finding.state, finding.words) == (
        "unknown",
        "[Errno 11] Resource temporarily unavailable",
    )
