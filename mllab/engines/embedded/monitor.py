"""The SDK's side of the engine: the methods of `ResourceMonitor`, called in process."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2

from mllab.engines.embedded.register import Answer, Registrar
from mllab.engines.embedded.run import Run
from mllab.engines.embedded.unconfigured_provider import UnconfiguredProvider
from mllab.protocol import goal, urns
from mllab.protocol.failure import ProgramError
from mllab.protocol.provider import Properties, ProviderFailure
from mllab.protocol.source import Sources
from mllab.protocol.values import bare
from mllab.protocol.wire import decode, encode

_FEATURES: Final = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
]

R = TypeVar("R")


def _guarded(method: Callable[..., R]) -> Callable[..., R]:
    """Let only ProgramError pass through the SDK; anything else ends the run at once."""

    @functools.wraps(method)
    def guarded(self: Monitor, request: Any) -> R:
        try:
            self.check()
            return method(self, request)
        except ProgramError as why:
            self.stop(why)
            raise
        except BaseException as why:
            self.stop(ProgramError("the run was ended"))
            self.abort(why)
            raise

    return guarded


class Monitor:
    """Answers one run's program.

    Args:
        run: the run.
        registrar: does the work.
        sources: names places in the program.
        abort: called once with what must end the run at once.
    """

    def __init__(
        self,
        run: Run,
        registrar: Registrar,
        sources: Sources,
        abort: Callable[[BaseException], None],
    ) -> None:
        self._run, self._registrar = run, registrar
        self._sources, self.abort = sources, abort
        self.stack_outputs: tuple[str, Properties] | None = None
        self.hints: dict[str, str] = {}
        """What to do about failed functions, by message: the SDK passes on only texts."""
        self._stopped: ProgramError | None = None

    def stop(self, why: ProgramError) -> None:
        """Register nothing any more."""
        self._stopped = self._stopped or why

    def check(self) -> None:
        """Raise what stopped the run."""
        if self._stopped is not None:
            raise self._stopped

    def GetDeploymentInfo(self, _: Any) -> resource_pb2.DeploymentInfo:
        target = self._run.target
        return resource_pb2.DeploymentInfo(
            project=target.project,
            stack=target.stack,
            organization="organization",
            config=dict(target.config),
            dryRun=self._run.dry,
            supportedFeatures=_FEATURES,
        )

    @_guarded
    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        wish = goal.read(request, self._sources.declared(request))
        answer = self._registrar.register(wish, goal.options(wish) if self._run.dry else None)
        return resource_pb2.RegisterResourceResponse(
            urn=answer.urn,
            id=answer.id,
            object=encode(answer.outputs),
            result=_result(answer),
        )

    @_guarded
    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        outputs = self._bag(request.outputs, urns.name_of(request.urn))
        if urns.type_of(request.urn) == urns.STACK_TYPE:
            self.stack_outputs = (request.urn, outputs)
        else:
            self._registrar.outputs(request.urn, outputs)
        return empty_pb2.Empty()

    @_guarded
    def Invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        run = self._run
        with run.lock:
            waits = any(urn in run.seen and not run.ids.get(urn) for urn in request.dependsOn)
            if waits or urns.provider_urn(request.provider) in run.broken:
                return resource_pb2.ResourceInvokeResponse(unknown=True)
            reference = self._registrar.provider(
                urns.package_of(request.tok), request.provider, request.version, "", request.parent
            )
            provider = run.registry.of(reference)
            if isinstance(provider, UnconfiguredProvider):
                return resource_pb2.ResourceInvokeResponse(unknown=True)
        try:
            args = bare(self._bag(request.args, request.tok))
            found = provider.invoke(request.tok, args, preview=run.dry)
        except ProviderFailure as why:
            self.hints[why.message] = why.hint
            failure = provider_pb2.CheckFailure(reason=why.message)
            return resource_pb2.ResourceInvokeResponse(failures=[failure])
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(encode(found))
        return response

    @_guarded
    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:
        what = f"{request.name} ({request.type})"
        raise _left_out(what, "read what others own", self._sources.declared(request))

    @_guarded
    def RegisterPackage(self, request: Any) -> resource_pb2.RegisterPackageResponse:
        raise _left_out(f"package {request.name}", "do parameterized packages")

    @_guarded
    def Call(self, request: Any) -> empty_pb2.Empty:
        raise _left_out(request.tok, "call methods of resources")

    @_guarded
    def ExistsResource(self, request: Any) -> resource_pb2.ExistsResourceResponse:
        raise _left_out(request.type, "look whether resources exist")

    def _bag(self, struct: struct_pb2.Struct, whose: str) -> Properties:
        """A property bag. Raises ProgramError, naming whose it is, when it holds what cannot be."""
        try:
            return decode(struct)
        except (ValueError, OSError) as error:
            raise ProgramError(f"{whose}: {error}") from error

    def SignalAndWaitForShutdown(self, _: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


class Log:
    """The methods of `Engine` that the SDK calls: log lines.

    Args:
        warn: hears warnings and errors.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn

    def Log(self, request: Any) -> empty_pb2.Empty:
        if request.severity in (engine_pb2.WARNING, engine_pb2.ERROR):
            about = f"{urns.name_of(request.urn)}: " if request.urn else ""
            self._warn(about + request.message.strip())
        return empty_pb2.Empty()


_UNSUPPORTED: Final = re.compile(
    r"The Pulumi CLI does not support (.+)\. Please update the Pulumi CLI\."
)


def translated(message: str) -> str:
    """What the SDK says, in the words of this engine."""
    return _UNSUPPORTED.sub(r"the embedded engine does not do \1", message).removesuffix(" ()")


def _result(answer: Answer) -> resource_pb2.Result.ValueType:
    """FAIL makes the SDK take every output as unknown, so that the rest of the program goes on."""
    return resource_pb2.Result.SUCCESS if answer.ok else resource_pb2.Result.FAIL


def _left_out(what: str, unable: str, source: str = "") -> ProgramError:
    """The refusal of something that no component uses."""
    return ProgramError(
        f"{what}: the embedded engine does not {unable}",
        source,
        hint="Use Pulumi's engine for programs that need it.",
    )
