"""Places of declarations are those that the SDK finds, whatever finds them."""

from __future__ import annotations

from typing import Any

from pulumi.runtime import resource

from mllab.engines.stack_trace import stack_trace
from tests.engines.bench import Bench, options
from tests.scenarios.toy import Group, Thing

THEIRS = resource._get_stack_trace


def test_places_are_those_of_the_sdk(bench: Bench) -> None:
    found: list[Any] = []

    def both() -> Any:
        found.append((THEIRS(), stack_trace()))
        return found[-1][0]

    class Own(Thing):
        def __init__(self, name: str) -> None:
            super().__init__(name, {}, options(parent=Group(f"{name}-group")))

    def program() -> None:
        resource._get_stack_trace = both  # until the run is over
        Thing("plain", {})
        exec(compile("Own('inside')", "<no file>", "exec"), {"Own": Own})

    bench.preview(program)
    assert len(found) == 3
    for theirs, ours in found:
        assert len(ours.frames) > 3
        assert ours == theirs


def test_the_sdk_finds_places_itself_after_a_run(bench: Bench) -> None:
    within = []
    bench.preview(lambda: within.append(resource._get_stack_trace))
    assert within == [stack_trace]
    assert resource._get_stack_trace is THEIRS
