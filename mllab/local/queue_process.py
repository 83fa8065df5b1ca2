"""The process of a queue: starts jobs in their order, as many at a time as it has room for.

`python -m mllab.local.queue_process LAB NAME`. It knows nothing that is not in the files of the
jobs, so it can be killed and started anew at any moment.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from mllab.errors import LabError
from mllab.local import marked
from mllab.local.job_files import (
    CANCELLED,
    END,
    ENDED,
    GIVEN,
    LOCK,
    QUEUED,
    STARTING,
    WAKE,
    Job,
    holding,
    look,
    numbers,
    read,
    settle,
    write,
)
from mllab.local.job_process import HOME
from mllab.local.jobs import CLOSED, DRAFT, SETTINGS, jobs_of
from mllab.local.marked import marks
from mllab.local.service import Place

EVERY: Final = 5.0
"""Seconds after which it looks even if nobody has told it to."""
_GRACE: Final = 5.0


class Queue:
    """Jobs as processes of this machine.

    Args:
        place: of the queue.
        settings: `jobs`, the folder; `slots`; `gpus` of the machine; `environment` of each job.
    """

    def __init__(self, place: Place, settings: Mapping[str, Any]) -> None:
        self.place = place
        self.settings = settings
        self.jobs = Path(settings["jobs"])
        self.done: set[str] = set()

    def begin(self) -> None:
        """Look after what an earlier process left."""
        (self.place.run / HOME).mkdir(0o700, exist_ok=True)
        for draft in self.jobs.glob(f"{DRAFT}*"):
            if not psutil.pid_exists(int(draft.name.removeprefix(DRAFT).split("-")[0])):
                shutil.rmtree(draft, ignore_errors=True)

    def turn(self) -> None:
        """Do all that is to be done now."""
        open_jobs = []
        for number in numbers(self.jobs):
            if number in self.done:
                continue
            job = look(self.jobs / number)
            if job.state not in ENDED:
                open_jobs.append(job)
            elif (job.folder / END).exists() or self.conclude(job.folder, job.state, job.why):
                self.done.add(number)
        self.schedule(open_jobs)

    def conclude(self, folder: Path, state: str, why: str) -> bool:
        """End what is left of a job, and write down its end; not while something holds it."""
        try:
            with holding(folder / LOCK, wait=False):
                if left := marked.end(lambda: marked.of_job(self.place.lab, folder), _GRACE):
                    why += f"; these live on: {', '.join(str(process.pid) for process in left)}"
                settle(folder, state, why)
        except BlockingIOError:
            return False
        return True

    def schedule(self, open_jobs: list[Job]) -> None:
        """Start what there is room for. One that waits for a GPU is not overtaken."""
        waiting = [job for job in open_jobs if job.state == QUEUED]
        busy = [job for job in open_jobs if job.state != QUEUED]
        closed = read(self.place.run / CLOSED)
        free = self.settings["slots"] - len(busy)
        used = {gpu for job in busy for gpu in (read(job.folder / GIVEN) or {}).get("gpus", [])}
        gpus = [gpu for gpu in range(self.settings["gpus"]) if gpu not in used]
        for job in waiting:
            if closed:
                self.conclude(job.folder, CANCELLED, closed["why"])
            elif free < 1 or job.gpus > len(gpus):
                return
            else:
                self.start(job.folder, gpus[: job.gpus])
                free, gpus = free - 1, gpus[job.gpus :]

    def start(self, folder: Path, gpus: list[int]) -> None:
        """Hand a job, with its lock, to a process of its own."""
        with holding(folder / LOCK) as lock:
            self.give(folder, {"state": STARTING, "gpus": gpus})
            subprocess.run(
                (sys.executable, "-P", "-m", "mllab.local.job_process", str(folder), str(lock)),
                env={**os.environ, **marks(jobs_of(self.place)), marked.JOB: str(folder)},
                pass_fds=(lock,),
                check=False,  # where it fails, nobody holds the lock, and the next turn finds it so
            )

    def give(self, folder: Path, how: Mapping[str, Any]) -> None:
        """Write down that a job was taken up, and what it is run with."""
        environment = {**self.settings["environment"], **marks(jobs_of(self.place))}
        whose = {"lab": str(self.place.lab), "server": self.place.name}
        write(folder / GIVEN, {**how, **whose, "environment": environment})


@contextmanager
def listening(run: Path) -> Iterator[int]:
    """What becomes readable when somebody has done something with a job."""
    path = run / WAKE
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)
    # For both directions, so that it does not end when the last writer closes it.
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield pipe
    finally:
        os.close(pipe)


def serve(queue: Queue) -> None:
    """Look whenever something happens, until this process is ended."""
    told = ""
    with listening(queue.place.run) as pipe:
        queue.begin()
        while True:
            try:
                queue.turn()
            except (LabError, OSError) as error:  # a full disk, for one: it goes on when it can
                if str(error) != told:
                    told = str(error)
                    sys.stderr.write(f"{told}\n")
                    sys.stderr.flush()
            queue.place.ready.touch(0o600)
            if select.select([pipe], [], [], EVERY)[0]:
                os.read(pipe, 65536)


def main(lab: str, name: str) -> None:
    """Serve a queue. Raises LabError where another process does."""
    os.umask(0o077)
    place = Place(Path(lab), name)
    try:
        with holding(place.run / "queue.lock", wait=False):
            serve(Queue(place, read(place.run / SETTINGS) or {}))
    except BlockingIOError as error:
        raise LabError(f"another process serves this queue: {place.run}") from error


if __name__ == "__main__":
    main(*sys.argv[1:])
