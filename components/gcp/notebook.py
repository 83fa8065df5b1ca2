"""Notebooks on Google Cloud: one Compute Engine machine with its own home disk for each seat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_gcp import compute

from components import contracts
from components.aliases import with_type_alias
from components.catalog import Machine
from components.contracts import NotebookArgs, child, publish
from components.gcp import access, images, zones
from components.gcp.cluster import Cluster
from components.gcp.ends import HourlyEnd, ends
from components.gcp.machine import accelerators, user_data
from components.gcp.naming import given
from components.gcp.network import Network
from components.gcp.registry import Registry
from components.gcp.stops import End, InstanceRef, Stopper
from components.gcp.storage import BUCKET_OPTIONS, BUCKET_PATH, Storage
from components.gcp.watch import watch
from components.seats import LOCAL_PORT, SSH_OPTIONS, command, forward, tunnel
from components.tags import named, tags

HOME_DEVICE = "mllab-home"
LONGEST_SECONDS = 168 * 3600  # the most of `max_hours`; it cannot change on a machine that exists
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
NO_MOUNT = {"kind": "", "source": "", "path": "", "options": ""}
LOCAL_DISKS = ("a2-ultragpu-", "a3-", "a4-")
"""Machine types that bring disks which do not outlive a stop.
Source: https://cloud.google.com/compute/docs/disks/local-ssd#lssd_machine_type_restrictions"""

Args = NotebookArgs[Network, Storage, Registry, Cluster]


class Notebook(pulumi.ComponentResource):
    """A machine with JupyterLab for each seat, reached without open ports, stopped when unused.

    Image and first-boot script count when a machine is made. Google publishes an image every month,
    and taking it up would replace the machine; a new script would not be read. So neither is
    followed. To take them up, make the machine anew: `mllab up STACK --rebuild SEAT`; its home disk
    stays. A lab that gets or loses GPUs or shared files does so by itself: the old image has no
    drivers, or was not told what to mount.

    Its watchdog reads `idle_minutes` and `max_hours` from its metadata at every look. From outside
    it is stopped where it gives no sign of life and its processors are quiet (these alone tell
    where an organisation forbids guest attributes), and half an hour after its longest time.

    Who may connect is who may act in the project: Owner, or IAP-secured Tunnel User, Compute OS
    Admin Login and Service Account User on the machine.

    Args:
        args: see NotebookArgs. `keep`: home disks are protected.
        image: an image family of Deep Learning VM.
        secure_boot: machines with a GPU boot with Secure Boot, too, from another image; a lab that
            changes it gets new machines. Those without a GPU always do.
        spot: spot machines; Google may stop one at any time, its disks stay. Changed, a machine is
            made anew.
    Outputs:
        seats: see contracts.Notebook.
    Raises:
        Unsupported: no zone of the region is known to have the size. Inside the outputs: no image
            is published, or a home disk is in a zone where the size is not offered.
    Cost: stopped 0.10 USD per GB of both disks and month, 0.10 USD for the daily stop of each seat
        and for the watch, three of them free, and 0.02 USD for what the watch does; running the
        price of the machine (us-central1, Nov 2026).
    Source: https://cloud.google.com/compute/docs/connect/ssh-using-iap,
        https://cloud.google.com/compute/docs/instances/limit-vm-runtime,
        https://cloud.google.com/compute/docs/gpus/gpu-host-maintenance
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        image: str | None = None,
        spot: bool = False,
        secure_boot: bool = False,
    ) -> None:
        opts = with_type_alias(opts, "mllab:gcp:ManagedNotebook")
        super().__init__("mllab:gcp:Notebook", name, None, opts)
        self._spot = spot
        rights = rights_of_notebooks(self, name, args)
        source = images.source(args.machine, signed=secure_boot and not image)
        # Whether an image that somebody names is signed is not known.
        self._secure_boot = source.signed and not image
        family: pulumi.Output[str] = (
            pulumi.Output.from_input(images.path(images.DEEP_LEARNING, image))
            if image
            else images.family(self, source, args.network.apis).apply(
                lambda found: images.path(source, found)
            )
        )
        files = args.storage.files
        built_for = f"{source.kind} {'with' if files else 'without'} files{series(args.machine)}"
        discard = local_disks(args)
        stopper = Stopper(self, name, args.lab, args.stop_at, args.network)
        stops = [stopper, *ends(self, name, args, discard=discard)]
        # The first boot installs packages and mounts, so rights and the way out must exist by then.
        before = [args.network, *rights, *([files.instance] if files else [])]
        found = zones.offered(args.machine, args.lab.region, args.network.zone)
        watch(self, name, args, stopper, found, signs=True, discard=discard)
        machines = {
            seat: self._seat(f"{name}-{seat}", seat, args, family, built_for, found, stops, before)
            for seat in args.seats
        }
        self.seats = pulumi.Output.all(**machines).apply(
            lambda known: {seat: _commands(*each, discard=discard) for seat, each in known.items()}
        )
        publish(self, contracts.Notebook)

    def _seat(
        self,
        name: str,
        seat: str,
        args: Args,
        family: pulumi.Input[str],
        built_for: str,
        found: Sequence[str],
        stops: Sequence[Stopper | End | HourlyEnd],
        before: Sequence[pulumi.Resource],
    ) -> pulumi.Output[list[str]]:
        """Id, name, project and zone of the machine."""
        labels = tags(args.lab, "notebook", seat)
        home = compute.Disk(
            f"{name}-home",
            name=given(args.lab, seat, "home"),
            zone=zones.choose(seat, found),
            size=args.home_gb,
            type="pd-balanced",
            labels=named(labels, f"{name}-home"),
            # A disk cannot move: when zones come or go it stays, and the machine follows it.
            opts=child(
                self, protect=args.keep, ignore_changes=["zone"], depends_on=args.network.apis
            ),
        )
        machine = compute.Instance(
            name,
            name=given(args.lab, seat),
            zone=home.zone.apply(
                lambda zone: zones.follow(seat, zone, found, args.machine, args.network.zone)
            ),
            machine_type=args.machine.type,
            guest_accelerators=accelerators(args.machine),
            boot_disk={
                "auto_delete": True,
                "initialize_params": {
                    "image": family,
                    "size": args.disk_gb,
                    "type": "pd-balanced",
                    "labels": labels,
                },
            },
            attached_disks=[{"source": home.self_link, "device_name": HOME_DEVICE}],
            network_interfaces=[
                {
                    "subnetwork": args.network.subnet.id,
                    "access_configs": [{}] if args.network.external else [],
                }
            ],
            scheduling=_scheduling(args, self._spot),
            service_account={"email": args.network.account.email, "scopes": [SCOPE]},
            shielded_instance_config={
                "enable_vtpm": True,
                "enable_integrity_monitoring": True,
                "enable_secure_boot": self._secure_boot,
            },
            metadata=_metadata(seat, args),
            allow_stopping_for_update=True,  # else another size is an error, not a change
            deletion_protection=False,
            labels=named(labels, name),
            opts=child(
                self,
                depends_on=before,
                ignore_changes=[
                    "bootDisk.initializeParams.image",
                    'metadata["user-data"]',
                    "scheduling.maxRunDuration",
                ],
                replacement_trigger=built_for,
                # A disk hangs on one machine at a time. Deleted first, the old one writes to it
                # what it still holds, and the new one may have its name.
                delete_before_replace=True,
            ),
        )
        ref = InstanceRef(
            machine.name, machine.zone, machine.project, machine.instance_id, local_disks(args)
        )
        for stop in stops:
            stop.stop(seat, ref)
        return pulumi.Output.all(machine.id, machine.name, machine.project, machine.zone)


def rights_of_notebooks(parent: pulumi.Resource, name: str, args: Args) -> list[pulumi.Resource]:
    """What the account of the notebooks may: use the bucket, pull and push images, write logs."""
    account = args.network.account
    return [
        *access.bucket(parent, f"{name}-access", args.storage.bucket, account),
        access.images(parent, f"{name}-access", args.registry.repository, account, push=True),
        access.project(parent, f"{name}-access-logs", account, "roles/logging.logWriter"),
    ]


def series(machine: Machine) -> str:
    """The series of a machine type that brings GPUs: it cannot become one of another series.
    Source: https://cloud.google.com/compute/docs/gpus/add-remove-gpus"""
    brings = machine.gpus and not machine.type.startswith("n1-")
    return f", {machine.type.rpartition('-')[0]}" if brings else ""


def local_disks(args: Args) -> bool:
    """Whether the machines have disks that do not outlive a stop."""
    return args.machine.type.startswith(LOCAL_DISKS)


def _scheduling(args: Args, spot: bool) -> compute.InstanceSchedulingArgsDict:
    found: compute.InstanceSchedulingArgsDict = {
        "provisioning_model": "SPOT" if spot else "STANDARD",
        "preemptible": spot,
        "automatic_restart": False,  # nothing starts a machine but its user
        # A machine with a GPU cannot be moved while it runs, and a spare one is not.
        "on_host_maintenance": "TERMINATE" if args.machine.gpus or spot else "MIGRATE",
        # Counts from each start, and needs nothing that runs anywhere.
        "max_run_duration": {"seconds": LONGEST_SECONDS},
        "instance_termination_action": "STOP",
    }
    if local_disks(args):
        found["on_instance_stop_action"] = {"discard_local_ssd": True}
    return found


def _metadata(seat: str, args: Args) -> dict[str, pulumi.Input[str]]:
    driver = {"install-nvidia-driver": "True"} if args.machine.gpus else {}
    return {
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        "enable-guest-attributes": "TRUE",  # where its watchdog leaves signs of life
        "user-data": user_data(_settings(seat, args)),
        **args.limits,
        **driver,
    }


def _settings(seat: str, args: Args) -> Mapping[str, pulumi.Input[str]]:
    """What the scripts on the machine are told; the keys are `machine.KEYS`."""
    files = args.storage.files
    mount = files.mount if files else pulumi.Output.from_input(NO_MOUNT)
    return {
        "LAB": args.lab.name,
        "SEAT": seat,
        "PROJECT": args.network.project,
        "REGION": args.lab.region,
        "BUCKET": args.storage.name,
        "BUCKET_PATH": BUCKET_PATH,
        "BUCKET_OPTIONS": BUCKET_OPTIONS,
        "HOME_DEVICE": HOME_DEVICE,
        "IDLE_MINUTES": str(args.idle_minutes),
        "MAX_HOURS": str(args.max_hours),
        "MOUNT_KIND": mount["kind"],
        "MOUNT_SOURCE": mount["source"],
        "MOUNT_PATH": mount["path"],
        "MOUNT_OPTIONS": mount["options"],
        "GPU": str(args.machine.gpus),
    }


def _commands(id: str, name: str, project: str, zone: str, *, discard: bool) -> dict[str, Any]:
    """How a machine is reached, stopped and started."""
    place = (name, "--project", project, "--zone", zone)
    ssh = ("gcloud", "compute", "ssh", *place, "--tunnel-through-iap")
    also = ("--discard-local-ssd=true",) if discard else ()
    return {
        "id": id,
        "connect": tunnel(*ssh, "--", *SSH_OPTIONS, *forward()),
        "token": command(*ssh, "--command", f"mllab-token {LOCAL_PORT}"),
        "stop": command("gcloud", "compute", "instances", "stop", *place, *also),
        "start": command("gcloud", "compute", "instances", "start", *place),
    }
