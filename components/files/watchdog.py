#!/usr/bin/python3
"""Stop this machine when nobody uses it, and in any case after MAX_HOURS.

systemd runs it every five minutes; each look leaves one line in the journal. Idle means that GPU,
kernels, terminals, sessions and load were quiet at every look for IDLE_MINUTES. A probe that cannot
tell counts as in use, so that a broken tool never stops a machine at work; MAX_HOURS asks no probe.
What this program does itself, such as its warning on every terminal, is never use. Time is counted
since the boot: the wall clock may jump.

Needs nothing but the system's python3, 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shlex
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .probes import CannotTell, Settings, look, read_settings, run

TEXTS = {
    "GPU": "0",
    "NVIDIA_SMI": "nvidia-smi",
    "WHO": "who",
    "PROC": "/proc",
    "TERMINALS": "/dev/pts",
    "JUPYTER_URL": "http://127.0.0.1:8888",
    "JUPYTER_ENV": "/run/mllab/jupyter.env",
    "KEEP_AWAKE": "/run/mllab-awake/until",
    "STATE": "/run/mllab-watchdog/state.json",
    "STOP_COMMAND": "systemctl poweroff --ignore-inhibitors",
    "FORCE_COMMAND": "systemctl poweroff --force",
}
NUMBERS = {
    "IDLE_MINUTES": "60",
    "MAX_HOURS": "12",
    "INTERVAL_MINUTES": "5",  # as in mllab-watchdog.timer
    "PROBE_SECONDS": "10",
    "STOP_SECONDS": "60",
    "GPU_LIMIT_PERCENT": "5",
    "LOAD_LIMIT": "0.3",
}
"""What holds where lab.env says nothing, or something else than a number above 0."""


@dataclass(frozen=True)
class Memory:
    """What one look leaves to the next. Times are seconds since the boot.

    Args:
        busy_at: the last look that found something in use. seen_at: the last look.
        traces: what the probes left. stopping: the last look asked for the stop.
    """

    busy_at: float
    seen_at: float
    traces: dict[str, str]
    stopping: bool


@dataclass(frozen=True)
class Limits:
    """In seconds: idle time and uptime that stop the machine, and the time between two looks."""

    idle: float
    uptime: float
    interval: float


@dataclass(frozen=True)
class Verdict:
    """act: `stay`, `warn` (the next look may stop) or `stop`. busy_at: see Memory. why: words."""

    act: str
    busy_at: float
    why: str


def decide(limits: Limits, uptime: float, past: Memory | None, busy: list[str]) -> Verdict:
    """What to do `uptime` seconds after the boot; `busy`: why the machine counts as used."""
    busy_at = uptime
    # What nobody watched may have been busy: after a gap the idle time starts anew.
    gap = 3 * limits.interval
    if past and not busy and 0 <= past.busy_at <= past.seen_at <= uptime < past.seen_at + gap:
        busy_at = past.busy_at
    idle = uptime - busy_at
    left = min(limits.uptime - uptime, math.inf if busy else limits.idle - idle)
    why = "; ".join(busy) or f"nothing in use for {idle / 60:.0f} of {limits.idle / 60:g} min"
    act = "stop" if left <= 0 else "warn" if left <= limits.interval else "stay"
    return Verdict(act, busy_at, f"{why}; up {uptime / 3600:.1f} of {limits.uptime / 3600:g} h")


def main() -> int:
    """One look. Status 1 if the machine should stop and no command to stop it worked."""
    notes: list[str] = []
    given = read_settings(Path(os.environ.get("MLLAB_SETTINGS", "/etc/mllab/lab.env")))
    settings = effective(given, notes)
    limits = Limits(
        idle=float(settings["IDLE_MINUTES"]) * 60,
        uptime=float(settings["MAX_HOURS"]) * 3600,
        interval=float(settings["INTERVAL_MINUTES"]) * 60,
    )
    uptime = since_boot(settings)
    state = Path(settings["STATE"])
    past = recall(state, notes)
    traces = past.traces if past else {}
    if uptime >= limits.uptime:
        busy = ["longest time reached"]
    else:
        busy, traces = look(settings, uptime, traces)
    verdict = decide(limits, uptime, past, busy)
    remember(state, Memory(verdict.busy_at, uptime, traces, verdict.act == "stop"), notes)
    say(f"{verdict.act}: {'; '.join([verdict.why, *notes])}")
    if verdict.act == "stay":
        return 0
    when = "now" if verdict.act == "stop" else f"in about {settings['INTERVAL_MINUTES']} minutes"
    cure = "Save your work" if busy else "To keep it: mllab-keep-awake 2h"
    tell_terminals(Path(settings["TERMINALS"]), f"this machine stops {when}: {verdict.why}. {cure}")
    return 0 if verdict.act == "warn" else stop(settings, again=bool(past and past.stopping))


def stop(settings: Settings, *, again: bool) -> int:
    """Stop the machine; by force if asking fails, or if the last look asked in vain."""
    for key in ["FORCE_COMMAND"] if again else ["STOP_COMMAND", "FORCE_COMMAND"]:
        try:
            code, _ = run(shlex.split(settings[key]), float(settings["STOP_SECONDS"]))
            fault = f"ended with {code}" if code else ""
        except (CannotTell, ValueError, IndexError) as wrong:
            fault = str(wrong)
        if not fault:
            return 0
        say(f"{key} {settings[key]!r}: {fault}")
    return 1


def effective(given: Settings, notes: list[str]) -> dict[str, str]:
    """The settings that hold: those given, the default for a missing or impossible one."""
    settings = {**TEXTS, **NUMBERS, **given}
    for key, default in NUMBERS.items():
        try:
            good = 0 < float(settings[key]) < math.inf
        except ValueError:
            good = False
        if not good:
            notes.append(f"{key} {settings[key]!r} is no number above 0, {default} holds")
            settings[key] = default
    return settings


def since_boot(settings: Settings) -> float:
    """Seconds since the boot, whatever becomes of the wall clock."""
    try:
        seconds = float((Path(settings["PROC"]) / "uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.monotonic()
    return seconds if 0 <= seconds < math.inf else time.monotonic()


def recall(path: Path, notes: list[str]) -> Memory | None:
    """What the last look left, None if there is none or nothing to trust."""
    try:
        raw = json.loads(path.read_bytes())
        busy_at, seen_at = float(raw["busy_at"]), float(raw["seen_at"])
        traces = {str(name): str(trace) for name, trace in raw["traces"].items()}
        return Memory(busy_at, seen_at, traces, raw["stopping"] is True)
    except FileNotFoundError:
        return None
    except Exception as fault:  # whatever lies there, the machine must still be able to stop
        notes.append(f"{path} is unusable ({type(fault).__name__}), the idle time starts anew")
        return None


def remember(path: Path, memory: Memory, notes: list[str]) -> None:
    """Replace the state in one step, so that a second watchdog never reads half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(memory)))
        draft.replace(path)
    except OSError as fault:
        notes.append(f"{path} cannot be written ({fault.strerror}), idle time is not counted")


def say(line: str) -> None:
    """One line for the journal. A journal that is gone must not keep the machine alive."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), line.encode("unicode_escape") + b"\n")


def tell_terminals(folder: Path, message: str) -> None:
    """Write to every open terminal. wall(1) misses Jupyter's terminals and SSM sessions."""
    text = b"\r\n*** mllab: " + message.encode("unicode_escape") + b" ***\r\n"
    for terminal in sorted(folder.glob("[0-9]*")):
        try:
            # Without O_NONBLOCK a stopped terminal would hold up the stop.
            handle = os.open(terminal, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            continue
        try:
            os.write(handle, text)
        except OSError:
            pass  # full or gone: nobody reads there
        finally:
            os.close(handle)


if __name__ == "__main__":
    sys.exit(main())
