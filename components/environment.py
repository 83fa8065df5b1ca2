"""A lab: six roles, wired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any

import pulumi

from components import contracts
from components.catalog import Machine
from components.contracts import (
    BudgetArgs,
    ClusterArgs,
    LabArgs,
    NetworkArgs,
    NotebookArgs,
    RegistryArgs,
    StorageArgs,
    child,
)


@dataclass(frozen=True, kw_only=True)
class EnvironmentArgs:
    """What a whole lab is asked for; the meaning of each is where the role takes it.

    Args:
        files, undelete_days: see StorageArgs. keep: see NetworkArgs, StorageArgs and NotebookArgs.
        keep_images: see RegistryArgs.
        notebook: the size of NotebookArgs. disk_gb, home_gb, seats, idle_minutes, max_hours,
            stop_at: see there.
        cluster: the size of ClusterArgs. max_nodes, spot, max_job_hours: see there.
        limit_usd, per, warn_percent, notify: see BudgetArgs.
    """

    lab: LabArgs
    files: bool
    keep: bool
    undelete_days: int
    keep_images: int
    notebook: Machine
    disk_gb: int
    home_gb: int
    seats: tuple[str, ...]
    idle_minutes: int
    max_hours: int
    stop_at: time | None
    cluster: Machine
    max_nodes: int
    spot: bool
    max_job_hours: int
    limit_usd: float
    per: str
    warn_percent: tuple[int, ...]
    notify: tuple[str, ...]


Notebooks = Callable[
    [str, NotebookArgs[Any, Any, Any, Any], pulumi.ResourceOptions], contracts.Notebook
]
"""A cloud has several kinds of notebooks, of which a lab takes one."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The six component classes of one cloud; each is called as `Role(name, args, opts)`.

    Args:
        transformation: of the whole stack, for what its SDK does; None for none.
    """

    name: str
    network: Callable[[str, NetworkArgs, pulumi.ResourceOptions], contracts.Network]
    storage: Callable[[str, StorageArgs[Any], pulumi.ResourceOptions], contracts.Storage]
    registry: Callable[[str, RegistryArgs[Any], pulumi.ResourceOptions], contracts.Registry]
    notebook: Notebooks
    cluster: Callable[[str, ClusterArgs[Any, Any, Any], pulumi.ResourceOptions], contracts.Cluster]
    budget: Callable[[str, BudgetArgs[Any], pulumi.ResourceOptions], contracts.Budget]
    transformation: pulumi.ResourceTransformation | None = None


class Environment(pulumi.ComponentResource):
    """A complete machine-learning lab on one cloud.

    Args:
        name: the lab's name; roles are called `<name>-network`, `<name>-storage` and so on.
        args: what is asked for. cloud: the classes that fulfil it.
    Outputs:
        network, storage, registry, notebook, cluster, budget: the roles, each with the outputs of
        its contract.
    """

    network: contracts.Network
    storage: contracts.Storage
    registry: contracts.Registry
    notebook: contracts.Notebook
    cluster: contracts.Cluster
    budget: contracts.Budget

    def __init__(
        self,
        name: str,
        args: EnvironmentArgs,
        cloud: Cloud,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(f"mllab:{cloud.name}:Environment", name, None, opts)
        self.network = cloud.network(
            f"{name}-network",
            NetworkArgs(
                lab=args.lab,
                machines=(args.notebook, args.cluster),
                keep=args.keep,
                files=args.files,
            ),
            child(self),
        )
        self.storage = cloud.storage(
            f"{name}-storage",
            StorageArgs(
                lab=args.lab,
                network=self.network,
                files=args.files,
                keep=args.keep,
                undelete_days=args.undelete_days,
            ),
            child(self),
        )
        self.registry = cloud.registry(
            f"{name}-registry",
            RegistryArgs(lab=args.lab, network=self.network, keep_images=args.keep_images),
            child(self),
        )
        self.cluster = cloud.cluster(
            f"{name}-cluster",
            ClusterArgs(
                lab=args.lab,
                network=self.network,
                storage=self.storage,
                registry=self.registry,
                machine=args.cluster,
                max_nodes=args.max_nodes,
                spot=args.spot,
                max_job_hours=args.max_job_hours,
            ),
            child(self),
        )
        self.notebook = cloud.notebook(
            f"{name}-notebook",
            NotebookArgs(
                lab=args.lab,
                network=self.network,
                storage=self.storage,
                registry=self.registry,
                cluster=self.cluster,
                machine=args.notebook,
                disk_gb=args.disk_gb,
                home_gb=args.home_gb,
                keep=args.keep,
                seats=args.seats,
                idle_minutes=args.idle_minutes,
                max_hours=args.max_hours,
                stop_at=args.stop_at,
            ),
            child(self),
        )
        self.budget = cloud.budget(
            f"{name}-budget",
            BudgetArgs(
                lab=args.lab,
                network=self.network,
                limit_usd=args.limit_usd,
                per=args.per,
                warn_percent=args.warn_percent,
                notify=args.notify,
            ),
            child(self),
        )
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """One entry per role: the outputs of its contract, by name."""
        return {
            role: contracts.outputs(getattr(self, role), contract)
            for role, contract in ROLES.items()
        }


ROLES: dict[str, type] = {
    "network": contracts.Network,
    "storage": contracts.Storage,
    "registry": contracts.Registry,
    "notebook": contracts.Notebook,
    "cluster": contracts.Cluster,
    "budget": contracts.Budget,
}
"""Role -> the contract that it fulfils."""
