"""A gRPC face over provider objects, so that the real Pulumi engine can drive simulated clouds.

The engine attaches to it instead of starting a plugin:

    with ProviderServers({"aws": provider}, clock) as servers:
        environment = {**os.environ, "PULUMI_DEBUG_PROVIDERS": servers.debug_providers}

Secrets: the face accepts none, so the engine unwraps them before a call and marks the same keys of
the answer again. Unknown values travel as the engine's sentinel strings.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Protocol, Self

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from mllab.clock import Clock
from mllab.protocol.provider import (
    NOT_CONFIGURATION,
    Call,
    Change,
    Made,
    Properties,
    Provider,
    ProviderFailure,
    untimed,
)
from mllab.protocol.values import bare
from mllab.protocol.wire import decode, encode

_THREADS: Final = 64  # calls beyond these wait their turn


class ProviderServers:
    """One server per package on this machine's loopback; they live until `stop`.

    Args:
        providers: package name (`aws`) to the object behind it.
        clock: tells providers when a call begins.
    """

    def __init__(self, providers: Mapping[str, Provider], clock: Clock) -> None:
        # A server that nobody refers to is collected, and the engine then waits for it in vain.
        self._servers: list[grpc.Server] = []
        ports: dict[str, int] = {}
        for package, provider in providers.items():
            server = grpc.server(
                ThreadPoolExecutor(_THREADS, thread_name_prefix=package),
                options=_GRPC_CHANNEL_OPTIONS,
            )
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(
                ProviderService(untimed(provider), clock), server
            )
            ports[package] = server.add_insecure_port("127.0.0.1:0")
            server.start()
            self._servers.append(server)
        self.debug_providers = ",".join(f"{name}:{port}" for name, port in ports.items())
        """Value of PULUMI_DEBUG_PROVIDERS for the engine's process."""

    def stop(self) -> None:
        """End all servers; calls in progress are cut off."""
        for stopped in [server.stop(grace=None) for server in self._servers]:
            stopped.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class ProviderService(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol of one package.

    The engine opens one connection per provider instance and no request names the instance, so the
    configured provider is kept per peer. Should a connection be dialled again, the latest
    configuration of the package serves it.
    """

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._unconfigured = self._latest = provider
        self._configured: dict[str, Provider] = {}
        self._clock = clock

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(
        self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._unconfigured.version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        about = {"name": self._unconfigured.package, "version": self._unconfigured.version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(about))

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        # "Unknown" lets the engine compare for itself: a changed configuration is an update.
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        config = _plain(request.args)
        wanted = {key: value for key, value in config.items() if key not in NOT_CONFIGURATION}
        with _refusing(context):
            self._latest = self._unconfigured.configured(wanted)
        self._configured[context.peer()] = self._latest
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        # The engine says this at the end of every operation, and the next one attaches again.
        return empty_pb2.Empty()

    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        # The engine sends an empty struct, never none, for a resource that is new.
        olds = _plain(request.olds) if request.olds.fields else None
        with _refusing(context):
            checked = self._provider(context).check(
                self._call(request, seed=request.randomSeed), olds, _plain(request.news)
            )
        return provider_pb2.CheckResponse(
            inputs=encode(checked.inputs),
            failures=[_check_failure(fault) for fault in checked.faults],
        )

    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        with _refusing(context):
            difference = self._provider(context).diff(
                self._call(request),
                request.id,
                _plain(request.old_inputs),
                _plain(request.olds),
                _plain(request.news),
            )
        changes, answer = difference.changes, provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if changes else answer.DIFF_NONE,
            diffs=_keys(changes),
            replaces=_keys(change for change in changes if change.replaces),
            deleteBeforeReplace=difference.delete_before_replace,
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(kind=_kind(change), inputDiff=True)
                for change in changes
            },
            hasDetailedDiff=True,
        )

    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        # The request has no seed, and a replacement must not get the id of what it replaces.
        call = self._call(request, seed=os.urandom(16), preview=request.preview)
        with _refusing(context):
            made = self._provider(context).create(call, _plain(request.properties))
        return provider_pb2.CreateResponse(id=made.id, properties=encode(made.outputs))

    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        with _refusing(context):
            found = self._provider(context).read(
                self._call(request), request.id, _plain(request.properties)
            )
        if found is None:
            return provider_pb2.ReadResponse()  # no id: it does not exist
        return provider_pb2.ReadResponse(
            id=found.id, inputs=encode(found.inputs), properties=encode(found.outputs)
        )

    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        call = self._call(request, preview=request.preview)
        with _refusing(context):
            made = self._provider(context).update(
                call, request.id, _plain(request.olds), _plain(request.news)
            )
        return provider_pb2.UpdateResponse(properties=encode(made.outputs))

    def Delete(
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        with _refusing(context):
            self._provider(context).delete(
                self._call(request), request.id, _plain(request.properties)
            )
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        with _refusing(context):
            answer = self._provider(context).invoke(
                request.tok, _plain(request.args), preview=request.preview
            )
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))  # the field's name is a keyword
        return response

    def _provider(self, context: grpc.ServicerContext) -> Provider:
        return self._configured.get(context.peer(), self._latest)

    def _call(self, request: _Request, *, seed: bytes = b"", preview: bool = False) -> Call:
        return Call(
            urn=request.urn,
            type=request.type,
            name=request.name,
            at=self._clock.now(),
            seed=seed,
            preview=preview,
        )


class _Request(Protocol):
    """What requests about one resource share."""

    urn: str
    type: str
    name: str


@contextmanager
def _refusing(context: grpc.ServicerContext) -> Iterator[None]:
    """Answer a provider's failure as a status that the engine shows as the resource's error."""
    try:
        yield
    except ProviderFailure as failure:
        # Not UNKNOWN or INTERNAL: after those the engine holds the resource's state for lost.
        code = grpc.StatusCode.FAILED_PRECONDITION
        if failure.made is not None:
            _attach_made(context, code, failure.text, failure.made)
        context.abort(code, failure.text)


def _attach_made(
    context: grpc.ServicerContext, code: grpc.StatusCode, text: str, made: Made
) -> None:
    """Tell the engine what exists in spite of the failure, so that it keeps it in the state."""
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=made.id, properties=encode(made.outputs), reasons=[text]
        )
    )
    status = status_pb2.Status(code=code.value[0], message=text, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))


def _plain(struct: struct_pb2.Struct) -> Properties:
    """Bare values; only a provider's configuration comes with marked secrets."""
    return {key: bare(value) for key, value in decode(struct).items()}


def _check_failure(fault: str) -> provider_pb2.CheckFailure:
    """`property: reason` in the protocol's two fields."""
    name, colon, reason = fault.partition(": ")
    return provider_pb2.CheckFailure(property=name if colon else "", reason=reason or fault)


def _kind(change: Change) -> provider_pb2.PropertyDiff.Kind.ValueType:
    name = f"{change.kind}_replace" if change.replaces else change.kind
    return provider_pb2.PropertyDiff.Kind.Value(name.upper())


def _keys(changes: Iterable[Change]) -> list[str]:
    """Top-level names of the changed properties, as the protocol's older fields want them."""
    return sorted({re.split(r"[.\[]", change.path, maxsplit=1)[0] for change in changes})
