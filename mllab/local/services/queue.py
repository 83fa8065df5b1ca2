"""Queue: jobs as processes of this machine, first come, first served."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

import psutil

import mllab
from mllab.errors import StillThere, UsageError
from mllab.local import gpus, jobs, marked
from mllab.local.job_files import write
from mllab.local.service import Lack, Launch, Place, Settings

_GRACE: Final = 5.0


class Queue:
    """Implements `mllab.local.service.Service`.

    Settings: `jobs`: path of the folder of all jobs. `slots`: jobs at the same time. `gpu_count`:
    GPUs that a job gets which does not say how many. `hours`: a job is ended after so many.
    `environment`: what each job gets.
    """

    kind: ClassVar[str] = "queue"
    listens: ClassVar[bool] = False
    program: ClassVar[str] = "mllab.local.queue_process"

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """GPUs, where jobs are to get more than there are; besides, it is Python alone."""
        wanted, there = settings["gpu_count"], gpus.count() if settings["gpu_count"] else 0
        if wanted <= there:
            return ()
        return (Lack(f"each job is to get {wanted} GPUs, and this machine has {there}"),)

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """Write down what it is told, for its process and for those who submit."""
        place.run.mkdir(0o700, parents=True, exist_ok=True)
        Path(settings["jobs"]).mkdir(0o700, parents=True, exist_ok=True)
        there = gpus.count() if settings["gpu_count"] else 0
        write(place.run / jobs.SETTINGS, {**settings, "gpus": there})
        return Launch(
            argv=(sys.executable, "-P", "-m", self.program, str(place.lab), place.name),
            cwd=place.run,
            env={"PYTHONPATH": str(Path(mllab.__file__).parent.parent)},
            files=(jobs.SETTINGS,),
        )

    def retire(self, place: Place) -> None:
        """End all jobs, which go on without their queue otherwise. Raises StillThere."""
        with suppress(UsageError):  # it was never prepared
            jobs.end_all(place.lab, place.name, "the queue was removed")
        refuse(place, marked.end(lambda: marked.tree(jobs.jobs_of(place)), _GRACE))

    def address(self, place: Place, port: int) -> str:
        """Nothing that a person could open."""
        return ""


def refuse(place: Place, left: Sequence[psutil.Process]) -> None:
    """Raises StillThere where something of a queue lives on."""
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        raise StillThere(f"processes of {place.name} live on: {pids}")


SERVICE = Queue()
