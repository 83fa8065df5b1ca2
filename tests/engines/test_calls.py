"""Functions that programs call."""

from __future__ import annotations

import pulumi
import pytest
from pulumi.runtime import invoke, invoke_output

from mllab.errors import RunFailed
from tests.engines.bench import Bench, line
from tests.scenarios.toy import Thing, ToyProvider


def test_plain_functions_are_answered_everywhere(bench: Bench) -> None:
    seen: list[str] = []

    def program() -> None:
        class Reader(pulumi.ComponentResource):
            def __init__(self) -> None:
                super().__init__("toy:index:Reader", "reader")
                found = invoke("toy:index:zone", {}, pulumi.InvokeOptions(parent=self)).value
                seen.append(found["zone"])

        seen.append(invoke("toy:index:zone", {}).value["zone"])
        Reader()

    bench.config = {"toy:zone": "south"}
    bench.preview(program)
    bench.up(program)
    assert seen == ["south"] * 4


def test_a_function_of_something_new_is_unknown_until_it_exists(bench: Bench) -> None:
    def program() -> None:
        thing = Thing("a", {"name": "one"})
        found = invoke_output("toy:index:lookup", {"name": thing.name})
        pulumi.export("arn", found["arn"])

    assert bench.preview(program).outputs == {"arn": {"$unknown": True}}
    assert bench.up(program).outputs == {"arn": "toy:north/one"}
    assert bench.preview(program).outputs == {"arn": "toy:north/one"}


def test_a_function_waits_for_what_it_depends_on(bench: Bench) -> None:
    def program() -> None:
        thing = Thing("a", {"name": "one"})
        opts = pulumi.InvokeOutputOptions(depends_on=[thing])
        found = invoke_output("toy:index:lookup", {"name": "one"}, opts)
        pulumi.export("arn", found["arn"])

    assert bench.preview(program).outputs == {"arn": {"$unknown": True}}
    assert bench.calls("invoke") == []
    assert bench.up(program).outputs == {"arn": "toy:north/one"}


def fails_to_look_up() -> None:
    invoke("toy:index:lookup", {"name": "absent"})


def test_a_function_that_fails_names_the_line(bench: Bench) -> None:
    with pytest.raises(RunFailed) as refused:
        bench.preview(fails_to_look_up)
    assert refused.value.message == (
        f"{line(fails_to_look_up, 1)}: "
        "invoke of toy:index:lookup failed: north/absent does not exist"
    )


def test_a_function_of_an_explicit_provider_is_asked_there(bench: Bench) -> None:
    def program() -> None:
        west = ToyProvider("w", {"zone": "west"})
        found = invoke_output("toy:index:zone", {}, pulumi.InvokeOutputOptions(provider=west))
        pulumi.export("zone", found["zone"])

    assert bench.up(program).outputs == {"zone": "west"}
