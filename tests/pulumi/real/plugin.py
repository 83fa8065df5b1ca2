"""Pulumi's AWS provider as an executable, with a simulated account behind it.

`World` puts it on PATH as `pulumi-resource-aws`, where the engine takes it for the real one. It
lives in a file named by SIMULATED_AWS, and fails as SIMULATED_FAULTS says, in the words of the
real one: https://github.com/pulumi/pulumi-aws/pull/3310 for credentials, and for the rest those of
AWS's SDK for Go, in which no hint is told.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pulumi.runtime.proto import provider_pb2

from mllab.clock import Clock
from mllab.engines.pulumi import provider_server
from mllab.protocol.provider import Call, Found, Made, Properties, ProviderFailure
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.faults import Faults

ACCOUNT = "SIMULATED_AWS"
FAULTS = "SIMULATED_FAULTS"
REQUEST = "cb90a8d4-2209-458c-b3b9-f7c53b5d8e1d"
NO_CREDENTIALS = (
    "No valid credential sources found.\nPlease see "
    "https://www.pulumi.com/registry/packages/aws/installation-configuration/ for more information "
    "about providing credentials."
)


class Aws(SimulatedAws):
    """The account behind the words of the real provider."""

    def create(self, call: Call, inputs: Properties) -> Made:
        with _as_told_by_the_real_one("creating", call):
            return super().create(call, inputs)

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        with _as_told_by_the_real_one("updating", call):
            return super().update(call, id, old_outputs, news)

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        with _as_told_by_the_real_one("reading", call):
            return super().read(call, id, outputs)

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        with _as_told_by_the_real_one("deleting", call):
            return super().delete(call, id, outputs)

    def configured(self, config: Mapping[str, Any]) -> Self:
        if not _credentials():
            raise ProviderFailure(NO_CREDENTIALS)
        return super().configured(config)


class Service(provider_server.ProviderService):
    """Refuses in the check of the configuration, as the real one does."""

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Any
    ) -> provider_pb2.CheckResponse:
        if not _credentials():
            failure = provider_pb2.CheckFailure(reason=NO_CREDENTIALS)
            return provider_pb2.CheckResponse(failures=[failure])
        return super().CheckConfig(request, context)


def main() -> None:
    """Serve until the engine ends it, or is gone itself."""
    engine = os.getppid()
    faults = Faults.of(json.loads(os.environ.get(FAULTS, "[]")), exits=True)
    cloud = Aws(Path(os.environ[ACCOUNT]), faults=faults)
    servers_of: Callable[..., provider_server.ProviderServers] = provider_server.ProviderServers
    provider_server.ProviderService = Service  # type: ignore[misc]
    with servers_of({"aws": cloud}, Clock()) as servers:
        sys.stdout.write(f"{servers.debug_providers.partition(':')[2]}\n")
        sys.stdout.flush()
        while os.getppid() == engine:  # a killed engine cannot tell us
            signal.sigtimedwait([signal.SIGUSR1], 0.5)


def _credentials() -> bool:
    return "AWS_ACCESS_KEY_ID" in os.environ


@contextmanager
def _as_told_by_the_real_one(doing: str, call: Call) -> Iterator[None]:
    try:
        yield
    except ProviderFailure as failure:
        if not failure.code:
            raise
        service, _, kind = call.type.removeprefix("aws:").partition("/")
        what = f"{service.upper()} {kind.rpartition(':')[2]}"
        raise ProviderFailure(
            f"1 error occurred:\n\t* {doing} {what}: operation error {service.upper()}, https "
            f"response error StatusCode: 400, RequestID: {REQUEST}, api error {failure.code}: "
            f"{failure.message}\n\n",
            made=failure.made,
            seconds=failure.seconds,
        ) from failure


if __name__ == "__main__":
    main()
