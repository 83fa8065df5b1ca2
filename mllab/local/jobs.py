"""Jobs of a lab on this machine: put into its queue, looked at, and ended."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from mllab.errors import LabError, StillThere, UsageError
from mllab.local import job_code
from mllab.local.job_files import (
    CANCEL,
    CODE,
    ENDED,
    JOB,
    LOCK,
    LOG,
    OUTPUT,
    RESERVED,
    ROOM,
    RUN,
    Job,
    held,
    look,
    now,
    numbers,
    read,
    wake,
    write,
)
from mllab.local.service import Place

CLOSED: Final = "closed.json"
"""In the queue's own folder, while it takes no jobs."""
DRAFT: Final = ".new-"
"""Begins the name of a job that is being written; the writer's process id follows."""
SETTINGS: Final = "queue.json"
"""In the queue's own folder: its settings, for those who submit and for its process."""


def submit(
    lab: Path,
    queue: str,
    argv: Sequence[str],
    *,
    name: str = "",
    code: Path | None = None,
    environment: Mapping[str, str] | None = None,
    gpus: int | None = None,
    hours: float | None = None,
) -> str:
    """Put a job into the queue, and return its number; it runs when its turn comes.

    Args:
        code: a folder that is copied, so that later changes of it do not matter; the job works in
            the copy.
        gpus: that it alone sees; what the queue gives, where nothing is said.
        hours: until it is ended; the queue's own limit, where nothing is said.
    Raises:
        UsageError: the queue cannot run such a job. LabError: the queue is closed, or the job
            cannot be written; nothing of it is left.
    """
    settings = settings_of(lab, queue)
    limit = float(settings["hours"])
    hours = limit if hours is None else hours
    gpus = settings["gpu_count"] if gpus is None else gpus
    jobs = Path(settings["jobs"])
    if not argv:
        raise UsageError("no command is given", hint="for example: -- python train.py")
    if not 0 <= gpus <= settings["gpus"]:
        raise UsageError(f"gpus: must be 0 to {settings['gpus']}, which {queue} has (got {gpus})")
    if not 0 < hours <= limit:
        raise UsageError(f"hours: must be above 0 and at most {limit:g} (got {hours:g})")
    if code:
        job_code.check(code, jobs)
    if why := closed(lab, queue):
        raise LabError(f"{queue} takes no jobs: {why}")
    told = {
        "name": name or Path(argv[0]).name,
        "argv": list(argv),
        "environment": dict(environment or {}),
        "gpus": gpus,
        "hours": hours,
        "submitted": now(),
    }
    try:
        number = _place(jobs, told, code)
    except (OSError, shutil.Error) as error:
        raise LabError(f"the job cannot be written into {jobs}: {error}") from error
    wake(Place(lab, queue).run)
    return number


def listing(lab: Path, queue: str) -> list[Job]:
    """All jobs, the oldest first. Raises UsageError where there is no such queue."""
    jobs = Path(settings_of(lab, queue)["jobs"])
    return [look(jobs / number) for number in numbers(jobs)]


def job(lab: Path, queue: str, number: str) -> Job:
    """One job. Raises UsageError where there is none."""
    folder = Path(settings_of(lab, queue)["jobs"]) / number
    if not number.isdecimal() or not (folder / JOB).is_file():
        raise UsageError(f"{queue} has no job {number}")
    return look(folder)


def cancel(lab: Path, queue: str, number: str, why: str = "cancelled") -> Job:
    """Have a job ended, whether or not it runs yet; one that has ended stays as it is."""
    found = job(lab, queue, number)
    if found.state not in ENDED:
        write(found.folder / CANCEL, {"why": why, "at": now()})
        # What runs it looks for the note after it has said that it runs: one sees the other.
        if (run := read(found.folder / RUN)) and held(found.folder / LOCK):
            with suppress(ProcessLookupError):
                os.kill(run["pid"], signal.SIGTERM)
        wake(Place(lab, queue).run)
    return job(lab, queue, number)


def wait(
    lab: Path, queue: str, number: str, seconds: float, states: Collection[str] = ENDED
) -> Job:
    """The job once it is in one of these states, or as it is after so many seconds."""
    last = time.monotonic() + seconds
    while (found := job(lab, queue, number)).state not in states and time.monotonic() < last:
        time.sleep(0.02)
    return found


def end_all(lab: Path, queue: str, why: str, seconds: float = 30.0) -> list[Job]:
    """End every job that has not ended, and wait for it. Raises StillThere where one runs on."""
    left = [one for one in listing(lab, queue) if one.state not in ENDED]
    for one in left:
        cancel(lab, queue, one.id, why)
    last = time.monotonic() + seconds
    done = [wait(lab, queue, one.id, max(0.0, last - time.monotonic())) for one in left]
    if alive := [one.id for one in done if one.state not in ENDED]:
        raise StillThere(f"jobs of {queue} run on: {', '.join(alive)}")
    return done


def close(lab: Path, queue: str, why: str) -> None:
    """Take no further jobs, and start none of those that wait, until it is opened again."""
    run = Place(lab, queue).run
    write(run / CLOSED, {"why": why, "at": now()})
    wake(run)


def reopen(lab: Path, queue: str) -> None:
    """Take jobs again."""
    (Place(lab, queue).run / CLOSED).unlink(missing_ok=True)


def closed(lab: Path, queue: str) -> str:
    """Why no jobs are taken; empty where they are."""
    found = read(Place(lab, queue).run / CLOSED)
    return str(found["why"]) if found else ""


def settings_of(lab: Path, queue: str) -> dict[str, Any]:
    """What the queue was told. Raises UsageError where there is no such queue."""
    if not (found := read(Place(lab, queue).run / SETTINGS)):
        raise UsageError(f"the lab in {lab} has no queue {queue}")
    return found


def jobs_of(place: Place) -> Place:
    """What processes of jobs are marked as: a queue is stopped and started anew without them."""
    return Place(place.lab, f"{place.name}-jobs")


def _place(jobs: Path, told: Mapping[str, Any], code: Path | None) -> str:
    """Write a job beside the others, and give it the next number."""
    draft = Path(tempfile.mkdtemp(prefix=f"{DRAFT}{os.getpid()}-", dir=jobs))  # mode 0700
    try:
        for name in (LOG, LOCK):
            (draft / name).touch(0o600)
        (draft / RESERVED).write_bytes(b" " * ROOM)
        (draft / OUTPUT).mkdir(0o700)
        if code:
            job_code.copy(code, draft / CODE)
        else:
            (draft / CODE).mkdir(0o700)
        write(draft / JOB, told)
        number = int((numbers(jobs) or ["0"])[-1])
        while True:
            number += 1
            try:
                draft.rename(jobs / str(number))
                return str(number)
            except OSError:
                # Another job was first: a folder with something in it is never replaced.
                if not (jobs / str(number)).exists():
                    raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
