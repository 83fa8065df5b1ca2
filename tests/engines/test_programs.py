"""What programs may do: all of the SDK that the engine answers, and what it refuses by name."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import invoke, invoke_output
from pulumi.runtime.resource import exists_resource

from mllab.engines.contract import Op, Plan, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.errors import RunFailed, UsageError
from tests.engines.bench import HERE, Bench, done, options, things
from tests.scenarios.toy import Fault, Group, Thing, Toy, ToyProvider


def line(of: Callable[..., object], plus: int) -> str:
    """`file:line` of a line of a function, counted from its `def`."""
    return f"test_programs.py:{of.__code__.co_firstlineno + plus}"


# ------------------------------------------------------------------------------------------
# refusals


def twice() -> None:
    Thing("a", {})
    Thing("a", {})


def test_a_name_twice_is_refused_with_both_places(bench: Bench) -> None:
    for verb in (bench.preview, bench.up):
        with pytest.raises(RunFailed) as refused:
            verb(twice)
        text = refused.value.message
        assert text.startswith(f"{line(twice, 2)}: Duplicate resource URN 'urn:pulumi:dev::toys")
        assert f"declared in {line(twice, 1)} and again in {line(twice, 2)}" in text
    assert list(bench.resources()) >= ["a"]


def imports() -> None:
    Thing("a", {}, options(import_="north/a"))


def transforms_one() -> None:
    Thing("a", {}, options(transforms=[lambda args: None]))


def transforms_all() -> None:
    pulumi.runtime.register_resource_transform(lambda args: None)


def hooks() -> None:
    hook = pulumi.ResourceHookBinding(before_create=[lambda args: None])
    Thing("a", {}, options(hooks=hook))


def bad_timeout() -> None:
    Thing("a", {}, options(custom_timeouts=pulumi.CustomTimeouts(create="soon")))


class Other(pulumi.CustomResource):
    def __init__(self, name: str) -> None:
        super().__init__("other:index:Thing", name, {})


def other_cloud() -> None:
    Other("x")


def not_a_number() -> None:
    Thing("a", {"size": float("nan")})


def asks_whether_it_exists() -> None:
    pulumi.export("there", exists_resource(None, "toy:index:Thing", "x", {}, options()))


def other_language() -> None:
    class Remote(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("toy:index:Remote", "r", {}, remote=True)

    Remote()


def argument_not_a_number() -> None:
    invoke("toy:index:lookup", {"name": float("inf")})


def reads_not_a_number() -> None:
    Thing("r", {"size": float("nan")}, options(id="north/one"))


def output_not_a_number() -> None:
    pulumi.export("size", float("nan"))


def missing_file() -> None:
    Thing("a", {"tags": {"f": pulumi.FileAsset("/no/such/file")}})


def unknown_stack() -> None:
    pulumi.StackReference("organization/toys/nowhere")


def raises() -> None:
    Thing("a", {})
    raise ValueError("no such course")


def raises_in_apply() -> None:
    Thing("a", {}).key.apply(lambda key: 1 / 0)


@pytest.mark.parametrize(
    ("program", "plus", "text"),
    [
        (imports, 1, "a (toy:index:Thing): the embedded engine does not do import_"),
        (transforms_one, None, "the embedded engine does not do transforms"),
        (transforms_all, None, "the embedded engine does not do transforms"),
        (hooks, None, "the embedded engine does not do resource hooks"),
        (bad_timeout, 1, "custom_timeouts.create is no duration: 'soon'"),
        (other_cloud, 1, "nothing simulates package 'other' (known: toy)"),
        (not_a_number, 1, "a (toy:index:Thing): nan is not a number that can be stored"),
        (asks_whether_it_exists, None, "the embedded engine does not look whether resources exist"),
        (other_language, 5, "does not do a component of another language (remote)"),
        (argument_not_a_number, 1, "toy:index:lookup: inf is not a number that can be stored"),
        (reads_not_a_number, 1, "r (toy:index:Thing): nan is not a number that can be stored"),
        (output_not_a_number, None, "toys-dev: nan is not a number that can be stored"),
        (missing_file, 1, "No such file or directory: '/no/such/file'"),
        (unknown_stack, 1, "stack organization/toys/nowhere is not known here"),
        (raises, 2, "ValueError: no such course"),
        (raises_in_apply, 1, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_program_may_not_do(
    bench: Bench, program: Callable[[], None], plus: int | None, text: str
) -> None:
    with pytest.raises(RunFailed) as refused:
        bench.up(program)
    assert text in refused.value.message
    if plus is not None:
        assert refused.value.message.startswith(f"{line(program, plus)}: ")


def test_what_was_done_before_the_program_raised_is_recorded(bench: Bench) -> None:
    with pytest.raises(RunFailed):
        bench.up(raises)
    assert bench.resources()["a"]["id"] in bench.cloud.things
    assert not bench.state.with_suffix(".journal").exists()


def test_nothing_is_deleted_when_the_program_raised(bench: Bench) -> None:
    bench.up(things("a", "b"))
    with pytest.raises(RunFailed):
        bench.up(raises)
    assert len(bench.cloud.things) == 2
    assert bench.engine.outputs() == {}


def test_an_error_made_for_the_user_passes_as_it_is(bench: Bench) -> None:
    def program() -> None:
        raise UsageError("wrong word", cure="Say it right.")

    with pytest.raises(UsageError, match="wrong word"):
        bench.up(program)


def test_a_bug_of_a_provider_is_no_fault_of_the_program(bench: Bench) -> None:
    class Broken(Toy):
        def configured(self, config: Any) -> Toy:
            return Broken(self.cloud)

        def create(self, call: Any, inputs: Any) -> Any:
            raise KeyError("bug")

    bench.provider = Broken
    with pytest.raises(KeyError, match="bug"):
        bench.up(things("a"))
    bench.provider = Toy
    assert done(bench.up()) == ["create a"]


# ------------------------------------------------------------------------------------------
# functions


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


# ------------------------------------------------------------------------------------------ reads


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
    assert outcome.failures[0].source.startswith("test_programs.py:")


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


# ------------------------------------------------------------------------------------------
# surroundings


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
        with pytest.raises(RunFailed) if program is raises else _nothing():
            bench.up(program)
        assert threading.active_count() == threads
        assert gc.isenabled()
        assert pulumi.get_stack() == "stack"
        assert pulumi.runtime.settings.get_root_resource() is None


class _nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


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
    foretold = next(r.inputs["name"] for r in plan.resources if r.name == "a")
    bench.up()
    assert bench.resources()["a"]["inputs"]["name"] == foretold


def test_warnings_of_the_program_are_passed_on(bench: Bench) -> None:
    def program() -> None:
        pulumi.log.warn("the image is old")
        pulumi.log.info("hello")

    assert bench.preview(program).warnings == ("the image is old",)
    assert bench.up(program).warnings == ("the image is old",)


# ------------------------------------------------------------------------------------------ the
# plan


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


def test_all_faults_come_at_once(bench: Bench) -> None:
    def program() -> None:
        bad = Thing("a", {"size": -1})
        Thing("b", {"size": -2, "needs": [bad.id]})
        Thing("c", {"size": 1})

    with pytest.raises(RunFailed) as refused:
        bench.preview(program)
    first, second = refused.value.message.splitlines()
    here = test_all_faults_come_at_once
    assert first == f"{line(here, 2)}: a (toy:index:Thing): size: must be at least 0 (got -1)"
    assert second == f"{line(here, 3)}: b (toy:index:Thing): size: must be at least 0 (got -2)"


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
