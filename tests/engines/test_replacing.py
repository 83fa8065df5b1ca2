"""Delete before create, and everything that hangs on it."""

from __future__ import annotations

import json

import pulumi
import pytest

from mllab.engines.contract import Op
from mllab.errors import RunFailed
from tests.engines.bench import Bench, done, options, things
from tests.scenarios.toy import Fault, Group, Thing, ToyProvider


def tower(fixed: str) -> None:
    """root cannot be twice, as its name is fixed; wall and roof need what is below them."""
    root = Thing("root", {"name": "root", "fixed": fixed})
    wall = Thing("wall", {"fixed": root.arn, "needs": [root.id]})
    roof = Thing("roof", {"fixed": wall.arn, "needs": [wall.id]})
    Thing("flag", {"tags": {"roof": roof.arn}})
    Thing("sign", {}, options(depends_on=[root]))


def test_what_would_be_replaced_goes_first_and_comes_back_last(bench: Bench) -> None:
    bench.up(lambda: tower("x"))
    plan = bench.preview(lambda: tower("y"))
    assert sorted(done(plan)) == [
        "replace roof",
        "replace root",
        "replace wall",
        "same sign",
        "update flag",
    ]
    reasons = {step.name: step.reason for step in plan.steps}
    assert reasons["wall"] == "replaced because something that it needs is deleted first"
    outcome = bench.up()
    assert outcome.ok
    deletes = [step.name for step in outcome.steps if step.op is Op.DELETE_REPLACED]
    creates = [step.name for step in outcome.steps if step.op is Op.CREATE_REPLACEMENT]
    assert deletes == ["roof", "wall", "root"]
    assert creates == ["root", "wall", "roof"]
    assert bench.preview().empty
    goes = next(s for s in outcome.steps if s.op is Op.DELETE_REPLACED and s.name == "wall")
    assert goes.reason == "goes before root, which is replaced"


def test_a_dependent_that_cannot_go_stops_the_replacement(bench: Bench) -> None:
    bench.up(lambda: tower("x"))
    outcome = bench.up(lambda: tower("y"), Fault("delete", "wall", "refuse", "in use"))
    assert [(failure.name, failure.message) for failure in outcome.failures] == [("wall", "in use")]
    assert len(bench.cloud.named("root")) == 1
    assert bench.cloud.named("roof") == []
    assert bench.up().ok
    assert len(bench.cloud.things) == 5
    assert bench.preview().empty


def test_a_dependent_that_is_no_longer_declared_goes_once(bench: Bench) -> None:
    bench.up(lambda: tower("x"))
    outcome = bench.up(lambda: Thing("root", {"name": "root", "fixed": "y"}))
    assert outcome.ok
    assert bench.calls("delete").count("wall") == 1
    assert sorted(bench.resources()) == ["default", "root", "toys-dev"]


def test_dependents_with_options_of_their_own_count_too(bench: Bench) -> None:
    """Some options make dependents; ignore_changes unmakes them."""

    def program(fixed: str) -> None:
        root = Thing("root", {"name": "root", "fixed": fixed})
        Thing("forced", {"tags": {"r": root.arn}}, options(replace_on_changes=["tags"]))
        Thing("taken", {}, options(deleted_with=root))
        Thing("along", {}, options(replace_with=[root]))
        Thing("calm", {"fixed": root.arn}, options(ignore_changes=["fixed"]))

    bench.up(lambda: program("x"))
    bench.cloud.calls.clear()
    outcome = bench.up(lambda: program("y"))
    assert outcome.ok
    replaced = [step.name for step in outcome.steps if step.op is Op.DELETE_REPLACED]
    assert sorted(replaced) == ["along", "forced", "root", "taken"]
    assert "taken" not in bench.calls("delete")
    assert bench.preview().empty


def test_remains_of_what_was_replaced_before_go_first(bench: Bench) -> None:
    """user lets go of root, but its old generation does not before it is deleted."""

    def before() -> None:
        root = Thing("root", {"name": "root", "fixed": "x"})
        Thing("user", {"fixed": root.arn, "needs": [root.id]})

    def after() -> None:
        user = Thing("user", {"fixed": "free"})
        Thing("root", {"name": "root", "fixed": "y"}, options(depends_on=[user]))

    bench.up(before)
    outcome = bench.up(after)
    assert outcome.ok
    assert done(outcome) == [
        "create-replacement user",
        "delete-replaced user",
        "delete-replaced root",
        "create-replacement root",
    ]


def test_what_failed_before_is_not_deleted_on_the_way(bench: Bench) -> None:
    """user could not let go of root, so root cannot be replaced, and user must not go for it."""

    def before() -> None:
        root = Thing("root", {"name": "root", "fixed": "x"})
        Thing("user", {"fixed": root.arn, "needs": [root.id]})

    def after() -> None:
        Thing("user", {"fixed": "free"})
        Thing("root", {"name": "root", "fixed": "y"})

    bench.up(before)
    outcome = bench.up(after, Fault("create", "user", "refuse"))
    assert [failure.name for failure in outcome.failures] == ["user", "root"]
    assert len(bench.cloud.things) == 2
    assert bench.up().ok


def test_what_a_replaced_provider_made_goes_before_it(bench: Bench) -> None:
    def program(zone: str) -> None:
        opts = options(delete_before_replace=True, replace_on_changes=["zone"])
        provider = ToyProvider("p", {"zone": zone}, opts)
        Thing("a", {"name": "a"}, options(provider=provider))

    bench.up(lambda: program("west"))
    assert bench.up(lambda: program("east")).ok
    assert list(bench.cloud.things) == ["east/a"]


def test_a_failed_replacement_leaves_remains_that_go_before_their_successors_do(
    bench: Bench,
) -> None:
    """Old and new generations in one state: each goes after what hangs on it, whatever the run."""

    def program(fixed: str) -> None:
        net = Thing("net", {"fixed": fixed})
        Thing("vm", {"fixed": net.arn, "needs": [net.id]})

    bench.up(lambda: program("x"))
    bench.up(lambda: program("y"), Fault("delete", "vm", "refuse"))
    assert len(bench.cloud.things) == 4
    bench.cloud.calls.clear()
    outcome = bench.engine.destroy()
    assert outcome.ok
    assert bench.cloud.things == {}
    assert sorted(bench.calls("delete")) == ["net", "net", "vm", "vm"]


def test_generations_that_hang_on_each_other_the_other_way_round(bench: Bench) -> None:
    """First a needs b, then b needs a; with both generations in the state that is no circle."""

    def before() -> None:
        b = Thing("b", {"fixed": "x"})
        Thing("a", {"fixed": "x", "needs": [b.id]})

    def after() -> None:
        a = Thing("a", {"fixed": "y"})
        Thing("b", {"fixed": "y", "needs": [a.id]})

    bench.up(before)
    bench.up(after, Fault("delete", "a", "refuse"))
    assert len(bench.cloud.things) == 4
    outcome = bench.engine.destroy()
    assert outcome.ok
    assert bench.cloud.things == {}


def test_a_failed_update_keeps_hanging_on_the_old_generation(bench: Bench) -> None:
    def program(fixed: str) -> None:
        net = Thing("net", {"fixed": fixed})
        Thing("vm", {"needs": [net.id]})

    bench.up(lambda: program("x"))
    bench.up(lambda: program("y"), Fault("update", "vm", "refuse"))
    assert bench.engine.destroy().ok
    assert bench.cloud.things == {}


def test_a_component_that_becomes_a_resource_and_back(bench: Bench) -> None:
    class Same(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("toy:index:Thing", "a", {})

    bench.up(lambda: Same())
    assert done(bench.up(things("a"))) == ["create-replacement a"]
    assert len(bench.cloud.things) == 1
    assert bench.preview().empty
    assert bench.up(lambda: Same()).ok
    assert bench.cloud.things == {}


def test_an_unknown_provider_is_not_asked(bench: Bench) -> None:
    def program(size: int) -> None:
        first = Thing("first", {"size": size})
        west = ToyProvider("p", {"zone": first.address})
        made = Thing("a", {"name": "one", "size": size}, options(provider=west))
        pulumi.export("name", made.name)

    first = bench.preview(lambda: program(1))
    assert (first.warnings, first.outputs) == ((), {"name": {"$unknown": True}})
    with pytest.raises(RunFailed):
        bench.preview(lambda: Thing("a", {"size": -1}))
    bench.up(lambda: program(1))
    bench.cloud.calls.clear()
    plan = bench.preview(lambda: program(2))
    assert [name for _, name in bench.cloud.calls if name == "a"] == []
    step = next(step for step in plan.steps if step.name == "a")
    assert (step.op, step.reason) == (Op.UPDATE, "its provider is not known yet")
    assert any("nobody can tell whether it changes" in text for text in plan.warnings)


def test_a_moved_resource_is_the_same_one(bench: Bench) -> None:
    """By a urn, by an old parent, by an old type."""
    bench.up(things("a", "b", "c"))
    ids = set(bench.cloud.things)
    urn = bench.resources()["a"]["urn"]

    class Other(pulumi.CustomResource):
        def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
            outputs = dict.fromkeys(("name", "arn"))
            super().__init__("toy:other:Thing", name, outputs, opts)

    def program() -> None:
        group = Group("g")
        Thing("a2", {}, options(parent=group, aliases=[urn]))
        root = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)
        Thing("b", {}, options(parent=group, aliases=[root]))
        Other("c", options(aliases=[pulumi.Alias(type_="toy:index:Thing")]))

    assert sorted(done(bench.up(program))) == ["same a2", "same b", "same c"]
    assert set(bench.cloud.things) == ids
    assert bench.preview().empty


def test_a_new_resource_may_not_take_a_name_that_was_renamed(bench: Bench) -> None:
    bench.up(things("old"))

    def program() -> None:
        Thing("new", {}, options(aliases=[pulumi.Alias(name="old")]))
        Thing("old", {})

    with pytest.raises(RunFailed, match="Duplicate resource URN .*::old' conflicting with alias"):
        bench.preview(program)


def test_what_was_not_reached_names_a_renamed_resource_by_its_new_name(bench: Bench) -> None:
    def program(name: str, size: int) -> None:
        aliases = [pulumi.Alias(name="old")] if name != "old" else []
        net = Thing(name, {}, options(aliases=aliases))
        Thing("vm", {"size": size, "needs": [net.id]})

    bench.up(lambda: program("old", 1))
    bench.up(lambda: program("new", 2), Fault("update", "vm", "refuse"))
    entries = json.loads(bench.state.read_text())["deployment"]["resources"]
    known = {entry["urn"] for entry in entries}
    vm = next(entry for entry in entries if entry["urn"].endswith("::vm"))
    assert set(vm["dependencies"]) <= known
    assert set(vm["propertyDependencies"]["needs"]) <= known
