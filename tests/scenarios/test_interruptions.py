"""The embedded engine dies around each operation, and the next run puts everything right."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from tests.scenarios.model import Declared, Fault, Stage
from tests.scenarios.program import Program
from tests.scenarios.run import EngineUnderTest, Seen, run, target
from tests.scenarios.toy import Cloud


class Life(BaseModel):
    """A program, its next version, and what the way from one to the other asks of the cloud."""

    title: str
    why: str
    before: list[Declared]
    after: list[Declared]
    operations: list[str]


LIFE = Life.model_validate(
    YAML(typ="safe").load(Path(__file__).parent / "interrupted" / "life.yaml")
)
DEATHS = [(operation, do) for operation in LIFE.operations for do in ("kill", "kill-after")]


class Stack:
    """One stack and its cloud."""

    def __init__(self, under_test: EngineUnderTest, name: str) -> None:
        self.under_test, self.name = under_test, name
        self.cloud = Cloud(under_test.home / f"{name}.cloud")

    def do(self, declare: list[Declared], stage: Stage) -> Seen:
        self.cloud = Cloud(self.cloud.path)
        return run(self.under_test, target(self.name, Program(declare, {})), self.cloud, stage)

    def up(self, declare: list[Declared], *faults: Fault) -> Seen:
        return self.do(declare, Stage(do="up", faults=list(faults)))


def test_operations_are_all_there_are(embedded: EngineUnderTest) -> None:
    stack = Stack(embedded, "whole_life")
    stack.up(LIFE.before)
    seen = stack.up(LIFE.after)
    asked = [
        f"{on} {name}" for on, name in stack.cloud.calls if on in ("create", "update", "delete")
    ]
    assert not seen.failures
    assert sorted(asked) == sorted(LIFE.operations)


@pytest.mark.parametrize(("operation", "do"), DEATHS)
def test_next_run_puts_it_right(operation: str, do: str, embedded: EngineUnderTest) -> None:
    _interrupt(Stack(embedded, f"{do} {operation}".replace(" ", "_")), operation, do)


@pytest.mark.parametrize(("operation", "do"), DEATHS)
def test_next_run_puts_it_right_on_threads(
    operation: str, do: str, embedded_on_threads: EngineUnderTest
) -> None:
    _interrupt(Stack(embedded_on_threads, f"{do} {operation}".replace(" ", "_")), operation, do)


def _interrupt(stack: Stack, operation: str, do: str) -> None:
    on, name = operation.split()
    stack.up(LIFE.before)
    fault = Fault.model_validate({"on": on, "name": name, "do": do})
    assert stack.up(LIFE.after, fault).killed

    plan = stack.do(LIFE.after, Stage(do="preview"))
    mended = stack.up(LIFE.after)

    assert not plan.raises
    assert (mended.raises, mended.failures) == ("", ())
    things = {thing["logical"]: thing["inputs"] for thing in mended.cloud.values()}
    assert len(mended.cloud) == len(things), "something was made twice"
    assert things.keys() == {declared.name for declared in LIFE.after}
    assert things["base"]["size"] == 2
    assert things["first"]["fixed"] == things["named"]["fixed"] == "y"
    assert things["new"]["tags"] == {"address": "10.0.0.2"}
    deployment = mended.state["deployment"]
    kept = [r for r in deployment["resources"] if r["type"].startswith("toy:")]
    assert {r["id"] for r in kept} == mended.cloud.keys()
    assert len(kept) == len(mended.cloud)
    assert not deployment.get("pending_operations")
    assert {step.op.value for step in stack.up(LIFE.after).steps} == {"same"}
    assert stack.do([], Stage(do="destroy")).cloud == {}
