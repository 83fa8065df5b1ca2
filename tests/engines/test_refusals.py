"""What programs may not do: refused by name, with the place, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import invoke
from pulumi.runtime.resource import exists_resource

from mllab.errors import RunFailed, UsageError
from tests.engines.bench import Bench, done, line, options, things
from tests.scenarios.toy import Thing, Toy


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
    assert bench.cloud.named("a") == [bench.resources()["a"]["id"]]


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


def reads() -> None:
    Thing("r", {}, options(id="north/one"))


def reads_another_stack() -> None:
    pulumi.StackReference("organization/toys/net")


def output_not_a_number() -> None:
    pulumi.export("size", float("nan"))


def missing_file() -> None:
    Thing("a", {"tags": {"f": pulumi.FileAsset("/no/such/file")}})


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
        (reads, 1, "r (toy:index:Thing): the embedded engine does not read what others own"),
        (reads_another_stack, 1, "StackReference): the embedded engine does not read what others"),
        (output_not_a_number, None, "toys-dev: nan is not a number that can be stored"),
        (missing_file, 1, "No such file or directory: '/no/such/file'"),
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


@pytest.mark.parametrize("blocking", [False, True])
def test_outputs_of_a_program_that_raised_are_added_to_the_old_ones(
    bench: Bench, blocking: bool
) -> None:
    bench.provider = lambda cloud: Toy(cloud, blocking=blocking)

    def program() -> None:
        pulumi.export("early", "new")
        raise ValueError

    bench.up(lambda: [pulumi.export(name, "old") for name in ("early", "late")])
    with pytest.raises(RunFailed):
        bench.up(program)
    assert bench.engine.outputs() == {"early": "new", "late": "old"}


def test_nothing_is_deleted_when_the_program_raised(bench: Bench) -> None:
    bench.up(things("a", "b"))
    with pytest.raises(RunFailed):
        bench.up(raises)
    assert len(bench.cloud.things) == 2
    assert bench.engine.outputs() == {}


def test_an_error_made_for_the_user_passes_as_it_is(bench: Bench) -> None:
    def program() -> None:
        raise UsageError("wrong word", hint="Say it right.")

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
