"""Why something changes, in words, and what of it may be seen."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from mllab.engines.contract import Op, Plan, Step
from mllab.protocol.provider import Change
from tests.engines.bench import Bench, done, options, things
from tests.scenarios.toy import Group, Thing, ToyProvider


def step(plan: Plan, name: str) -> Step:
    (found,) = [one for one in plan.steps if one.name == name]
    return found


@pytest.mark.parametrize(
    ("before", "after", "op", "reason"),
    [
        ({}, {}, Op.SAME, ""),
        ({"size": 1}, {"size": 2}, Op.UPDATE, "size changed"),
        ({}, {"size": 2}, Op.UPDATE, "size added"),
        ({"size": 1}, {}, Op.UPDATE, "size removed"),
        ({"size": 1}, {"tags": {"a": "b"}}, Op.UPDATE, "size, tags changed"),
        ({"fixed": "x"}, {"fixed": "y"}, Op.REPLACE, "replaced because fixed changes"),
        (
            {"fixed": "x", "name": "n"},
            {"fixed": "y", "name": "m"},
            Op.REPLACE,
            "replaced because fixed, name change",
        ),
    ],
)
def test_reasons(bench: Bench, before: dict, after: dict, op: Op, reason: str) -> None:  # type: ignore[type-arg]
    bench.up(things("a", **before))
    found = step(bench.preview(things("a", **after)), "a")
    assert (found.op, found.reason) == (op, reason)


def test_a_replacement_names_what_it_comes_from(bench: Bench) -> None:
    def program(fixed: str) -> None:
        net = Thing("net", {"fixed": fixed})
        Thing("vm", {"fixed": net.arn, "needs": [net.id]})

    bench.up(lambda: program("x"))
    plan = bench.preview(lambda: program("y"))
    assert step(plan, "vm").reason == "replaced because fixed changes, as net is replaced"
    changes = {change.path: change for change in step(plan, "vm").changes}
    assert changes["fixed"].after == {"$unknown": True}
    assert changes["fixed"].replaces
    assert not changes["needs"].replaces


def test_deletes_say_why(bench: Bench) -> None:
    bench.up(things("a", "b"))
    assert step(bench.preview(things("a")), "b").reason == "no longer declared"
    outcome = bench.engine.destroy()
    assert {s.reason for s in outcome.steps} == {"destroyed"}


def test_deletes_say_where_it_was_declared(bench: Bench) -> None:
    bench.up(things("a"))
    assert step(bench.preview(things()), "a").source.startswith("bench.py:")


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (pulumi.Output.secret, pulumi.Output.secret, {"$secret": True}, {"$secret": True}),
        (pulumi.Output.secret, lambda v: v, {"$secret": True}, {"$secret": True}),
        (lambda v: v, pulumi.Output.secret, {"$secret": True}, {"$secret": True}),
        (lambda v: v, lambda v: v, "horse", "staple"),
    ],
)
def test_no_secret_comes_out_of_a_change(
    bench: Bench,
    old: Callable[[str], object],
    new: Callable[[str], object],
    before: object,
    after: object,
) -> None:
    bench.up(lambda: Thing("a", {"password": old("horse")}))
    plan = bench.preview(lambda: Thing("a", {"password": new("staple")}))
    assert step(plan, "a").changes == (Change("password", "update", before, after),)


def test_only_the_secret_part_of_a_changed_object_is_hidden(bench: Bench) -> None:
    def program(token: str, owner: str) -> None:
        Thing("a", {"tags": {"token": pulumi.Output.secret(token), "owner": owner}})

    bench.up(lambda: program("horse", "ada"))
    plan = bench.preview(lambda: program("staple", "bob"))
    (change,) = step(plan, "a").changes
    assert change.before == {"token": {"$secret": True}, "owner": "ada"}
    assert change.after == {"token": {"$secret": True}, "owner": "bob"}
    assert "horse" not in repr(plan)
    assert "staple" not in repr(plan)


def test_a_new_secret_is_hidden_and_an_absent_one_is_absent(bench: Bench) -> None:
    bench.up(things("a"))
    plan = bench.preview(lambda: Thing("a", {"password": pulumi.Output.secret("x")}))
    assert step(plan, "a").changes == (Change("password", "add", None, {"$secret": True}),)


def test_ignored_changes_are_no_changes(bench: Bench) -> None:
    def program(size: int, owner: str, other: str) -> None:
        opts = options(ignore_changes=["size", "tags.owner"])
        Thing("a", {"size": size, "tags": {"owner": owner, "other": other}}, opts)

    bench.up(lambda: program(1, "ada", "x"))
    assert bench.preview(lambda: program(2, "bob", "x")).empty
    bench.up(lambda: program(2, "bob", "y"))
    assert bench.resources()["a"]["inputs"]["tags"] == {"owner": "ada", "other": "y"}
    assert bench.resources()["a"]["inputs"]["size"] == 1
    assert bench.resources()["a"]["ignoreChanges"] == ["size", "tags.owner"]


def test_replace_on_changes(bench: Bench) -> None:
    def program(size: int) -> None:
        Thing("a", {"size": size}, options(replace_on_changes=["size"]))

    bench.up(lambda: program(1))
    plan = bench.preview(lambda: program(2))
    assert done(plan) == ["replace a"]
    assert step(plan, "a").changes == (Change("size", "update", 1, 2, replaces=True),)


def test_a_replacement_trigger(bench: Bench) -> None:
    def program(trigger: object) -> None:
        Thing("a", {}, options(replacement_trigger=trigger))

    bench.up(lambda: program(1))
    assert bench.preview(lambda: program(1)).empty
    plan = bench.preview(lambda: program(2))
    assert step(plan, "a").reason == "replaced because its replacement_trigger changes"
    assert bench.up(lambda: program(2)).ok
    assert bench.preview().empty


def test_replace_with(bench: Bench) -> None:
    def program(fixed: str) -> None:
        a = Thing("a", {"fixed": fixed})
        Thing("b", {}, options(replace_with=[a]))

    bench.up(lambda: program("x"))
    plan = bench.preview(lambda: program("y"))
    assert step(plan, "b").reason == "replaced with a"
    assert bench.up(lambda: program("y")).ok


def test_deleted_with_is_replaced_with_it_and_not_deleted_itself(bench: Bench) -> None:
    def program(fixed: str) -> None:
        a = Thing("a", {"fixed": fixed})
        Thing("b", {}, options(deleted_with=a))

    bench.up(lambda: program("x"))
    plan = bench.preview(lambda: program("y"))
    assert step(plan, "b").reason == "replaced with a, which deletes it"
    bench.cloud.calls.clear()
    outcome = bench.up(lambda: program("y"))
    assert sorted(done(outcome)) == [
        "create-replacement a",
        "create-replacement b",
        "delete-replaced a",
        "delete-replaced b",
    ]
    assert bench.calls("delete") == ["a"]
    bench.cloud.calls.clear()
    bench.engine.destroy()
    assert bench.calls("delete") == ["a"]
    assert bench.resources() == {}


def test_another_place_of_the_provider_replaces_everything_of_it(bench: Bench) -> None:
    from tests.scenarios.toy import Cloud, Toy

    class Regional(Toy):
        def configured(self, config):  # type: ignore[no-untyped-def]
            return Regional(self.cloud, zone=config.get("region", "north"))

    bench.provider = lambda cloud: Regional(cloud)
    bench.config = {"toy:region": "north"}

    def program() -> None:
        Thing("a", {})
        Thing("b", {}, options(provider=ToyProvider("p", {"region": "east"})))

    bench.up(program)
    assert sorted(id.split("/")[0] for id in bench.cloud.things) == ["east", "north"]
    bench.config = {"toy:region": "south"}
    plan = bench.preview(program)
    assert done(plan) == ["replace a", "same p", "same b"]
    assert step(plan, "a").reason == "replaced because its provider changes"
    assert done(bench.up()) == ["create-replacement a", "same p", "same b", "delete-replaced a"]
    assert sorted(id.split("/")[0] for id in bench.cloud.things) == ["east", "south"]
    assert [e["id"] for n, e in bench.resources().items() if n == "default"]
    assert bench.preview().empty
    assert Cloud(bench.home / "cloud").things == bench.cloud.things


def test_a_changed_provider_is_updated_and_used_at_once(bench: Bench) -> None:
    def program(zone: str, *names: str) -> None:
        provider = ToyProvider("p", {"zone": zone})
        for name in names:
            Thing(name, {}, options(provider=provider))

    bench.up(lambda: program("west", "a"))
    outcome = bench.up(lambda: program("east", "a", "b"))
    assert done(outcome) == ["update p", "same a", "create b"]
    assert sorted(id.split("/")[0] for id in bench.cloud.things) == ["east", "west"]
    assert bench.resources()["p"]["outputs"] == {"zone": "east"}


def test_a_provider_of_another_name_serves_the_same_resources(bench: Bench) -> None:
    def program(name: str, alias: str = "") -> None:
        aliases = [pulumi.Alias(name=alias)] if alias else []
        provider = ToyProvider(name, {"zone": "west"}, options(aliases=aliases))
        Thing("a", {}, options(provider=provider))

    bench.up(lambda: program("old"))
    ids = set(bench.cloud.things)
    assert done(bench.up(lambda: program("new", "old"))) == ["same new", "same a"]
    assert done(bench.up(lambda: program("other"))) == ["create other", "same a", "delete new"]
    assert set(bench.cloud.things) == ids
    assert "::other::" in bench.resources()["a"]["provider"]


def test_options_alone_are_no_change_but_are_recorded(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {}))
    plan = bench.preview(lambda: Thing("a", {}, options(protect=True, retain_on_delete=True)))
    assert plan.empty
    bench.up()
    assert bench.resources()["a"]["protect"] is True
    assert bench.resources()["a"]["retainOnDelete"] is True


def test_components_change_with_their_inputs(bench: Bench) -> None:
    class Box(pulumi.ComponentResource):
        def __init__(self, size: int) -> None:
            super().__init__("toy:index:Box", "box", {"size": size})
            self.register_outputs({"twice": 2 * size})

    bench.up(lambda: Box(1))
    assert bench.resources()["box"]["outputs"] == {"twice": 2}
    found = step(bench.preview(lambda: Box(2)), "box")
    assert (found.op, found.reason) == (Op.UPDATE, "size changed")
    bench.up()
    assert bench.resources()["box"]["outputs"] == {"twice": 4}
    assert bench.preview().empty


def test_two_may_not_claim_the_same_old_resource(bench: Bench) -> None:
    bench.up(things("old"))

    def program() -> None:
        for name in ("a", "b"):
            Thing(name, {}, options(aliases=[pulumi.Alias(name="old")]))

    with pytest.raises(Exception, match="Duplicate resource alias .*::old' applied to .*::b'"):
        bench.preview(program)


def test_a_renamed_component_takes_its_children_along(bench: Bench) -> None:
    def program(name: str) -> None:
        aliases = [pulumi.Alias(name="old")] if name != "old" else []
        group = Group(name, options(aliases=aliases))
        child = Thing(f"{name}-disk", {}, options(parent=group))
        Thing("vm", {"needs": [child.id]}, options(parent=group))

    bench.up(lambda: program("old"))
    ids = set(bench.cloud.things)
    assert bench.preview(lambda: program("new")).empty
    outcome = bench.up(lambda: program("new"))
    assert done(outcome) == ["same new-disk", "same vm"]
    assert set(bench.cloud.things) == ids
    assert sorted(bench.resources()) == ["default", "new", "new-disk", "toys-dev", "vm"]
    assert bench.preview().empty
    assert bench.engine.destroy().ok
    assert bench.cloud.things == {}
