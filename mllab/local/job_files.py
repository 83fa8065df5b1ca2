"""The files of a job, and what they tell.

A job is a folder below `jobs/`, named by its number. Each file in it has one writer, and what a job
is follows from which of them are there: nothing has to be kept in step, and who reads needs no
server.

- `job.json`: what is to run; written before the folder is put into place by a rename, which gives
  it the next number. `code/`: a copy of what it runs. `output/`: its results.
- `given.json`: the queue has taken it up, which it does once.
- `lock`: held from then until the end, by what runs it; so one that is not held tells of a death.
- `run.json`: what runs it.
- `cancel.json`: somebody wants it ended, and why. `end.json`: how it ended. `log`: what it said.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mllab.clock import Clock
from mllab.engines.embedded import drafts
from mllab.errors import StateError

QUEUED, STARTING, RUNNING = "queued", "starting", "running"
SUCCEEDED, FAILED, CANCELLED, TIMED_OUT = "succeeded", "failed", "cancelled", "timed out"
ENDED: Final = frozenset({SUCCEEDED, FAILED, CANCELLED, TIMED_OUT})

JOB, GIVEN, RUN, CANCEL, END = "job.json", "given.json", "run.json", "cancel.json", "end.json"
LOG, LOCK, CODE, OUTPUT = "log", "lock", "code", "output"
WAKE: Final = "wake"
"""In the queue's own folder: the named pipe that it listens to."""
RESERVED: Final = "end.reserved"
ROOM: Final = 4096
"""Bytes that each job sets aside for how it ended, which a full disk must not lose."""
LOST: Final = "what ran it is gone: it was killed, or the machine was started anew"
NEVER_RAN: Final = "the queue was ended while it started this job; submit it again"


@dataclass(frozen=True)
class Job:
    """A job as it is now.

    Args:
        id: its number, which every other verb takes. name: what its owner calls it.
        state: one of the words above. why: of this state, where there is something to tell.
        exit_code: of its command, 128 + n where signal n ended it; None where there is none.
        submitted, started, ended: in UTC. hours: it is ended after so many.
    """

    id: str
    name: str
    state: str
    why: str
    exit_code: int | None
    submitted: datetime
    started: datetime | None
    ended: datetime | None
    argv: tuple[str, ...]
    gpus: int
    hours: float
    folder: Path

    @property
    def log(self) -> Path:
        """What it said, output and errors."""
        return self.folder / LOG

    @property
    def output(self) -> Path:
        """Where its results are."""
        return self.folder / OUTPUT


def look(folder: Path) -> Job:
    """A job as its files tell it. Raises StateError where one cannot be read."""
    told, run, note = (read(folder / name) or {} for name in (JOB, RUN, CANCEL))
    # What runs it writes how it ended before it lets go of the lock: so this order.
    alive = held(folder / LOCK)
    given, end = read(folder / GIVEN) or {}, read(folder / END) or {}
    if end:
        state, why = end["state"], end["why"]
    elif alive and (run or given):
        state, why = (RUNNING if run else STARTING), ""
    elif run:
        state, why = FAILED, LOST
    elif given.get("state") == STARTING:
        state, why = FAILED, NEVER_RAN
    elif note:
        state, why = CANCELLED, note["why"]
    else:
        state, why = QUEUED, ""
    return Job(
        id=folder.name,
        name=told["name"],
        state=state,
        why=why,
        exit_code=end.get("exit_code"),
        submitted=datetime.fromisoformat(told["submitted"]),
        started=datetime.fromisoformat(run["at"]) if run else None,
        ended=datetime.fromisoformat(end["at"]) if end else None,
        argv=tuple(told["argv"]),
        gpus=told["gpus"],
        hours=told["hours"],
        folder=folder,
    )


def numbers(jobs: Path) -> list[str]:
    """Of all jobs, in the order in which they were submitted."""
    names = (path.name for path in jobs.iterdir()) if jobs.is_dir() else ()
    return sorted((name for name in names if name.isdecimal()), key=int)


def settle(folder: Path, state: str, why: str = "", exit_code: int | None = None) -> None:
    """Write down how a job ended, once, in the room that was set aside for it."""
    text = json.dumps({"state": state, "why": why[:2000], "exit_code": exit_code, "at": now()})
    reserved = folder / RESERVED
    with suppress(FileNotFoundError):  # it is written already
        with reserved.open("r+b") as file:
            file.write(text.encode().ljust(ROOM))
            file.flush()
            os.fsync(file.fileno())
        reserved.replace(folder / END)


def now() -> str:
    """The present moment, as the files have it."""
    return Clock().now().isoformat(timespec="milliseconds")


def read(path: Path) -> dict[str, Any] | None:
    """What a file holds; None where there is none. Raises StateError where it cannot be read."""
    try:
        return dict(json.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise StateError(f"{path}: cannot be read: {error}") from error


def write(path: Path, data: Mapping[str, Any]) -> None:
    """Put a file into place, whole and for its owner alone."""
    with drafts.into(path) as file:
        file.write(json.dumps(data, indent=1).encode())


def wake(run: Path) -> None:
    """Have the queue of this folder look now; it does so by itself every few seconds."""
    with suppress(OSError):  # nobody listens
        pipe = os.open(run / WAKE, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(pipe, b"x")
        finally:
            os.close(pipe)


def held(lock: Path) -> bool:
    """Whether a living process holds it."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def holding(lock: Path, wait: bool = True) -> Iterator[int]:
    """Hold a lock; the system lets go of it when this process ends, and all that inherited it.

    Raises:
        BlockingIOError: somebody else holds it, and `wait` is off.
    """
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield file.fileno()
