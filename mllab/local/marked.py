"""Which processes of this machine are a lab's, by what stands in their environment; their end.

Whatever a server starts inherits the marks, also what makes a session of its own or outlives its
parent. A pid alone says nothing: it is used again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from mllab.local.service import Place

LAB: Final = "MLLAB_LAB"
SERVER: Final = "MLLAB_SERVER"
JOB: Final = "MLLAB_JOB"
"""Names a job's folder in the environment of all that runs for it."""
_KILLED_AFTER: Final = 10.0
"""Seconds from SIGKILL until a process counts as one that cannot be ended."""


def marks(place: Place) -> dict[str, str]:
    """What a server and all that it starts carry in their environment."""
    return {LAB: str(place.lab.resolve()), SERVER: place.name}


def processes(lab: Path) -> list[psutil.Process]:
    """All that live of a lab; never another user's."""
    wanted = str(lab.resolve())
    return [process for process, said in _own() if said.get(LAB) == wanted]


def tree(place: Place, pid: int | None = None) -> list[psutil.Process]:
    """All that live of one server.

    Args:
        pid: its first process, of which is known that it is the server's.
    """
    wanted = marks(place)
    found = {one.pid: one for one, said in _own() if said.items() >= wanted.items()}
    if pid is not None and (first := alive(pid)):
        found[pid] = first
    for one in list(found.values()):
        # Programs may clear their children's environment; other marks are another server's.
        with suppress(psutil.Error):
            for child in one.children(recursive=True):
                if not environment(child).keys() & wanted.keys():
                    found.setdefault(child.pid, child)
    return [one for one in found.values() if alive(one.pid)]


def of_job(lab: Path, folder: Path) -> list[psutil.Process]:
    """All that say they are this job's; what cleared its environment does not."""
    return [process for process in processes(lab) if environment(process).get(JOB) == str(folder)]


def end(
    family: Callable[[], Iterable[psutil.Process]],
    grace: float,
    pause: Callable[[float], object] = time.sleep,
) -> list[psutil.Process]:
    """End all of a family, those that it still starts included: SIGTERM, after `grace` SIGKILL.

    Returns:
        Those that live on in spite of it.
    """
    asked = set()
    begun = time.monotonic()
    while left := [process for process in family() if alive(process.pid)]:
        passed = time.monotonic() - begun
        if passed > grace + _KILLED_AFTER:
            return left
        for process in left:
            try:
                if passed > grace:
                    process.kill()
                elif process not in asked:
                    asked.add(process)
                    process.send_signal(signal.SIGTERM)
            except psutil.NoSuchProcess:
                continue
        pause(0.02)
    return []


def alive(pid: int) -> psutil.Process | None:
    """An own process that runs. One that has ended and is nobody's concern any more is none."""
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process if process.uids().real == os.getuid() else None
        with suppress(psutil.TimeoutExpired):
            process.wait(0)  # a child of ours is gone for good when it is asked how it ended
    except psutil.Error:
        pass
    return None


def environment(process: psutil.Process) -> dict[str, str]:
    """With what it was started; empty where it does not say."""
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}


def _own() -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == os.getuid():
                yield process, environment(process)
