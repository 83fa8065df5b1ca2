"""From the settings of a lab to its resources; the only place that picks a cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pulumi
from pulumi.runtime import config

from components import catalog
from components.contracts import Cloud, EnvironmentArgs, LabArgs
from components.environment import Environment
from mllab.settings.files import from_config
from mllab.settings.lab import Lab


def run() -> None:
    """What plain `pulumi up` runs: read the stack's configuration and declare its lab.

    Raises:
        SettingsError: the configuration describes no lab; all faults at once.
    """
    declare(from_config(pulumi.get_stack(), config.CONFIG.get() or config.get_config_env()))


def declare(lab: Lab) -> None:
    """Declare all resources of a lab, and its outputs: one per role, and `lab`.

    Raises:
        Refused: the cloud cannot fulfil a wish; names it, the reason and the alternative.
    """
    environment = Environment(lab.name, arguments(lab), cloud(lab.lab.cloud))
    for role, outputs in environment.outputs().items():
        pulumi.export(role, outputs)
    ends = lab.lab.ends.isoformat() if lab.lab.ends else None
    pulumi.export(
        "lab",
        {
            "name": lab.name,
            "cloud": lab.lab.cloud,
            "region": lab.region,
            "stack": lab.stack,
            "ends": ends,
        },
    )


def arguments(lab: Lab) -> EnvironmentArgs:
    """The settings as components take them: sizes resolved to machines, sections laid flat."""
    where, notebook, cluster = lab.lab.cloud, lab.notebook, lab.cluster
    return EnvironmentArgs(
        lab=LabArgs(
            name=lab.name,
            stack=lab.stack,
            owner=lab.lab.owner,
            profile=lab.lab.profile,
            region=lab.region,
            time_zone=notebook.time_zone,
            starts=lab.lab.starts,
            ends=lab.lab.ends,
        ),
        files=lab.storage.files,
        keep=lab.storage.keep,
        undelete_days=lab.storage.undelete_days,
        keep_images=lab.registry.keep_images,
        notebook=catalog.machine(where, notebook.size),
        disk_gb=notebook.disk_gb,
        home_gb=notebook.home_gb,
        seats=notebook.seats,
        idle_minutes=notebook.idle_minutes,
        max_hours=notebook.max_hours,
        stop_at=notebook.stop_at,
        image=lab.aws.image,
        cluster=catalog.machine(where, cluster.size),
        max_nodes=cluster.max_nodes,
        spot=cluster.spot,
        max_job_hours=cluster.max_job_hours,
        limit_usd=lab.budget.limit_usd,
        per=lab.budget.per,
        warn_percent=lab.budget.warn_percent,
        notify=lab.budget.notify,
        own_costs_only=lab.aws.own_costs_only,
    )


def cloud(name: str) -> Cloud:
    """The component classes of a cloud; only its own SDK is loaded."""
    return _CLOUDS[name]()


def _aws() -> Cloud:
    # Imported here: an SDK takes a second to load, and only one is needed.
    from components.aws.budget import Budget
    from components.aws.cluster import Cluster
    from components.aws.network import Network
    from components.aws.notebook import Notebook
    from components.aws.registry import Registry
    from components.aws.storage import Storage

    return Cloud(
        name="aws",
        network=Network,
        storage=Storage,
        registry=Registry,
        notebook=Notebook,
        cluster=Cluster,
        budget=Budget,
    )


_CLOUDS: Final[dict[str, Callable[[], Cloud]]] = {"aws": _aws}
