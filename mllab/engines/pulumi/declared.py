"""Notes what a program declares while it runs under Pulumi's engine, and what failed of it.

The engine's events carry neither dependencies nor the place in the source; the requests that
the SDK sends do, and they pass through this process.

What needs something that failed is not asked of the engine at all: it would have the provider
check inputs without the ids that are lacking, call them missing, and end the whole run over that.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2, resource_pb2

from mllab.engines.contract import Op, Resource, StackTarget
from mllab.engines.drain import collector_paused, drain
from mllab.protocol import urns
from mllab.protocol.goal import Goal, options, read
from mllab.protocol.provider import Change
from mllab.protocol.source import Sources
from mllab.protocol.values import has_unknown, masked
from mllab.protocol.wire import decode_value

_ENGINE_ENDED: Final = "Resource monitor has terminated, shutting down"
"""What the SDK raises when the engine ends before the program; not the program's fault."""

UNFINISHED: Final = "not everything could be made, so nothing is deleted"
"""What the program raises at its end when something failed.

Without it Pulumi's engine goes on to delete what is no longer declared. It spares what a resource
stands on that failed, but not what one stands on that it skipped, and then writes a state in which
that one needs something that is gone, which it never reads again.
Source: `performPostSteps` in pkg/resource/deploy/deployment_executor.go of
https://github.com/pulumi/pulumi: `erroredDeps` follows `GetErroredSteps`, not `ex.skipped`.
"""

OnSkip = Callable[[Resource, Op, str], None]
"""Told what is skipped, what would have happened to it, and the name of what failed."""


class Declared:
    """The resources of one run, by urn, in the order of declaration.

    Args:
        target: whose program it is.
        recorded: urns of the state.
        dry: nothing counts as a mere consequence, so that a preview tells all faults.
    """

    def __init__(
        self, target: StackTarget, recorded: Iterable[str] = (), *, dry: bool = False
    ) -> None:
        self._target, self._sources = target, Sources(target.root)
        self._recorded, self._dry = frozenset(recorded), dry
        self._lock = threading.Lock()
        self._culprits: dict[str, str] = {}
        self._goals: dict[str, Goal] = {}
        self.resources: dict[str, Resource] = {}
        self.raised: tuple[BaseException, str] | None = None
        """What the program raised, and where."""
        self.on_skip: OnSkip = lambda *_: None

    async def run(self) -> None:
        """The program, watched; what the Automation API is given to run."""
        settings.SETTINGS.monitor = _Monitor(settings.get_monitor(), self)
        # In the stub itself: the SDK's server logs as well, outside of this task's context.
        engine: Any = settings.get_engine()
        engine.Log = _calm(engine.Log)
        try:
            with collector_paused():
                self._target.program()
                await drain()
            # The SDK is about to register the stack's outputs in a task of its own, and then waits
            # only if there is something to wait for: without this the engine may end before.
            settings._get_rpc_manager().rpcs.append(asyncio.ensure_future(asyncio.sleep(0)))
            if self._culprits and not self._dry:
                raise RuntimeError(UNFINISHED)
        except Exception as error:
            if str(error) not in (_ENGINE_ENDED, UNFINISHED):
                self.raised = error, self._sources.raised(error.__traceback__)
            raise

    def source(self, urn: str) -> str:
        """`components/aws/storage.py:31`; empty where it is not known."""
        found = self.resources.get(urn)
        return found.source if found else ""

    def culprit(self, urn: str) -> str:
        """The name of what failed and is needed by a resource; empty when all is well."""
        with self._lock:
            return self._culprit(urn)

    def skips(self, urn: str) -> bool:
        """Whether the engine is not to hear of a resource, because what it needs failed.

        What the state may know is never kept from the engine, which would delete it.
        """
        with self._lock:
            culprit = "" if self._may_be_recorded(urn) else self._culprit(urn)
            if culprit:
                self._culprits[urn] = culprit
        if culprit:
            self.on_skip(self.resources[urn], Op.CREATE, culprit)
        return bool(culprit)

    def failed(self, urn: str) -> None:
        """The engine could not bring a resource about."""
        with self._lock:
            culprit = self._culprit(urn)
            self._culprits[urn] = culprit or urns.name_of(urn)
        if culprit:
            self.on_skip(self.resources[urn], self.op(urn), culprit)

    def keep_known(self, outputs: struct_pb2.Struct) -> None:
        """Leave out what is unknown because something failed: it stays as it was.

        The engine would record its mark for unknown as if it were a value.
        """
        if not self._dry:
            fields = outputs.fields
            for key in [key for key in fields if has_unknown(decode_value(fields[key]))]:
                del fields[key]

    def op(self, urn: str) -> Op:
        """What would happen to something that is skipped."""
        names = _names(self._goals[urn])
        known = any((urns.type_of(old), urns.name_of(old)) in names for old in self._recorded)
        return Op.UPDATE if known else Op.CREATE

    def planned(self, found: Mapping[str, tuple[Op, tuple[Change, ...]]]) -> tuple[Resource, ...]:
        """The resources with what happens to each.

        Args:
            found: by urn.
        """
        return tuple(
            dataclasses.replace(resource, op=found[urn][0], changes=found[urn][1])
            if urn in found
            else resource
            for urn, resource in self.resources.items()
        )

    def left_alone(self, entries: Iterable[Mapping[str, Any]]) -> list[str]:
        """Names of what is still recorded and would have been deleted, had nothing failed.

        Args:
            entries: the state after the run.
        """
        if not self._culprits:
            return []
        declared = {name for goal in self._goals.values() for name in _names(goal)}
        return [
            urns.name_of(entry["urn"])
            for entry in entries
            if entry.get("custom")
            and not entry.get("external")
            and not urns.is_provider(entry["type"])
            and (entry.get("delete") or (entry["type"], urns.name_of(entry["urn"])) not in declared)
        ]

    def _culprit(self, urn: str) -> str:
        goal = self._goals.get(urn)
        if goal is None or self._dry or not self._culprits:
            return ""
        found = next((self._culprits[need] for need in goal.needs if need in self._culprits), "")
        if not found and goal.custom and has_unknown(goal.inputs):
            found = next(iter(self._culprits.values()))  # an `apply` may hide where it comes from
        return found

    def _may_be_recorded(self, urn: str) -> bool:
        """True when an entry of the state could be continued by a resource, under whatever name."""
        goal = self._goals[urn]
        types = {goal.type, *(urns.type_of(a.urn) if a.urn else a.type for a in goal.aliases)}
        return urn in self._recorded or any(
            urns.type_of(entry) in types and entry not in self.resources for entry in self._recorded
        )

    def note(self, request: Any) -> str:
        """Note a registration; its urn."""
        target = self._target
        urn = urns.urn(target.stack, target.project, request.parent, request.type, request.name)
        goal = read(request, self._sources.declared(request))
        resource = Resource(
            urn=urn,
            type=goal.type,
            name=goal.name,
            custom=goal.custom,
            parent=goal.parent,
            inputs=masked(goal.inputs),
            dependencies=tuple(sorted(goal.dependencies)),
            property_dependencies={
                key: tuple(sorted(found)) for key, found in goal.property_dependencies.items()
            },
            provider=urns.provider_urn(goal.provider),
            options=options(goal),
            source=shown(goal.source),
        )
        with self._lock:
            self.resources[urn], self._goals[urn] = resource, goal
        return urn


def _names(goal: Goal) -> set[tuple[str, str]]:
    """Type and name of what the state may have of a resource."""
    return {(goal.type, goal.name)} | {
        (urns.type_of(alias.urn), urns.name_of(alias.urn))
        if alias.urn
        else (alias.type or goal.type, alias.name or goal.name)
        for alias in goal.aliases
    }


def shown(position: str) -> str:
    """`components/aws/storage.py:31` of the form that a state keeps."""
    return position.removeprefix("project:///").replace("#", ":")


def _calm(log: Callable[[Any], object]) -> Callable[[Any], None]:
    """The call that hands the program's messages to the engine, so that it can do no harm.

    Debugging messages, a handful for each resource, are what nobody reads here. A message to an
    engine that is gone would stop the program's event loop in the middle of everything.
    """

    def calmed(request: Any) -> None:
        if request.severity != engine_pb2.DEBUG:
            with suppress(grpc.RpcError):
                log(request)

    return calmed


class _Monitor:
    """The engine's monitor, with an ear on registrations."""

    def __init__(self, monitor: Any, declared: Declared) -> None:
        self._monitor, self._declared = monitor, declared
        self._skipped: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._monitor, name)

    def RegisterResource(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        urn = self._declared.note(request)  # before the engine's events tell of it
        if self._declared.skips(urn):
            self._skipped.add(urn)
            return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.Result.FAIL)
        answer = self._monitor.RegisterResource(request, *args, **kwargs)
        if answer.result != resource_pb2.Result.SUCCESS:
            self._declared.failed(urn)
        return answer

    def RegisterResourceOutputs(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.urn in self._skipped:
            return empty_pb2.Empty()
        self._declared.keep_known(request.outputs)
        return self._monitor.RegisterResourceOutputs(request, *args, **kwargs)
