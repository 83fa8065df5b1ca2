"""The comparison itself: every kind of expectation can fail, and secrets and disorder are seen."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from mllab.engines.contract import Op, Status, Step
from tests.scenarios.compare import differences
from tests.scenarios.embedded_under_test import EmbeddedUnderTest
from tests.scenarios.model import Declared, Expected, Fault, Stage
from tests.scenarios.program import Program
from tests.scenarios.run import Seen, run, target
from tests.scenarios.toy import Cloud

DECLARE = [
    Declared(name="a", inputs={"size": 1, "password": {"$secret": "hunter2"}}),
    Declared(name="b", inputs={"needs": ["${a.id}"]}),
    Declared(name="c", inputs={"needs": ["${b.id}"]}),
    Declared(name="d", inputs={"tags": {"a": "${a.arn}"}}),
]
RIGHT: dict[str, Any] = {
    "steps": ["create a", "create d"],
    "counts": {"create": 2},
    "order": [["create a", "create d"]],
    "skipped": ["create c"],
    "failures": {"b": "no room"},
    "outputs": {"size": 1, "arn": "toy:north/a-*"},
    "cloud": {"a": {"size": 1}, "d": {}},
    "state": ["a", "d"],
    "resources": {"d": {"dependencies": ["a"]}},
}


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """A run in which b failed."""
    stage = Stage(do="up", faults=[Fault(on="create", name="b", do="refuse", message="no room")])
    program = Program(DECLARE, {"size": "${a.size}", "arn": "${a.arn}"})
    return run(EmbeddedUnderTest(tmp_path), target("s", program), Cloud(tmp_path / "cloud"), stage)


def test_all_as_expected(seen: Seen) -> None:
    assert differences(Expected(**RIGHT), seen, {"hunter2"}) == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("steps", ["create a"]),
        ("steps", ["create a", "create d", "create e"]),
        ("steps", ["create a", "create a", "create d"]),
        ("steps", ["create a", "update d"]),
        ("counts", {"create": 3}),
        ("counts", {"create": 2, "same": 1}),
        ("order", [["create d", "create a"]]),
        ("order", [["create a", "create e"]]),
        ("skipped", []),
        ("skipped", ["create c", "create d"]),
        ("changes", {"a": ["update size"]}),
        ("failures", {}),
        ("failures", {"b": "no time"}),
        ("failures", {"b": "no room", "c": "no room"}),
        ("raises", "anything"),
        ("others", "LockedError"),
        ("outputs", {"size": 1}),
        ("outputs", {"size": True, "arn": "toy:north/a-*"}),
        ("outputs", {"size": 1, "arn": "toy:south/a-*"}),
        ("outputs", {"size": 1, "arn": "toy:north/a-*", "more": None}),
        ("cloud", {"a": {"size": 1}}),
        ("cloud", {"a": {"size": 2}, "d": {}}),
        ("cloud", {"a": [{}, {}], "d": {}}),
        ("cloud", {"a": {}, "d": {}, "e": {}}),
        ("state", ["a"]),
        ("state", ["a", "d", "d"]),
        ("state", ["a", "d (to delete)"]),
        ("resources", {"d": {"dependencies": []}}),
        ("resources", {"e": {"id": "north/e"}}),
        ("pending", ["creating b"]),
        ("warnings", ["careful"]),
        ("hidden", ["north/a"]),
    ],
)
def test_anything_else_differs(key: str, wrong: Any, seen: Seen) -> None:
    assert differences(Expected(**{**RIGHT, key: wrong}), seen, set())


def test_secrets_are_found_wherever_they_are(seen: Seen) -> None:
    places: dict[str, Any] = {
        "state": {**seen.state, "note": "hunter2"},
        "events": [*seen.events, _step("hunter2")],
        "steps": (*seen.steps, _step("hunter2")),
        "outputs": {**seen.outputs, "more": "hunter2"},
        "warnings": ("it is hunter2",),
        "raises": "it is hunter2",
    }
    for place, value in places.items():
        leaky = copy.copy(seen)
        setattr(leaky, place, value)
        found = differences(Expected(), leaky, {"hunter2"})
        assert any("'hunter2' is in the" in line for line in found), place


def test_disorder_in_the_state_is_found(seen: Seen) -> None:
    deployment = seen.state["deployment"]
    for shift in range(1, len(deployment["resources"])):
        turned = deployment["resources"][shift:] + deployment["resources"][:shift]
        seen.state = {"deployment": {**deployment, "resources": turned}}
        assert any("stands before" in line for line in differences(Expected(), seen, set()))


def test_order_is_of_end_and_begin(seen: Seen) -> None:
    overlapping = [
        _step("a", Status.STARTED),
        _step("d", Status.STARTED),
        _step("a"),
        _step("d"),
    ]
    seen.events = overlapping
    expected = Expected(order=[["create a", "create d"]], failures=None)
    assert differences(expected, seen, set()) == ["create d began before create a had ended"]


def _step(name: str, status: Status = Status.DONE) -> Step:
    return Step(Op.CREATE, f"urn:pulumi:s::toys::toy:index:Thing::{name}", "t", name, status)
