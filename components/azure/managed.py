"""Managed notebooks on Azure: one Azure ML compute instance for each seat."""

from __future__ import annotations

import base64
from datetime import time
from typing import Any

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from components import contracts
from components.aliases import with_type_alias
from components.azure.cluster import Cluster
from components.azure.commands import instance_commands
from components.azure.network import Network
from components.azure.registry import Registry
from components.azure.stops import Stops, iso_minutes
from components.azure.storage import Storage
from components.bucket_env import bucket_script
from components.contracts import NotebookArgs, Unsupported, child, publish
from components.names import KEBAB, truncate_with_hash
from components.tags import named, tags

IDLE_MINUTES = range(15, 3 * 24 * 60 + 1)

Args = NotebookArgs[Network, Storage, Registry, Cluster]


class ManagedNotebook(pulumi.ComponentResource):
    """A compute instance for each seat, in the cluster's workspace; Azure looks after the rest.

    Notebooks lie on the workspace's own share in the lab's storage account, and outlive the
    instance. Its own disk does not: Azure ML changes nothing of an instance, not even its tags, so
    that another size replaces it, and what was installed on it is gone. Limits are not part of it:
    workflows apply them, within the hour, `max_hours` too, of which Azure ML knows nothing. An
    instance belongs to who made it: the person that runs `up`.

    Azure's idle shutdown is known to fail, for one while an editor is open, and an instance gives
    no signs of life: Azure publishes measures of jobs and clusters alone, and its last operation,
    not its last use; JupyterLab on it answers its owner. So it comes with a daily stop, which must
    be given, and nothing from outside acts before that or `max_hours`.

    Args:
        args: see NotebookArgs. `disk_gb`, `home_gb`, `keep` mean nothing here: the disk has 120 GB,
            and homes are in the storage account.
    Outputs:
        seats: see contracts.Notebook. The address is for who is logged in to Azure.
    Raises:
        Unsupported: no `stop_at`, no shared files, or an idle time that Azure does not take.
    Cost: stopped about 30 USD per month and seat, for its disk (19.71 USD) and a load balancer
        (0.33 USD per day); running the price of the machine (East US, Nov 2026).
    Source: https://learn.microsoft.com/azure/machine-learning/how-to-create-compute-instance,
        https://learn.microsoft.com/azure/machine-learning/how-to-customize-compute-instance,
        https://learn.microsoft.com/azure/machine-learning/concept-plan-manage-cost,
        https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-machinelearningservices-workspaces-metrics
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        opts = with_type_alias(opts, "mllab:azure:Notebook")
        super().__init__("mllab:azure:ManagedNotebook", name, None, opts)
        stop_at = _check(args)
        stops = Stops(self, name, args.lab, args.network.group, tags(args.lab, "notebook"))
        stops.instances_daily(stop_at, args.cluster.workspace.id)
        stops.instances_limits(args, args.cluster.workspace.id)
        if args.lab.ends:
            stops.instances_after(args.lab.ends, args.cluster.workspace.id)
        self.seats = pulumi.Output.all(
            **{seat: self._seat(f"{name}-{seat}", seat, args) for seat in args.seats}
        )
        publish(self, contracts.Notebook)

    def _seat(self, name: str, seat: str, args: Args) -> pulumi.Output[dict[str, Any]]:
        group = args.network.group
        instance = ml.Compute(
            name,
            # Unique among all instances of the region, also those of others.
            compute_name=group.name.apply(
                lambda unique: truncate_with_hash(args.lab.name, seat, unique, alphabet=KEBAB)
            ),
            workspace_name=args.cluster.workspace.name,
            resource_group_name=group.name,
            # Without an identity of its own, which would need rights on the whole workspace: with
            # fewer its idle shutdown fails, unsaid.
            properties=ml.ComputeInstanceArgs(
                compute_type="ComputeInstance",
                disable_local_auth=True,
                properties=ml.ComputeInstancePropertiesArgs(
                    vm_size=args.machine.type,
                    idle_time_before_shutdown=iso_minutes(args.idle_minutes),
                    application_sharing_policy="Personal",
                    compute_instance_authorization_type="personal",
                    ssh_settings=ml.ComputeInstanceSshSettingsArgs(ssh_public_access="Disabled"),
                    setup_scripts=_once(bucket_script(args.storage.uri)),
                ),
            ),
            tags=named(tags(args.lab, "notebook", seat), name),
            opts=child(
                self,
                deleted_with=args.cluster.workspace,
                replace_on_changes=["properties"],
                # The first holds until a workflow says another one; scripts are for new instances,
                # and none is worth one that has something on it; a change of tags is refused.
                ignore_changes=[
                    "properties.properties.idleTimeBeforeShutdown",
                    "properties.properties.setupScripts",
                    "tags",
                ],
                delete_before_replace=True,  # its name is taken while it exists
                custom_timeouts=pulumi.CustomTimeouts(create="30m", update="30m", delete="30m"),
            ),
        )
        return instance_commands(instance)


def _once(script: pulumi.Output[str]) -> ml.SetupScriptsArgs:
    """Run when the instance is made; what it writes outlives a stop."""
    return ml.SetupScriptsArgs(
        scripts=ml.ScriptsToExecuteArgs(
            creation_script=ml.ScriptReferenceArgs(
                script_source="inline",
                script_data=script.apply(lambda text: base64.b64encode(text.encode()).decode()),
            )
        )
    )


def _check(args: Args) -> time:
    """The daily stop."""
    if args.idle_minutes not in IDLE_MINUTES:
        raise Unsupported(
            f"mllab:notebook.idle_minutes is {args.idle_minutes}; a compute instance takes"
            f" {IDLE_MINUTES[0]} to {IDLE_MINUTES[-1]}"
        )
    if not args.cluster.shares_keys:
        raise Unsupported(
            "mllab:notebook.kind managed needs mllab:storage.files: true on Azure, because a"
            " compute instance mounts its notebooks with the storage account's key"
        )
    if args.stop_at is None:
        raise Unsupported(
            "mllab:notebook.kind managed needs mllab:notebook.stop_at on Azure, because the idle"
            " shutdown of a compute instance alone is known to fail"
        )
    return args.stop_at
