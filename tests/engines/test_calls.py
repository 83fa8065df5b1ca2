"""Functions that programs call, and resources that they only read."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest
from pulumi.runtime import invoke, invoke_output

from mllab.errors import RunFailed
from tests.engines.bench import Bench, done, line, options, things
from tests.scenarios.toy import Fault, Thing, ToyProvider


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


def reads(id: str = "north/one") -> Callable[[], None]:
    def program() -> None:
        pulumi.export("arn", Thing("r", {}, options(id=id)).arn)

    return program


def test_a_read_resource_is_never_changed_or_deleted(bench: Bench) -> None:
    bench.cloud.put("north/one", {"logical": "x", "inputs": {"name": "one"}})
    assert done(bench.preview(reads())) == ["read r"]
    outcome = bench.up(reads())
    assert done(outcome) == ["read r"]
    assert outcome.outputs == {"arn": "toy:north/one"}
    assert bench.resources()["r"]["external"] is True
    assert bench.preview().empty
    assert done(bench.up(things())) == ["retain r"]
    assert list(bench.cloud.things) == ["north/one"]
    bench.up(reads())
    assert bench.engine.destroy().ok
    assert list(bench.cloud.things) == ["north/one"]


def test_reading_what_is_not_there_fails_by_name(bench: Bench) -> None:
    outcome = bench.up(reads())
    assert [failure.message for failure in outcome.failures] == [
        "resource 'north/one' does not exist"
    ]
    assert outcome.failures[0].source.startswith("test_calls.py:")


def test_a_read_below_what_failed_is_stopped(bench: Bench) -> None:
    def program() -> None:
        a = Thing("a", {})
        Thing("r", {}, options(id="north/one", parent=a))

    outcome = bench.up(program, Fault("create", "a", "refuse"))
    assert done(outcome) == ["create a failed", "read r skipped"]
    assert bench.calls("read") == []


def test_a_read_instead_of_what_was_made_lets_it_go_or_takes_it_over(bench: Bench) -> None:
    """Another one: the own one is deleted. The same one: it is only read from now on."""
    bench.cloud.put("north/one", {"logical": "x", "inputs": {"name": "one"}})
    bench.up(things("r"))
    assert done(bench.up(reads())) == ["read r", "delete-replaced r"]
    assert list(bench.cloud.things) == ["north/one"]
    bench.up(things())
    bench.up(things("r"))
    own = bench.resources()["r"]["id"]
    assert done(bench.up(reads(own))) == ["read r"]
    assert bench.resources()["r"]["external"] is True
    assert bench.engine.destroy().ok
    assert own in bench.cloud.things


def test_a_read_of_something_new_is_unknown_in_a_preview(bench: Bench) -> None:
    def program() -> None:
        pulumi.export("arn", Thing("r", {}, options(id=Thing("a", {}).id)).arn)

    plan = bench.preview(program)
    assert plan.outputs == {"arn": {"$unknown": True}}
    assert plan.resources[-1].options == {"id": {"$unknown": True}}
    assert bench.up(program).ok


def test_what_was_read_can_be_declared_instead(bench: Bench) -> None:
    bench.cloud.put("north/one", {"logical": "x", "inputs": {"name": "one"}})
    bench.up(reads())
    outcome = bench.up(things("r"))
    assert "create-replacement r" in done(outcome)
    assert len(bench.cloud.things) == 2
    assert bench.preview().empty


def test_another_stack_of_the_project_is_read(bench: Bench) -> None:
    def exporting() -> None:
        thing = Thing("a", {"name": "one", "password": pulumi.Output.secret("horse")})
        pulumi.export("arn", thing.arn)
        pulumi.export("password", thing.password)

    net = Bench(bench.home, stack="net")
    net.up(exporting)

    def program() -> None:
        for name in ("net", "toys/net", "organization/toys/net"):
            other = pulumi.StackReference(name)
            pulumi.export(name, other.get_output("arn"))
            pulumi.export(f"{name} password", other.get_output("password"))

    outcome = bench.up(program)
    assert outcome.outputs["organization/toys/net"] == "toy:north/one"
    assert outcome.outputs["net password"] == {"$secret": True}
    assert bench.engine.outputs()["net password"] == "horse"
    assert "horse" not in bench.state.read_text()
