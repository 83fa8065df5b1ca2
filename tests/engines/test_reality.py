"""What is really there: drift, things deleted by hand, and data that must not go unnamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components.resource_types import EMPTIED_BY, HOLDS_DATA
from mllab.engines.contract import Holding, Op, Status
from mllab.protocol.provider import Call, Change, Properties, ProviderFailure
from tests.engines.bench import Bench, chain, done, options, things
from tests.scenarios.toy import THING, Fault, Thing, Toy


def meddle(bench: Bench, name: str, **inputs: Any) -> None:
    (id,) = bench.cloud.named(name)
    thing = bench.cloud.things[id]
    bench.cloud.put(id, {**thing, "inputs": {**thing["inputs"], **inputs}})


def remove(bench: Bench, name: str) -> None:
    for id in bench.cloud.named(name):
        bench.cloud.put(id, None)


def test_nothing_changed_nothing_found(bench: Bench) -> None:
    bench.up(chain("a", "b"))
    before = bench.state.read_bytes()
    assert done(bench.engine.refresh()) == ["same a", "same b"]
    assert bench.state.read_bytes() == before


def test_drift_is_shown_as_what_the_cloud_did(bench: Bench) -> None:
    bench.up(things("a", "b", size=1))
    meddle(bench, "a", size=5)
    for dry in (True, False):
        outcome = bench.engine.refresh(dry=dry)
        usual = Status.PLANNED if dry else Status.DONE
        a, b = (step for step in outcome.steps)
        assert (a.op, a.status, b.op) == (Op.UPDATE, usual, Op.SAME)
        assert a.changes == (Change("size", "update", 1, 5),)
        assert a.reason == "size changed in the cloud"
        assert bench.resources()["a"]["outputs"]["size"] == (1 if dry else 5)
    plan = bench.preview()
    assert done(plan) == ["update a", "same b"]
    bench.up()
    assert bench.engine.refresh().steps[0].op is Op.SAME


@pytest.mark.parametrize(
    ("declared", "there", "kind"),
    [({}, {"size": 2}, "add"), ({"size": 2}, {"size": None}, "delete")],
)
def test_additions_of_the_cloud_are_additions(
    bench: Bench, declared: dict[str, Any], there: dict[str, Any], kind: str
) -> None:
    bench.up(things("a", **declared))
    (id,) = bench.cloud.things
    inputs = {**bench.cloud.things[id]["inputs"], **there}
    inputs = {key: value for key, value in inputs.items() if value is not None}
    bench.cloud.put(id, {"logical": "a", "inputs": inputs})
    (change,) = bench.engine.refresh(dry=True).steps[0].changes
    assert change.kind == kind


def test_drift_that_the_declaration_ignores_is_none(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"size": 1}, options(ignore_changes=["size"])))
    meddle(bench, "a", size=5)
    assert done(bench.engine.refresh()) == ["same a"]
    assert bench.preview().empty


def test_drift_of_a_secret_is_not_shown(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"password": pulumi.Output.secret("horse")}))
    meddle(bench, "a", password="staple")
    outcome = bench.engine.refresh()
    assert outcome.steps[0].changes == (
        Change("password", "update", {"$secret": True}, {"$secret": True}),
    )
    assert "staple" not in bench.state.read_text()
    assert bench.resources()["a"]["inputs"]["password"].keys() > {"ciphertext"}


def test_what_was_deleted_by_hand_is_forgotten_and_made_again(bench: Bench) -> None:
    bench.up(chain("a", "b"))
    remove(bench, "b")
    outcome = bench.engine.refresh()
    assert done(outcome) == ["same a", "delete b"]
    assert (outcome.steps[1].reason, outcome.steps[1].loses) == ("is gone", "")
    assert done(bench.up()) == ["same a", "create b"]


def test_what_is_gone_is_no_longer_named_by_others(bench: Bench) -> None:
    bench.up(chain("a", "b"))
    assert bench.resources()["b"]["dependencies"]
    remove(bench, "a")
    bench.engine.refresh()
    assert "dependencies" not in bench.resources()["b"]
    assert "propertyDependencies" not in bench.resources()["b"]
    assert bench.up().ok


def test_deleting_what_is_gone_already_succeeds(bench: Bench) -> None:
    bench.up(chain("a", "b"))
    remove(bench, "a")
    assert bench.engine.destroy().ok


def test_what_cannot_be_read_stays_as_it_is(bench: Bench) -> None:
    bench.up(things("a", "b"))
    bench.cloud.faults = [Fault("read", "a", "refuse", "throttled")]
    outcome = bench.engine.refresh()
    assert [(f.name, f.op, f.message) for f in outcome.failures] == [("a", Op.REFRESH, "throttled")]
    assert {"a", "b"} <= set(bench.resources())


def test_a_refresh_does_not_run_the_program(bench: Bench) -> None:
    bench.up(things("a"))

    def broken() -> None:
        raise ValueError

    bench.program = broken
    assert bench.engine.refresh().ok
    assert bench.engine.destroy().ok


# ------------------------------------------------------------------------------------------ data


class Holder(Toy):
    """Things hold data; deletes note with what outputs they were asked."""

    asked: list[Properties] = []  # noqa: RUF012

    def configured(self, config: Mapping[str, Any]) -> Holder:
        return Holder(self.cloud)

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        if call.name == "mute":
            raise ProviderFailure("no")
        return {"full": "3 objects", "empty": ""}.get(call.name)

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        self.asked.append(outputs)
        return super().delete(call, id, outputs)


@pytest.fixture
def holder(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setitem(HOLDS_DATA, THING, "objects in the thing")
    monkeypatch.setattr(Holder, "asked", [])
    bench.provider = Holder
    return bench


def test_what_holds_data_is_told_with_its_amount(holder: Bench) -> None:
    holder.up(things("full", "empty", "unsure", "mute"))
    found = holder.engine.holdings()
    assert {holding.name: holding.amount for holding in found} == {
        "full": "3 objects",
        "empty": "",
        "unsure": None,
        "mute": None,
    }
    urn = holder.resources()["full"]["urn"]
    assert found[0] == Holding(urn, THING, "full", "objects in the thing", "3 objects")


def losses(plan: Any) -> dict[str, str]:
    return {step.name: step.loses for step in plan.steps if step.custom}


def test_steps_say_what_data_they_destroy(holder: Bench) -> None:
    def before() -> None:
        Thing("deleted", {})
        Thing("replaced", {"fixed": "x"})
        Thing("updated", {"size": 1})
        Thing("kept", {}, options(retain_on_delete=True))
        Thing("handed-over", {"fixed": "x"}, options(retain_on_delete=True))

    def after() -> None:
        Thing("replaced", {"fixed": "y"})
        Thing("updated", {"size": 2})
        Thing("created", {})
        Thing("handed-over", {"fixed": "y"}, options(retain_on_delete=True))

    holder.up(before)
    assert losses(holder.preview(after)) == {
        "replaced": "objects in the thing",
        "updated": "",
        "created": "",
        "handed-over": "",
        "deleted": "objects in the thing",
        "kept": "",
    }


def test_data_is_not_deleted_in_a_run_in_which_something_failed(holder: Bench) -> None:
    """What is declared inside an apply of something that failed is not declared: that must not cost
    its data.
    """

    def program() -> None:
        first = Thing("first", {})
        first.key.apply(lambda key: Thing("second", {"tags": {"key": key}}))

    holder.up(program)
    changed = lambda: (  # noqa: E731
        Thing("first", {"size": 1}).key.apply(lambda key: Thing("second", {"tags": {"key": key}}))
    )
    outcome = holder.up(changed, Fault("update", "first", "refuse"))
    assert done(outcome) == ["update first failed"]
    assert holder.cloud.named("second")
    assert holder.up(changed).ok
    assert done(holder.up(things("first", size=1))) == ["same first", "delete second"]


def test_only_released_things_are_emptied(holder: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Toy, "create", _with_force_destroy(Toy.create))
    monkeypatch.setitem(EMPTIED_BY, THING, "forceDestroy")
    holder.up(things("full", "empty"))
    urn = holder.resources()["full"]["urn"]
    assert holder.engine.destroy(release=frozenset({urn})).ok
    asked = {outputs["name"].split("-")[0]: outputs["forceDestroy"] for outputs in Holder.asked}
    assert asked == {"full": True, "empty": False}


def _with_force_destroy(create: Any) -> Any:
    def made(self: Toy, call: Call, inputs: Properties) -> Any:
        found = create(self, call, inputs)
        found.outputs["forceDestroy"] = False
        return found

    return made
