"""When the cloud says no: what fails, what is stopped by it, what goes on, and what is recorded."""

from __future__ import annotations

import pulumi
import pytest

from mllab.engines.contract import Op, Status
from mllab.errors import RunFailed
from mllab.protocol.provider import Made, ProviderFailure
from tests.engines.bench import Bench, chain, done, options, things
from tests.scenarios.toy import Fault, Group, Thing, Toy


def web() -> None:
    """a <- b <- c, and d for itself."""
    a = Thing("a", {})
    b = Thing("b", {"needs": [a.id]})
    Thing("c", {"tags": {"b": b.arn}})
    Thing("d", {})
    pulumi.export("c", b.arn)
    pulumi.export("d", "always")


def test_a_failure_stops_what_depends_on_it_and_nothing_else(bench: Bench) -> None:
    outcome = bench.up(web, Fault("create", "b", "refuse", "no more than five"))
    assert done(outcome) == ["create a", "create d", "create b failed", "create c skipped"]
    (failure,) = outcome.failures
    assert (failure.name, failure.op, failure.code) == ("b", Op.CREATE, "Refused")
    assert failure.message == "no more than five"
    assert failure.source == "test_failures.py:" + str(web.__code__.co_firstlineno + 3)
    skipped = next(step for step in outcome.steps if step.status is Status.SKIPPED)
    assert skipped.reason == "needs b, which failed"
    assert not outcome.ok
    assert sorted(bench.resources()) == ["a", "d", "default", "toys-dev"]
    assert done(bench.up()) == ["same a", "same d", "create b", "create c"]


def test_code_and_cure_of_the_cloud_are_passed_on(bench: Bench) -> None:
    class Strict(Toy):
        def configured(self, config):  # type: ignore[no-untyped-def]
            return Strict(self.cloud)

        def create(self, call, inputs):  # type: ignore[no-untyped-def]
            if call.preview:
                return super().create(call, inputs)
            raise ProviderFailure(
                "limit is 0", code="VcpuLimitExceeded", hint="ask for more", seconds=7
            )

    bench.provider = Strict
    outcome = bench.up(things("a"))
    (failure,) = outcome.failures
    assert (failure.code, failure.hint) == ("VcpuLimitExceeded", "ask for more")
    assert outcome.seconds == 7
    assert outcome.steps[-1].error == "limit is 0"
    assert outcome.steps[-1].seconds == 7


def test_outputs_that_are_not_known_after_a_failure_stay_as_they_were(bench: Bench) -> None:
    bench.up(web)
    before = dict(bench.engine.outputs())

    def changed() -> None:
        a = Thing("a", {"size": 2})
        pulumi.export("c", a.address)
        pulumi.export("e", "new")

    outcome = bench.up(changed, Fault("update", "a", "refuse"))
    assert outcome.outputs == {**before, "e": "new"}
    assert bench.up(changed).outputs == {"c": "10.0.0.2", "e": "new"}


def test_a_failed_update_leaves_the_old_values_on_record(bench: Bench) -> None:
    bench.up(things("a", size=1))
    before = bench.resources()["a"]
    outcome = bench.up(things("a", size=2), Fault("update", "a", "refuse"))
    assert done(outcome) == ["update a failed"]
    assert bench.resources()["a"] == before
    assert done(bench.up()) == ["update a"]


def test_what_was_made_but_is_not_well_is_recorded_and_tried_again(bench: Bench) -> None:
    outcome = bench.up(chain("a", "b"), Fault("create", "a", "unhealthy", "no answer on port 22"))
    assert done(outcome) == ["create a failed", "create b skipped"]
    assert bench.resources()["a"]["initErrors"] == ["no answer on port 22"]
    plan = bench.preview()
    assert done(plan) == ["update a", "create b"]
    assert plan.steps[1].reason == "was not healthy after the run before"
    assert bench.up().ok
    assert "initErrors" not in bench.resources()["a"]
    assert len(bench.cloud.things) == 2


def test_an_update_that_broke_something_is_recorded_as_it_is_now(bench: Bench) -> None:
    bench.up(things("a", size=1))
    bench.up(things("a", size=2), Fault("update", "a", "unhealthy", "unwell"))
    entry = bench.resources()["a"]
    assert entry["outputs"]["size"] == 2
    assert entry["initErrors"] == ["unwell"]
    assert entry["inputs"]["size"] == 1
    assert bench.preview().steps[1].reason == "size changed"
    assert bench.up().ok


def test_a_create_without_an_id_is_a_failure(bench: Bench) -> None:
    class Careless(Toy):
        def configured(self, config):  # type: ignore[no-untyped-def]
            return Careless(self.cloud)

        def create(self, call, inputs):  # type: ignore[no-untyped-def]
            return Made("", inputs)

    bench.provider = Careless
    assert [f.message for f in bench.up(things("a")).failures] == ["the provider returned no id"]


def test_a_failed_delete_keeps_the_resource_and_what_it_stands_on(bench: Bench) -> None:
    bench.up(chain("a", "b", "c"))
    outcome = bench.up(things(), Fault("delete", "b", "refuse", "in use"))
    assert done(outcome) == ["delete c", "delete b failed", "delete a skipped"]
    assert outcome.steps[-1].reason == "b, which needs it, could not be deleted" or any(
        step.reason == "b, which needs it, could not be deleted" for step in outcome.steps
    )
    assert sorted(bench.resources())[:2] == ["a", "b"]
    assert done(bench.up()) == ["delete b", "delete a"]


def test_a_failed_delete_of_a_replaced_one_is_tried_again(bench: Bench) -> None:
    bench.up(things("a", fixed="x"))
    outcome = bench.up(things("a", fixed="y"), Fault("delete", "a", "refuse"))
    assert done(outcome) == ["create-replacement a", "delete-replaced a failed"]
    entries = bench.engine.state()["deployment"]["resources"]
    assert [entry.get("delete", False) for entry in entries if entry["urn"].endswith("::a")] == [
        False,
        True,
    ]
    plan = bench.preview()
    assert done(plan) == ["same a", "delete-replaced a"]
    assert not plan.empty
    assert done(bench.up()) == ["same a", "delete-replaced a"]
    assert len(bench.cloud.things) == 1
    assert bench.preview().empty


def test_a_delete_first_replacement_that_cannot_delete_makes_nothing(bench: Bench) -> None:
    bench.up(things("a", name="one", fixed="x"))
    outcome = bench.up(things("a", name="one", fixed="y"), Fault("delete", "a", "refuse"))
    assert done(outcome) == ["delete-replaced a failed"]
    assert len(bench.cloud.things) == 1
    assert bench.preview().steps[1].op is Op.REPLACE
    assert bench.up().ok


def test_a_delete_first_replacement_that_cannot_create_is_finished_later(bench: Bench) -> None:
    bench.up(things("a", name="one", fixed="x"))
    bench.up(things("a", name="one", fixed="y"), Fault("create", "a", "refuse"))
    assert bench.cloud.things == {}
    assert bench.resources()["a"]["pendingReplacement"] is True
    outcome = bench.up()
    assert done(outcome) == ["create-replacement a"]
    assert "pendingReplacement" not in bench.resources()["a"]


def test_what_was_deleted_for_a_replacement_and_is_not_declared_again_is_forgotten(
    bench: Bench,
) -> None:
    bench.up(things("a", name="one", fixed="x"))
    bench.up(things("a", name="one", fixed="y"), Fault("create", "a", "refuse"))
    bench.cloud.calls.clear()
    outcome = bench.up(things())
    assert done(outcome) == ["delete a"]
    assert bench.calls("delete") == []
    assert "a" not in bench.resources()


def test_old_things_outlive_the_failure_of_what_uses_them(bench: Bench) -> None:
    """b could not be moved from the old a to the new one, so the old a must stay."""

    def program(fixed: str) -> None:
        a = Thing("a", {"fixed": fixed})
        Thing("b", {"needs": [a.id]})

    bench.up(lambda: program("x"))
    outcome = bench.up(lambda: program("y"), Fault("update", "b", "refuse"))
    assert done(outcome) == ["create-replacement a", "update b failed"]
    assert len(bench.cloud.named("a")) == 2
    assert done(bench.up()) == ["same a", "update b", "delete-replaced a"]


def test_what_a_stopped_resource_still_uses_is_not_deleted(bench: Bench) -> None:
    """old is no longer declared, but user, which was stopped, still hangs on it."""

    def before() -> None:
        Thing("user", {"needs": [Thing("old", {}).id]})

    def after() -> None:
        Thing("user", {"needs": [Thing("new", {}).id]})

    bench.up(before)
    outcome = bench.up(after, Fault("create", "new", "refuse"))
    assert done(outcome) == ["create new failed", "update user skipped"]
    assert bench.cloud.named("old")
    assert sorted(done(bench.up())) == ["create new", "delete old", "update user"]


def test_a_failed_check_is_a_failure_of_that_resource(bench: Bench) -> None:
    outcome = bench.up(web, Fault("check", "b", "refuse", "no such size"))
    assert done(outcome) == ["create a", "create d", "create b failed", "create c skipped"]


def test_a_failed_diff_is_a_failure_of_that_resource(bench: Bench) -> None:
    bench.up(web)
    outcome = bench.up(web, Fault("diff", "b", "refuse"))
    assert done(outcome) == ["same a", "same d", "update b failed", "update c skipped"]


def test_a_component_does_not_fail_with_its_children(bench: Bench) -> None:
    def program() -> None:
        group = Group("g")
        Thing("a", {}, options(parent=group))
        Thing("b", {}, options(parent=group))
        group.register_outputs({})

    outcome = bench.up(program, Fault("create", "a", "refuse"))
    assert done(outcome) == ["create a failed", "create b"]
    assert "g" in bench.resources()


def test_children_of_what_failed_are_stopped(bench: Bench) -> None:
    def program() -> None:
        parent = Thing("a", {})
        Thing("b", {}, options(parent=parent))
        Group("g", options(depends_on=[parent]))

    outcome = bench.up(program, Fault("create", "a", "refuse"))
    skipped = [step.name for step in outcome.steps if step.status is Status.SKIPPED]
    assert skipped == ["b", "g"]


def test_what_came_of_a_failure_by_a_function_is_stopped_too(bench: Bench) -> None:
    """The answer of a function that waits for what failed is unknown, and no dependency says so."""
    from pulumi.runtime import invoke_output

    def program() -> None:
        a = Thing("a", {"name": "one"})
        found = invoke_output("toy:index:lookup", {"name": a.name})
        Thing("b", {"tags": {"arn": found.apply(lambda answer: answer["arn"])}})

    outcome = bench.up(program, Fault("create", "a", "refuse"))
    assert done(outcome) == ["create a failed", "create b skipped"]


def test_protected_things_are_neither_deleted_nor_replaced(bench: Bench) -> None:
    def program(fixed: str, protect: bool = True) -> None:
        Thing("a", {"fixed": fixed}, options(protect=protect))
        Thing("b", {})

    bench.up(lambda: program("x"))
    for change in (lambda: program("y"), lambda: None):
        with pytest.raises(RunFailed, match="it is protected and must not be"):
            bench.preview(change)
        outcome = bench.up(change)
        assert [failure.name for failure in outcome.failures] == ["a"]
        assert "Take protect off" in outcome.failures[0].hint
        assert len(bench.cloud.named("a")) == 1
    outcome = bench.engine.destroy()
    assert outcome.remaining == ("a",)
    bench.up(lambda: program("x", protect=False))
    assert bench.engine.destroy().ok


def test_protect_can_go_in_the_same_step_as_the_replacement(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"fixed": "x"}, options(protect=True)))
    assert bench.up(lambda: Thing("a", {"fixed": "y"}, options(protect=False))).ok


def test_release_lets_protected_things_go(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"fixed": "x"}, options(protect=True)))
    urn = bench.resources()["a"]["urn"]
    bench.program = lambda: Thing("a", {"fixed": "y"}, options(protect=True))
    outcome = bench.engine.up(release=frozenset({urn}))
    assert done(outcome) == ["create-replacement a", "delete-replaced a"]
    assert bench.resources()["a"]["protect"] is True
    assert not bench.engine.destroy().ok
    assert bench.engine.destroy(release=frozenset({urn})).ok
    assert bench.cloud.things == {}


def test_a_protected_dependent_stops_a_delete_first_replacement(bench: Bench) -> None:
    def program(fixed: str) -> None:
        a = Thing("a", {"name": "one", "fixed": fixed})
        Thing("b", {"fixed": a.arn, "needs": [a.id]}, options(protect=True))

    bench.up(lambda: program("x"))
    outcome = bench.up(lambda: program("y"))
    assert done(outcome)[0] == "update a failed"
    assert "and with it b, which is protected" in outcome.failures[0].message
    assert len(bench.cloud.things) == 2
