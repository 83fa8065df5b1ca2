"""Managed notebooks on Google Cloud: one Workbench instance for each seat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_gcp import workbench

from components import contracts
from components.aliases import with_type_alias
from components.bucket_env import bucket_script
from components.contracts import Unsupported, child, publish
from components.gcp import images, zones
from components.gcp.ends import HourlyEnd, ends
from components.gcp.naming import given
from components.gcp.notebook import Args, local_disks, rights_of_notebooks, series
from components.gcp.services import enable
from components.gcp.stops import End, InstanceRef, Stopper
from components.gcp.watch import watch
from components.seats import LOCAL_PORT, SSH_OPTIONS, command, forward, tunnel
from components.tags import named, tags

THEIR_PORT = 8080  # where JupyterLab listens on such a machine
MANAGED = "managed"


class ManagedNotebook(pulumi.ComponentResource):
    """A machine with JupyterLab that Google looks after, for each seat.

    It lies in the project and the network of the lab and is a machine of Compute Engine like any
    other, only that Google installs it. Colab Enterprise is not offered: there the machine appears
    when a person first runs a notebook, so that a seat would have no id and nothing to start or
    stop, and it carries no labels.

    Google stops it when no kernel did anything for `idle_minutes`; a busy processor does not count.
    It has no watchdog of ours, so it gives no signs of life: should Google's own stop fail, a watch
    stops it half an hour after `max_hours`, and the daily stop, which must be given. All limits
    reach one that runs: Google reads `idle_minutes` from its metadata. Its image counts when it is
    made. Google's provider starts an instance that is stopped whenever it changes something of it.
    A machine type that brings its GPUs (gpu-medium, gpu-large) cannot become another series, nor
    another one such a type: the instance is made anew, and its home goes once it was named.

    Args:
        args: see NotebookArgs. `keep`: the machine is protected, since its home disk goes with it.
    Outputs:
        seats: see contracts.Notebook. The address is always the same; nobody is asked for a token.
    Raises:
        Unsupported: no `stop_at`; no zone of the region is known to have the size. Inside the
            outputs: no image is published.
    Cost: stopped 0.10 USD per GB of both disks and month; running the price of the machine and a
        management fee (us-central1, Nov 2026).
    Source: https://cloud.google.com/vertex-ai/docs/workbench/instances/idle-shutdown,
        https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-metadata,
        https://github.com/hashicorp/terraform-provider-google/issues/18469,
        GoogleCloudPlatform/magic-modules mmv1/templates/terraform/constants/workbench_instance*
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        opts = with_type_alias(opts, "mllab:gcp:Notebook")
        super().__init__("mllab:gcp:ManagedNotebook", name, None, opts)
        if args.stop_at is None:
            raise Unsupported(
                "mllab:notebook.stop_at is missing: a Workbench instance gives no signs of life by"
                " which one in use could be told from a forgotten one, so kind managed needs a"
                " daily stop; or take kind vm"
            )
        apis = enable(self, name, "notebooks")
        rights = rights_of_notebooks(self, name, args)
        discard = local_disks(args)
        stopper = Stopper(self, name, args.lab, args.stop_at, args.network)
        stops = [stopper, *ends(self, name, args, discard=discard)]
        source = images.workbench(args.machine)
        family = images.family(self, source, args.network.apis)
        found = zones.offered(args.machine, args.lab.region, args.network.zone)
        watch(self, name, args, stopper, found, signs=False, discard=discard)
        before = [args.network, *apis, *rights]
        self.seats = pulumi.Output.all(
            **{
                seat: self._seat(
                    f"{name}-{seat}",
                    seat,
                    args,
                    source,
                    family,
                    zones.choose(seat, found),
                    stops,
                    before,
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
        source: images.Source,
        family: pulumi.Output[str],
        zone: str,
        stops: Sequence[Stopper | End | HourlyEnd],
        before: Sequence[pulumi.Resource],
    ) -> pulumi.Output[dict[str, Any]]:
        labels = tags(args.lab, "notebook", seat)
        machine = workbench.Instance(
            name,
            name=given(args.lab, seat, MANAGED),  # not that of a machine, which may still be there
            location=zone,
            enable_deletion_protection=False,  # what is kept is kept by Pulumi
            disable_proxy_access=False,
            gce_setup={
                "machine_type": args.machine.type,
                "accelerator_configs": _accelerators(args),
                "vm_image": {"project": source.project, "family": family},
                "shielded_instance_config": {
                    "enable_vtpm": True,
                    "enable_integrity_monitoring": True,
                    "enable_secure_boot": source.signed,
                },
                "boot_disk": {"disk_size_gb": str(args.disk_gb), "disk_type": "PD_BALANCED"},
                "data_disks": {"disk_size_gb": str(args.home_gb), "disk_type": "PD_BALANCED"},
                # Named, since Google falls back to a network that new projects do not have.
                "network_interfaces": [
                    {"network": args.network.id, "subnet": args.network.subnet.id}
                ],
                "disable_public_ip": not args.network.external,
                "service_accounts": [{"email": args.network.account.email}],
                "metadata": {
                    "idle-timeout-seconds": str(args.idle_minutes * 60),
                    "enable-guest-attributes": "TRUE",  # by which Google sees that it is idle
                    # Where Google chose it any change of metadata makes the instance anew.
                    "serial-port-logging-enable": "false",
                    # At every boot. Not `post-startup-script`, which Google takes from a bucket
                    # alone: who works here may write the lab's, and would be root on all seats.
                    "startup-script": bucket_script(args.storage.uri),
                },
            },
            labels=named(labels, name),
            opts=child(
                self,
                protect=args.keep,
                depends_on=before,
                # That key Google adds by itself at times, and would restart for taking it away.
                ignore_changes=[
                    'gceSetup.metadata["enable-jupyterlab4"]',
                    "gceSetup.vmImage",
                    "location",
                ],
                replacement_trigger=f"workbench{series(args.machine)}",
                delete_before_replace=True,  # the new one may have its name
            ),
        )
        number = machine.gce_setup.compute_instance_id  # also where another part is not known yet
        ref = InstanceRef(
            machine.name, machine.location, machine.project, number, local_disks(args)
        )
        for stop in stops:
            stop.stop(seat, ref)
        return _commands(machine)


def _accelerators(args: Args) -> list[workbench.InstanceGceSetupAcceleratorConfigArgsDict]:
    if not args.machine.accelerator:
        return []
    return [{"type": args.machine.accelerator, "core_count": str(args.machine.gpus)}]


def _commands(machine: workbench.Instance) -> pulumi.Output[dict[str, Any]]:
    def call(*verb: str, flag: str = "--location") -> tuple[pulumi.Input[str], ...]:
        return ("gcloud", *verb, machine.name, "--project", machine.project, flag, machine.location)

    return pulumi.Output.all(
        id=machine.id,
        connect=tunnel(
            *call("compute", "ssh", flag="--zone"),
            *("--tunnel-through-iap", "--", *SSH_OPTIONS, *forward(THEIR_PORT)),
            url=f"http://localhost:{LOCAL_PORT}/lab",
        ),
        token=command(),
        stop=command(*call("workbench", "instances", "stop")),
        start=command(*call("workbench", "instances", "start")),
    )
