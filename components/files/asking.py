"""How the watchdog asks: settings from a file, tools and probes with a limit in time."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Settings = Mapping[str, str]


class CannotTell(Exception):
    """A probe got no answer that it understands."""


@dataclass(frozen=True)
class Finding:
    """What a probe saw: `state` is `in use`, `quiet` or `unknown`, `words` say what or why.

    Args:
        left: what it will want to know at the next look; JSON.
    """

    state: str
    words: str
    left: Any = None


def found(used: object, words: str, left: Any = None) -> Finding:
    """A finding: in use, or quiet."""
    return Finding("in use" if used else "quiet", words, left)


def ask_all(probes: Mapping[str, Callable[[], Finding]], seconds: float) -> dict[str, Finding]:
    """What each probe finds; each is a process of its own, all run at once.

    Whatever a probe touches may hang for ever (a driver, a share that is gone), and cannot always
    be killed then: nobody waits for it. What has no answer after so many seconds is unknown.
    """
    findings, asked, heard = {}, {}, {}
    for name, probe in probes.items():
        try:
            process, reader = _fork(probe)
        except OSError as fault:  # no more processes
            findings[name] = Finding("unknown", str(fault))
            continue
        asked[reader] = (name, process)
        heard[reader] = b""
    deadline = time.monotonic() + seconds
    while heard:
        ready, _, _ = select.select([*heard], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            break
        for reader in ready:
            piece = os.read(reader, 65536)
            heard[reader] += piece
            if not piece:
                name, process = asked[reader]
                os.waitpid(process, 0)
                findings[name] = _read(heard.pop(reader))
    for reader, (name, process) in asked.items():
        if reader in heard:
            with contextlib.suppress(OSError):  # not yet a group of its own
                os.killpg(process, signal.SIGKILL)
            findings[name] = Finding("unknown", f"no answer in {seconds:g} s")
        os.close(reader)
    return {name: findings[name] for name in probes}


def _read(answer: bytes) -> Finding:
    try:
        return Finding(**json.loads(answer))
    except ValueError:
        return Finding("unknown", "it was ended")


def _fork(probe: Callable[[], Finding]) -> tuple[int, int]:
    """Start a probe: its process, which leads a group, and where its answer can be read."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    try:
        os.setsid()
        try:
            finding = probe()
        except Exception as fault:  # whatever it meets, it is the answer
            finding = Finding("unknown", (str(fault) or type(fault).__name__)[:200])
        with os.fdopen(writer, "w") as answer:
            json.dump(asdict(finding), answer)
    finally:
        os._exit(0)


def read_settings(path: Path) -> dict[str, str]:
    """KEY=value lines of a file; empty without one."""
    try:
        return pairs(path.read_bytes().decode(errors="surrogateescape"))
    except OSError:
        return {}


def pairs(text: str) -> dict[str, str]:
    """KEY=value lines, the value verbatim, the first of each key."""
    lines = [line.partition("=") for line in text.split("\n")]
    return {key: value for key, equals, value in reversed(lines) if equals}


def run(command: list[str], seconds: float) -> tuple[int, str]:
    """Exit status and output of a tool.

    Raises:
        CannotTell: it is missing, or has not ended after so many seconds.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as fault:
        raise CannotTell(f"{command[0]}: {fault.strerror}") from None
    try:
        answer, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its children too. Nobody waits: a process that hangs in the driver cannot be killed.
        os.killpg(process.pid, signal.SIGKILL)
        raise CannotTell(f"{command[0]} hangs") from None
    return process.returncode, answer.decode(errors="replace")
