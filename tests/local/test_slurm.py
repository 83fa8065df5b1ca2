"""The same jobs in a Slurm of the user's own, run for real: it decides when, the rest is as before.

Without Debian's packages or a cgroup file system it is skipped, and says so.
"""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from mllab.errors import LabError
from mllab.local import jobs, marked, slurm
from mllab.local.service import Place
from mllab.local.services import SERVICES
from mllab.protocol.provider import ProviderFailure
from tests.local.queues import LONG, NAME, Lab, gone, lab, machine_with_gpus
from tests.local.slurms import unpacked
from tests.local.waiting import until

ENDLESS = ("sleep", "100000")
GPUS = "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))"
Start = Callable[..., Lab]


@pytest.fixture(scope="session")
def root() -> str:
    return unpacked()


@pytest.fixture
def start(root: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setenv(slurm.VARIABLE, root)
    with ExitStack() as stack:

        def starts(**settings: Any) -> Lab:
            short = stack.enter_context(tempfile.TemporaryDirectory(prefix="lab-"))  # for sockets
            one = stack.enter_context(lab(Path(short) / "lab", SERVICES["slurm"], **settings))
            one.start({"AWS_SECRET_ACCESS_KEY": "caller"})
            return one

        yield starts


def daemons(one: Lab) -> dict[str, psutil.Process]:
    found = {process.name().split("-")[0]: process for process in marked.processes(one.place.lab)}
    return {name: found[name] for name in ("munged", "slurmctld", "slurmd") if name in found}


def slurms(one: Lab, root: str, name: str, *options: str) -> str:
    """What one of Slurm's own commands says."""
    installed = slurm.find(root)
    assert installed
    command = (installed.programs[name], *options)
    environment = installed.environment(one.place)
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_jobs_run_and_tell_how_they_ended(start: Start) -> None:
    one = start(slots=2, environment={"AWS_REGION": "us-east-1"})
    told = [one.submit("env"), one.submit("sh", "-c", "exit 3"), one.submit("no-such-program")]
    ended = [one.reach(number) for number in told]
    assert [(job.state, job.exit_code) for job in ended] == [
        ("succeeded", 0),
        ("failed", 3),
        ("failed", None),
    ]
    environment = dict(line.split("=", 1) for line in one.said(told[0]).splitlines())
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["HOME"] == str(one.place.run / "home")
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    recorded = (one.place.run / "jobcomp.log").read_text()
    assert "Name=env JobState=COMPLETED" in recorded  # it was Slurm that ran it


def test_nobody_else_reaches_the_daemons(start: Start) -> None:
    one = start()
    found = daemons(one)
    assert sorted(found) == ["munged", "slurmctld", "slurmd"]
    addresses = {
        link.laddr.ip
        for process in found.values()
        for link in process.net_connections("inet")
        if link.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
    key = one.place.run / "munge.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(one.place.run.stat().st_mode) == 0o700
    assert {process.uids().real for process in found.values()} == {os.getuid()}


def test_a_gpu_is_one_jobs_at_a_time_and_slots_are_kept(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with_gpus(2, tmp_path, monkeypatch)
    one = start(slots=2, gpu_count=1)
    first = one.submit(*ENDLESS)
    both = one.python(GPUS, gpus=2)
    assert one.reach(first, "running").gpus == 1
    third = one.submit("sh", "-c", "echo $CUDA_VISIBLE_DEVICES; sleep 100000")  # Slurm overtakes
    assert one.heard(third).log.read_text() == "1\n"
    fourth = one.python(GPUS, gpus=0)
    assert [one.job(number).state for number in (both, fourth)] == ["queued", "queued"]
    one.cancel(first)
    assert one.said(fourth).split() == ["''"]
    assert one.job(both).state == "queued"
    one.cancel(third)
    assert one.said(both).split() == ["'0,1'"]


def test_jobs_are_cancelled_and_ended_after_their_time(start: Start, root: str) -> None:
    one = start()
    late = one.submit("sh", "-c", "setsid sleep 100000 & echo $!; sleep 100000", hours=1 / 3600)
    waits, taken = one.submit(*ENDLESS), one.submit(*ENDLESS)
    one.reach(late, "running")
    one.cancel(waits)
    assert one.reach(waits).started is None

    def there() -> list[str]:
        return sorted(slurms(one, root, "squeue", "--noheader", "--format=%k").split())

    until(lambda: there() == [late, taken])  # Slurm lists what has just ended for a moment
    slurms(one, root, "scancel", "--state=PENDING", "--me")  # as who knows Slurm would
    jobs.wake(one.place.run)
    done = one.reach(taken)
    assert (done.state, done.why) == ("failed", "Slurm ended it before it ran")
    done = one.reach(late)
    assert (done.state, done.exit_code) == ("timed out", 143)
    assert gone([int(done.log.read_text().split()[0])])
    jobs.close(one.place.lab, NAME, "no money")
    with pytest.raises(LabError, match="takes no jobs: no money"):
        one.submit("true")
    jobs.reopen(one.place.lab, NAME)
    assert one.reach(one.submit("true")).state == "succeeded"


def test_a_kill_takes_the_daemons_along_and_leaves_the_job(start: Start, tmp_path: Path) -> None:
    gate, ran = tmp_path / "gate", tmp_path / "ran"
    os.mkfifo(gate)
    one = start()
    number = one.submit("sh", "-c", f"echo once >> {ran}; read line < {gate}; exit 7")
    waits = one.submit("sh", "-c", f"echo waited >> {ran}")
    one.reach(number, "running")
    before = daemons(one)
    one.kill()
    assert gone([process.pid for process in before.values()])
    assert one.job(number).state == "running"
    one.start()
    assert one.job(number).state == "running"
    gate.write_text("go on\n")
    done = one.reach(number)
    assert (done.state, done.exit_code) == ("failed", 7)
    assert one.reach(waits).state == "succeeded"
    assert ran.read_text().split() == ["once", "waited"]


def test_a_daemon_that_ends_ends_the_queue(start: Start) -> None:
    one = start()
    found = daemons(one)
    found["slurmctld"].kill()
    found["slurmctld"].wait(LONG)
    jobs.wake(one.place.run)
    assert one.process
    assert one.process.wait(30) != 0
    assert "slurmctld has ended" in (one.place.run / "log").read_text()
    assert gone([process.pid for process in found.values()])


def test_a_machine_without_slurm_is_told_what_gets_it(tmp_path: Path) -> None:
    lacks = slurm.lacks(str(tmp_path))
    assert lacks[0].what == f"the folder {tmp_path}, which MLLAB_SLURM names, holds no Slurm"
    assert "apt-get download slurmctld" in lacks[0].command or not lacks[0].command


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / ("x" * 100), NAME)
    with pytest.raises(ProviderFailure, match="is too long a path for a socket"):
        SERVICES["slurm"].prepare(place, 0, {"jobs": str(tmp_path), "gpu_count": 0})
    assert not place.lab.exists()
