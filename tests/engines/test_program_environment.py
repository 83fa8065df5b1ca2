"""What surrounds a program: configuration, loops, threads, and what must not stay behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextlib import nullcontext
from typing import Any

import pulumi
import pytest

from mllab.clock import SimulatedClock
from mllab.engines.contract import Plan
from mllab.errors import RunFailed
from tests.engines.bench import BEGIN, Bench, done, options, things
from tests.scenarios.toy import Group, Thing


def test_configuration_is_the_stacks_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"lab:size": "from the environment"}')
    monkeypatch.setenv("PULUMI_CONFIG_LAB_REGION", "from the environment")

    def program() -> None:
        config = pulumi.Config("lab")
        pulumi.export("size", config.get("size"))
        pulumi.export("region", config.get("region"))
        pulumi.export("owner", config.require("owner"))
        pulumi.export("list", config.require_object("list"))

    bench.config = {"lab:owner": "ada", "lab:list": "[1, 2]"}
    assert bench.up(program).outputs == {"owner": "ada", "list": [1, 2]}


def raises() -> None:
    Thing("a", {})
    raise ValueError("no such course")


def names() -> None:
    pulumi.export("stack", pulumi.get_stack())
    pulumi.export("project", pulumi.get_project())
    pulumi.export("dry", pulumi.runtime.is_dry_run())


def test_a_program_knows_where_it_runs(bench: Bench) -> None:
    assert bench.preview(names).outputs == {"stack": "dev", "project": "toys", "dry": True}
    assert bench.up(names).outputs == {"stack": "dev", "project": "toys", "dry": False}


def test_an_engine_may_be_called_from_a_running_loop(bench: Bench) -> None:
    async def call() -> Plan:
        return bench.preview(things("a"))

    assert done(asyncio.run(call())) == ["create a"]


def test_an_async_program_is_awaited(bench: Bench) -> None:
    async def program() -> None:
        await asyncio.sleep(0)
        pulumi.export("arn", Thing("a", {"name": "one"}).arn)

    assert bench.up(program).outputs == {"arn": "toy:north/one"}


def test_engines_in_threads_do_not_meet(bench: Bench, tmp_path_factory: Any) -> None:
    benches = [Bench(tmp_path_factory.mktemp("t"), stack=f"s{number}") for number in range(6)]
    found: dict[str, Any] = {}

    def work(one: Bench) -> None:
        found[one.stack] = one.up(names).outputs["stack"]

    threads = [threading.Thread(target=work, args=(one,)) for one in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {one.stack: one.stack for one in benches}


def test_nothing_of_a_run_stays_behind(bench: Bench) -> None:
    threads = threading.active_count()
    for program in (things("a", "b"), raises):
        with pytest.raises(RunFailed) if program is raises else nullcontext():
            bench.up(program)
        assert threading.active_count() == threads
        assert gc.isenabled()
        assert pulumi.get_stack() == "stack"
        assert pulumi.runtime.settings.get_root_resource() is None


def test_transformations_of_the_sdk_work(bench: Bench) -> None:
    def tagged(args: pulumi.ResourceTransformationArgs) -> Any:
        return pulumi.ResourceTransformationResult({**args.props, "size": 7}, args.opts)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(tagged)
        Thing("a", {}, options(transformations=[tagged]))

    assert bench.up(program).ok
    assert bench.resources()["a"]["inputs"]["size"] == 7


def test_two_previews_are_the_same_to_the_letter(bench: Bench) -> None:
    def program() -> None:
        group = Group("g")
        for name in "dcba":
            Thing(name, {"tags": {k: k for k in "zyx"}}, options(parent=group))

    assert repr(bench.preview(program)) == repr(bench.preview(program))


def test_a_preview_foretells_names_that_up_then_makes(bench: Bench) -> None:
    plan = bench.preview(things("a"))
    predicted = next(r.inputs["name"] for r in plan.resources if r.name == "a")
    bench.up()
    assert bench.resources()["a"]["inputs"]["name"] == predicted


def test_warnings_of_the_program_are_passed_on(bench: Bench) -> None:
    def program() -> None:
        pulumi.log.warn("the image is old")
        pulumi.log.info("hello")

    assert bench.preview(program).warnings == ("the image is old",)
    assert bench.up(program).warnings == ("the image is old",)


def test_a_simulated_clock_never_goes_back() -> None:
    with pytest.raises(ValueError, match="a clock cannot go back by 1 s"):
        SimulatedClock(BEGIN).advance(-1)
