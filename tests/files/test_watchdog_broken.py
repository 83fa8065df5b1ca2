"""The watchdog where things are broken: no crash, no stop by mistake, a stop after MAX_HOURS."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.files.watched import KERNEL, Watched

LATE = 120  # minutes: MAX_HOURS


def answer(kind: str, what: Any) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.jupyter.answers[f"/api/{kind}"] = what

    return breaks


def tool(name: str, body: str) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.tool(name, body)

    return breaks


def setting(key: str, value: str) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.settings[key] = value

    return breaks


def load(text: str) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.load(text)

    return breaks


def hangs(name: str) -> Callable[[Watched], None]:
    """A tool that never ends, and whose child keeps its output open."""

    def breaks(watched: Watched) -> None:
        watched.settings["PROBE_SECONDS"] = "0.05"
        watched.tool(name, "tail -f /dev/null & tail -f /dev/null")

    return breaks


def jupyter_hangs(watched: Watched) -> None:
    watched.settings["PROBE_SECONDS"] = "0.05"
    watched.jupyter.answers["/api/kernels"] = threading.Event()


def token_is_missing(watched: Watched) -> None:
    watched.token_file.unlink()


def keep_awake_is_a_pipe(watched: Watched) -> None:
    os.mkfifo(watched.keep_awake)


def keep_awake_leads_elsewhere(watched: Watched) -> None:
    secret = watched.folder / "secret"
    secret.write_text("s3cret")
    watched.keep_awake.symlink_to(secret)


def processes_are_hidden(watched: Watched) -> None:
    for process in watched.proc.glob("[0-9]*"):
        process.rename(watched.folder / f"was-{process.name}")


BROKEN = {
    "nvidia-smi missing": setting("NVIDIA_SMI", "/nowhere/nvidia-smi"),
    "nvidia-smi fails": tool("nvidia-smi", "echo 0; exit 15"),
    "nvidia-smi says nothing": tool("nvidia-smi", ""),
    "nvidia-smi cannot say": tool("nvidia-smi", "echo '[N/A]'"),
    "nvidia-smi cannot say for one": tool("nvidia-smi", "printf '0\\n[Not Supported]\\n'"),
    "nvidia-smi says nan": tool("nvidia-smi", "printf '0\\nnan\\n'"),
    "nvidia-smi says minus": tool("nvidia-smi", "echo -1"),
    "nvidia-smi says bytes": tool("nvidia-smi", "printf '\\377\\376'"),
    "nvidia-smi hangs": hangs("nvidia-smi"),
    "who missing": setting("WHO", "/nowhere/who"),
    "who fails": tool("who", "exit 1"),
    "who hangs": hangs("who"),
    "no processes": processes_are_hidden,
    "kernels refused": answer("kernels", 403),
    "kernels crash": answer("kernels", 500),
    "kernels are no JSON": answer("kernels", b"<html>"),
    "kernels are no text": answer("kernels", b"\xff\xfe"),
    "kernels are no list": answer("kernels", {"kernels": []}),
    "kernels are an empty object": answer("kernels", {}),
    "kernels are nothing": answer("kernels", None),
    "kernels nest without end": answer("kernels", b"[" * 900_000),
    "kernel is no object": answer("kernels", ["k1"]),
    "kernel without state": answer("kernels", [{"id": "k1", "last_activity": "x"}]),
    "kernel without activity": answer("kernels", [{"id": "k1", "execution_state": "idle"}]),
    "too many kernels to read": answer("kernels", [KERNEL] * 20_000),
    "Jupyter hangs": jupyter_hangs,
    "Jupyter has no address": setting("JUPYTER_URL", "nowhere://127.0.0.1:8888"),
    "token missing": token_is_missing,
    "load is empty": load(""),
    "load is text": load("a b c"),
    "load is nan": load("nan nan nan"),
    "load is minus": load("-1 -1 -1"),
    "keep-awake is a pipe": keep_awake_is_a_pipe,
    "keep-awake leads elsewhere": keep_awake_leads_elsewhere,
}


@pytest.fixture(params=BROKEN, ids=str)
def broken(request: pytest.FixtureRequest, watched: Watched) -> Watched:
    watched.quiet(10)
    BROKEN[request.param](watched)
    return watched


def test_what_cannot_tell_keeps_the_machine_until_the_longest_time(broken: Watched) -> None:
    said = broken.look(15)
    assert broken.stops == 0
    assert "cannot tell (" in said
    assert "s3cret" not in said
    assert broken.look(LATE) == "stop: longest time reached; up 2.0 of 2 h"
    assert broken.stops == 1


def test_everything_broken_at_once_still_stops_at_the_longest_time(watched: Watched) -> None:
    watched.settings |= {
        "NVIDIA_SMI": "",
        "WHO": "",
        "PROC": "/nowhere",
        "TERMINALS": "/nowhere",
        "JUPYTER_URL": "no address",
        "JUPYTER_ENV": "/nowhere",
        "KEEP_AWAKE": "\udcff",
        "STATE": "/proc/nowhere/state.json",
        "IDLE_MINUTES": "soon",
        "INTERVAL_MINUTES": "nan",
        "PROBE_SECONDS": "-1",
        "MAX_HOURS": "0.000001",  # the real uptime is asked where PROC has none
    }
    watched.settings["KEEP_AWAKE"] = "/nowhere"
    said = watched.look(0)
    assert said.startswith("stop: longest time reached")
    assert watched.stops == 1


def test_longest_time_asks_nothing(watched: Watched) -> None:
    watched.look(LATE)
    assert watched.jupyter.asked == []


def test_use_does_not_outlast_the_longest_time(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo 100")
    watched.keep_awake.write_text("inf\n")
    assert watched.look(LATE - 6).startswith("stay: GPU 100 %; ")
    assert watched.look(LATE - 1).startswith("warn: GPU 100 %; ")
    assert watched.stops == 0
    watched.look(LATE)
    assert watched.stops == 1


def test_warning_of_the_longest_time_promises_no_way_out(watched: Watched) -> None:
    terminal = watched.terminals / "3"
    terminal.touch()
    watched.tool("nvidia-smi", "echo 100")
    watched.look(LATE - 5)
    said = terminal.read_text()
    assert "this machine stops in about 5 minutes: GPU 100 %; " in said
    assert said.endswith("; up 1.9 of 2 h. Save your work ***\n")


def test_names_that_people_chose_cannot_forge_a_line(watched: Watched) -> None:
    terminal = watched.terminals / "0"
    terminal.touch()
    watched.tool("who", "printf 'ma\\303\\251l\\033[2J pts/0\n'")
    said = watched.look(LATE - 5)
    assert "; sessions ma\\xe9l\\x1b[2J; up " in said
    assert "\x1b" not in terminal.read_text()


def test_terminals_that_take_nothing_do_not_hold_up_the_stop(watched: Watched) -> None:
    os.mkfifo(watched.terminals / "0")
    (watched.terminals / "1").mkdir()
    (watched.terminals / "2").touch()
    watched.look(LATE)
    assert watched.stops == 1
    assert "this machine stops now" in (watched.terminals / "2").read_text()
