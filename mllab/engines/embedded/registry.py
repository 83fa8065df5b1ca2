"""Provider resources: which cloud serves which reference, and what a change of one means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from mllab.engines.embedded.unconfigured_provider import UnconfiguredProvider
from mllab.protocol import urns
from mllab.protocol.failure import ProgramError
from mllab.protocol.provider import NOT_CONFIGURATION, Change, Difference, Properties, Provider
from mllab.protocol.values import bare, has_unknown, same

_REPLACING: Final = frozenset({"region", "project", "subscriptionId"})
"""Configuration that says where resources are; elsewhere they are others (DiffConfig)."""


class Registry:
    """The providers of one run, by reference `urn::id`.

    Args:
        packages: the clouds, by package.
        config: Pulumi configuration, full keys.
    """

    def __init__(self, packages: Mapping[str, Provider], config: Mapping[str, str]) -> None:
        self._packages, self._config = packages, config
        self._served: dict[str, Provider] = {}

    def base(self, package: str, source: str = "") -> Provider:
        """The cloud of a package. Raises ProgramError when there is none."""
        found = self._packages.get(package)
        if found is None:
            known = ", ".join(sorted(self._packages)) or "none"
            raise ProgramError(
                f"nothing simulates package {package!r} (known: {known})",
                source,
                hint="The embedded engine drives simulated clouds only; for others use Pulumi's "
                "engine.",
            )
        return found

    def default_inputs(self, package: str, version: str) -> Properties:
        """Inputs of a default provider: the package's configuration, and the SDK's version."""
        prefix = f"{package}:"
        found: Properties = {
            key.removeprefix(prefix): value
            for key, value in self._config.items()
            if key.startswith(prefix)
        }
        if version:
            found["version"] = version
        return found

    def serve(self, reference: str, inputs: Properties) -> None:
        """Configure the provider behind a reference. Raises ProviderFailure."""
        package = urns.provider_package(urns.type_of(urns.provider_urn(reference)))
        config = {key: value for key, value in bare(inputs).items() if key not in NOT_CONFIGURATION}
        base = self.base(package)
        self._served[reference] = (
            UnconfiguredProvider(base) if has_unknown(config) else base.configured(config)
        )

    def serves(self, reference: str) -> bool:
        """True when the provider behind a reference is configured."""
        return reference in self._served

    def of(self, reference: str) -> Provider:
        """The provider behind a reference. Raises ProgramError when nobody has configured it."""
        if reference not in self._served:
            raise ProgramError(f"unknown provider {reference}")
        return self._served[reference]


def difference(old: Properties, new: Properties) -> Difference:
    """What changes between two configurations; another place replaces all that it serves."""
    changes = []
    for key in sorted(old.keys() | new.keys()):
        before, after = bare(old.get(key)), bare(new.get(key))
        if not same(before, after):
            kind = "add" if key not in old else "delete" if key not in new else "update"
            changes.append(Change(key, kind, before, after, replaces=key in _REPLACING))
    return Difference(tuple(changes))


def default_name(version: str) -> str:
    """`default_7_51_1` of version 7.51.1."""
    parts = version.replace("-", ".").replace("+", ".").split(".") if version else []
    return "_".join(["default", *parts])


def new_id(urn: str, inputs: Mapping[str, Any], before: str) -> str:
    """The id of a provider resource, in the form of a UUID; another one for each generation."""
    text = "\n".join([urn, before, *(f"{key}={inputs[key]!r}" for key in sorted(inputs))])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return "-".join([digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]])
