"""When things happen: simulated operations side by side as dependencies allow, blocking ones on
real threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.clock import Clock
from mllab.engines.contract import Outcome, Status, Step
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.engines.embedded.schedule import Simulated, Times
from mllab.protocol.provider import Call, Made, Properties
from tests.engines.bench import BEGIN, Bench, Killed, chain, done, things
from tests.scenarios.toy import Cloud, Fault, Thing, Toy


class Timed(Toy):
    """Operations take as many seconds as the thing's size; begins are noted."""

    begins: dict[tuple[str, str], float]

    def configured(self, config: Mapping[str, Any]) -> Timed:
        made = Timed(self.cloud)
        made.begins = self.begins
        return made

    def _note(self, what: str, call: Call) -> None:
        self.begins[what, call.name] = (call.at - BEGIN).total_seconds()

    def create(self, call: Call, inputs: Properties) -> Made:
        self._note("create", call)
        made = super().create(call, inputs)
        return Made(made.id, made.outputs, float(inputs.get("size", 0)))

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        self._note("delete", call)
        super().delete(call, id, outputs)
        return float(outputs.get("size", 0))


@pytest.fixture
def timed(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, parallel=2)
    begins: dict[tuple[str, str], float] = {}

    def provider(cloud: Cloud) -> Timed:
        made = Timed(cloud)
        made.begins = begins
        return made

    bench.provider = provider
    bench.begins = begins  # type: ignore[attr-defined]
    return bench


def begins(bench: Bench) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = bench.begins  # type: ignore[attr-defined]
    return found


def test_steps_wait_for_what_they_need_and_for_a_free_lane(timed: Bench) -> None:
    """Two lanes: a (10) and b (4) begin at once, c (3) when b is done, d needs a."""

    def program() -> None:
        a = Thing("a", {"size": 10})
        Thing("b", {"size": 4})
        Thing("c", {"size": 3})
        Thing("d", {"size": 1, "needs": [a.id]})

    outcome = timed.up(program)
    assert begins(timed) == {
        ("create", "a"): 0.0,
        ("create", "b"): 0.0,
        ("create", "c"): 4.0,
        ("create", "d"): 10.0,
    }
    assert outcome.seconds == 11.0
    assert {s.name: s.seconds for s in outcome.steps if s.custom} == {
        "a": 10.0,
        "b": 4.0,
        "c": 3.0,
        "d": 1.0,
    }
    assert timed.clock.now() == BEGIN + timedelta(seconds=11)


def test_a_preview_tells_the_expected_times_and_takes_none(timed: Bench) -> None:
    plan = timed.preview(things("a", size=10))
    assert plan.steps[-1].seconds == 10.0
    assert timed.clock.now() == BEGIN


def test_deletes_begin_when_everything_else_is_done_and_go_backwards(timed: Bench) -> None:
    timed.up(chain("a", "b", size=5))
    assert timed.clock.now() == BEGIN + timedelta(seconds=10)
    begins(timed).clear()
    outcome = timed.up(things("c", size=7))
    assert begins(timed) == {
        ("create", "c"): 10.0,
        ("delete", "b"): 17.0,
        ("delete", "a"): 22.0,
    }
    assert outcome.seconds == 17.0


def test_a_delete_first_replacement_takes_both_times(timed: Bench) -> None:
    timed.up(things("a", name="one", fixed="x", size=5))
    begins(timed).clear()
    timed.up(things("a", name="one", fixed="y", size=5))
    assert begins(timed) == {("delete", "a"): 5.0, ("create", "a"): 10.0}


def test_nothing_to_do_takes_no_time(timed: Bench) -> None:
    timed.up(things("a", size=5))
    now = timed.clock.now()
    assert timed.up().seconds == 0.0
    assert timed.engine.refresh().seconds == 0.0
    assert timed.clock.now() == now


def test_an_interrupted_run_has_taken_its_time(timed: Bench) -> None:
    def die() -> None:
        raise Killed

    timed.cloud.kill = die
    with pytest.raises(Killed):
        timed.up(chain("a", "b", size=5), Fault("create", "b", "kill"))
    assert timed.clock.now() == BEGIN + timedelta(seconds=5)


@given(
    st.lists(st.tuples(st.floats(0, 50), st.lists(st.integers(0, 30), max_size=3)), max_size=30),
    st.integers(1, 5),
)
def test_a_schedule_is_one_that_can_be(jobs: list[tuple[float, list[int]]], lanes: int) -> None:
    """No job begins before what it needs has ended, and never are there more at work than lanes."""
    times = Times(Simulated(BEGIN, lanes))
    spans: list[tuple[float, float]] = []
    for number, (seconds, needs) in enumerate(jobs):
        needs = [need for need in needs if need < number]
        began = times.begin([str(need) for need in needs])
        times.end(str(number), began, seconds)
        assert all(began >= spans[need][1] for need in needs)
        spans.append((began, began + seconds))
    assert times.total == max((end for _, end in spans), default=0.0)
    for moment, _ in spans:
        assert sum(1 for begin, end in spans if begin <= moment < end) <= lanes


# ------------------------------------------------------------------------------------------
# blocking providers


class Blocking(Toy):
    """Creates and deletes wait until as many are at work as the barrier wants."""

    barrier: threading.Barrier

    def configured(self, config: Mapping[str, Any]) -> Blocking:
        return self

    def create(self, call: Call, inputs: Properties) -> Made:
        if not call.preview and "tags" in inputs:
            self.barrier.wait(timeout=20)
        return super().create(call, inputs)

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        self.barrier.wait(timeout=20)
        return super().delete(call, id, outputs)


def blocking(bench: Bench, parties: int) -> EmbeddedEngine:
    def provider(cloud: Cloud) -> Blocking:
        made = Blocking(cloud, blocking=True)
        made.barrier = threading.Barrier(parties)
        return made

    bench.provider = provider
    return bench.engine


def independent(number: int) -> Callable[[], None]:
    return things(*(f"t{n}" for n in range(number)), tags={"wait": "yes"})


def test_blocking_operations_really_run_side_by_side(bench: Bench) -> None:
    """Sixteen creates and sixteen deletes, none of which ends before all of them have begun."""
    bench.program = independent(16)
    assert blocking(bench, 16).up().ok
    assert len(bench.cloud.things) == 16
    assert blocking(bench, 16).destroy().ok
    assert bench.cloud.things == {}


def test_no_more_of_them_than_allowed(bench: Bench) -> None:
    bench.parallel = 4
    bench.program = independent(8)
    at_work: list[int] = [0, 0]
    lock = threading.Lock()

    def count(step: Step) -> None:
        if step.custom and step.status in (Status.STARTED, Status.DONE):
            with lock:
                at_work[0] += 1 if step.status is Status.STARTED else -1
                at_work[1] = max(at_work)

    assert blocking(bench, 4).up(count).ok
    assert at_work == [0, 4]


def test_steps_are_reported_one_at_a_time(bench: Bench) -> None:
    bench.program = independent(16)
    inside = threading.Lock()
    overlaps: list[str] = []

    def listen(step: Step) -> None:
        if not inside.acquire(blocking=False):
            overlaps.append(step.name)
            return
        inside.release()

    blocking(bench, 16).up(listen)
    assert overlaps == []


def order(outcome: Outcome) -> list[str]:
    return [step.name for step in outcome.steps if step.custom]


def test_blocking_operations_keep_to_the_dependencies(bench: Bench) -> None:
    bench.provider = lambda cloud: Toy(cloud, blocking=True)
    outcome = bench.up(chain("a", "b", "c"))
    assert order(outcome) == ["a", "b", "c"]
    assert outcome.seconds < 10
    assert order(bench.engine.destroy()) == ["c", "b", "a"]


def test_a_failure_among_blocking_operations_stops_only_what_needs_it(bench: Bench) -> None:
    bench.provider = lambda cloud: Toy(cloud, blocking=True)

    def program() -> None:
        a = Thing("a", {})
        Thing("b", {"needs": [a.id]})
        for number in range(5):
            Thing(f"t{number}", {})

    outcome = bench.up(program, Fault("create", "a", "refuse"))
    assert sorted(done(outcome)) == [
        "create a failed",
        "create b skipped",
        *(f"create t{number}" for number in range(5)),
    ]
    assert bench.up(program).ok


def test_death_among_blocking_operations_is_recovered_from(bench: Bench) -> None:
    def die() -> None:
        raise Killed

    before = {*threading.enumerate()}
    bench.provider = lambda cloud: Toy(cloud, blocking=True)
    bench.cloud.kill = die
    with pytest.raises(Killed):
        bench.up(things(*"abcdef"), Fault("create", "c", "kill-after"))
    assert {*threading.enumerate()} <= before
    assert bench.up().ok
    logical = [thing["logical"] for thing in bench.cloud.things.values()]
    assert sorted(logical) == list("abcdef")
    assert bench.preview().empty


def test_outputs_are_there_whatever_the_threads_do(bench: Bench) -> None:
    """The SDK registers them at the very end; with nothing left to wait for it would not wait."""

    def program() -> None:
        for number in range(40):
            pulumi.export(f"o{number}", pulumi.Output.concat("a", pulumi.Output.from_input("b")))

    bench.provider = lambda cloud: Toy(cloud, blocking=True)
    assert len(bench.up(program).outputs) == 40


def test_a_real_clock_moves_by_itself(bench: Bench) -> None:
    bench.program = things("a")
    engine = EmbeddedEngine(
        bench.engine._target, {"toy": Toy(bench.cloud, blocking=True)}, bench.home, Clock()
    )
    assert engine.up().ok
    assert bench.resources()["a"]["created"] > "2026"
