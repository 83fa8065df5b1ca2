"""Live progress: what it shows, and that a broken display stops no run."""

from __future__ import annotations

import errno
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, Status, Step
from mllab.show.console import stderr
from mllab.show.progress import Progress
from tests.cli.scripted import BUCKET, FILES, MACHINE, step

START = datetime(2027, 1, 11, tzinfo=UTC)


class Broken(io.StringIO):
    """A stream that refuses every write."""

    def write(self, text: str) -> int:
        raise OSError(errno.EPIPE, "Broken pipe")


def started(one: Step) -> Step:
    return replace(one, status=Status.STARTED)


def done(one: Step) -> Step:
    return replace(one, status=Status.DONE)


def shown(progress: Progress) -> str:
    out = io.StringIO()
    Console(file=out, width=100, color_system=None).print(progress.picture())
    return out.getvalue()


def make(console: Console, *, simulated: bool = False, planned: tuple[Step, ...] = ()) -> Progress:
    return Progress(
        console, "Creating lab", SimulatedClock(START), simulated=simulated, planned=planned
    )


def test_one_line_per_resource_in_work_and_a_count() -> None:
    steps = (step(Op.CREATE, BUCKET), step(Op.CREATE, MACHINE, seconds=250), step(Op.SAME, FILES))
    progress = make(Console(file=io.StringIO()), planned=steps)
    for one in steps[:2]:
        progress(started(one))
    text = shown(progress)
    assert "Creating lab: 0 of 2 done" in text
    assert "creating lab-storage-bucket" in text
    assert "of about 4 min 10 s" in text
    assert "lab-storage-files" not in text
    progress(done(steps[0]))
    text = shown(progress)
    assert "1 of 2 done" in text
    assert "lab-storage-bucket" not in text


def test_failures_are_counted_apart() -> None:
    one = step(Op.CREATE, BUCKET, error="no")
    progress = make(Console(file=io.StringIO()), planned=(one,))
    progress(replace(one, status=Status.FAILED))
    assert "0 of 1 done, 1 failed" in shown(progress)


def test_a_replacement_counts_its_two_halves() -> None:
    one = step(Op.REPLACE, BUCKET)
    progress = make(Console(file=io.StringIO()), planned=(one,))
    for op in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.REPLACE):
        progress(started(replace(one, op=op)))
        progress(done(replace(one, op=op)))
    assert "2 of 2 done" in shown(progress)


def test_simulated_times_are_called_so() -> None:
    one = step(Op.CREATE, BUCKET, seconds=250)
    progress = make(Console(file=io.StringIO()), simulated=True)
    progress(started(one))
    assert "simulated, about 4 min 10 s" in shown(progress)


def test_the_time_it_took_is_told_on_both_clocks() -> None:
    clock = SimulatedClock(START)
    progress = Progress(Console(file=io.StringIO()), "Creating lab", clock, simulated=True)
    clock.advance(250)
    assert progress.took().startswith("simulated 4 min 10 s, 0.")
    assert progress.took().endswith(" s here")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_broken_display_stops_no_run(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setattr("sys.stderr", Broken())
    monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
    one = step(Op.CREATE, BUCKET, error="no")
    with make(stderr()) as progress:
        progress(started(one))
        progress(done(one))
        progress(replace(one, status=Status.FAILED))
    assert "1 done, 1 failed" in shown(progress)
