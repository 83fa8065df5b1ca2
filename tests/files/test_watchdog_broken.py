"""The watchdog where things are broken: no crash, no stop by mistake, a stop after MAX_HOURS."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from components.files import probes
from tests.files.watched import KERNEL, Watched

LATE = 120  # minutes: MAX_HOURS


def answer(what: Any) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.jupyter.answers["/api/kernels"] = what

    return breaks


def tool(name: str, body: str) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.tool(name, body)

    return breaks


def setting(key: str, value: str) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        watched.settings[key] = value

    return breaks


def counters(name: str, text: str) -> Callable[[Watched], None]:
    def breaks(watched: Watched) -> None:
        (watched.proc / name).write_text(text)

    return breaks


def token_is_missing(watched: Watched) -> None:
    watched.token_file.unlink()


def keep_awake_is_a_pipe(watched: Watched) -> None:
    os.mkfifo(watched.keep_awake)


def keep_awake_leads_elsewhere(watched: Watched) -> None:
    secret = watched.folder / "secret"
    secret.write_text("s3cret")
    watched.keep_awake.symlink_to(secret)


def processes_are_hidden(watched: Watched) -> None:
    watched.settings["NVIDIA_SMI"] = "/nowhere/nvidia-smi"
    for process in watched.proc.glob("[0-9]*"):
        process.rename(watched.folder / f"was-{process.name}")


BROKEN = {
    "GPU, editors: no processes": processes_are_hidden,
    "set-up: systemctl missing": setting("SYSTEMCTL", "/nowhere/systemctl"),
    "set-up: systemctl fails": tool("systemctl", "exit 1"),
    "kernels: refused": answer(403),
    "kernels: crash": answer(500),
    "kernels: no JSON": answer(b"<html>"),
    "kernels: no text": answer(b"\xff\xfe"),
    "kernels: no list": answer({"kernels": []}),
    "kernels: an empty object": answer({}),
    "kernels: nothing": answer(None),
    "kernels: nest without end": answer(b"[" * 900_000),
    "kernels: no object": answer(["k1"]),
    "kernels: one without state": answer([{"id": "k1", "last_activity": "x"}]),
    "kernels: one without activity": answer([{"id": "k1", "execution_state": "idle"}]),
    "kernels: too many to read": answer([KERNEL] * 20_000),
    "kernels: no address": setting("JUPYTER_URL", "nowhere://127.0.0.1:8888"),
    "kernels: token missing": token_is_missing,
    "CPU: empty": counters("stat", ""),
    "CPU: text": counters("stat", "cpu a b c d e f g h\n"),
    "CPU: short": counters("stat", "cpu 1 2\n"),
    "network: empty": counters("net/dev", ""),
    "network: text": counters("net/dev", "\n\neth0: many bytes\n"),
    "disk: empty": counters("diskstats", ""),
    "disk: text": counters("diskstats", "259 0 nvme0n1 a b c d e f g\n"),
    "terminals: missing": setting("TERMINALS", "/nowhere"),
    "keep-awake: a pipe": keep_awake_is_a_pipe,
    "keep-awake: leads elsewhere": keep_awake_leads_elsewhere,
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_tell_leaves_it_to_the_others(case: str, watched: Watched) -> None:
    watched.quiet(10)
    BROKEN[case](watched)
    said = watched.look(15)
    names = case.split(":")[0].split(", ")
    assert re.findall(r"; ([\w-]+) unknown \(", said) == sorted(names, key=order)
    assert said.startswith("stop: nothing in use for 10 of 10 min; ")
    assert watched.stops == 1
    assert "s3cret" not in said


def order(name: str) -> int:
    return [*probes.EVIDENCE, *probes.ORDERS].index(name)


@pytest.mark.parametrize("case", BROKEN)
def test_use_that_another_sees_keeps_the_machine(case: str, watched: Watched) -> None:
    watched.quiet(10)
    BROKEN[case](watched)
    watched.keep_awake.unlink(missing_ok=True)
    watched.keep_awake.write_text("3600")
    assert watched.look(15).startswith("stay: keep-awake for 45 more min; ")


NO_NUMBER = {
    "missing": "",
    "fails": "echo 0; exit 15",
    "says nothing": "true",
    "cannot say": "echo '[N/A]'",
    "cannot say for one": "printf '0\\n[Not Supported]\\n'",
    "says nan": "printf '0\\nnan\\n'",
    "says minus": "echo -1",
    "says bytes": "printf '\\377\\376'",
}


@pytest.mark.parametrize("body", NO_NUMBER.values(), ids=NO_NUMBER)
def test_gpu_without_a_number_is_in_use_where_a_program_has_it_open(
    body: str, watched: Watched
) -> None:
    watched.quiet(10)
    watched.tool("nvidia-smi", body)
    if not body:
        watched.settings["NVIDIA_SMI"] = "/nowhere/nvidia-smi"
    held = watched.process(88, "python", "/usr/bin/python3") / "fd/5"
    held.symlink_to("/dev/nvidia-uvm")
    assert watched.look(15).startswith("stay: GPU open in python; ")
    held.unlink()
    assert watched.looks(20, 25)[1].startswith("stop: nothing in use for 10 of 10 min; ")


def test_what_hangs_is_not_waited_for(watched: Watched) -> None:
    """Tools whose children keep their output open, a server, and what cannot be read of a process:
    opened, a named pipe waits for ever.
    """
    watched.quiet(10)
    watched.settings["PROBE_SECONDS"] = "4"
    for name in ("nvidia-smi", "systemctl"):
        watched.tool(name, "tail -f /dev/null & tail -f /dev/null")
    watched.jupyter.answers["/api/kernels"] = threading.Event()
    for name in ("comm", "io"):
        (watched.proc / "7" / name).unlink()
        os.mkfifo(watched.proc / "7" / name)
    (watched.proc / "7/exe").unlink()
    (watched.proc / "7/exe").symlink_to("/usr/lib/code-server/lib/node")
    said = watched.look(15)
    hung = ("GPU", "kernels", "editors", "set-up")
    assert [name for name in hung if f"; {name} unknown (" not in said] == []
    assert "CPU unknown" not in said
    assert watched.stops == 1


def test_where_nothing_can_be_told_the_machine_stays_until_the_longest_time(
    watched: Watched,
) -> None:
    watched.quiet(10)
    watched.settings |= {
        "NVIDIA_SMI": "",
        "SYSTEMCTL": "",
        "PROC": "/nowhere",
        "TERMINALS": "/nowhere",
        "SAVED": "/etc/passwd/saved",
        "JUPYTER_URL": "no address",
        "JUPYTER_ENV": "/nowhere",
        "MAX_HOURS": "1000000",  # the real uptime is asked where PROC has none
    }
    said = watched.look(15)
    assert said.startswith("stay: nothing can be told; ")
    assert said.count(" unknown (") == len(probes.EVIDENCE) + 1
    assert watched.stops == 0


def test_everything_broken_at_once_still_stops_at_the_longest_time(watched: Watched) -> None:
    watched.settings |= {
        "NVIDIA_SMI": "",
        "PROC": "/nowhere",
        "TERMINALS": "/nowhere",
        "JUPYTER_URL": "no address",
        "JUPYTER_ENV": "/nowhere",
        "KEEP_AWAKE": "/nowhere",
        "STATE": "/proc/nowhere/state.json",
        "SIGN": "/proc/nowhere/sign.json",
        "REPORT": "/proc/nowhere/report",
        "LIMITS_COMMAND": "/etc/passwd",
        "HEARTBEAT_COMMAND": "/etc/passwd",
        "IDLE_MINUTES": "soon",
        "INTERVAL_MINUTES": "nan",
        "PROBE_SECONDS": "-1",
        "MAX_HOURS": "0.000001",
    }
    said = watched.look(0)
    assert said.startswith("stop: longest time reached")
    assert watched.stops == 1


def test_longest_time_asks_nothing(watched: Watched) -> None:
    watched.look(LATE)
    assert watched.jupyter.asked == []


def test_use_does_not_outlast_the_longest_time(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo 100")
    watched.keep_awake.write_text("99999999\n")
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
    watched.tool("nvidia-smi", "exit 15")
    held = watched.process(88, "ma\u00e9l\x1b[2J", "/usr/bin/python3") / "fd/5"
    held.symlink_to("/dev/nvidia-uvm")
    said = watched.look(LATE - 5)
    assert "GPU open in ma\\xe9l\\x1b[2J" in said
    for told in (terminal, watched.folder / "report", watched.folder / "sign.json"):
        assert "ma" in told.read_text()
        assert "\x1b" not in told.read_text()


def test_terminals_that_take_nothing_do_not_hold_up_the_stop(watched: Watched) -> None:
    os.mkfifo(watched.terminals / "0")
    (watched.terminals / "1").mkdir()
    (watched.terminals / "2").touch()
    watched.look(LATE)
    assert watched.stops == 1
    assert "this machine stops now" in (watched.terminals / "2").read_text()
