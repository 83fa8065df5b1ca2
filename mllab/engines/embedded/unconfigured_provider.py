"""The stand-in for a provider whose configuration a preview does not know: it is not asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from mllab.protocol.provider import (
    Call,
    Checked,
    Difference,
    Found,
    Made,
    Properties,
    Provider,
    ProviderFailure,
)


class UnconfiguredProvider:
    """Takes every input as it is and predicts nothing (provider_plugin.go, `pcfg.known`).

    Args:
        provider: the one that it stands for.
    """

    def __init__(self, provider: Provider) -> None:
        self.package, self.version = provider.package, provider.version
        self.blocking = False

    def configured(self, config: Mapping[str, Any]) -> Provider:
        return self

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        return Checked(news)

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference:
        return Difference()

    def create(self, call: Call, inputs: Properties) -> Made:
        return Made("", {})

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        return Found(id, {}, {})

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        return Made(id, {})

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        raise ProviderFailure("its provider is not configured")

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        raise ProviderFailure("its provider is not configured")

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        raise ProviderFailure("its provider is not configured")

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        return None
