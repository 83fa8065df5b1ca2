"""What the keeper does at its looks: daily stop, last day, budget and queue, whatever fails."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mllab.errors import LabError
from mllab.local import jobs, process, records
from mllab.local.keeper import instant, ledger
from mllab.local.keeper.instant import Instant
from mllab.local.keeper.plan import Plan
from mllab.local.keeper.rounds import STATUS, Keeper
from mllab.local.service import Launch, Place
from tests.local.keeping import SETTINGS
from tests.local.queues import LONG, Lab

# A shell in a terminal, whose output is the log; it does what is written into a named pipe.
PROGRAM = """
import os, pathlib, pty, sys
os.mkfifo(sys.argv[2])
pathlib.Path(sys.argv[1]).touch()
pty.spawn(["sh", "-c", 'while :; do read -r line <"$0"; eval "$line"; done', sys.argv[2]])
"""
BURN = f"""{sys.executable} -c 'while __import__("time").process_time() < 1.5: pass'"""
"""A program that computes for 1.5 seconds."""


class Kept:
    """A lab with a seat and a queue, and its keeper, whose clock is moved."""

    def __init__(self, folder: Path) -> None:
        self.queue = Lab(folder)
        self.seat = Place(folder, "course-ada")
        self.keeper = Keeper(Place(folder, "course-keeper"), lambda line: self.log.append(line))
        self.log: list[str] = []
        self.begun = instant.now()
        self.pipe = self.seat.run / "pipe"

    def start(self) -> None:
        """Start the seat."""
        records.make_folder(self.seat)
        self.pipe.unlink(missing_ok=True)
        words = (sys.executable, "-c", PROGRAM, str(self.seat.ready), str(self.pipe))
        process.start(self.seat, Launch(words, self.seat.run), 0)

    def do(self, line: str) -> None:
        """Have the seat's shell do something, and wait until it has."""
        done, nothing = self.seat.run / "done", threading.Event()
        self.pipe.write_text(f"{line}; : >'{done}'\n")
        for _ in range(int(LONG / 0.01)):
            if done.exists():
                break
            nothing.wait(0.01)
        done.unlink()

    def later(self, hours: float) -> Instant:
        ahead = timedelta(hours=hours)
        return replace(
            self.begun,
            wall=self.begun.wall + ahead,
            awake=self.begun.awake + ahead.total_seconds(),
        )

    def look(self, now: Instant, **changes: Any) -> dict[str, Any]:
        """One look at that moment; what the status says then."""
        seats = {"seats": [self.seat.name], "queue": self.queue.place.name, "idle_minutes": 9e5}
        told = {**SETTINGS, **seats, "max_hours": 9e5, "per": "year", **changes}
        self.keeper.look(Plan.of(told), now)
        return records.read(self.keeper.place.run / STATUS)

    def submit(self, *argv: str) -> str:
        return self.queue.submit(*(argv or ("sleep", "1000")))

    def why(self) -> str:
        told = process.stopped(self.seat)
        return told.why if told else ""

    def warned(self) -> str:
        """What stood on the seat's terminal."""
        return (self.seat.run / "log").read_text()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    lab = Kept(tmp_path / "lab")
    yield lab
    process.stop(lab.seat)
    lab.queue.end()


@pytest.fixture
def running(kept: Kept) -> Kept:
    kept.start()
    return kept


# ------------------------------------------------------------------------------------ what stops


def test_the_daily_stop_stops_what_was_started_before(running: Kept) -> None:
    """Also where the machine slept in between."""
    stop = (running.begun.wall + timedelta(hours=2)).replace(second=0, microsecond=0)
    hour = f"{stop:%H:%M}"
    running.look(running.later(0), stop_at=hour)
    running.look(running.later(1.95), stop_at=hour)
    assert (running.why(), process.state(running.seat)) == ("", "running")
    assert f"JupyterLab course-ada stops at {hour}. Save your work" in running.warned()
    slept = replace(running.later(2.05), awake=running.later(1.96).awake)
    running.look(slept, stop_at=hour)
    assert running.why() == f"the daily stop at {hour} UTC"
    assert process.state(running.seat) == "stopped"
    running.start()
    running.look(running.later(0), stop_at=hour)
    assert running.why() == ""


def test_at_the_end_of_the_last_day_everything_stops_and_stays_stopped(running: Kept) -> None:
    queue = running.queue.place.name
    running.queue.start()
    number = running.submit()
    ends = running.begun.wall.date().isoformat()
    running.look(running.later(0), ends=ends)
    assert running.why() == ""
    status = running.look(running.later(24), ends=ends)
    assert running.why() == f"the lab's last day was {ends}"
    assert status["queue"] == f"the lab's last day was {ends}"
    assert jobs.job(running.seat.lab, queue, number).state == "cancelled"
    running.start()
    running.look(running.later(25), ends=ends)
    assert process.state(running.seat) == "stopped"
    running.look(running.later(25), ends=None)
    assert jobs.closed(running.seat.lab, queue).startswith("the budget of 10 USD per year is used")
    running.look(running.later(25), ends=None, limit_usd=100)
    assert jobs.closed(running.seat.lab, queue) == ""


def test_the_longest_time_stops_it(running: Kept) -> None:
    running.look(running.later(0), max_hours=2)
    running.look(running.later(1.95), max_hours=2)
    assert "JupyterLab course-ada stops in about 5 minutes" in running.warned()
    running.look(running.later(2), max_hours=2)
    assert running.why() == "longest time reached; up 2.0 of 2 h"


def test_its_own_processors_at_work_are_use_and_those_of_others_are_not(running: Kept) -> None:
    """1.5 seconds of 3.6; what ended in between is in the account of its parent."""

    def found(hours: float) -> str:
        status = running.look(running.later(hours), idle_minutes=30)
        return str(status["seats"][running.seat.name])

    found(0)
    found(0.1)
    subprocess.run(BURN, shell=True, check=True)
    assert found(0.101).startswith("stay: nothing in use for ")
    running.do(BURN)
    assert found(0.102).startswith("stay: CPU 0.")
    assert found(0.103).startswith("stay: nothing in use for ")


# ---------------------------------------------------------------------------------------- budget


def test_at_its_percentages_it_warns_once_and_at_100_ends_jobs_and_takes_none(
    running: Kept,
) -> None:
    lab, queue = running.seat.lab, running.queue.place.name
    running.queue.start()
    number = running.submit()
    running.look(running.later(0))
    status = running.look(running.later(10.5))  # of 20 hours that 10 USD at 0.5 take
    assert status["usd"] == pytest.approx(5.25, abs=0.1)
    assert running.log.count("50 % of 10 USD per year are used: 5.25 USD, 10.5 hours") == 1
    assert "50 % of 10 USD per year are used" in running.warned()
    running.look(running.later(11))
    assert sum("% of" in line for line in running.log) == 1
    status = running.look(running.later(20.1))
    why = "the budget of 10 USD per year is used up: 10.05 USD, 20.1 hours"
    assert (status["queue"], status["percent"] >= 100) == (why, True)
    assert jobs.job(lab, queue, number).state == "cancelled"
    assert jobs.job(lab, queue, number).why == why
    with pytest.raises(LabError, match="is used up"):
        running.submit()
    assert "100 % of 10 USD per year are used" in running.warned()
    assert process.state(running.seat) == "running"
    status = running.look(running.later(20.2), limit_usd=20)
    assert status["queue"] == ""
    running.submit()


def test_without_a_price_hours_count_and_nothing_is_ended(running: Kept) -> None:
    running.look(running.later(0), usd_per_hour=None)
    status = running.look(running.later(500), usd_per_hour=None)
    assert (status["usd"], status["percent"], status["queue"]) == (None, None, "")
    assert status["hours"] == pytest.approx(500, abs=0.1)


def test_a_queue_that_somebody_else_closed_is_not_opened(kept: Kept) -> None:
    lab, queue = kept.seat.lab, kept.queue.place.name
    jobs.close(lab, queue, "maintenance")
    kept.look(kept.later(0))
    assert jobs.closed(lab, queue) == "maintenance"


def test_jobs_count_also_those_that_began_and_ended_between_two_looks(kept: Kept) -> None:
    kept.look(kept.later(0))
    kept.queue.start()
    number = kept.submit("sleep", "0.3")
    found = jobs.wait(kept.seat.lab, kept.queue.place.name, number, LONG)
    assert found.started and found.ended  # noqa: PT018
    ran = (found.ended - found.started).total_seconds()
    status = kept.look(instant.now())
    assert status["hours"] * 3600 == pytest.approx(ran)
    assert kept.look(kept.later(1))["hours"] == status["hours"]


# -------------------------------------------------------------------------------- what fails


def test_jobs_that_cannot_be_read_are_said_and_the_hours_are_at_least(running: Kept) -> None:
    number = running.submit()
    running.look(running.later(0))
    told = running.queue.jobs / number / "job.json"
    text = told.read_text()
    told.write_text("{")
    status = running.look(running.later(1))
    told.write_text(text)
    assert status["state"] == "at least"
    assert status["incomplete"] == ["the jobs of the queue could not be read"]
    assert any("job.json" in one for one in status["problems"])
    assert status["hours"] == pytest.approx(1, abs=0.1)


def test_a_queue_that_is_still_to_come_is_no_fault_and_one_that_left_no_reason_to_count_twice(
    kept: Kept,
) -> None:
    kept.queue.start()
    number = kept.submit("sleep", "0.3")
    jobs.wait(kept.seat.lab, kept.queue.place.name, number, LONG)
    told = kept.queue.place.run / jobs.SETTINGS
    text = told.read_text()
    told.unlink()
    status = kept.look(kept.later(0.01))
    assert (status["hours"], status["state"], status["problems"]) == (0, "known", [])
    told.write_text(text)
    hours = kept.look(kept.later(0.02))["hours"]
    told.unlink()
    assert kept.look(kept.later(0.03))["hours"] == hours
    told.write_text(text)
    assert kept.look(kept.later(0.04))["hours"] == hours > 0


def test_where_nothing_can_be_written_the_longest_time_still_stops(running: Kept) -> None:
    running.look(running.later(0))
    seats = running.keeper.place.run / "seats"
    for path in sorted(seats.rglob("*"), reverse=True):
        path.unlink() if path.is_symlink() or path.is_file() else path.rmdir()
    seats.rmdir()
    seats.write_text("a file where a folder should be")
    running.look(running.later(1), max_hours=2)
    assert running.why() == ""
    running.look(running.later(2.1), max_hours=2)
    assert running.why() == "longest time reached"


def test_a_seat_that_was_killed_counts_until_then(running: Kept) -> None:
    running.look(running.later(0))
    process.stop(running.seat, "somebody stopped it")
    status = running.look(running.later(0.05))
    assert status["hours"] < 0.06
    assert running.look(running.later(9))["hours"] == status["hours"]
    assert status["seats"] == {}


def test_what_is_counted_is_on_disk_before_anything_is_stopped(
    running: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """SIGKILL, in the middle of a look."""

    def killed(*_: object) -> None:
        raise Killed

    running.look(running.later(0))
    monkeypatch.setattr(process, "stop", killed)
    with pytest.raises(Killed):
        running.look(running.later(1), ends="2020-01-01")
    monkeypatch.undo()
    plan = Plan.of({**SETTINGS, "per": "year"})
    kept = ledger.read(running.keeper.place.run, plan, running.later(1))
    assert sum(kept.seconds[f"{datetime.now(UTC):%Y}-01-01"].values()) >= 3600
