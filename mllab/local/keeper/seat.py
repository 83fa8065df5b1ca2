"""What the watchdog of cloud machines sees of one seat, in place of a whole machine.

Its counters are those of the seat's own processes, its terminals those of its JupyterLab: what else
this machine does is its owner's browser, and no sign that somebody is at work here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

import components
from components.files.telling import tell_terminals
from mllab.local import marked, process, records
from mllab.local.keeper import awake
from mllab.local.keeper.instant import Instant
from mllab.local.keeper.ledger import Ledger, Use
from mllab.local.keeper.plan import Plan
from mllab.local.process import Running
from mllab.local.service import LOOPBACK, Place

_WATCHDOG: Final = Path(components.__file__).parent
_NO_EVIDENCE: Final = "GPU network disk editors set-up"
"""Of the watchdog's probes those that tell of the whole machine, or of what this lab has not."""
_SECONDS: Final = 200
"""As long as a machine in a cloud gives the watchdog."""


class Seat:
    """One seat's server, as the keeper watches it.

    Args:
        keeper: where the keeper lives; what it remembers of the seat is below.
        name: of the seat's server.
    """

    def __init__(self, keeper: Place, name: str) -> None:
        self.place = Place(keeper.lab, name)
        self.folder = keeper.run / "seats" / name

    def uses(self, ledger: Ledger) -> list[Use]:
        """Its run that is there, and those that were there at the last look and are not now."""
        now = process.running(self.place)
        key = self._key(now) if now else ""
        found = []
        if now:
            found.append(Use(key, began=_moment(now.started)))
        for other in ledger.alive:
            if other.startswith(self._key()) and other != key:
                found.append(Use(other, ended=self._stopped(), over=True))
        return found

    def since(self, ledger: Ledger) -> float | None:
        """When its run began, by `Instant.awake`; None where it does not run."""
        now = process.running(self.place)
        return ledger.alive.get(self._key(now)) if now else None

    def began(self) -> datetime | None:
        """When its run began, by the day's clock; a machine that slept since is not younger."""
        now = process.running(self.place)
        return _moment(now.started) if now else None

    def watch(self, plan: Plan, now: Instant, since: float) -> str:
        """One look of the watchdog, which may warn on the seat's terminals; its line.

        Raises:
            OSError, subprocess.SubprocessError: it did not look.
        """
        running = process.running(self.place)
        if running is None:
            return "stay: it has ended"
        self._show(running, now, since)
        settings = self.folder / "lab.env"
        records.write_text(
            settings, "".join(f"{key}={value}\n" for key, value in self._given(running, plan))
        )
        done = subprocess.run(
            [sys.executable, "-sP", "-m", "files.watchdog"],
            env={**os.environ, "PYTHONPATH": str(_WATCHDOG), "MLLAB_SETTINGS": str(settings)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        if not done.stdout:
            raise OSError(f"the watchdog said nothing, and: {done.stderr[-500:]}")
        return done.stdout.splitlines()[0]

    def _given(self, running: Running, plan: Plan) -> Iterator[tuple[str, str]]:
        session = f"state-{running.pid}-{running.started:.0f}.json"
        for old in self.folder.glob("state-*.json"):
            if old.name != session:  # of an earlier run
                old.unlink(missing_ok=True)
        yield "WHAT", f"JupyterLab {self.place.name}"
        yield "SKIP", _NO_EVIDENCE
        yield "PROC", f"{self.folder}/proc"
        yield "TERMINALS", f"{self.folder}/terminals"
        yield "JUPYTER_URL", f"http://{LOOPBACK}:{running.port}"
        yield "JUPYTER_ENV", f"{self.place.run}/jupyter.env"
        yield "KEEP_AWAKE", f"{self.folder}/until"
        yield "SAVED", f"{self.place.run}/saved"
        yield "STATE", f"{self.folder}/{session}"
        yield "SIGN", f"{self.folder}/sign.json"
        yield "REPORT", f"{self.folder}/report"
        yield "HEARTBEAT_COMMAND", ""
        yield "LIMITS_COMMAND", ""
        yield "STOP_COMMAND", "true"  # the keeper stops it, with the reason
        yield "IDLE_MINUTES", f"{plan.idle_minutes:g}"
        yield "MAX_HOURS", f"{plan.max_hours:g}"
        yield "INTERVAL_MINUTES", f"{plan.interval / 60:g}"

    def warn(self, words: str) -> None:
        """Say something on every terminal of the seat."""
        if now := process.running(self.place):
            self._show_terminals(marked.tree(self.place, now.pid))
            tell_terminals(self.folder / "terminals", words)

    def _key(self, now: Running | None = None) -> str:
        start = f"seat {self.place.name} "
        return f"{start}{now.pid} {now.started:.2f}" if now else start

    def _stopped(self) -> datetime | None:
        told = process.stopped(self.place)
        with suppress(ValueError):
            return datetime.fromisoformat(told.at) if told else None
        return None

    def _show(self, running: Running, now: Instant, since: float) -> None:
        tree = marked.tree(self.place, running.pid)
        (self.folder / "proc").mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "proc" / "uptime").write_text(f"{now.awake - since:.2f} 0.00\n")
        ticks = int(self._cpu(tree) * os.sysconf("SC_CLK_TCK"))
        (self.folder / "proc" / "stat").write_text(f"cpu  {ticks} 0 0 0 0 0 0 0 0 0\n")
        self._show_terminals(tree)
        until = awake.until(self.place.run, now)
        if until is None:
            (self.folder / "until").unlink(missing_ok=True)
        else:
            (self.folder / "until").write_text(f"{max(0.0, until - since):.0f}\n")
        awake.install(self.place.run)

    def _show_terminals(self, tree: list[psutil.Process]) -> None:
        devices = set()
        for one in tree:
            with suppress(psutil.Error):
                devices.add(one.terminal())
        named = {
            number[0]: device
            for device in devices - {None}
            if (number := re.findall(r"\d+$", device))
        }
        folder = self.folder / "terminals"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for link in folder.iterdir():
            if link.name not in named:
                link.unlink()
        for number, device in named.items():
            if not (folder / number).is_symlink():
                (folder / number).symlink_to(device)

    def _cpu(self, tree: list[psutil.Process]) -> float:
        """Processor seconds of the seat since it is watched; they only grow.

        What a process used is its parent's when it has ended: only what nobody counted is new.
        """
        path = self.folder / "cpu.json"
        told = records.read(path)
        before = told.get("processes", {})
        own, inherited, now = 0.0, 0.0, {}
        for one in tree:
            with suppress(psutil.Error):
                times = one.cpu_times()
                mine = times.user + times.system
                theirs = times.children_user + times.children_system
                now[str(one.pid)] = (mine, theirs)
        for pid, (mine, theirs) in now.items():
            was = before.get(pid, (0.0, 0.0))
            if was[0] > mine:  # the number of another process, once
                was = (0.0, 0.0)
            own += mine - was[0]
            inherited += theirs - was[1]
        gone = sum(sum(was) for pid, was in before.items() if pid not in now)
        total = float(told.get("total", 0.0)) + own + max(0.0, inherited - gone)
        records.write(path, {"total": total, "processes": now})
        return total


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()
