"""Events of the engine as steps: what is passed over, and that nothing hides a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent
from pulumi.runtime.proto import resource_pb2

from mllab.engines.contract import Op, StackTarget, Status, Step, ignore
from mllab.engines.pulumi.declared import Declared
from mllab.engines.pulumi.events import Events

TARGET = StackTarget("toys", "dev", "toy", {}, lambda: None, Path(__file__).parent)
TYPE = "aws:s3/bucket:Bucket"


def urn(name: str, type: str = TYPE) -> str:
    return f"urn:pulumi:dev::toys::{type}::{name}"


def event(**kind: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **kind})


def state(name: str, type: str = TYPE, custom: bool = True, **more: Any) -> dict[str, Any]:
    parts = {"inputs": {}, "outputs": {}, "parent": "", "provider": "", "id": "i", **more}
    return {"type": type, "urn": urn(name, type), "custom": custom, **parts}


def metadata(name: str, op: str, type: str = TYPE, custom: bool = True) -> dict[str, Any]:
    known = state(name, type, custom)
    return {
        "op": op,
        "urn": urn(name, type),
        "type": type,
        "old": None if op == "create" else known,
        "new": None if op.startswith(("delete", "remove", "discard")) else known,
        "provider": "",
    }


def begun(name: str, op: str, **more: Any) -> EngineEvent:
    return event(resourcePreEvent={"metadata": metadata(name, op, **more)})


def ended(name: str, op: str, **more: Any) -> EngineEvent:
    return event(resOutputsEvent={"metadata": metadata(name, op, **more)})


def failed(name: str, op: str) -> EngineEvent:
    return event(resOpFailedEvent={"metadata": metadata(name, op), "status": 0, "steps": 0})


def said(text: str, severity: str = "error", name: str = "") -> EngineEvent:
    about = {"urn": urn(name)} if name else {}
    return event(diagnosticEvent={"message": text, "severity": severity, "color": "", **about})


def heard(*told: EngineEvent, verb: str = "up", on_step: Any = ignore, **more: Any) -> Events:
    events = Events(on_step, more.pop("declared", Declared(TARGET)), verb, dry=False, **more)
    for one in told:
        events(one)
    return events


def words(events: Events) -> list[str]:
    return [f"{step.status} {step.op} {step.name}" for step in events.steps()]


def test_a_warning_says_whom_it_is_about() -> None:
    events = heard(said("there is none", "warning", "budget"), said("old key", "warning"))
    assert events.warnings == ("budget: there is none", "old key")


def test_unknown_kinds_are_passed_over() -> None:
    events = heard(event(progressEvent={"id": "x"}), event(), begun("a", "create"))
    assert words(events) == []
    assert events.warnings == ()


def test_unknown_operations_are_passed_over() -> None:
    strange = ended("a", "create")
    assert strange.res_outputs_event is not None
    strange.res_outputs_event.metadata.op = type("Op", (), {"value": "levitate"})()  # type: ignore[assignment]
    assert words(heard(strange, ended("b", "create"))) == ["done create b"]


def broken(_: Step) -> None:
    raise ValueError("no more paper")


def test_a_failing_callback_is_raised_at_the_end() -> None:
    events = heard(begun("a", "create"), ended("a", "create"), on_step=broken)
    with pytest.raises(ValueError, match="no more paper"):
        events.steps()


def test_a_failing_callback_hides_no_failure() -> None:
    events = heard(
        begun("a", "create"),
        said("Refused: no room", name="a"),
        failed("a", "create"),
        ended("b", "create"),
        on_step=broken,
    )
    assert [(f.name, f.code, f.message) for f in events.failures()] == [("a", "Refused", "no room")]
    assert words(events) == ["failed create a", "done create b"]
    assert events.warnings == ("the progress could not be told: ValueError('no more paper')",)


def test_a_failing_callback_hides_no_error_of_the_whole_run() -> None:
    events = heard(begun("a", "create"), said("the disk is full"), on_step=broken)
    assert events.general == ["the disk is full"]
    assert events.steps() == ()


def test_one_cause_is_told_once() -> None:
    declared = Declared(TARGET, [urn("b")])
    for name, needs in (("a", []), ("b", [urn("a")]), ("c", [])):
        declared.note(
            resource_pb2.RegisterResourceRequest(
                type=TYPE, name=name, custom=True, dependencies=needs
            )
        )
    declared.failed(urn("a"))
    events = heard(
        said("no room", name="a"),
        said("property x: missing, it is required", name="b"),
        said("its own fault", name="c"),
        declared=declared,
    )
    assert [failure.name for failure in events.failures()] == ["a", "c"]
    (step,) = events.steps()
    assert (step.status, step.op, step.name) == (Status.SKIPPED, Op.UPDATE, "b")
    assert step.reason == "needs a, which failed"
    assert step.error == "property x: missing, it is required"


def test_a_skip_is_told_while_it_happens_and_once() -> None:
    told: list[Step] = []
    declared = Declared(TARGET)
    events = heard(declared=declared, on_step=told.append)
    for name, needs in (("a", []), ("b", [urn("a")])):
        declared.note(
            resource_pb2.RegisterResourceRequest(
                type=TYPE, name=name, custom=True, dependencies=needs
            )
        )
    declared.failed(urn("a"))
    assert declared.skips(urn("b"))
    events(said("missing", name="b"))
    assert [step.name for step in told] == ["b"]
    assert events.failures() == ()


def test_what_was_deleted_before_loses_nothing_when_it_is_forgotten() -> None:
    (step,) = heard(ended("a", "remove-pending-replace"), verb="destroy").steps()
    assert (step.op, step.reason, step.loses) == (Op.DELETE, "destroyed; is gone already", "")
    (step,) = heard(ended("a", "delete"), verb="destroy").steps()
    assert step.loses


def test_what_was_only_read_stays_in_the_cloud() -> None:
    assert words(heard(ended("a", "discard"))) == ["done retain a"]


def test_a_refresh_tells_what_is_read() -> None:
    group, provider = {"type": "toy:index:Group", "custom": False}, {"type": "pulumi:providers:aws"}
    events = heard(
        begun("a", "refresh"),
        ended("a", "same"),
        ended("g", "same", **group),
        ended("west", "same", **provider),
        verb="refresh",
    )
    assert words(events) == ["done same a"]
    assert not events.busy, "what began as a refresh has ended as what it found"


def test_only_work_in_a_cloud_is_work() -> None:
    component = {"type": "toy:index:Group", "custom": False}
    assert not heard(begun("g", "create", **component)).busy
    assert heard(begun("a", "create")).busy
    assert not heard(begun("a", "create"), failed("a", "create")).busy


def test_that_something_adopted_stays_the_same_is_no_news() -> None:
    events = heard(ended("a", "same"), ended("b", "same"), adopted=[urn("a")])
    assert words(events) == ["done same b"]
    assert words(heard(ended("a", "update"), adopted=[urn("a")])) == ["done update a"]
