"""Processes that belong together, and how all of them are ended."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import psutil

from mllab.local import marked

JOB: Final = "MLLAB_JOB"
"""Names a job's folder in the environment of all that runs for it."""
_KILLED_AFTER: Final = 10.0
"""Seconds from SIGKILL until a process counts as one that cannot be ended."""


def of_job(lab: Path, folder: Path) -> list[psutil.Process]:
    """All that say they are this job's; what cleared its environment does not."""
    return [
        process
        for process in marked.processes(lab)
        if marked.environment(process).get(JOB) == str(folder)
    ]


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
    while left := [process for process in family() if _lives(process)]:
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


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
