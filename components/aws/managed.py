"""Managed notebooks on AWS: one SageMaker notebook instance for each seat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

import pulumi
from pulumi_aws import iam, sagemaker

from components import contracts
from components.aliases import with_type_alias
from components.aws import access, baseline, lifecycle
from components.aws.notebook import NO_MOUNT, Args, rights, zone_of
from components.aws.stops import NOTEBOOKS, Stops, stop_both, stop_notebooks
from components.aws.watch import Watch, tags_of_notebooks
from components.contracts import Unsupported, child, publish
from components.names import KEBAB, truncate_with_hash
from components.seats import address, command
from components.tags import named, tags

PLATFORM = "notebook-al2023-v1"
LONGEST = 63  # characters of a name


class ManagedNotebook(pulumi.ComponentResource):
    """A notebook instance for each seat: SageMaker runs JupyterLab, and opens it in the browser.

    SageMaker knows neither an idle time nor a longest one. Both come from the watchdog that other
    notebooks have, too, which a script installs at every start; where that fails SageMaker does not
    start the machine. Nobody who works on it is root, so nobody switches it off. Its limits are
    tags of the notebook, which it reads at every look. From outside a notebook is stopped that fell
    silent, or half an hour after its longest time; and by the daily stop, which must be given,
    since SageMaker measures nothing by which a silent machine could be told from a dead one.

    The system disk is made anew at every start; what is in JupyterLab's own folder stays, on a disk
    that goes with the notebook. So nothing that would make the notebook anew is followed: neither
    the platform, which AWS moves on by itself, nor the zones of the network.

    It has a leg in the lab's network, for the shared files, and reaches the internet by SageMaker's
    own: there it needs no public address. It writes no logs to CloudWatch: their group belongs to
    the whole account, and would stay for ever.

    Args:
        args: see NotebookArgs. `home_gb`: the disk that stays. `disk_gb` means nothing here.
            `keep`: the notebook is protected, since its disk goes with it.
    Outputs:
        seats: see contracts.Notebook. The address that `connect` prints is good for 5 minutes.
    Raises:
        Unsupported: no `stop_at`. Inside the outputs: a notebook is in a zone where the size is not
            offered.
    Cost: stopped 0.14 USD per GB of the disk and month; the watch 0.05 USD per month; running
        about 1.4 times the price of the EC2 machine (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html,
        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteNotebookInstance.html,
        https://docs.aws.amazon.com/sagemaker/latest/dg/appendix-notebook-and-internet-access.html,
        https://docs.aws.amazon.com/sagemaker/latest/dg/nbi-al2023.html
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        opts = with_type_alias(opts, "mllab:aws:Notebook")
        super().__init__("mllab:aws:ManagedNotebook", name, None, opts)
        if args.stop_at is None:
            raise Unsupported(
                "mllab:notebook.stop_at is missing: SageMaker measures nothing by which a notebook"
                " instance whose own watchdog never ran could be told from one at work, so kind"
                " managed needs a daily stop; or take kind vm"
            )
        labels = tags(args.lab, "notebook")
        # Not those of the other kind, whose machines need them until these have taken over: a
        # create that is refused must leave the lab as it was.
        role = access.role(
            self, f"{name}-managed-role", args.lab, "sagemaker.amazonaws.com", labels
        )
        stop = stop_notebooks(args.lab, NOTEBOOKS)
        watch = Watch(self, name, args.lab, labels, args.network.key)
        allowed = iam.RolePolicy(
            f"{name}-managed-access",
            role=role.name,
            policy=access.document(
                *rights(args), stop, watch.sign(own=False), tags_of_notebooks(args.lab)
            ),
            opts=child(self),
        )
        start = sagemaker.NotebookInstanceLifecycleConfiguration(
            f"{name}-start",
            on_start=lifecycle.on_start(_settings(args, watch)),
            tags=named(labels, f"{name}-start"),
            opts=child(self),
        )
        stops = Stops(self, name, args.lab, labels, NOTEBOOKS, watch.function(stop_both(args.lab)))
        stops.watch("managed-watch", watch.event("sagemaker", args, role))
        files = args.storage.files
        before = [args.network, allowed, *(files.targets if files else [])]
        self.seats = pulumi.Output.all(
            **{
                seat: self._seat(
                    f"{name}-{seat}", seat, args, args.stop_at, role, start, stops, before
                )
                for seat in args.seats
            }
        )
        publish(self, contracts.Notebook)

    def _seat(
        self,
        name: str,
        seat: str,
        args: Args,
        stop_at: time,
        role: iam.Role,
        start: sagemaker.NotebookInstanceLifecycleConfiguration,
        stops: Stops,
        before: Sequence[pulumi.Resource],
    ) -> pulumi.Output[dict[str, Any]]:
        notebook = sagemaker.NotebookInstance(
            name,
            # With something that only this lab has: an interrupted create is found by it again.
            name=args.network.id.apply(
                lambda unique: truncate_with_hash(
                    args.lab.name, seat, unique, longest=LONGEST, alphabet=KEBAB
                )
            ),
            instance_type=args.machine.type,
            role_arn=role.arn,
            platform_identifier=PLATFORM,
            volume_size=args.home_gb,
            kms_key_id=baseline.arn(args.network.key),
            root_access="Disabled",
            subnet_id=args.network.subnets[zone_of(seat, args.network)].id,
            security_groups=[args.network.compute_group.id],
            direct_internet_access="Enabled",
            instance_metadata_service_configuration={
                "minimum_instance_metadata_service_version": "2"
            },
            lifecycle_config_name=start.name,
            tags=named(tags(args.lab, "notebook", seat) | args.limits, name),
            opts=child(
                self,
                protect=args.keep,
                depends_on=before,
                ignore_changes=["platformIdentifier", "subnetId", "kmsKeyId"],
                delete_before_replace=True,  # the new one has its name
            ),
        )
        stops.daily(seat, notebook.name, stop_at)
        if args.lab.ends:
            stops.after(seat, notebook.name, args.lab.ends)
        return _commands(seat, args, notebook)


def _settings(args: Args, watch: Watch) -> Mapping[str, pulumi.Input[str]]:
    """What the scripts on the machine are told; the keys are `lifecycle.KEYS`."""
    files = args.storage.files
    mount = files.mount if files else pulumi.Output.from_input(NO_MOUNT)
    return {
        "REGION": args.lab.region,
        "LAB_BUCKET": args.storage.uri,
        "IDLE_MINUTES": str(args.idle_minutes),
        "MAX_HOURS": str(args.max_hours),
        "MOUNT_SOURCE": mount["source"],
        "MOUNT_PATH": mount["path"],
        "MOUNT_OPTIONS": mount["options"],
        "GPU": str(args.machine.gpus),
        "SIGNS": watch.table.name,
    }


def _commands(
    seat: str, args: Args, notebook: sagemaker.NotebookInstance
) -> pulumi.Output[dict[str, Any]]:
    def there(found: list[str]) -> str:
        id, subnet, *subnets = found
        if subnet not in subnets:
            raise Unsupported(
                f"the notebook of seat {seat} is in a zone that does not offer all machine types of"
                " mllab:notebook.size and mllab:cluster.size, and cannot move: choose others, or"
                " save what is on it and give the seat another name"
            )
        return id

    own = [subnet.id for subnet in args.network.subnets.values()]
    id = pulumi.Output.all(notebook.id, notebook.subnet_id, *own).apply(there)

    def call(operation: str) -> tuple[pulumi.Input[str], ...]:
        where = ("--region", args.lab.region, "--notebook-instance-name", notebook.name)
        return ("aws", "sagemaker", operation, *where)

    return pulumi.Output.all(
        id=id,
        connect=address(
            *call("create-presigned-notebook-instance-url"),
            *("--query", "AuthorizedUrl", "--output", "text"),
        ),
        token=command(),
        stop=command(*call("stop-notebook-instance")),
        start=command(*call("start-notebook-instance")),
    )
