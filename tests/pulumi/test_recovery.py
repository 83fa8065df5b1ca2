"""What an interrupted run left: looked for, taken in, and nothing forgotten when nobody answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from mllab.engines.contract import Op, StackTarget
from mllab.engines.pulumi.cli import Verb
from mllab.engines.pulumi.events import Events
from mllab.engines.pulumi.recovery import recover
from mllab.errors import RunFailed

TARGET = StackTarget("toys", "dev", "toy", {}, lambda: None, Path(__file__).parent)
THING = "toy:index:Thing"


def entry(name: str, id: str = "", type: str = THING, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::toys::{type}::{name}"
    return {"urn": urn, "type": type, "custom": True, **({"id": id} if id else {}), **more}


def pending(what: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"type": what, "resource": found}


class Cli:
    """Keeps a state; a refresh ends as it is told to.

    As Pulumi's, an import forgets what was in work (`SaveSnapshot` in pkg/cmd/pulumi/stack/io.go).
    """

    def __init__(self, before: dict[str, Any], error: str = "") -> None:
        self.state = before
        self.error = error

    def import_(self, deployment: dict[str, Any]) -> None:
        self.state = copy.deepcopy(deployment)
        self.state.pop("pending_operations", None)

    def run(self, verb: Verb, program: Callable[[], Any], events: Events) -> float:
        assert verb is Verb.REFRESH or "pending_operations" in self.state, "a look comes first"
        if self.error:
            diagnostic = {"message": self.error, "severity": "error", "urn": entry("a")["urn"]}
            events(
                EngineEvent.from_json(
                    {"sequence": 1, "timestamp": 1, "diagnosticEvent": {**diagnostic, "color": ""}}
                )
            )
        return 0.0


class Place:
    """A cloud in which everything that is looked for has the same id."""

    def __init__(self, id: str = "") -> None:
        self.id = id
        self.config: dict[str, str] = {}

    def find(
        self, wanted: dict[str, Any], known: Collection[str], config: Mapping[str, str]
    ) -> dict[str, Any] | None:
        self.config = dict(config)
        return {**wanted, "id": self.id} if self.id and self.id not in known else None


def recovered(before: dict[str, Any], place: Place) -> tuple[list[str], tuple[str, ...], Cli]:
    cli = Cli(before)
    steps, warnings = recover(cli, TARGET, place, before)  # type: ignore[arg-type]
    assert {step.op for step in steps} <= {Op.ADOPT}
    return [step.name for step in steps], warnings, cli


def test_what_was_made_is_taken_in() -> None:
    before = {"resources": [], "pending_operations": [pending("creating", entry("a"))]}
    names, warnings, cli = recovered(before, Place("x"))
    assert names == ["a"]
    assert warnings == ("a was found as x: the run before was interrupted after it was made",)
    assert cli.state == {"resources": [entry("a", "x")]}


def test_what_was_not_made_is_forgotten() -> None:
    before = {"resources": [], "pending_operations": [pending("creating", entry("a"))]}
    names, warnings, cli = recovered(before, Place())
    assert (names, cli.state) == ([], {"resources": []})
    assert "before anything was made" in warnings[0]


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (entry("b", "x"), []),
        (entry("b", "x", "toy:index:Policy"), ["a"]),
        (entry("a", "x", pendingReplacement=True), ["a"]),
    ],
)
def test_an_id_is_taken_only_by_what_is_there_and_of_its_type(
    other: dict[str, Any], found: list[str]
) -> None:
    before = {"resources": [other], "pending_operations": [pending("creating", entry("a"))]}
    assert recovered(before, Place("x"))[0] == found


def test_it_is_looked_for_as_its_own_provider_is_configured() -> None:
    urn = "urn:pulumi:dev::toys::pulumi:providers:toy::far"
    inputs = {"region": "far", "version": "1.0.0", "token": {"ciphertext": "x"}}
    far = {"urn": urn, "type": "pulumi:providers:toy", "id": "7", "custom": True, "inputs": inputs}
    near = {**far, "urn": f"{urn}-not", "inputs": {"region": "near"}}
    of_far = entry("a", provider=f"{urn}::7")
    before = {"resources": [near, far], "pending_operations": [pending("creating", of_far)]}
    place = Place("x")
    assert recovered(before, place)[0] == ["a"]
    assert place.config == {"region": "far"}


def test_one_thing_is_not_taken_in_twice() -> None:
    operations = [pending("creating", entry("a")), pending("creating", entry("b"))]
    assert recovered({"resources": [], "pending_operations": operations}, Place("x"))[0] == ["a"]


@pytest.mark.parametrize("what", ["updating", "deleting", "reading"])
def test_what_was_only_changed_is_read_again(what: str) -> None:
    before = {
        "resources": [entry("a", "x")],
        "pending_operations": [pending(what, entry("a", "x"))],
    }
    names, warnings, cli = recovered(before, Place("x"))
    assert (names, cli.state) == ([], {"resources": [entry("a", "x")]})
    assert warnings == (f"a was read again: the run before was interrupted while {what} it",)


def test_when_the_cloud_does_not_answer_nothing_is_forgotten() -> None:
    before = {"resources": [], "pending_operations": [pending("creating", entry("a"))]}
    cli = Cli(before, "no answer")
    with pytest.raises(RunFailed, match="a: no answer"):
        recover(cli, TARGET, Place("x"), before)  # type: ignore[arg-type]
    assert cli.state == before
