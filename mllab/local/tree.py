"""Processes that belong together, and how all of them are ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable

import psutil

_KILLED_AFTER = 10.0
"""Seconds from SIGKILL until a process counts as one that cannot be ended."""


def marked(name: str, value: str) -> list[psutil.Process]:
    """Those of this user whose environment says so, whoever started them."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid() and process.environ().get(name) == value:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # it has ended, or does not let itself be looked at
    return found


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
