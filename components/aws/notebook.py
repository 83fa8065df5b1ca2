"""Notebooks on AWS: one EC2 machine with its own home disk for each seat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import ebs, ec2, iam

from components import contracts
from components.aliases import with_type_alias
from components.aws import access, baseline, images
from components.aws.cluster import Cluster
from components.aws.machine import user_data
from components.aws.network import Network
from components.aws.registry import Registry
from components.aws.stops import INSTANCES, Stops, stop_both
from components.aws.storage import Storage
from components.aws.watch import Watch
from components.contracts import NotebookArgs, Unsupported, child, publish
from components.seats import JUPYTER_PORT, LOCAL_PORT, command, tunnel
from components.tags import named, tags

HOME_DEVICE = "/dev/sdf"
NO_MOUNT = {"kind": "", "source": "", "path": "", "options": ""}

Args = NotebookArgs[Network, Storage, Registry, Cluster]


class Notebook(pulumi.ComponentResource):
    """A machine with JupyterLab for each seat, reached without open ports, stopped when unused.

    Image and first-boot script count when a machine is made. AWS publishes an image every week, and
    taking it up would replace the machine; a new script would restart it, unread. So neither is
    followed. To take them up, make the machine anew: `mllab up STACK --rebuild SEAT`; its home disk
    stays. A lab that gets or loses GPUs or shared files does so by itself: the old image has no
    drivers, or cannot mount; the old machine goes first, since a quota is seldom good for two.

    `idle_minutes` and `max_hours` are tags of the machine, too, which its watchdog reads at every
    look, so that changed limits reach it while it runs. From outside a machine is stopped where it
    gives no sign of life and its processors are quiet, and half an hour after its longest time.

    Args:
        args: see NotebookArgs. `keep`: home disks are protected.
        image: an AMI id, instead of the newest that fits; None for that.
    Outputs:
        seats: see contracts.Notebook.
    Raises:
        Unsupported: inside the outputs: no image is published, or a home disk is in a zone where
            the size is not offered.
    Cost: stopped 0.08 USD per GB of both disks and month; the watch 0.05 USD per month; running the
        price of the machine (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html,
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html,
        https://docs.aws.amazon.com/ebs/latest/userguide/ebs-detaching-volume.html
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        image: str | None = None,
    ) -> None:
        opts = with_type_alias(opts, "mllab:aws:ManagedNotebook")
        super().__init__("mllab:aws:Notebook", name, None, opts)
        labels = tags(args.lab, "notebook")
        role = access.role(self, f"{name}-role", args.lab, "ec2.amazonaws.com", labels)
        watch = Watch(self, name, args.lab, labels, args.network.key)
        allowed = iam.RolePolicy(
            f"{name}-access",
            role=role.name,
            policy=access.document(*access.session_manager(), *rights(args), watch.sign(own=True)),
            opts=child(self),
        )
        profile = iam.InstanceProfile(
            f"{name}-profile",
            role=role.name,
            path=access.path(args.lab),
            tags=named(labels, f"{name}-profile"),
            opts=child(self),
        )
        files = args.storage.files
        source = images.source(args.machine, files=files is not None)
        ami = image or images.image_id(self, source)
        built_for = f"{source.kind} {'with' if files else 'without'} files"
        function = watch.function(stop_both(args.lab))
        stops = Stops(self, name, args.lab, labels, INSTANCES, function)
        stops.watch("watch", watch.event("ec2", args, role))
        # The first boot installs packages and mounts files, so the way out must exist by then; and
        # the gateway cannot go before the machines have given up their public addresses.
        told = {"ROLE": role.unique_id, "SIGNS": watch.table.name}
        before = [args.network, allowed, *(files.targets if files else [])]
        machines = {
            seat: self._seat(
                f"{name}-{seat}", seat, args, ami, built_for, profile, told, stops, before
            )
            for seat in args.seats
        }
        self.seats = pulumi.Output.all(**machines).apply(
            lambda ids: {seat: _commands(args.lab.region, id) for seat, id in ids.items()}
        )
        publish(self, contracts.Notebook)

    def _seat(
        self,
        name: str,
        seat: str,
        args: Args,
        image: pulumi.Input[str],
        built_for: str,
        profile: iam.InstanceProfile,
        told: Mapping[str, pulumi.Input[str]],
        stops: Stops,
        before: Sequence[pulumi.Resource],
    ) -> pulumi.Output[str]:
        """The id of the machine."""
        labels = tags(args.lab, "notebook", seat)
        home = ebs.Volume(
            f"{name}-home",
            availability_zone=zone_of(seat, args.network),
            size=args.home_gb,
            type="gp3",
            encrypted=True,
            kms_key_id=baseline.arn(args.network.key),
            tags=named(labels, f"{name}-home"),
            # A disk cannot move: when zones come or go it stays, and the machine follows it. Nor
            # can it take another key.
            opts=child(self, protect=args.keep, ignore_changes=["availabilityZone", "kmsKeyId"]),
        )
        machine = ec2.Instance(
            name,
            ami=image,
            instance_type=args.machine.type,
            # The subnet gives the public address. Asked for here, its absence from a stopped
            # machine would count as a change, and replace the machine.
            subnet_id=home.availability_zone.apply(lambda zone: _subnet(seat, zone, args)),
            vpc_security_group_ids=[args.network.compute_group.id],
            iam_instance_profile=profile.name,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 2,  # containers on it may use the machine's role
                "instance_metadata_tags": "enabled",  # where its watchdog reads the limits
            },
            root_block_device=_system_disk(args, labels),
            instance_initiated_shutdown_behavior="stop",
            user_data_base64=user_data({**_settings(seat, args, home), **told}),
            tags=named(labels | args.limits, name),
            opts=child(
                self,
                depends_on=before,
                ignore_changes=["ami", "userDataBase64", "rootBlockDevice.kmsKeyId"],
                replacement_trigger=built_for,
                # The quota of a course is for its machines, not for one more of each.
                delete_before_replace=True,
                # Where AWS has no machine left, the provider would go on asking for 50 minutes.
                custom_timeouts=pulumi.CustomTimeouts(create="10m", update="20m", delete="20m"),
            ),
        )
        ec2.VolumeAttachment(
            f"{name}-home-attachment",
            device_name=HOME_DEVICE,
            instance_id=machine.id,
            volume_id=home.id,
            stop_instance_before_detaching=True,  # a mounted disk would hang, or lose writes
            # A disk hangs on one machine at a time.
            opts=child(self, delete_before_replace=True),
        )
        if args.stop_at:
            stops.daily(seat, machine.id, args.stop_at)
        if args.lab.ends:
            stops.after(seat, machine.id, args.lab.ends)
        return machine.id


def rights(args: Args) -> list[access.Statement]:
    """What people may do on a notebook of either kind: use the lab's bucket, files and registry."""
    files = args.storage.files
    return [
        *access.bucket(args.storage.arn),
        *baseline.use(args.network.key),
        *access.pull(args.registry.arn),
        *access.push(args.registry.arn),
        *([access.mount(files.system.arn, files.access_point.arn)] if files else []),
    ]


def zone_of(seat: str, network: Network) -> str:
    """The zone of a seat, by its name alone: other seats come and go without moving it.

    Each zone draws a number for the seat and the highest wins: a new zone, too, moves few seats.
    """
    return max(network.subnets, key=lambda zone: hashlib.sha256(f"{seat} {zone}".encode()).digest())


def _system_disk(args: Args, labels: Mapping[str, str]) -> ec2.InstanceRootBlockDeviceArgsDict:
    disk: ec2.InstanceRootBlockDeviceArgsDict = {
        "volume_type": "gp3",
        "volume_size": args.disk_gb,
        "encrypted": True,
        "delete_on_termination": True,
        "tags": labels,
    }
    if args.network.key:
        disk["kms_key_id"] = args.network.key.arn
    return disk


def _subnet(seat: str, zone: str, args: Args) -> pulumi.Input[str]:
    if zone not in args.network.subnets:
        lacking = args.network.lacking(zone)
        role = "notebook" if args.machine.type in lacking else "cluster"
        raise Unsupported(
            f"the home disk of seat {seat} is in {zone}, where {' and '.join(lacking)} is not"
            f" offered, and a disk cannot move: choose a mllab:{role}.size that is offered there,"
            " or save what is on the disk and give the seat another name"
        )
    return args.network.subnets[zone].id


def _settings(seat: str, args: Args, home: ebs.Volume) -> Mapping[str, pulumi.Input[str]]:
    """What the scripts on the machine are told; the keys are `machine.KEYS`."""
    files = args.storage.files
    mount = files.mount if files else pulumi.Output.from_input(NO_MOUNT)
    return {
        "LAB": args.lab.name,
        "SEAT": seat,
        "REGION": args.lab.region,
        "BUCKET": args.storage.name,
        "HOME_DEVICE": home.id,
        "IDLE_MINUTES": str(args.idle_minutes),
        "MAX_HOURS": str(args.max_hours),
        "MOUNT_KIND": mount["kind"],
        "MOUNT_SOURCE": mount["source"],
        "MOUNT_PATH": mount["path"],
        "MOUNT_OPTIONS": mount["options"],
        "GPU": str(args.machine.gpus),
    }


def _commands(region: str, machine: str) -> dict[str, Any]:
    """How the machine of that id is reached, stopped and started."""

    def session(document: str, **parameters: object) -> tuple[str, ...]:
        """Of Session Manager; the parameters of its documents are lists of texts."""
        values = {key: [str(value)] for key, value in parameters.items()}
        return (
            *("aws", "ssm", "start-session", "--region", region, "--target", machine),
            *("--document-name", document),
            *("--parameters", json.dumps(values, separators=(",", ":"))),
        )

    def instances(verb: str) -> dict[str, Any]:
        return command(
            "aws", "ec2", f"{verb}-instances", "--region", region, "--instance-ids", machine
        )

    port_forwarding = session(
        "AWS-StartPortForwardingSession", portNumber=JUPYTER_PORT, localPortNumber=LOCAL_PORT
    )
    return {
        "id": machine,
        "connect": tunnel(*port_forwarding, tool="session-manager-plugin"),
        "token": command(
            *session("AWS-StartInteractiveCommand", command=f"mllab-token {LOCAL_PORT}")
        ),
        "stop": instances("stop"),
        "start": instances("start"),
    }
