"""GPU cluster on Azure: an Azure ML workspace, and nodes from zero to a stated maximum."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_azure_native import authorization, managedidentity
from pulumi_azure_native import machinelearningservices as ml

from components import contracts
from components.azure import access
from components.azure.registry import MUTABLE_TAG
from components.azure.workspace import Args, Workspace
from components.contracts import JOB_COMMAND, JOB_FOLDER, child, publish
from components.tags import named, tags

NODES = "nodes"
IDLE = "PT5M"  # ISO 8601: a node without a job goes after that
FIXED = ("vmSize", "vmPriority", "osType", "remoteLoginPortPublicAccess")


class Cluster(pulumi.ComponentResource):
    """A workspace of Azure ML whose machines exist only while jobs run.

    Azure ML changes nothing of a cluster but its ceiling and idle time, so that another size or
    kind of machine is another cluster: the old one goes first, and with it the jobs that wait.
    Shared files are not mounted in jobs, since Azure ML would keep the account's key for it; the
    lab's container is there as a datastore, for which the job's identity suffices.

    Args:
        args: see ClusterArgs. `spot`: spot machines, which Azure takes back when it needs them and
            bills at a price that varies; Azure ML goes on calling them low priority, also in their
            quota.
            `max_job_hours`: part of what is submitted, as a cluster has no such limit; a job that
            names none may run for 21 days. `max_nodes` times the vCPUs count against the quota at
            once.
    Outputs:
        id: of the workspace's cluster. max_nodes: as asked.
        submit: {kind: `azureml`, argv, stdin, workspace, resource_group, region, compute,
        instance_type, image, datastore, gpus, vcpus, max_seconds}. `argv` needs the extension `ml`
        of the Azure CLI, and runs what `image` says once that has been pushed; see the contract. A
        serverless job names `instance_type` instead of `compute`.
    Cost: idle 0 USD for machines, up to 1 USD per month for logs and vault, and perhaps a load
        balancer (0.33 USD per day for each 50 machines; Azure's pages leave open whether an empty
        cluster has one); in use the price of the machines (East US, Nov 2026).
    Source: https://learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster,
        https://learn.microsoft.com/azure/machine-learning/concept-plan-manage-cost,
        https://learn.microsoft.com/azure/machine-learning/how-to-use-serverless-compute,
        https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication,
        https://github.com/MicrosoftDocs/azure-ai-docs/pull/806
    """

    id: pulumi.Output[str]
    submit: pulumi.Output[dict[str, Any]]
    max_nodes: pulumi.Output[int]
    workspace: ml.Workspace
    """Managed notebooks belong to it, too."""
    shares_keys: bool
    """It mounts its file share with the storage account's key, which compute instances need."""

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mllab:azure:Cluster", name, None, opts)
        group = args.network.group
        labels = tags(args.lab, "cluster")
        home = Workspace(self, name, args, labels)
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=group.name,
            tags=named(labels, f"{name}-identity"),
            opts=child(self, deleted_with=group),
        )
        nodes = ml.Compute(
            f"{name}-nodes",
            compute_name=NODES,
            workspace_name=home.resource.name,
            resource_group_name=group.name,
            identity={"type": "UserAssigned", "user_assigned_identities": [identity.id]},
            properties=ml.AmlComputeArgs(
                compute_type="AmlCompute",
                disable_local_auth=True,
                properties=ml.AmlComputePropertiesArgs(
                    vm_size=args.machine.type,
                    vm_priority="LowPriority" if args.spot else "Dedicated",  # runs spot machines
                    os_type="Linux",
                    # Azure's default leaves it open to the world.
                    remote_login_port_public_access="Disabled",
                    scale_settings=ml.ScaleSettingsArgs(
                        min_node_count=0,
                        max_node_count=args.max_nodes,
                        node_idle_time_before_scale_down=IDLE,
                    ),
                ),
            ),
            tags=named(labels, f"{name}-nodes"),
            opts=child(
                self,
                # Deleting the workspace deletes it; alone Azure asks what shall become of the
                # machines, which the provider does not say.
                deleted_with=home.resource,
                depends_on=_rights(self, name, args, identity),
                replace_on_changes=[f"properties.properties.{key}" for key in FIXED],
                delete_before_replace=True,
            ),
        )
        image = pulumi.Output.concat(args.registry.uri, ":", MUTABLE_TAG)
        max_seconds = args.max_job_hours * 3600
        self.workspace, self.shares_keys = home.resource, home.shares_keys
        self.id = nodes.id
        self.max_nodes = pulumi.Output.from_input(args.max_nodes)
        self.submit = pulumi.Output.all(
            kind="azureml",
            # The CLI takes a job only as a file, and standard input is one.
            argv=[
                *("az", "ml", "job", "create", "--file", "/dev/stdin"),
                *("--resource-group", group.name, "--workspace-name", home.resource.name),
            ],
            stdin=pulumi.Output.json_dumps(_job(args, image, identity, max_seconds)),
            workspace=home.resource.name,
            resource_group=group.name,
            region=args.lab.region,
            compute=nodes.name,
            instance_type=args.machine.type,
            image=image,
            datastore=home.datastore,
            gpus=args.machine.gpus,
            vcpus=args.machine.vcpus,
            max_seconds=max_seconds,
        )
        publish(self, contracts.Cluster)


def _rights(
    parent: pulumi.Resource,
    name: str,
    args: Args,
    identity: managedidentity.UserAssignedIdentity,
) -> list[authorization.RoleAssignment]:
    """What jobs may do; there before the nodes are, which could not pull images otherwise."""
    wanted = {
        "objects": (access.BLOB_DATA, args.storage.account.id),
        "images": (access.PULL, args.registry.registry.id),
    }
    return [
        access.grant(
            parent, f"{name}-{what}", args.network.group, role, identity.principal_id, scope
        )
        for what, (role, scope) in wanted.items()
    ]


def _job(
    args: Args,
    image: pulumi.Input[str],
    identity: managedidentity.UserAssignedIdentity,
    max_seconds: int,
) -> dict[str, Any]:
    """A first job. Azure ML runs no image's own command, and in a folder of its own making."""
    return {
        "$schema": "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json",
        "command": f"cd ${{LAB_CODE:-{JOB_FOLDER}}} && eval ${{LAB_COMMAND:-{JOB_COMMAND}}}",
        "environment": {"image": image},
        "compute": f"azureml:{NODES}",
        "identity": {"type": "managed"},
        "environment_variables": {
            "LAB_BUCKET": args.storage.uri,
            "AZURE_CLIENT_ID": identity.client_id,
        },
        "limits": {"timeout": max_seconds},
        "experiment_name": "first-job",
    }
