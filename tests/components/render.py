"""Runs the declaration of a lab in this process and hands back what it declared, as plain data.

It stands in for an engine and for AWS: every resource exists at once, computed values are made up
from its name, and look-ups are answered from `Answers` alone. It shows what we ask for, not whether
AWS would accept it.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import config, rpc, settings, stack
from pulumi.runtime.proto import resource_pb2

from mllab.engines.contract import Resource

ACCOUNT = "123456789012"
STACK = "pulumi:pulumi:Stack"
SECRET = {"$secret": True}
UNKNOWN = {"$unknown": True}

Answers = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""Token of a look-up -> what it returns for its arguments."""


@dataclass
class Rendered:
    """What a program declared, in order."""

    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    invokes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs that components registered, by urn."""

    def custom(self) -> list[Resource]:
        return [each for each in self.resources.values() if each.custom]

    def of(self, kind: str) -> list[Resource]:
        """All of one type, `ec2/subnet:Subnet`."""
        return [each for each in self.resources.values() if each.type == f"aws:{kind}"]

    def one(self, kind: str, name: str | None = None) -> Resource:
        """The only one of a type, or the one of that name."""
        found = [each for each in self.of(kind) if name in (None, each.name)]
        assert len(found) == 1, f"{kind} {name or ''}: {[each.name for each in found]}"
        return found[0]

    def ancestors(self, resource: Resource) -> list[str]:
        """Names of what is above, without the stack."""
        above = self.resources[resource.parent]
        return [] if above.type == STACK else [above.name, *self.ancestors(above)]


def render(
    program: Callable[[], object],
    answers: Answers,
    *,
    stack_name: str,
    configuration: Mapping[str, str] | None = None,
    preview: bool = False,
    recorded: Mapping[str, Mapping[str, Any]] | None = None,
) -> Rendered:
    """Run the program.

    Args:
        preview: everything computed is unknown, as with a real engine before the first `up`.
        recorded: outputs by logical name that differ from the inputs, as after an ignored change.
    """
    rendered = Rendered()

    def run() -> None:
        settings.ROOT.set(None)
        settings.configure(
            settings.Settings(
                project="mllab",
                stack=stack_name,
                monitor=_Monitor(rendered, answers, stack_name, preview, recorded or {}),
                engine=_Log(),
                dry_run=preview,
                parallel=1,
            )
        )
        config.set_all_config(dict(configuration or {}), [])
        loop = asyncio.new_event_loop()
        loop._default_executor = _Inline()  # type: ignore[attr-defined]
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(stack.run_in_stack(program))
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            asyncio.set_event_loop(None)
            loop.close()

    contextvars.copy_context().run(run)
    return rendered


class _Monitor:
    """The part of Pulumi's resource monitor that the SDK calls."""

    def __init__(
        self,
        rendered: Rendered,
        answers: Answers,
        stack_name: str,
        preview: bool,
        recorded: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._rendered, self._answers, self._preview = rendered, answers, preview
        self._recorded = recorded
        self._prefix = f"urn:pulumi:{stack_name}::mllab::"

    def GetDeploymentInfo(self, _: Any) -> resource_pb2.DeploymentInfo:
        features = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(dryRun=self._preview, supportedFeatures=features)

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        kind = request.type
        if request.parent and not request.parent.split("::")[2].endswith(STACK):
            kind = f"{request.parent.split('::')[2]}${kind}"
        urn = f"{self._prefix}{kind}::{request.name}"
        if urn in self._rendered.resources:
            raise AssertionError(f"declared twice: {urn}")
        self._rendered.resources[urn] = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            inputs=_plain(request.object),
            dependencies=tuple(sorted(set(request.dependencies))),
            property_dependencies={
                key: tuple(sorted(value.urns))
                for key, value in sorted(request.propertyDependencies.items())
            },
            options=_options(request),
        )
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(request.object)
        if request.custom and not self._preview:
            for key, value in _computed(request.name).items():
                if key not in outputs.fields:
                    outputs[key] = value
        outputs.update(dict(self._recorded.get(request.name, {})))
        known = request.custom and not self._preview
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=f"{request.name}-id" if known else "", object=outputs
        )

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        outputs = _plain(request.outputs)
        self._rendered.registered[request.urn] = outputs
        if self._rendered.resources[request.urn].type == STACK:
            self._rendered.outputs = outputs
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        args = _plain(request.args)
        self._rendered.invokes.append((request.tok, args))
        returned = struct_pb2.Struct()
        returned.update(self._answers[request.tok](args))
        return resource_pb2.ResourceInvokeResponse(**{"return": returned})

    def RegisterPackage(self, request: Any) -> resource_pb2.RegisterPackageResponse:
        return resource_pb2.RegisterPackageResponse(ref=request.name)

    def SignalAndWaitForShutdown(self, _: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


class _Log:
    """The engine as far as a program sees it. What it would log is also raised."""

    def Log(self, _: Any) -> None:
        return None


class _Inline(Executor):
    """Runs the SDK's calls on the loop's own thread, so that the order is always the same."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except BaseException as fault:  # handed to the task that waits for it
            future.set_exception(fault)
        return future


def _computed(name: str) -> dict[str, Any]:
    """What AWS would tell of a resource, as far as anything reads it."""
    return {
        "arn": f"arn:aws:test::{ACCOUNT}:{name}",
        "name": f"{name}-0abc123",
        "bucket": f"{name}-0abc123",
        "owner": ACCOUNT,
        "ownerId": ACCOUNT,
        "latestVersion": 1,
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{name}-0abc123",
    }


def _options(request: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if request.HasField("protect"):
        options["protect"] = request.protect
    if request.HasField("retainOnDelete"):
        options["retainOnDelete"] = request.retainOnDelete
    if request.deleteBeforeReplaceDefined:
        options["deleteBeforeReplace"] = request.deleteBeforeReplace
    if request.ignoreChanges:
        options["ignoreChanges"] = list(request.ignoreChanges)
    if request.HasField("customTimeouts"):
        options["customTimeouts"] = json_format.MessageToDict(request.customTimeouts)
    return options


def _plain(message: struct_pb2.Struct) -> dict[str, Any]:
    found = _value(json_format.MessageToDict(message))
    assert isinstance(found, dict)
    return found


def _value(value: Any) -> Any:
    if value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, dict):
        kind = value.get(rpc._special_sig_key)
        if kind == rpc._special_secret_sig:
            return SECRET
        if kind == rpc._special_output_value_sig:
            return SECRET if value.get("secret") else _value(value.get("value", rpc.UNKNOWN))
        return {key: _value(each) for key, each in value.items()}
    return value
