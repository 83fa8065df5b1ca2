"""The process that runs one job, ends all that it started, and writes down how it ended.

It stands by itself, not below the queue: a job goes on when its queue is killed or started anew,
and its end is known all the same. `python -m mllab.local.job_process FOLDER [LOCK]`, where LOCK is
the number of the open file by which the queue held the job; without, it takes the lock itself, and
remains the child of who started it.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Final

import psutil

from mllab.local import marked
from mllab.local.job_files import (
    CANCEL,
    CANCELLED,
    CODE,
    END,
    FAILED,
    GIVEN,
    JOB,
    LOCK,
    LOG,
    OUTPUT,
    RUN,
    SUCCEEDED,
    TIMED_OUT,
    holding,
    now,
    read,
    settle,
    wake,
    write,
)
from mllab.local.service import Place

_GRACE: Final = 10.0
"""Seconds that a job has to save what it needs, after SIGTERM."""
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "SHELL")
"""Of the environment of whoever started this; the rest is nothing that a job should know."""
HOME: Final = "home"
"""In the queue's own folder: what jobs share, caches for one. Their user's own has credentials."""
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
_SUBREAPER, _DEATH_SIGNAL = 36, 1
"""Of Linux' prctl(2): PR_SET_CHILD_SUBREAPER and PR_SET_PDEATHSIG."""


class _Run:
    """One run of a job: its command, and everything below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told, self.given = (read(folder / name) or {} for name in (JOB, GIVEN))
        place = Place(Path(self.given["lab"]), self.given["server"])
        self.lab, self.queue = place.lab, place.run
        self.held = ExitStack()
        self.asked = False
        self.status: int | None = None
        self.main = 0
        self.awake, pipe = os.pipe()
        os.set_blocking(pipe, False)
        signal.set_wakeup_fd(pipe, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def outcome(self) -> tuple[str, str, int | None]:
        """Run it: the state in which it ended, why, and the exit code."""
        try:
            write(self.folder / RUN, {"pid": os.getpid(), "at": now()})
            wake(self.queue)
            if note := read(self.folder / CANCEL):
                return CANCELLED, note["why"], None
            self.start()
        except OSError as error:
            return FAILED, f"it cannot be started: {error}", None
        return self.watch()

    def start(self) -> None:
        """Start the command. Raises OSError."""
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        here = str(Path(sys.executable).parent)  # so that `python` is the one that notebooks have
        environment["PATH"] = os.pathsep.join((here, environment.get("PATH", os.defpath)))
        environment["HOME"] = str(self.queue / HOME)
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, self.gpus()))
        environment |= self.given["environment"] | self.told["environment"]
        environment |= {
            "LAB_JOB": self.folder.name,
            "LAB_OUTPUT": str(self.folder / OUTPUT),
            marked.JOB: str(self.folder),
        }
        with (self.folder / LOG).open("ab") as log:
            child = subprocess.Popen(
                self.told["argv"],
                cwd=self.folder / CODE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - there are no threads
            )
        self.main = child.pid
        child.returncode = 0  # it is waited for here, with all that it leaves

    def gpus(self) -> list[int]:
        """Those that the queue chose. Slurm only counts them, and then any that is free will do."""
        if "gpus" in self.given:
            return list(self.given["gpus"])
        taken: list[int] = []
        for number in range(self.given["any_of"]):
            with suppress(BlockingIOError):
                if len(taken) < self.told["gpus"]:
                    self.held.enter_context(holding(self.queue / f"gpu-{number}.lock", wait=False))
                    taken.append(number)
        if len(taken) < self.told["gpus"]:
            raise OSError(f"fewer than {self.told['gpus']} GPUs are free")
        return taken

    def watch(self) -> tuple[str, str, int | None]:
        """Wait for the end, or bring it about."""
        hours = float(self.told["hours"])
        last = time.monotonic() + hours * 3600
        while self.status is None and not self.asked and time.monotonic() < last:
            self._wait(min(60.0, max(0.0, last - time.monotonic())))
        by_itself, asked = self.status is not None, self.asked
        left = self.end()
        code = _exit_code(self.status)
        note = f"these processes cannot be ended: {', '.join(map(str, left))}" if left else ""
        if by_itself and (code == 0 or not asked):
            state, why = (SUCCEEDED if code == 0 else FAILED), _told(code)
        elif cancelled := read(self.folder / CANCEL):
            state, why = CANCELLED, cancelled["why"]
        elif asked:
            state, why = FAILED, "ended by a signal from outside"
        else:
            state, why = TIMED_OUT, f"ran for {hours:g} hours, its limit"
        return state, "; ".join(filter(None, (why, note))), code

    def end(self) -> list[int]:
        """End all that is left; the ids of what cannot be ended."""
        left = marked.end(self._family, _GRACE, self._wait)
        self._wait(0)
        return [process.pid for process in left]

    def _family(self) -> set[psutil.Process]:
        me = psutil.Process()
        return {*me.children(recursive=True), *marked.of_job(self.lab, self.folder)} - {me}

    def _wait(self, seconds: float) -> None:
        """Until something ends, a signal comes, or so many seconds have passed."""
        if select.select([self.awake], [], [], seconds)[0]:
            os.read(self.awake, 4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid == self.main:
                self.status = status


def run(folder: Path) -> None:
    """Run a job that nobody has run, to its end."""
    if (folder / RUN).exists() or (folder / END).exists():
        return
    if _LIBC:  # what the job leaves behind comes to this process then, and not to init
        _LIBC.prctl(_SUBREAPER, 1, 0, 0, 0)
    this = _Run(folder)
    with this.held:
        settle(folder, *this.outcome())
    wake(this.queue)


def main(folder: str, lock: str = "") -> None:
    """Run a job, as nobody's child where the lock is handed on."""
    if not lock:
        with holding(Path(folder) / LOCK):
            run(Path(folder))
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    os.set_inheritable(int(lock), False)
    run(Path(folder))


def _die_with_parent() -> None:
    """A job whose process is killed does not run on, where nobody would count it."""
    if _LIBC:
        _LIBC.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def _exit_code(status: int | None) -> int | None:
    if status is None:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _told(code: int | None) -> str:
    if code and code - 128 in {*signal.Signals}:
        return f"ended by {signal.Signals(code - 128).name}"
    return f"exit code {code}" if code else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
