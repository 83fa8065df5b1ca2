"""A queue that is killed, and the jobs that it leaves: none is lost, and none runs twice."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mllab.errors import StillThere
from mllab.local import jobs, process, slurm
from mllab.local.job_files import Job
from mllab.local.services import SERVICES
from tests.local.queues import LONG, NAME, Lab, gone, lab
from tests.local.slurms import unpacked

ENDLESS = ("sleep", "100000")


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Lab]:
    with lab(tmp_path / "lab") as found:
        yield found


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A named pipe that jobs wait at until something is written to it."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def test_a_job_goes_on_without_its_queue_and_is_found_again(
    one: Lab, gate: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    one.start()
    number = one.submit("sh", "-c", f"echo once >> {ran}; read line < {gate}; exit 7")
    waits = one.submit("sh", "-c", f"echo waited >> {ran}")
    one.reach(number, "running")
    one.kill()
    one.start()
    assert one.job(number).state == "running"
    assert one.job(waits).state == "queued"
    gate.write_text("go on\n")
    done = one.reach(number)
    assert (done.state, done.exit_code) == ("failed", 7)
    one.reach(waits)
    assert ran.read_text().split() == ["once", "waited"]


@pytest.mark.parametrize("kind", ["queue", "slurm"])
def test_a_queue_that_is_started_anew_with_other_settings_leaves_its_jobs(
    gate: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "slurm":
        monkeypatch.setenv(slurm.VARIABLE, unpacked())
    with (
        tempfile.TemporaryDirectory(prefix="lab-") as short,  # for sockets
        lab(Path(short) / "lab", SERVICES[kind]) as one,
    ):
        process.start(one.place, one.service.prepare(one.place, 0, one.settings), 0)
        number = one.submit("sh", "-c", f"echo up; read line < {gate}")
        waits = one.submit("true")
        one.heard(number)
        process.stop(one.place)
        more = {**one.settings, "slots": 2}
        process.start(one.place, one.service.prepare(one.place, 0, more), 0)
        assert one.reach(waits).state == "succeeded"  # in the second slot
        assert one.job(number).state == "running", one.job(number)
        gate.write_text("go on\n")
        assert one.reach(number).state == "succeeded"
        process.stop(one.place)


def test_a_job_that_ends_without_its_queue_tells_how(one: Lab, gate: Path) -> None:
    one.start()
    number = one.submit("sh", "-c", f"read line < {gate}")
    one.reach(number, "running")
    one.kill()
    gate.write_text("go on\n")
    assert one.reach(number).state == "succeeded"
    one.start()
    assert one.reach(one.submit("true")).state == "succeeded"


def test_a_job_can_be_cancelled_without_its_queue(one: Lab) -> None:
    one.start()
    number = one.submit(*ENDLESS)
    one.reach(number, "running")
    one.kill()
    one.cancel(number)
    assert one.reach(number).state == "cancelled"


def test_a_job_whose_process_is_killed_has_failed_and_nothing_of_it_runs_on(one: Lab) -> None:
    one.start()
    number = one.submit("env", "-i", "sh", "-c", "echo up; exec sleep 100000")
    with_marks = one.submit("sh", "-c", "setsid sleep 100000 & echo up; sleep 100000")
    runs = runner(one.heard(number))
    family = runs.children(recursive=True)
    assert family
    one.kill()  # nobody is there to look after it, and it hides whose it is
    runs.kill()
    assert gone([process.pid for process in family])
    done = one.reach(number)
    assert (done.state, done.exit_code) == ("failed", None)
    assert done.why.startswith("what ran it is gone")
    one.start()
    assert (done.folder / "end.json").is_file()
    runs = runner(one.heard(with_marks))
    family = runs.children(recursive=True)
    runs.kill()
    assert one.reach(one.submit("true")).state == "succeeded"
    assert one.reach(with_marks).state == "failed"
    assert gone([process.pid for process in family])


def test_a_job_that_was_taken_up_and_not_started_is_not_started_later(
    one: Lab, tmp_path: Path
) -> None:
    """What a queue leaves that was killed between the two."""
    number = one.submit("touch", str(tmp_path / "ran"))
    told = {"state": "starting", "gpus": [], "environment": {}}
    told |= {"lab": str(one.place.lab), "server": NAME}
    jobs.write(one.jobs / number / "given.json", told)
    assert one.job(number).state == "failed"
    one.start()
    done = one.reach(one.submit("true"))
    assert done.state == "succeeded"
    assert one.job(number).why.startswith("the queue was ended while it started this job")
    assert (one.jobs / number / "end.json").is_file()
    assert not (tmp_path / "ran").exists()


def test_half_a_job_of_a_killed_command_is_removed_and_one_being_written_is_not(one: Lab) -> None:
    dead, alive = one.jobs / ".new-99999999-abc", one.jobs / f".new-{os.getpid()}-abc"
    dead.mkdir()
    alive.mkdir()
    one.start()
    assert [dead.exists(), alive.exists()] == [False, True]


def test_two_queues_never_serve_the_same_jobs(one: Lab, tmp_path: Path) -> None:
    one.start()
    other = Lab(one.place.lab)
    with pytest.raises(AssertionError, match="another process serves this queue"):
        other.start()


def test_a_removed_queue_takes_its_jobs_along(one: Lab) -> None:
    one.start()
    running, waits = one.submit(*ENDLESS), one.submit(*ENDLESS)
    one.reach(running, "running")
    one.kill()
    one.service.retire(one.place)
    ended = jobs.listing(one.place.lab, NAME)
    assert [(job.id, job.state, job.why) for job in ended] == [
        (running, "cancelled", "the queue was removed"),
        (waits, "cancelled", "the queue was removed"),
    ]
    assert gone([process.pid for process in one.processes()])


def test_jobs_that_do_not_end_are_named(one: Lab) -> None:
    one.start()
    number = one.submit(*ENDLESS)
    runs = runner(one.reach(number, "running"))
    runs.suspend()
    try:
        with pytest.raises(StillThere, match=f"jobs of {NAME} run on: {number}"):
            jobs.end_all(one.place.lab, NAME, "enough", seconds=0.0)
    finally:
        runs.resume()


@pytest.mark.parametrize(
    ("name", "state"),
    [("cancel.json", "cancelled"), ("run.json", "failed"), ("end.json", "timed out")],
)
def test_a_process_that_comes_late_runs_nothing(
    one: Lab, tmp_path: Path, name: str, state: str
) -> None:
    """Somebody cancelled the job, or ran it, since the queue wanted it started."""
    folder = one.jobs / one.submit("touch", str(tmp_path / "ran"))
    told = {"state": "starting", "gpus": [], "environment": {}}
    told |= {"lab": str(one.place.lab), "server": NAME}
    jobs.write(folder / "given.json", told)
    note = {"why": "enough", "at": jobs.now(), "state": state, "exit_code": None, "pid": 1}
    jobs.write(folder / name, note)
    command = (sys.executable, "-m", "mllab.local.job_process", str(folder))
    subprocess.run(command, check=True, timeout=LONG)
    assert one.job(folder.name).state == state
    assert not (tmp_path / "ran").exists()


def runner(job: Job) -> psutil.Process:
    """The process that runs a job."""
    told = jobs.read(job.folder / "run.json")
    assert told
    return psutil.Process(told["pid"])
