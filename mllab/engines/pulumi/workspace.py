"""Where Pulumi's engine works.

On a real cloud in the project's own folder, on simulated clouds in a folder of its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from mllab.accounts.contract import Account
from mllab.accounts.contract import Entry as Entry
from mllab.clock import Clock
from mllab.clouds.registry import open_account
from mllab.engines.contract import StackTarget
from mllab.engines.pulumi import environment
from mllab.engines.pulumi.backend import VARIABLE, Backend, ChosenBy, salt
from mllab.engines.pulumi.passphrase import TEXT
from mllab.engines.pulumi.private import make_folder, write
from mllab.errors import StillThere
from mllab.protocol import urns
from mllab.protocol.provider import Call, Provider, ProviderFailure


class Workspace(Protocol):
    """What the engine must know of where it runs."""

    @property
    def folder(self) -> Path:
        """Where Pulumi.yaml is, and the CLI runs."""
        ...

    @property
    def backend(self) -> Backend: ...

    def environment(self) -> AbstractContextManager[Mapping[str, str]]:
        """The complete environment of one command."""
        ...

    def find(self, entry: Entry, known: Collection[str], config: Mapping[str, str]) -> Entry | None:
        """What an interrupted create made, as it is to stand in the state; None if nothing.

        Args:
            config: of the provider by which it was made, by its own keys. What it says goes before
                the stack's own: a provider may be declared that works elsewhere, or otherwise.

        Raises:
            StillThere: nobody can tell.
        """
        ...

    def contents(self, entry: Entry) -> str | None:
        """What data a resource holds; None when it cannot be told."""
        ...


@dataclass(frozen=True)
class RealWorkspace:
    """The user's own accounts, backend and stack file.

    Args:
        folder: the project's.
        backend, environ: from `environment.real`.
        config: Pulumi configuration of the stack: where to look for what a run left behind.
        look: opens the account behind a package.
    """

    folder: Path
    backend: Backend
    environ: Mapping[str, str]
    config: Mapping[str, str]
    look: Callable[[str, Mapping[str, str]], Account] = open_account

    @contextmanager
    def environment(self) -> Iterator[Mapping[str, str]]:
        yield self.environ

    def find(self, entry: Entry, known: Collection[str], config: Mapping[str, str]) -> Entry | None:
        """The entry as it is to be imported.

        Without outputs: then the provider takes the next refresh for an import, which works from
        the id alone, fills in everything and corrects the id.
        """
        if not entry.get("custom") or urns.is_provider(entry["type"]):
            return None  # there is nothing of it in a cloud
        package = urns.package_of(entry["type"])
        by = entry.get("provider") or package
        if by not in self._accounts:
            own = {f"{package}:{key}": value for key, value in config.items()}
            self._accounts[by] = self.look(package, {**self.config, **own})
        found = self._accounts[by].find(entry, known)
        return {**entry, "id": found, "outputs": {}} if found else None

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {}

    def contents(self, entry: Entry) -> str | None:
        return None

    @contextmanager
    def scratch(self, target: StackTarget) -> Iterator[RealWorkspace]:
        """The same clouds with an empty state of its own, to plan a stack that does not exist yet.

        Pulumi writes into the stack file when it makes a stack, and a preview must not.
        """
        with tempfile.TemporaryDirectory(prefix="mllab-") as text:
            folder = Path(text)
            write_project(folder, target)
            backend = Backend((folder / "backend").as_uri(), ChosenBy.VARIABLE)
            make_folder(folder / "backend")
            environ = {**self.environ, VARIABLE: backend.url, TEXT: ""}
            yield replace(self, folder=folder, backend=backend, environ=environ)


@dataclass(frozen=True)
class SimulatedWorkspace:
    """Simulated clouds, served to an engine that is cut off from everything else.

    Args:
        home: a folder for backend, plugins and project; what is missing is made.
        providers: the clouds by package.
        clock: when calls begin.
    """

    home: Path
    target: StackTarget
    providers: Mapping[str, Provider]
    clock: Clock

    @property
    def folder(self) -> Path:
        return self.home / "project"

    @property
    def backend(self) -> Backend:
        return Backend((self.home / "backend").absolute().as_uri(), ChosenBy.VARIABLE)

    @contextmanager
    def environment(self) -> Iterator[Mapping[str, str]]:
        # Imported here: gRPC servers are needed for nothing else.
        from mllab.engines.pulumi.provider_server import ProviderServers

        write_project(self.folder, self.target)
        with ProviderServers(self.providers, self.clock) as servers:
            yield environment.isolated(self.home, servers.debug_providers)

    def find(self, entry: Entry, known: Collection[str], config: Mapping[str, str]) -> Entry | None:
        provider = self._provider(entry, config)
        if provider is None:
            return None
        call = self._call(entry)
        try:
            id = provider.find(call, dict(entry.get("inputs") or {}), known)
            found = provider.read(call, id, {}) if id else None
        except ProviderFailure as why:
            raise StillThere(
                f"the run before was interrupted while it made {call.name}, and the cloud does not "
                f"say what became of it: {why.message}; nothing was changed",
                hint=why.hint or "Try again.",
            ) from why
        return {**entry, "id": found.id, "outputs": found.outputs} if found else None

    def contents(self, entry: Entry) -> str | None:
        provider = self._provider(entry, {})
        if provider is None:
            return None
        return provider.contents(self._call(entry), entry["id"], dict(entry.get("outputs") or {}))

    def _provider(self, entry: Entry, config: Mapping[str, str]) -> Provider | None:
        """The cloud behind an entry, configured as the stack is where its provider is not."""
        package = urns.package_of(entry["type"])
        provider = self.providers.get(package)
        of_stack = {
            key.partition(":")[2]: value
            for key, value in self.target.config.items()
            if key.startswith(f"{package}:")
        }
        return provider.configured({**of_stack, **config}) if provider is not None else None

    def _call(self, entry: Entry) -> Call:
        urn = str(entry["urn"])
        return Call(urn, str(entry["type"]), urns.name_of(urn), self.clock.now())


def write_project(folder: Path, target: StackTarget) -> None:
    """A project of its own for a stack, with the stack's configuration and nothing else.

    JSON is YAML, so no YAML needs to be written.
    """
    make_folder(folder)
    project = {"name": target.project, "runtime": "python"}
    write(folder / "Pulumi.yaml", json.dumps(project))
    path = folder / f"Pulumi.{target.stack}.yaml"
    settings: dict[str, Any] = {"config": dict(target.config)}
    if known := salt(path):  # Pulumi's own line, without which the passphrase no longer fits
        settings["encryptionsalt"] = known
    write(path, json.dumps(settings))
