"""A queue of a lab, run for real, and proof that nothing of it is left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from mllab.local import jobs, marked, slurm
from mllab.local.job_files import ENDED, Job
from mllab.local.service import Place, Service
from mllab.local.services.queue import Queue

LONG = 60.0
"""Seconds after which something that was to happen has not."""
NAME = "course-queue"


class Lab:
    """A lab of one queue.

    Args:
        folder: of the lab. settings: of the queue, where they differ.
    """

    def __init__(
        self,
        folder: Path,
        service: Service | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.service = service or Queue()
        self.place = Place(folder, NAME)
        self.jobs = folder / "jobs"
        given = {
            "jobs": str(self.jobs),
            "slots": 1,
            "gpu_count": 0,
            "hours": 1.0,
            "environment": {},
        }
        self.settings = {**given, **(settings or {})}
        self.service.prepare(self.place, 0, self.settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the queue, and wait until it is ready."""
        launch = self.service.prepare(self.place, 0, self.settings)
        self.place.ready.unlink(missing_ok=True)
        marks = {"MLLAB_LAB": str(self.place.lab), "MLLAB_SERVER": self.place.name}
        with (self.place.run / "log").open("ab") as log:
            self.process = subprocess.Popen(
                launch.argv,
                cwd=launch.cwd,
                env={"PATH": os.environ["PATH"], **launch.env, **marks, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        nothing = threading.Event()
        while not self.place.ready.exists():
            assert self.process.poll() is None, (self.place.run / "log").read_text()
            nothing.wait(0.01)

    def kill(self) -> None:
        """kill -9 of the queue alone."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def submit(self, *argv: str, **options: Any) -> str:
        """Submit a job."""
        return jobs.submit(self.place.lab, NAME, argv, **options)

    def python(self, code: str, **options: Any) -> str:
        """Submit a job in Python."""
        return self.submit(sys.executable, "-c", code, **options)

    def job(self, number: str) -> Job:
        """A job as it is now."""
        return jobs.job(self.place.lab, NAME, number)

    def reach(self, number: str, *states: str) -> Job:
        """A job once it is in one of these states; without any, once it has ended."""
        wanted = states or tuple(ENDED)
        found = jobs.wait(self.place.lab, NAME, number, LONG, wanted)
        assert found.state in wanted, (found, found.log.read_text())
        return found

    def said(self, number: str) -> str:
        """What a job has said, once it has ended."""
        return self.reach(number).log.read_text()

    def heard(self, number: str) -> Job:
        """A job that runs, once it has said something: its command is there then."""
        job = self.reach(number, "running")
        nothing = threading.Event()
        while not job.log.stat().st_size:
            assert self.job(number).state == "running"
            nothing.wait(0.01)
        return job

    def cancel(self, number: str) -> Job:
        """Have a job ended."""
        return jobs.cancel(self.place.lab, NAME, number)

    def processes(self) -> list[psutil.Process]:
        """All that the lab has started, and that lives."""
        return [*marked.processes(self.place.lab), *slurm.steps(self.place)]

    def end(self) -> None:
        """Stop the queue, end its jobs, and find nothing that lives on."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        try:
            self.service.retire(self.place)
            alive = self.processes()
            _, alive = psutil.wait_procs(alive, timeout=LONG)
            assert not alive
        finally:
            assert not marked.end(self.processes, 0.0)


@contextmanager
def lab(folder: Path, service: Service | None = None, **settings: Any) -> Iterator[Lab]:
    """A lab whose queue is started by the test."""
    one = Lab(folder, service, settings)
    try:
        yield one
    finally:
        one.end()


def gone(pids: Sequence[int]) -> bool:
    """Whether all of these processes end; one that nobody has waited for has ended, too."""
    nothing = threading.Event()
    for _ in range(int(LONG / 0.02)):
        if not any(map(marked.alive, pids)):
            return True
        nothing.wait(0.02)
    return False


def machine_with_gpus(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its `nvidia-smi` tells it; there is nothing behind it."""
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    lines = "".join(f"echo 'GPU {number}: H200 (UUID: GPU-x)'\n" for number in range(count))
    program.write_text(f"#!/bin/sh\n{lines}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
