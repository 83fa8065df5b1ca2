"""The keeper's program: `python -m mllab.local.keeper FOLDER NAME`, until it is ended.

It may be killed at any moment: what it knows is on disk, and whole.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Final

from mllab.local import records
from mllab.local.keeper import instant
from mllab.local.keeper.plan import Plan
from mllab.local.keeper.rounds import Keeper
from mllab.local.keeper.spent import SETTINGS
from mllab.local.service import Place

LOG_BYTES: Final = 1_000_000


def main(lab: Path, name: str) -> None:
    """Look, and wait until the next look is due, without end."""
    place = Place(lab, name)
    keeper = Keeper(place, say)
    plan = Plan.of(records.read(place.run / SETTINGS))
    place.ready.touch(mode=0o600)
    while True:
        now = instant.now()
        try:
            plan = Plan.of(records.read(place.run / SETTINGS))  # it may have changed
            keeper.look(plan, now)
            shorten(place.run / "log")
        except Exception:  # whatever it is, the next look is to come
            say(traceback.format_exc())
        time.sleep(pause(plan))


def pause(plan: Plan) -> float:
    """Seconds until the next look: no longer than until something is to be stopped."""
    now = instant.now().wall
    upcoming = plan.upcoming(now)
    return min(plan.interval, max(1.0, (upcoming - now).total_seconds()) if upcoming else 1e9)


def say(line: str) -> None:
    """A line of the log, which is this program's output."""
    moment = instant.now().wall
    try:
        os.write(sys.stdout.fileno(), f"{moment:%Y-%m-%d %H:%M:%S} {line}\n".encode())
    except OSError:
        return  # a disk that is full keeps nothing from being stopped


def shorten(log: Path) -> None:
    """Begin a new log where this one is long; it is written to by appending."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.copyfile(log, log.with_name("log.1"))
        os.truncate(log, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
