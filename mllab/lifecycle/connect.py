"""`mllab connect`: opens the way to a seat's notebook, and keeps it open until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from types import FrameType
from typing import Any, Final

from mllab.clouds.contract import Tool
from mllab.clouds.registry import CLOUDS
from mllab.errors import Interrupted, LabError, UsageError
from mllab.lifecycle import local_port

QUICK: Final = 30.0
"""Seconds; a command that fails sooner has never connected: ssh gives up after 20."""

PAUSE: Final = 10.0
ATTEMPTS: Final = 24
"""For 4 minutes: a machine that starts can be reached after one or two."""

_COMMANDS: Final = ("connect", "token", "start", "stop")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


TOOLS: Final = {name: tool for cloud in CLOUDS.values() for name, tool in cloud.tools.items()}


@dataclass(frozen=True)
class Seat:
    """One notebook of a lab.

    Args:
        outputs: `connect`, `token`, `start`, `stop`; see `Notebook` in `components/contracts.py`.
    """

    name: str
    outputs: Mapping[str, Any]

    def words(
        self, command: str, config: Mapping[str, str], port: int = local_port.USUAL
    ) -> list[str]:
        """A command as it is run here: with the profile that the stack's own settings name."""
        words = [local_port.put(word, port) for word in self.outputs[command]["argv"]]
        for cloud in CLOUDS.values():
            words += cloud.tool_options(words[0], config)
        return words


def run(
    outputs: Mapping[str, Any],
    stack: str,
    seat: str | None,
    *,
    say: Callable[[str], None],
    remark: str = "",
    price: Callable[[str], str] | None = None,
    config: Mapping[str, str] | None = None,
    where: str = "",
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Run a seat's connect command in the foreground; signals pass to it.

    Args:
        outputs: the stack's.
        seat: its name; None where there is one only.
        say: told what to do next, line by line.
        remark: of the realm, where nothing can be reached; the commands are only told.
        price: start the machine first, and wait until it can be reached: told a seat, it says what
            an hour of its machine costs.
        config: Pulumi configuration of the stack, of which `aws:profile` counts.
        where: options that the commands to type next need as well, ` --simulate`.

    Returns:
        The command's exit code; 128 and the signal's number if one has ended it.

    Raises:
        UsageError: no such seat, or several and none named.
        LabError: there is no lab, nothing leads to the seat, a program is not installed, or the
            machine does not start.
    """
    chosen = choose(outputs, stack, seat, where)
    config = config or {}
    how = chosen.outputs["connect"]
    if how["kind"] == "none":
        raise LabError(f"{stack}, seat {chosen.name}: {how['reason']}")
    if remark:
        say(remark)
        say(f"  {shlex.join(chosen.words('connect', config))}")
        if price:
            say(f"Its machine, started first, would cost {price(chosen.name)}.")
        _tell_address(chosen, local_port.USUAL, config, say)
        return 0
    _require(how["argv"][0], how["tool"])
    if price:
        _start(chosen, config, say, price(chosen.name))
    port = local_port.free() if local_port.needed(how["argv"]) else local_port.USUAL
    connect = chosen.words("connect", config, port)
    say(f"Connecting to {stack}, seat {chosen.name}. Ctrl-C ends it.")
    if port != local_port.USUAL:
        say(f"Port {local_port.USUAL} of this computer is in use, so it is port {port} here.")
    _tell_address(chosen, port, config, say)
    for attempt in range(ATTEMPTS if price else 1):
        if attempt:
            say(f"{chosen.name} cannot be reached yet; trying again in {PAUSE:.0f} s.")
            with _interruptible(chosen, config):
                pause(PAUSE)
        code, lasted, asked_to_end = _attend(connect)
        if code == 0 or lasted > QUICK or asked_to_end:
            return code
    again = "Look at it:  " + f"mllab status {stack}" if price else _to_start(chosen, stack, config)
    say(f"The connection failed. {again}")
    return code


def choose(outputs: Mapping[str, Any], stack: str, seat: str | None, where: str = "") -> Seat:
    """The seat that is meant. Raises what `run` raises."""
    notebook = outputs.get("notebook")
    seats = notebook.get("seats") if isinstance(notebook, Mapping) else None
    if not isinstance(seats, Mapping) or not seats:
        raise LabError(
            f"{stack} has no notebook to connect to: it does not exist, or was never finished",
            hint=f"Create it, or go on:  mllab up {stack}{where}",
        )
    if seat is None and len(seats) > 1:
        raise UsageError(
            f"{stack} has {len(seats)} seats, so name one of them: {', '.join(seats)}",
            hint=f"For example:  mllab connect {stack} {next(iter(seats))}{where}",
        )
    name = seat if seat is not None else next(iter(seats))
    if name not in seats:
        near = get_close_matches(name, list(seats), n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"{stack} has no seat {name!r}{meant}", hint=f"Its seats: {', '.join(seats)}"
        )
    found = current(seats[name]) if isinstance(seats[name], Mapping) else {}
    if set(_COMMANDS) - found.keys():
        raise LabError(
            f"the seat {name} of {stack} was never finished",
            hint=f"Go on:  mllab up {stack}{where}",
        )
    return Seat(name, found)


def current(seat: Mapping[str, Any]) -> Mapping[str, Any]:
    """A seat's outputs as they are today; once each command was a text for a shell."""
    if "connect_command" not in seat:
        return seat
    argv = {name: shlex.split(seat[f"{name}_command"]) for name in _COMMANDS}
    reason = seat.get("unreachable", "")
    kind = "none" if reason else "url" if argv["connect"] == argv["token"] else "tunnel"
    found: dict[str, Any] = {name: {"argv": words} for name, words in argv.items()}
    found["connect"].update(kind=kind, url="", reason=reason, tool="")
    return found


def _require(*programs: str) -> None:
    """Raises LabError for a program that is not installed; an empty name is none."""
    missing = [name for name in programs if name and shutil.which(name) is None]
    if missing:
        tools = [TOOLS.get(name, Tool(name, "")) for name in missing]
        labels = " and ".join(tool.label for tool in tools)
        raise LabError(
            f"connecting needs {labels}, not found on PATH: `{'`, `'.join(missing)}`",
            hint="\n".join(f"Get {tool.label}:  {tool.source}" for tool in tools if tool.source),
        )


def _tell_address(
    seat: Seat, port: int, config: Mapping[str, str], say: Callable[[str], None]
) -> None:
    how = seat.outputs["connect"]
    if how["kind"] == "url":
        say("It prints the address to open.")
    elif how["url"]:
        say(f"Then open  {local_port.put(how['url'], port)}")
    else:
        say("Then, in another terminal, this prints the address to open:")
        say(f"  {shlex.join(seat.words('token', config, port))}")


def _to_start(seat: Seat, stack: str, config: Mapping[str, str]) -> str:
    command = shlex.join(seat.words("start", config))
    return (
        "If the machine is stopped, start it; after one or two minutes it can be reached:\n"
        f"  {command}\nOr both in one:  mllab connect {stack} {seat.name} --start"
    )


def _start(seat: Seat, config: Mapping[str, str], say: Callable[[str], None], price: str) -> None:
    words = seat.words("start", config)
    say(f"Starting the machine of {seat.name}; from now on it costs {price}.")
    code, _, asked_to_end = _attend(words)
    if code or asked_to_end:
        raise LabError(
            f"the machine of {seat.name} cannot be started: `{words[0]}` ended with code {code}",
            hint=f"What was run:  {shlex.join(words)}",
        )


@contextmanager
def _interruptible(seat: Seat, config: Mapping[str, str]) -> Iterator[None]:
    """Say after Ctrl-C what was started before."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"interrupted; the machine of {seat.name} was started and runs",
            hint=f"Stop it:  {shlex.join(seat.words('stop', config))}",
        ) from error


def _attend(words: list[str]) -> tuple[int, float, bool]:
    """Run a command in the foreground; returns code, seconds, and whether it was asked to end.

    Ctrl-C reaches the command by itself, as it belongs to the same terminal; what is sent to this
    process alone is passed on.
    """
    heard: list[int] = []
    waiting: list[int] = []
    running: list[subprocess.Popen[bytes]] = []
    by_terminal = _in_foreground()

    def is_ours(number: int) -> bool:
        return not (by_terminal and number == signal.SIGINT)

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        if not running:
            waiting.append(number)
        elif is_ours(number):
            running[0].send_signal(number)

    before = {number: signal.signal(number, hear) for number in _SIGNALS}
    began = time.monotonic()
    try:
        alone = len(
            waiting
        )  # later ones may come when the command is there, and hears the terminal
        with subprocess.Popen(words) as process:
            running.append(process)
            for number in (*waiting[:alone], *filter(is_ours, waiting[alone:])):
                process.send_signal(number)
            code = process.wait()
    except OSError as error:
        raise LabError(f"{words[0]} cannot be run: {error.strerror}") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return (code if code >= 0 else 128 - code), time.monotonic() - began, bool(heard)


def _in_foreground() -> bool:
    """True when Ctrl-C at our terminal reaches this process and its children alike."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
