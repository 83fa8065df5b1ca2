"""The keeper as the process that it is: started, killed, started anew, small, and asked."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mllab.local import marked, process, records
from mllab.local.keeper.spent import AT_LEAST, KNOWN, SETTINGS, UNKNOWN, Spent, spent
from mllab.local.service import Launch, Place
from mllab.local.services import SERVICES
from tests.local import keeping

KEEPER = SERVICES["keeper"]
LONG = 120.0
SEAT = "import pathlib, signal, sys; pathlib.Path(sys.argv[1]).touch(); signal.pause()"


class Running:
    """A lab with a seat and a keeper that looks all the time."""

    def __init__(self, lab: Path) -> None:
        self.seat, self.keeper = Place(lab, "course-ada"), Place(lab, "course-keeper")
        self.begun = time.monotonic()
        records.make_folder(self.seat)
        words = (sys.executable, "-c", SEAT, str(self.seat.ready))
        process.start(self.seat, Launch(words, self.seat.run), 0)

    def keep(self, **changes: Any) -> None:
        """Start the keeper, or tell the one that runs something else."""
        told = {**keeping.SETTINGS, "seats": [self.seat.name], "interval_seconds": 0.2}
        launch = KEEPER.prepare(self.keeper, 0, {**told, **changes})
        process.start(self.keeper, launch, 0, LONG)

    def spent(self) -> Spent:
        return spent(self.keeper.lab, self.keeper.name)

    def wait(self, sign: Callable[[], object]) -> None:
        nothing, limit = threading.Event(), time.monotonic() + LONG
        while not sign():
            assert time.monotonic() < limit, (self.keeper.run / "log").read_text()
            nothing.wait(0.02)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    lab = Running(tmp_path / "lab")
    yield lab
    for place in (lab.keeper, lab.seat):
        process.stop(place)
    assert marked.processes(lab.seat.lab) == []


def test_it_counts_across_a_kill_and_takes_changes_while_it_runs(running: Running) -> None:
    assert running.spent() == (None, None, UNKNOWN)
    running.keep()
    running.wait(lambda: running.spent().hours)
    first = process.running(running.keeper)
    assert first
    killed = psutil.Process(first.pid)
    killed.kill()
    psutil.wait_procs([killed])  # or it is kept as one that runs
    before = running.spent().hours
    assert before
    running.keep()
    running.wait(lambda: (running.spent().hours or 0) > before)
    found = running.spent()
    assert found.hours
    assert found.hours * 3600 < time.monotonic() - running.begun + 1
    assert found.usd == pytest.approx(found.hours / 2)
    assert found.state == KNOWN
    running.keep(max_hours=1e-6)  # the one that runs reads it
    running.wait(lambda: process.stopped(running.seat))
    told = process.stopped(running.seat)
    assert told
    assert told.why.startswith("longest time reached")
    running.wait(lambda: process.state(running.seat) == "stopped")
    log = (running.keeper.run / "log").read_text()
    assert f"course-ada: stopped: {told.why}" in log
    assert "Traceback" not in log


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_it_is_small(running: Running) -> None:
    running.keep()
    running.wait(lambda: running.spent().hours)
    now = process.running(running.keeper)
    assert now
    text = Path(f"/proc/{now.pid}/smaps_rollup").read_text()
    (kilobytes,) = re.findall(r"^Pss: +(\d+) kB", text, re.M)
    assert int(kilobytes) < 25_000
    (running.keeper.run / "log").write_text("x" * 1_000_001)  # it does not grow for ever
    running.wait(lambda: (running.keeper.run / "log.1").exists())
    running.wait(lambda: (running.keeper.run / "log").stat().st_size < 1_000_000)


def test_a_keeper_that_stopped_looking_is_no_witness(running: Running) -> None:
    running.keep()
    running.wait(lambda: running.spent().hours)
    process.stop(running.keeper, "a test")
    told = records.read(running.keeper.run / SETTINGS)
    records.write(running.keeper.run / SETTINGS, {**told, "interval_seconds": 1e-6})
    assert running.spent().state == AT_LEAST
    process.stop(running.seat, "a test")
    assert running.spent().state == AT_LEAST  # it ran on for a while


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Mars/Base"}, {"stop_at": "25:00"}, {"ends": "never"}]
)
def test_what_it_cannot_keep_to_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises((ValueError, KeyError)):
        KEEPER.prepare(Place(tmp_path, "keeper"), 0, {**keeping.SETTINGS, **wrong})
