"""What is kept from the engine because something that it needs failed, and what never is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2

from mllab.engines.contract import Op, Resource, StackTarget
from mllab.engines.pulumi import declared as subject
from mllab.engines.pulumi.declared import Declared

TARGET = StackTarget("toys", "dev", "toy", {}, lambda: None, Path(__file__).parent)
TYPE = "toy:index:Thing"
FAIL, SUCCESS = resource_pb2.Result.FAIL, resource_pb2.Result.SUCCESS


def urn(name: str, type: str = TYPE) -> str:
    return f"urn:pulumi:dev::toys::{type}::{name}"


class Engine:
    """Stands for the engine's monitor: lets some resources fail, and notes what it was asked."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.asked: list[str] = []

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        self.asked.append(request.name)
        result = FAIL if request.name in self.failing else SUCCESS
        return resource_pb2.RegisterResourceResponse(urn=urn(request.name), result=result)

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        self.asked.append(f"outputs of {request.urn.rpartition('::')[2]}")
        return empty_pb2.Empty()


class Bench:
    """A program that registers by hand."""

    def __init__(self, engine: Engine, recorded: Sequence[str] = (), *, dry: bool = False) -> None:
        self.skipped: list[tuple[str, Op, str]] = []
        self.declared = Declared(TARGET, recorded, dry=dry)
        self.declared.on_skip = self._skipped
        self.monitor = subject._Monitor(engine, self.declared)

    def _skipped(self, resource: Resource, op: Op, culprit: str) -> None:
        self.skipped.append((resource.name, op, culprit))

    def register(self, name: str, *needs: str, **more: Any) -> Any:
        request = resource_pb2.RegisterResourceRequest(
            type=TYPE, name=name, custom=True, dependencies=[urn(need) for need in needs], **more
        )
        return self.monitor.RegisterResource(request).result


def test_what_needs_a_failed_thing_is_skipped_down_the_line() -> None:
    engine = Engine("a")
    bench = Bench(engine)
    assert bench.register("a") == FAIL
    assert bench.register("b", "a") == FAIL
    assert bench.register("c", "b") == FAIL
    assert bench.register("d") == SUCCESS
    assert engine.asked == ["a", "d"]
    assert bench.skipped == [("b", Op.CREATE, "a"), ("c", Op.CREATE, "a")]


@pytest.mark.parametrize(
    "need",
    [
        {"parent": urn("a")},
        {"deletedWith": urn("a")},
        {"provider": f"{urn('a')}::some-id"},
        {"replace_with": [urn("a")]},
    ],
)
def test_every_kind_of_need_counts(need: dict[str, Any]) -> None:
    bench = Bench(Engine("a"))
    bench.register("a")
    bench.register("b", **need)
    assert bench.skipped == [("b", Op.CREATE, "a")]


def test_an_unknown_input_can_only_come_from_what_failed() -> None:
    bench = Bench(Engine("a"))
    unknown = struct_pb2.Struct(fields={"size": struct_pb2.Value(string_value=rpc.UNKNOWN)})
    bench.register("a")
    bench.register("b", object=unknown)
    assert bench.skipped == [("b", Op.CREATE, "a")]


def test_the_outputs_of_something_skipped_are_kept_back_as_well() -> None:
    engine = Engine("a")
    bench = Bench(engine)
    bench.register("a")
    bench.register("b", "a")
    for name in ("a", "b"):
        request = resource_pb2.RegisterResourceOutputsRequest(urn=urn(name))
        bench.monitor.RegisterResourceOutputs(request)
    assert engine.asked == ["a", "outputs of a"]


@pytest.mark.parametrize("dry", [False, True])
def test_unknown_outputs_are_left_out_of_a_run_but_not_of_a_plan(dry: bool) -> None:
    outputs = struct_pb2.Struct()
    outputs.update({"known": {"a": [1]}, "part": {"a": [rpc.UNKNOWN], "b": 1}, "all": rpc.UNKNOWN})
    request = resource_pb2.RegisterResourceOutputsRequest(urn=urn("g"), outputs=outputs)
    Bench(Engine(), dry=dry).monitor.RegisterResourceOutputs(request)
    assert sorted(request.outputs.fields) == (["all", "known", "part"] if dry else ["known"])


def test_what_the_state_holds_is_never_kept_back() -> None:
    engine = Engine("a")
    bench = Bench(engine, [urn("a"), urn("b")])
    bench.register("a")
    bench.register("b", "a")
    assert engine.asked == ["a", "b"], "an engine that does not hear of b deletes it"
    engine.failing = ("a", "b")
    bench.register("b", "a")
    assert bench.skipped == [("b", Op.UPDATE, "a")], "but it is a consequence, when it fails"


def test_nor_what_it_may_hold_under_another_name() -> None:
    engine = Engine("a")
    bench = Bench(engine, [urn("old")])
    bench.register("a")
    bench.register("b", "a")
    assert engine.asked == ["a", "b"]


def test_nor_what_it_holds_under_another_type() -> None:
    engine = Engine("a")
    bench = Bench(engine, [urn("b", "toy:index:Old")])
    alias = alias_pb2.Alias(spec=alias_pb2.Alias.Spec(type="toy:index:Old"))
    bench.register("a")
    bench.register("b", "a", aliases=[alias])
    assert engine.asked == ["a", "b"]
    assert bench.declared.op(urn("b")) is Op.UPDATE


def test_a_preview_keeps_nothing_back() -> None:
    engine = Engine("a")
    bench = Bench(engine, dry=True)
    bench.register("a")
    bench.register("b", "a")
    assert engine.asked == ["a", "b"]
    assert bench.declared.culprit(urn("b")) == ""


def test_a_message_to_an_engine_that_is_gone_stops_nothing() -> None:
    def gone(_: Any) -> None:
        raise grpc.RpcError

    subject._calm(gone)(log("look out", engine_pb2.WARNING))


def test_only_debugging_messages_are_kept_from_the_engine() -> None:
    heard: list[Any] = []
    for severity in (engine_pb2.DEBUG, engine_pb2.INFO, engine_pb2.WARNING, engine_pb2.ERROR):
        subject._calm(heard.append)(log("x", severity))
    assert [request.severity for request in heard] == [1, 2, 3]


def log(message: str, severity: Any) -> engine_pb2.LogRequest:
    return engine_pb2.LogRequest(message=message, severity=severity)
