"""The process dies at any moment: nothing exists twice afterwards, and nothing is forgotten."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.runtime import invoke

from mllab.engines.contract import Op
from mllab.errors import RunFailed
from tests.engines.bench import Bench, Killed, chain, done, things, twins
from tests.scenarios.toy import Cloud, Fault, Thing


def kill(bench: Bench, program: Callable[[], object], fault: Fault, verb: str = "up") -> None:
    """Let a run die at a fault."""

    def die() -> None:
        raise Killed

    bench.program = program
    bench.cloud.kill, bench.cloud.faults = die, [fault]
    with pytest.raises(Killed):
        getattr(bench.engine, verb)()
    bench.cloud.kill = lambda: None


def test_a_create_that_happened_is_taken_over(bench: Bench) -> None:
    kill(bench, chain("a", "b"), Fault("create", "a", "kill-after"))
    (id,) = bench.cloud.things
    plan = bench.preview()
    assert plan.pending == ("urn:pulumi:dev::toys::toy:index:Thing::a",)
    assert done(plan) == ["adopt a", "create b"]
    outcome = bench.up()
    assert done(outcome) == ["adopt a", "create b"]
    assert bench.resources()["a"]["id"] == id
    assert any(f"a was found as {id}" in warning for warning in outcome.warnings)
    assert bench.up().warnings == ()
    assert bench.preview().empty


def test_only_what_did_not_end_is_pending(bench: Bench) -> None:
    bench.up(things("old"))
    kill(bench, chain("a", "b", "c"), Fault("create", "c", "kill"))
    pending = bench.engine.state()["deployment"]["pending_operations"]
    assert [(item["type"], item["resource"]["urn"][-1]) for item in pending] == [("creating", "c")]


def test_a_create_that_did_not_happen_is_made(bench: Bench) -> None:
    kill(bench, chain("a", "b"), Fault("create", "a", "kill"))
    assert bench.cloud.things == {}
    outcome = bench.up()
    assert done(outcome) == ["create a", "create b"]
    assert any("interrupted before anything was made" in text for text in outcome.warnings)


def test_a_found_resource_that_is_no_longer_declared_goes(bench: Bench) -> None:
    kill(bench, things("a"), Fault("create", "a", "kill-after"))
    assert done(bench.up(things("b"))) == ["adopt a", "create b", "delete a"]
    assert [thing["logical"] for thing in bench.cloud.things.values()] == ["b"]


def test_destroy_after_an_interruption_removes_what_was_found(bench: Bench) -> None:
    kill(bench, chain("a", "b"), Fault("create", "b", "kill-after"))
    assert len(bench.cloud.things) == 2
    outcome = bench.engine.destroy()
    assert bench.cloud.things == {}
    assert outcome.remaining == ()
    assert done(outcome)[-2:] == ["delete b", "delete a"]


def test_an_interrupted_update_is_read_again(bench: Bench) -> None:
    bench.up(things("a", size=1))
    kill(bench, things("a", size=2), Fault("update", "a", "kill-after"))
    outcome = bench.up()
    assert done(outcome) == ["same a"]
    assert bench.resources()["a"]["outputs"]["address"] == "10.0.0.2"
    assert any("a was read again" in text for text in outcome.warnings)


def test_an_update_that_did_not_happen_is_done(bench: Bench) -> None:
    bench.up(things("a", size=1))
    kill(bench, things("a", size=2), Fault("update", "a", "kill"))
    assert done(bench.up()) == ["update a"]


@pytest.mark.parametrize("when", ["kill", "kill-after"])
def test_an_interrupted_delete_is_finished(bench: Bench, when: str) -> None:
    bench.up(things("a", "b"))
    kill(bench, things("b"), Fault("delete", "a", when))
    outcome = bench.up()
    assert done(outcome) == (["same b", "delete a"] if when == "kill" else ["same b"])
    assert [thing["logical"] for thing in bench.cloud.things.values()] == ["b"]


def test_a_replacement_that_was_made_is_taken_over_and_the_old_one_goes(bench: Bench) -> None:
    bench.up(things("a", fixed="x"))
    (old,) = bench.cloud.things
    kill(bench, things("a", fixed="y"), Fault("create", "a", "kill-after"))
    assert len(bench.cloud.things) == 2
    assert done(bench.up()) == ["adopt a", "delete-replaced a"]
    (new,) = bench.cloud.things
    assert new != old
    assert bench.resources()["a"]["id"] == new


@pytest.mark.parametrize("on", ["delete", "create"])
@pytest.mark.parametrize("when", ["kill", "kill-after"])
def test_a_delete_first_replacement_goes_on_where_it_was(bench: Bench, on: str, when: str) -> None:
    bench.up(things("a", name="one", fixed="x"))
    kill(bench, things("a", name="one", fixed="y"), Fault(on, "a", when))
    bench.up()
    (thing,) = bench.cloud.things.values()
    assert thing["inputs"]["fixed"] == "y"
    assert bench.preview().empty


def test_a_cloud_that_does_not_answer_stops_the_run_before_anything(bench: Bench) -> None:
    kill(bench, things("a"), Fault("create", "a", "kill-after"))
    with pytest.raises(RunFailed, match="does not say what became of it: the cloud said no"):
        bench.up(things("a"), Fault("find", "a", "refuse"))
    assert len(bench.cloud.things) == 1
    assert done(bench.up()) == ["adopt a"]


def test_an_interruption_twice_is_settled_once(bench: Bench) -> None:
    """Dying while the first interruption is looked into forgets neither."""
    kill(bench, chain("a", "b", "c"), Fault("create", "b", "kill-after"))
    kill(bench, chain("a", "b", "c"), Fault("read", "b", "kill"))
    kill(bench, chain("a", "b", "c"), Fault("create", "c", "kill-after"))
    assert done(bench.up()) == ["adopt c", "same a", "same b"]
    assert twins(bench) == []
    assert len(bench.cloud.things) == 3


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_torn_last_line_is_an_operation_that_nobody_saw_end(bench: Bench, cut: int) -> None:
    kill(bench, chain("a", "b", "c"), Fault("create", "c", "kill"))
    journal = bench.state.with_suffix(".journal")
    journal.write_bytes(journal.read_bytes()[:-cut])
    bench.up()
    assert twins(bench) == []
    assert set(bench.resources()) >= {"a", "b", "c"}
    assert {bench.resources()[name]["id"] for name in "abc"} == set(bench.cloud.things)


def test_after_a_death_everything_still_stands_behind_what_it_needs(bench: Bench) -> None:
    """Entries that were only taken over count in the order as well: deletes rely on it."""
    bench.up(things("z", "net"))

    def program() -> None:
        vm = Thing("vm", {"needs": [Thing("net", {}).id]})
        Thing("late", {"needs": [vm.id]})

    kill(bench, program, Fault("create", "late", "kill"))
    seen: set[str] = set()
    for entry in bench.engine.state()["deployment"]["resources"]:
        assert set(entry.get("dependencies", ())) <= seen, entry["urn"]
        assert entry.get("parent", entry["urn"]) in seen | {entry["urn"]}
        seen.add(entry["urn"])


def test_operations_that_leave_no_trace_are_forgotten(bench: Bench) -> None:
    """What Pulumi's own engine may have left: reads, components, things that no entry knows."""
    bench.up(things("a"))
    document = json.loads(bench.state.read_text())
    entry = bench.resources()["a"]
    stack = bench.resources()["toys-dev"]
    document["deployment"]["pending_operations"] = [
        {"type": "reading", "resource": entry},
        {"type": "creating", "resource": stack},
        {"type": "deleting", "resource": {**entry, "id": "nobody"}},
    ]
    bench.state.write_text(json.dumps(document))
    assert len(bench.preview().pending) == 3
    assert done(bench.up()) == ["same a"]
    assert bench.preview().pending == ()


def test_what_was_only_read_stays_with_its_owner(bench: Bench) -> None:
    """Such an entry can come from Pulumi's engine; this one makes none."""
    bench.up(things("a"))
    theirs = bench.resources()["a"]["id"]
    document = json.loads(bench.state.read_text())
    for entry in document["deployment"]["resources"]:
        entry["external"] = entry.get("id") == theirs
    bench.state.write_text(json.dumps(document))
    assert done(bench.up()) == ["create a"]
    assert bench.engine.destroy().ok
    assert list(bench.cloud.things) == [theirs]


SCRIPT = """
    import os, signal, sys
    from pathlib import Path
    from tests.engines.bench import Bench, chain
    from tests.scenarios.toy import Fault

    bench = Bench(Path(sys.argv[1]))
    bench.cloud.kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
    bench.up(chain("a", "b", "c"), Fault("create", "b", sys.argv[2]))
"""


@pytest.mark.parametrize("when", ["kill", "kill-after"])
def test_a_killed_process_is_followed_by_the_next(tmp_path: Path, when: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path), when],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    bench = Bench(tmp_path)
    outcome = bench.up(chain("a", "b", "c"))
    assert "taken over from process" in outcome.warnings[0]
    assert [step.op for step in outcome.steps if step.name == "b"] == [
        Op.ADOPT if when == "kill-after" else Op.CREATE
    ]
    assert len(Cloud(tmp_path / "cloud").things) == 3
    assert bench.preview().empty


def test_ctrl_c_leaves_what_was_done_on_record(bench: Bench) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    bench.cloud.kill = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.up(chain("a", "b", "c"), Fault("create", "b", "kill"))
    assert {"a"} == {e["urn"][-1] for e in bench.resources().values() if e["type"][:3] == "toy"}
    assert not (bench.home / "state" / "dev.lock").exists()
    assert done(bench.up()) == ["same a", "create b", "create c"]


WAITS = """
    import asyncio, os, signal, sys
    from pathlib import Path

    import pulumi

    from tests.engines.bench import Bench, things

    number = signal.Signals[sys.argv[2]]
    signal.signal(number, signal.default_int_handler)  # also when started in the background


    def program():
        things("a")()
        pulumi.export("never", pulumi.Output.from_input(asyncio.Future()))
        os.kill(os.getpid(), number)


    try:
        Bench(Path(sys.argv[1])).up(program)
    except KeyboardInterrupt:
        assert signal.getsignal(number) is signal.default_int_handler
        print("stopped")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_ctrl_c_ends_a_program_whose_outputs_never_come(tmp_path: Path, name: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WAITS), str(tmp_path), name],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,  # only a run that hangs gets there
    )
    assert process.stdout == "stopped\n", process.stderr


def asks_about(name: str) -> None:
    made = Thing(name, {"name": "one"})
    invoke("toy:index:lookup", {"name": made.name})
    Thing("never", {})


@pytest.mark.parametrize(("on", "name"), [("create", "a"), ("invoke", "toy:index:lookup")])
def test_death_ends_a_program_that_waits_for_an_answer(bench: Bench, on: str, name: str) -> None:
    """A plain call waits inside the program, in the middle of the event loop."""
    kill(bench, lambda: asks_about("a"), Fault(on, name, "kill"))
    assert bench.cloud.named("never") == []
    assert bench.up().ok
    assert len(bench.cloud.things) == 2
