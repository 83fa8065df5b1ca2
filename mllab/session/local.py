"""Stacks on this machine: their realm, and how they are opened."""

from __future__ import annotations

import getpass
import socket
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mllab.accounts.contract import Grant, InventoryItem, Offer, Placement
from mllab.clock import Clock
from mllab.clouds.local import LOCAL, PACKAGE
from mllab.errors import SettingsError, UsageError
from mllab.protocol.deployment import stack_outputs
from mllab.session import local_state
from mllab.session.realm import Limit
from mllab.session.session import PULUMI, Session, home, project

if TYPE_CHECKING:
    from mllab.engines.contract import Engine, StackTarget
    from mllab.settings.lab import Lab

NAME: Final = LOCAL.name
LABS: Final = "labs"
"""The folder in which each stack of this machine has its own."""


@dataclass(frozen=True)
class LocalRealm:
    """This machine.

    Args:
        labs: the folder in which each stack has its own. by_pulumi: Pulumi's engine drives it.
    """

    labs: Path
    by_pulumi: bool = False

    simulated: ClassVar[bool] = False
    prefix: ClassVar[str] = ""
    account: ClassVar[str] = "on this machine"
    remark: ClassVar[str] = ""
    examples: ClassVar[bool] = True
    timed: ClassVar[bool] = False

    @property
    def options(self) -> str:
        """See `Realm`."""
        return f" --engine {PULUMI}" if self.by_pulumi else ""

    def identify(self, state: Mapping[str, Any]) -> str:
        """See `Realm.identify`."""
        return f"{getpass.getuser()} on {socket.gethostname()}"

    def grant(self, wishes: Sequence[str]) -> None:
        """See `Realm.grant`."""
        if wishes:
            raise UsageError(f"--grant {wishes[0]}: this machine has no quotas; leave it out")

    @property
    def off(self) -> Sequence[str]:
        """None: nothing must be switched on."""
        return ()

    @property
    def limit(self) -> Limit | None:
        """None: this machine has no quotas."""
        return None

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Realm.quotas`."""
        return {code: Grant(float("inf"), 0.0) for code in services}

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Realm.offers`; what this machine lacks its provider says."""
        return {each: Offer(True) for each in wanted}

    def allocated(self, id: str) -> bool | None:
        """See `Account.allocated`."""
        return None

    def spent(self, state: Mapping[str, Any]) -> Sequence[str]:
        """What the lab's keeper has counted in the present period of its budget."""
        from mllab.local.keeper.spent import AT_LEAST, spent

        told = stack_outputs(state)
        stack, budget = (told.get("lab") or {}).get("stack"), told.get("budget") or {}
        if not stack or not budget.get("id"):
            return ()
        found = spent(self.labs / stack, budget["id"])
        if found.hours is None:
            return ("how long this machine was in use is not known: the keeper has not looked yet",)
        hours = f"{'at least ' if found.state == AT_LEAST else ''}{found.hours:.1f} hours"
        if found.usd is None:
            price = "what an hour costs is not stated (local.usd_per_hour)"
        else:
            price = f"{found.usd:.2f} of {budget['limit_usd']:.2f} USD"
        return (f"in the present period of its budget it was in use for {hours}: {price}",)

    def inventory(self, stack: str) -> list[InventoryItem]:
        """The lab's processes and its folder, whatever is recorded."""
        from mllab.local import marked

        lab = self.labs / stack
        found = [
            InventoryItem(f"{PACKAGE}:index:Server", str(one.pid), f"process {one.pid}")
            for one in marked.processes(lab)
        ]
        folders = [InventoryItem(f"{PACKAGE}:index:Folder", ".", str(lab))] if lab.exists() else []
        return [*found, *folders]


def is_here(home: Path, stack: str, lab: Lab | None) -> bool:
    """Whether a stack is on this machine, by its settings or else by what is recorded."""
    if lab is not None:
        return lab.lab.cloud == NAME
    kept = local_state.state_file(local_state.local_home(home), stack)
    return kept.exists() or bool(local_state.here(home, stack))


def opened(
    target: StackTarget,
    lab: Lab | None,
    home: Path,
    clock: Clock,
    *,
    fault: SettingsError | None = None,
    dry: bool = False,
    engine: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Session:
    """A stack on this machine, with all that it has below `home`.

    Args:
        dry: nothing is made, whatever the engine does: to look at what a lab would be.
        engine: `pulumi`, with a state of its own below `home`; else the embedded one.
    """
    from mllab.engines.embedded.engine import EmbeddedEngine
    from mllab.local.provider import DryProvider, LocalProvider

    own = local_state.local_home(home)
    provider = (DryProvider if dry else LocalProvider)(own / LABS)
    driver: Engine = EmbeddedEngine(target, {provider.package: provider}, own, clock)
    if engine == PULUMI:
        from mllab.engines.pulumi import binary
        from mllab.engines.pulumi.engine import PulumiEngine
        from mllab.engines.pulumi.workspace import SimulatedWorkspace

        folder = own / PULUMI
        workspace = SimulatedWorkspace(folder, target, {provider.package: provider}, clock)
        driver = PulumiEngine(target, workspace, binary.find(home), folder, clock, notify=tell)
    realm = LocalRealm(provider.labs, engine == PULUMI)
    return Session(
        target.root, target.stack, lab, driver, clock, realm, fault, config=target.config
    )


def serve() -> None:
    """The provider as a plugin that plain `pulumi` starts by itself, until it is ended.

    Pulumi looks on PATH for `pulumi-resource-<package>`, starts it in the project's folder, reads
    the port of its gRPC server from its output, and ends it.
    Source: https://www.pulumi.com/docs/iac/guides/building-extending/providers/implementers/
    """
    from mllab.engines.pulumi.provider_server import ProviderServers
    from mllab.local.provider import LocalProvider

    provider = LocalProvider(local_state.local_home(home(project())) / LABS)
    with ProviderServers({PACKAGE: provider}, Clock()) as servers:
        sys.stdout.write(f"{servers.debug_providers.rpartition(':')[2]}\n")
        sys.stdout.flush()
        threading.Event().wait()
