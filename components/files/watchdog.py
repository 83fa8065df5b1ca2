#!/usr/bin/python3
"""Stop this machine when nobody uses it, and in any case after MAX_HOURS.

systemd runs it every five minutes. Idle means that every probe of `probes.py` was quiet at every
look for IDLE_MINUTES. A probe that cannot tell leaves it to the others; where none can tell, the
machine counts as used. MAX_HOURS asks no probe. What this program does itself, such as its warning
on every terminal, is never use. Time is counted since the boot: the wall clock may jump.

Each look leaves a line in the journal, REPORT for people, and SIGN for whoever watches from
outside; HEARTBEAT_COMMAND carries that there, LIMITS_COMMAND brings limits that changed.

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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from .asking import CannotTell, Finding, Settings, ask_all, pairs, read_settings, run
from .probes import EVIDENCE, ORDERS, Look
from .telling import printable, report, say, tell_terminals, write

TEXTS = {
    "WHAT": "this machine",
    "SKIP": "",  # probes that are not asked
    "GPU": "0",
    "NVIDIA_SMI": "nvidia-smi",
    "SYSTEMCTL": "systemctl",
    "PROC": "/proc",
    "TERMINALS": "/dev/pts",
    "JUPYTER_URL": "http://127.0.0.1:8888",
    "JUPYTER_ENV": "/run/mllab/jupyter.env",
    "KEEP_AWAKE": "/run/mllab-awake/until",
    "SAVED": "/run/mllab-awake/saved",
    "STATE": "/run/mllab-watchdog/state.json",
    "SIGN": "/run/mllab-watchdog/sign.json",
    "REPORT": "/run/mllab-watchdog/report",
    "HEARTBEAT_COMMAND": "/usr/local/lib/mllab/heartbeat",
    "LIMITS_COMMAND": "/usr/local/lib/mllab/limits",
    "STOP_COMMAND": "systemctl poweroff --ignore-inhibitors",
    "FORCE_COMMAND": "systemctl poweroff --force",
}
NUMBERS = {
    "IDLE_MINUTES": "60",
    "MAX_HOURS": "12",
    "INTERVAL_MINUTES": "5",  # as in mllab-watchdog.timer
    "PROBE_SECONDS": "20",
    "STOP_SECONDS": "60",
    "GPU_LIMIT_PERCENT": "5",
    "CPU_LIMIT_CORES": "0.2",
    "NETWORK_LIMIT_KB_PER_SECOND": "20",
    "DISK_LIMIT_KB_PER_SECOND": "200",
    "EDITOR_LIMIT_BYTES_PER_SECOND": "200",
    "KERNEL_SILENT_HOURS": "4",
    "SETUP_LIMIT_HOURS": "2",
}
"""What holds where lab.env says nothing, or something else than a number above 0."""

CEILINGS = {"IDLE_MINUTES": 168 * 60, "MAX_HOURS": 168}
"""The limits that can change while the machine runs. Whoever may change them there may not be
trusted with more than a week."""


@dataclass(frozen=True)
class Memory:
    """What one look leaves to the next. Times are seconds since the boot.

    Args:
        busy_at: the last look that found something in use. seen_at: the last look.
        stopping: the last look asked for the stop. traces: of each probe, what it left and when.
        limits: those that LIMITS_COMMAND told.
    """

    busy_at: float
    seen_at: float
    stopping: bool
    traces: dict[str, Any]
    limits: dict[str, str]


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
    if uptime >= limits.uptime:
        why = "longest time reached"
    act = "stop" if left <= 0 else "warn" if left <= limits.interval else "stay"
    return Verdict(act, busy_at, f"{why}; up {uptime / 3600:.1f} of {limits.uptime / 3600:g} h")


def main() -> int:
    """One look. Status 1 if the machine should stop and no command to stop it worked."""
    notes: list[str] = []
    given = read_settings(Path(os.environ.get("MLLAB_SETTINGS", "/etc/mllab/lab.env")))
    settings = effective(given, notes)
    uptime = since_boot(settings)
    past = recall(Path(settings["STATE"]), notes)
    told = new_limits(settings, past.limits if past else {}, notes)
    settings.update(told)
    limits = Limits(
        idle=float(settings["IDLE_MINUTES"]) * 60,
        uptime=float(settings["MAX_HOURS"]) * 3600,
        interval=float(settings["INTERVAL_MINUTES"]) * 60,
    )
    traces = past.traces if past else {}
    late = uptime >= limits.uptime
    findings = {} if late else look(settings, uptime, traces)
    verdict = decide(limits, uptime, past, reasons(findings))
    for name, finding in findings.items():
        if finding.state == "unknown":
            notes.append(f"{name} unknown ({finding.words})")
        else:
            traces[name] = {"at": uptime, "left": finding.left}
    memory = Memory(verdict.busy_at, uptime, verdict.act == "stop", traces, told)
    write(Path(settings["STATE"]), json.dumps(asdict(memory)), notes)
    write(Path(settings["SIGN"]), json.dumps(sign(verdict, uptime, findings)), notes)
    command(settings, "HEARTBEAT_COMMAND", notes)
    line = f"{verdict.act}: {'; '.join([verdict.why, *notes])}"
    say(line)
    write(Path(settings["REPORT"]), report(line, findings), [])
    if verdict.act == "stay":
        return 0
    when = "now" if verdict.act == "stop" else f"in about {settings['INTERVAL_MINUTES']} minutes"
    hint = "Save your work" if late or reasons(findings) else "To keep it: mllab-keep-awake 2h"
    tell_terminals(
        Path(settings["TERMINALS"]), f"{settings['WHAT']} stops {when}: {verdict.why}. {hint}"
    )
    return 0 if verdict.act == "warn" else stop(settings, again=bool(past and past.stopping))


def look(settings: Settings, uptime: float, traces: dict[str, Any]) -> dict[str, Finding]:
    """What every probe finds. What one did not find out is measured from the look before."""
    asked = {}
    for name, probe in {**EVIDENCE, **ORDERS}.items():
        if name in settings["SKIP"]:
            continue
        one = Look(settings, uptime)
        with contextlib.suppress(Exception):  # an unusable trace is none
            one = replace(one, before=traces[name]["left"], last=float(traces[name]["at"]))
        asked[name] = partial(probe, one)
    return ask_all(asked, float(settings["PROBE_SECONDS"]))


def reasons(findings: Mapping[str, Finding]) -> list[str]:
    """Why the machine counts as used."""
    busy = [f"{name} {one.words}" for name, one in findings.items() if one.state == "in use"]
    states = {one.state for name, one in findings.items() if name in EVIDENCE}
    return ["nothing can be told"] if not busy and states == {"unknown"} else busy


def new_limits(settings: Settings, before: dict[str, str], notes: list[str]) -> dict[str, str]:
    """The limits that changed since the machine was made; the last ones known where nobody says."""
    answer = pairs(command(settings, "LIMITS_COMMAND", notes))
    told = {}
    for key, value in [*before.items(), *answer.items()]:
        if key in CEILINGS:
            try:
                good = 0 < float(value) <= CEILINGS[key]
            except ValueError:
                good = False
            if good:
                told[key] = value
            else:
                notes.append(f"{key} {value[:20]!r} is not above 0 and up to {CEILINGS[key]}")
    return told


def command(settings: Settings, key: str, notes: list[str]) -> str:
    """What a command says that a machine may have or not; nothing if it fails, which is noted."""
    words = settings[key].split()
    if not words or not Path(words[0]).exists():
        return ""
    try:
        code, answer = run(words, float(settings["PROBE_SECONDS"]))
    except CannotTell as fault:
        notes.append(str(fault))
        return ""
    if code:
        notes.append(f"{words[0]} ended with {code}")
    return "" if code else answer


def sign(verdict: Verdict, uptime: float, findings: Mapping[str, Finding]) -> dict[str, Any]:
    """What whoever watches from outside is told: seconds since 1970, by this machine's clock."""
    booted = time.time() - uptime
    awake = findings.get("keep-awake", Finding("unknown", ""))
    return {
        "seen_at": int(booted + uptime),
        "busy_at": int(booted + verdict.busy_at),
        "awake_until": int(booted + awake.left) if awake.state == "in use" else 0,
        "why": printable(verdict.why)[:300],
    }


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
        limits = {key: str(raw["limits"][key]) for key in CEILINGS if key in raw["limits"]}
        return Memory(busy_at, seen_at, raw["stopping"] is True, dict(raw["traces"]), limits)
    except FileNotFoundError:
        return None
    except Exception as fault:  # whatever lies there, the machine must still be able to stop
        notes.append(f"{path} is unusable ({type(fault).__name__}), the idle time starts anew")
        return None


if __name__ == "__main__":
    sys.exit(main())
