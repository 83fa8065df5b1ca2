"""What a preview hands over: every declaration, every fault."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from mllab.engines.contract import Op, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.errors import RunFailed
from tests.engines.bench import HERE, Bench, done, line, options, things
from tests.scenarios.toy import Fault, Group, Thing, Toy, ToyProvider


def test_the_plan_shows_each_declaration(bench: Bench) -> None:
    def program() -> None:
        group = Group("g")
        net = Thing("net", {"name": "net"}, options(parent=group, protect=True))
        Thing(
            "vm",
            {
                "name": "vm",
                "needs": [net.id],
                "password": pulumi.Output.secret("horse"),
                "tags": {"net": net.arn},
            },
            options(
                ignore_changes=["size"],
                delete_before_replace=True,
                custom_timeouts=pulumi.CustomTimeouts(create="1h30m"),
                aliases=[pulumi.Alias(name="old")],
            ),
        )

    plan = bench.preview(program)
    assert [(step.op, step.name) for step in plan.steps] == [
        (Op.CREATE, "toys-dev"),
        (Op.CREATE, "g"),
        (Op.CREATE, "net"),
        (Op.CREATE, "vm"),
    ]
    stack, group, net, vm = plan.resources
    assert (stack.custom, group.custom, net.custom) == (False, False, True)
    assert (group.parent, net.parent) == (stack.urn, group.urn)
    assert net.urn == "urn:pulumi:dev::toys::toy:index:Group$toy:index:Thing::net"
    assert net.options == {"protect": True}
    assert vm.inputs == {
        "name": "vm",
        "needs": [{"$unknown": True}],
        "password": {"$secret": True},
        "tags": {"net": {"$unknown": True}},
    }
    assert vm.dependencies == (net.urn,)
    assert vm.property_dependencies == {"needs": (net.urn,), "tags": (net.urn,)}
    assert vm.provider == "urn:pulumi:dev::toys::pulumi:providers:toy::default"
    assert vm.options == {
        "ignoreChanges": ["size"],
        "deleteBeforeReplace": True,
        "customTimeouts": {"create": 5400.0},
        "aliases": 1,
    }
    assert vm.source == line(test_the_plan_shows_each_declaration, 4)
    assert stack.source == ""


def test_the_sdks_version_names_the_default_provider(bench: Bench) -> None:
    def program() -> None:
        Thing("a", {}, options(version="7.51.1"))
        Thing("b", {}, options(version="7.51.1"))

    class Versioned(Toy):
        def configured(self, config: Any) -> Toy:
            assert "version" not in config
            return Toy(self.cloud, **config)

    bench.provider = Versioned
    bench.config = {"toy:zone": "south", "other:zone": "no"}
    bench.up(program)
    provider = bench.resources()["default_7_51_1"]
    assert provider["type"] == "pulumi:providers:toy"
    assert provider["inputs"] == {"zone": "south", "version": "7.51.1"}
    assert "parent" not in provider


def test_a_target_without_a_cloud_is_refused(bench: Bench) -> None:
    target = StackTarget("toys", "dev", "toy", {}, things("a"), HERE)
    engine = EmbeddedEngine(target, {}, bench.home, bench.clock)
    with pytest.raises(RunFailed, match="nothing simulates package 'toy' .known: none"):
        engine.preview()


def test_all_faults_come_at_once_by_name(bench: Bench) -> None:
    def program() -> None:
        bad = Thing("b", {"size": -1})
        Thing("a", {"size": -2, "needs": [bad.id]})
        Thing("c", {"size": 1})

    with pytest.raises(RunFailed) as refused:
        bench.preview(program)
    first, second = refused.value.message.splitlines()
    here = test_all_faults_come_at_once_by_name
    assert first == f"{line(here, 3)}: a (toy:index:Thing): size: must be at least 0 (got -2)"
    assert second == f"{line(here, 2)}: b (toy:index:Thing): size: must be at least 0 (got -1)"


def test_a_provider_that_cannot_be_configured_is_one_fault(bench: Bench) -> None:
    def program() -> None:
        wrong = ToyProvider("w", {"colour": "red"})
        for name in "abc":
            Thing(name, {}, options(provider=wrong))

    with pytest.raises(RunFailed) as refused:
        bench.preview(program)
    assert refused.value.message.endswith("no such configuration: colour")
    assert len(refused.value.message.splitlines()) == 1
    outcome = bench.up(program)
    assert [failure.name for failure in outcome.failures] == ["w"]
    assert done(outcome)[1:] == [f"create {name} skipped" for name in "abc"]
    bench.config = {"toy:colour": "red"}
    with pytest.raises(RunFailed, match="default provider of toy cannot be configured: no such"):
        bench.preview(things("a"))


def test_a_step_that_is_reported_wrongly_ends_the_run(bench: Bench) -> None:
    def listen(step: Any) -> None:
        raise BrokenPipeError

    bench.program = things("a")
    with pytest.raises(BrokenPipeError):
        bench.engine.up(listen)
    assert bench.cloud.things == {}
    assert bench.up(things("a"), Fault("find", "a", "refuse")).ok
