"""The process of a Slurm of one user: starts its daemons, and hands the lab's jobs to it.

`python -m mllab.local.slurm_process LAB NAME`. Jobs are the same folders as those of the other
queue, and run below the same process, so that all that looks at them is the same.
"""

from __future__ import annotations

import ctypes
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from mllab.errors import LabError
from mllab.local import slurm
from mllab.local.job_files import CANCELLED, FAILED, GIVEN, LOCK, QUEUED, Job, holding, read, write
from mllab.local.jobs import CLOSED, SETTINGS, jobs_of
from mllab.local.marked import marks
from mllab.local.queue_process import Queue, serve
from mllab.local.service import Place

READY_SECONDS: Final = 45.0
VANISHED: Final = "Slurm ended it before it ran"
_PORTS: Final = "ports.json"
_DEATH_SIGNAL: Final = 1
"""Of Linux' prctl(2): PR_SET_PDEATHSIG."""


class SlurmQueue(Queue):
    """Jobs in a Slurm that this process has started.

    Args:
        place: of the queue. settings: as of the other queue. installed: which Slurm.
    """

    def __init__(self, place: Place, settings: Mapping[str, Any], installed: slurm.Slurm) -> None:
        super().__init__(place, settings)
        self.programs = installed.programs
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            **installed.environment(place),
        }
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.there: dict[str, str] = {}

    def up(self) -> None:
        """Start the daemons. Raises LabError where they do not work."""
        run, programs = self.place.run, self.programs
        paths = {"key-file": "munge.key", "socket": "munge.sock", "pid-file": "munge.pid"}
        paths |= {"log-file": "munged.log", "seed-file": "munge.seed"}
        options = [f"--{name}={run / path}" for name, path in paths.items()]
        # --force: the folder is closed to other users, whom munge would serve, too.
        self.daemon("munged", programs["munged"], "--foreground", "--force", *options)
        self.until((run / "munge.sock").exists)
        self.daemon("slurmctld", programs["slurmctld"], "-D")
        self.daemon("slurmd", programs["slurmd"], "-D", "-d", programs["slurmstepd"])
        self.until(self.answers)

    def answers(self) -> bool:
        """Whether the node takes jobs, or has some."""
        told = self.ask("sinfo", "--noheader", "--format=%T", check=False)
        return told.strip() in {"idle", "mixed", "allocated", "completing"}

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that the daemons do."""
        last = time.monotonic() + READY_SECONDS
        while not holds():
            self.watch()
            if time.monotonic() > last:
                where = self.place.run
                raise LabError(f"Slurm is not ready after {READY_SECONDS:g} s; see {where}/*.log")
            time.sleep(0.05)

    def daemon(self, name: str, *argv: str) -> None:
        """Start one, which ends when this process does, however that may end."""
        with (self.place.run / f"{name}.out").open("wb") as out:
            self.daemons[name] = subprocess.Popen(
                argv,
                env={**os.environ, **self.environment},
                cwd=self.place.run,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - there are no threads
            )

    def watch(self) -> None:
        """Raises RuntimeError where a daemon has ended: without it, nothing goes on."""
        for name, process in self.daemons.items():
            if process.poll() is not None:
                said = (self.place.run / f"{name}.out").read_text(errors="replace")
                raise RuntimeError(
                    f"{name} has ended with code {process.returncode}: {said[-500:]}"
                )

    def turn(self) -> None:
        """As of the other queue; what Slurm has of it is asked first."""
        self.watch()
        told = self.ask("squeue", "--noheader", "--format=%k %i")
        self.there = dict(line.split() for line in told.splitlines() if len(line.split()) == 2)
        super().turn()

    def schedule(self, open_jobs: list[Job]) -> None:
        """Hand over what Slurm does not have yet: it decides when what runs."""
        closed = read(self.place.run / CLOSED)
        for job in open_jobs:
            if job.state != QUEUED:
                continue
            if closed:
                self.conclude(job.folder, CANCELLED, closed["why"])
            elif job.id not in self.there:
                if (job.folder / GIVEN).exists():
                    self.conclude(job.folder, FAILED, VANISHED)
                else:
                    self.hand_over(job)

    def conclude(self, folder: Path, state: str, why: str) -> bool:
        """Take it from Slurm, too."""
        if number := self.there.get(folder.name):
            self.ask("scancel", number, check=False)
        return super().conclude(folder, state, why)

    def hand_over(self, job: Job) -> None:
        """Give a job to Slurm. One that it does not take has failed."""
        with holding(job.folder / LOCK):
            self.give(job.folder, {"state": QUEUED, "any_of": self.settings["gpus"]})
        known = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        known |= marks(jobs_of(self.place))
        lines = [f"export {name}={shlex.quote(value)}" for name, value in known.items()]
        command = (sys.executable, "-P", "-m", "mllab.local.job_process", str(job.folder))
        script = "\n".join(("#!/bin/sh", *lines, f"exec {shlex.join(command)}", ""))
        options = {
            "job-name": job.name,
            "comment": job.id,
            "export": "NIL",
            "time": str(math.ceil(job.hours * 60) + 2),
            "output": str(job.log).replace("%", "%%"),
            "open-mode": "append",
            "chdir": str(job.folder),
            "licenses": f"{slurm.SLOT}:1" + (f",{slurm.GPU}:{job.gpus}" if job.gpus else ""),
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        try:
            self.ask("sbatch", "--parsable", "--no-requeue", *words, stdin=script)
        except LabError as error:
            self.conclude(job.folder, FAILED, str(error))

    def ask(self, name: str, *options: str, stdin: str = "", check: bool = True) -> str:
        """What one of Slurm's commands says. Raises LabError where it fails."""
        try:
            done = subprocess.run(
                (self.programs[name], *options),
                env=self.environment,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{name} does not answer") from error
        if check and done.returncode:
            raise LabError(f"{name}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def down(self) -> None:
        """End the daemons, in the order in which they need each other."""
        for process in reversed(self.daemons.values()):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)


def main(lab: str, name: str) -> None:
    """Serve a queue by Slurm. Raises LabError where another process does, or Slurm does not."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the daemons are ended in order
    place = Place(Path(lab), name)
    settings = read(place.run / SETTINGS) or {}
    if not (installed := slurm.find(os.environ.get(slurm.VARIABLE))):
        raise LabError("Slurm is not there any more")
    try:
        with holding(place.run / "queue.lock", wait=False):
            ports = slurm.choose((read(place.run / _PORTS) or {}).get("ports", []))
            write(place.run / _PORTS, {"ports": ports})
            slurm.configure(place, settings, installed, ports)
            queue = SlurmQueue(place, settings, installed)
            try:
                queue.up()
                serve(queue)
            finally:
                queue.down()
    except KeyboardInterrupt:
        return
    except BlockingIOError as error:
        raise LabError(f"another process serves this queue: {place.run}") from error


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
