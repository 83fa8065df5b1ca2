"""From the settings of a lab to its resources; the only place that picks a cloud."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Final

import pulumi
from pulumi.runtime import config

from components import catalog
from components.contracts import LabArgs
from components.environment import Cloud, Environment, EnvironmentArgs, Notebooks
from mllab.clock import Clock
from mllab.clouds import registry
from mllab.clouds.registry import PLACES
from mllab.settings.files import from_config
from mllab.settings.lab import Lab


def run(now: datetime | None = None) -> None:
    """What plain `pulumi up` runs: read the stack's configuration and declare its lab.

    Args:
        now: by default the present moment.

    Raises:
        SettingsError: the configuration describes no lab, or one that is over; all faults at once.
    """
    values = config.CONFIG.get() or config.get_config_env()
    declare(from_config(pulumi.get_stack(), values, now=now or Clock().now()))


def declare(lab: Lab, today: date | None = None) -> None:
    """Declare all resources of a lab, and its outputs: one per role, and `lab`.

    Args:
        today: on a simulated cloud its own day; by default the present one.

    Raises:
        Unsupported: the cloud cannot fulfil a wish; names it, the reason and the alternative.
    """
    here = cloud(lab, today)
    if here.transformation is not None:
        pulumi.runtime.register_stack_transformation(here.transformation)
    environment = Environment(lab.name, arguments(lab), here)
    for role, outputs in environment.outputs().items():
        pulumi.export(role, outputs)
    ends = lab.lab.ends.isoformat() if lab.lab.ends else None
    stop_at = lab.notebook.stop_at
    pulumi.export(
        "lab",
        {
            "name": lab.name,
            "cloud": lab.lab.cloud,
            "region": lab.region,
            "stack": lab.stack,
            "ends": ends,
            # What bounds the lab while nobody intervenes; a change is held against it.
            "unattended": {
                "max_hours": lab.notebook.max_hours,
                "stop_at": stop_at.isoformat("minutes") if stop_at else None,
                "max_job_hours": lab.cluster.max_job_hours,
                "limit_usd": lab.budget.limit_usd,
                "per": lab.budget.per,
            },
            **({"zone": lab.zone or ""} if "zone" in PLACES[lab.lab.cloud].config_keys else {}),
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
            ends=lab.lab.ends,
        ),
        files=lab.storage.files,
        keep=lab.storage.keep,
        undelete_days=lab.storage.undelete_days,
        keep_images=lab.registry.keep_images,
        notebook=catalog.machine(where, notebook.size, notebook.kind),
        disk_gb=notebook.disk_gb,
        home_gb=notebook.home_gb,
        seats=notebook.seats,
        idle_minutes=notebook.idle_minutes,
        max_hours=notebook.max_hours,
        stop_at=notebook.stop_at,
        cluster=catalog.machine(where, cluster.size, "job"),
        max_nodes=cluster.max_nodes,
        spot=cluster.spot,
        max_job_hours=cluster.max_job_hours,
        limit_usd=lab.budget.limit_usd,
        per=lab.budget.per,
        warn_percent=lab.budget.warn_percent,
        notify=lab.budget.notify,
    )


def cloud(lab: Lab, today: date | None = None) -> Cloud:
    """The component classes of a lab's cloud, with what is bound that only this cloud has.

    Only its own SDK is loaded: each takes a second, and a lab is in one cloud.

    Raises:
        LabError: its SDK is not installed.
    """
    registry.require_sdk(PLACES[lab.lab.cloud])
    return _CLOUDS[lab.lab.cloud](lab, today)


def _aws(lab: Lab, _today: date | None) -> Cloud:
    from components.aws.budget import Budget
    from components.aws.cluster import Cluster
    from components.aws.network import Network
    from components.aws.registry import Registry
    from components.aws.storage import Storage

    return Cloud(
        name="aws",
        network=Network,
        storage=Storage,
        registry=Registry,
        notebook=_aws_notebook(lab),
        cluster=Cluster,
        budget=partial(Budget, own_costs_only=lab.aws.own_costs_only),
    )


def _aws_notebook(lab: Lab) -> Notebooks:
    if lab.notebook.kind == "managed":
        from components.aws.managed import ManagedNotebook

        return ManagedNotebook
    from components.aws.notebook import Notebook

    return partial(Notebook, image=lab.aws.image)


def _azure(lab: Lab, today: date | None) -> Cloud:
    from components.azure.aliases import drop_versioned
    from components.azure.budget import Budget
    from components.azure.cluster import Cluster
    from components.azure.network import Network
    from components.azure.registry import Registry
    from components.azure.storage import Storage

    return Cloud(
        name="azure",
        network=partial(Network, ssh_from=lab.azure.ssh_from),
        storage=Storage,
        registry=Registry,
        notebook=_azure_notebook(lab),
        cluster=Cluster,
        budget=partial(Budget, enabled=lab.azure.budget, today=today),
        transformation=drop_versioned,
    )


def _azure_notebook(lab: Lab) -> Notebooks:
    if lab.notebook.kind == "managed":
        from components.azure.managed import ManagedNotebook

        return ManagedNotebook
    from components.azure.notebook import Notebook

    return partial(Notebook, image=lab.azure.image, ssh_keys=lab.azure.ssh_keys)


def _gcp(lab: Lab, _today: date | None) -> Cloud:
    from components.gcp.budget import Budget
    from components.gcp.cluster import Cluster
    from components.gcp.network import Network
    from components.gcp.registry import Registry
    from components.gcp.storage import Storage

    return Cloud(
        name="gcp",
        network=partial(Network, egress=lab.gcp.egress, zone=lab.zone),
        storage=Storage,
        registry=Registry,
        notebook=_gcp_notebook(lab),
        cluster=Cluster,
        budget=partial(Budget, billing_account=lab.gcp.billing_account, project=lab.project),
    )


def _gcp_notebook(lab: Lab) -> Notebooks:
    if lab.notebook.kind == "managed":
        from components.gcp.managed import ManagedNotebook

        return ManagedNotebook
    from components.gcp.notebook import Notebook

    return partial(
        Notebook,
        image=lab.gcp.image,
        spot=lab.gcp.spot,
        secure_boot=lab.gcp.secure_boot or lab.lab.profile == "strict",
    )


def _local(lab: Lab, _today: date | None) -> Cloud:
    from components.local.budget import Budget, Watch
    from components.local.cluster import Cluster
    from components.local.network import Network
    from components.local.notebook import Notebook, server_name
    from components.local.registry import Registry
    from components.local.storage import Storage

    notebook = lab.notebook
    watch = Watch(
        seats=tuple(server_name(f"{lab.name}-notebook", seat) for seat in notebook.seats),
        queue=f"{lab.name}-cluster-queue",
        idle_minutes=notebook.idle_minutes,
        max_hours=notebook.max_hours,
        stop_at=notebook.stop_at,
    )
    return Cloud(
        name="local",
        network=Network,
        storage=Storage,
        registry=Registry,
        notebook=Notebook,
        cluster=partial(Cluster, queue=lab.local.queue),
        budget=partial(Budget, watch=watch, usd_per_hour=lab.local.usd_per_hour),
    )


_CLOUDS: Final[dict[str, Callable[[Lab, date | None], Cloud]]] = {
    "aws": _aws,
    "azure": _azure,
    "gcp": _gcp,
    "local": _local,
}
