"""Notebooks on AWS: one EC2 machine with its own home disk for each seat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import ebs, ec2, iam

from components import contracts
from components.aws import access, images
from components.aws.machine import user_data
from components.aws.network import Network
from components.aws.registry import Registry
from components.aws.stops import Stops, alarm
from components.aws.storage import Storage
from components.contracts import NotebookArgs, child, publish
from components.tags import tags

PORT = 8888
HOME_DEVICE_NAME = "/dev/sdf"
NO_MOUNT = {"kind": "", "source": "", "path": "", "options": ""}

Args = NotebookArgs[Network, Storage, Registry]


class Notebook(pulumi.ComponentResource):
    """One machine with JupyterLab for each seat, reached through Session Manager, stopped when nobody uses it.

    A machine is never replaced or restarted because AWS published another image or a script here changed: both are
    ignored once it exists, since they only matter at its first boot. To rebuild one, name it:
    `pulumi up --replace <urn>`; its home disk stays.

    Args:
        args: see NotebookArgs. `image`: an AMI id instead of the resolved one.
    Outputs:
        seats: {seat: {id, connect_command, token_command, stop_command, start_command}}; commands are typed as they
        are, and need the AWS CLI with the Session Manager plugin. Connected, JupyterLab is at http://localhost:8888.
    Raises:
        ValueError: inside the outputs: no image is published, or a home disk lives in a zone that lacks the size.
    Cost: stopped 0.08 USD per GB of both disks and month, plus 0.10 USD per seat for the alarm; running the machine's
        price (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html,
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html,
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """

    seats: pulumi.Output[dict[str, dict[str, str]]]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mllab:aws:Notebook", name, None, opts)
        labels = tags(args.lab, "notebook")
        role = access.role(self, f"{name}-role", args.lab, "ec2.amazonaws.com", labels)
        allowed = iam.RolePolicy(
            f"{name}-access", role=role.name, policy=_policy(args), opts=child(self)
        )
        profile = iam.InstanceProfile(
            f"{name}-profile",
            role=role.name,
            path=access.path(args.lab),
            tags=labels,
            opts=child(self),
        )
        files = args.storage.files
        image = args.image or images.image_id(
            self, images.source(args.machine, files=files is not None)
        )
        stops = Stops(self, name, args.lab, labels)
        before = [allowed, *(files.ready if files else [])]
        self.seats = pulumi.Output.all(
            **{
                seat: self._seat(name, seat, args, image, profile, stops, before)
                for seat in args.seats
            }
        )
        publish(self, contracts.Notebook)

    def _seat(
        self,
        name: str,
        seat: str,
        args: Args,
        image: pulumi.Input[str],
        profile: iam.InstanceProfile,
        stops: Stops,
        before: Sequence[pulumi.Resource],
    ) -> pulumi.Output[dict[str, str]]:
        labels = tags(args.lab, "notebook", seat)
        home = ebs.Volume(
            f"{name}-{seat}-home",
            availability_zone=_zone(seat, args.network),
            size=args.home_gb,
            type="gp3",
            encrypted=True,
            tags=labels,
            # A disk cannot move: should the choice of zones change, it stays, and the machine follows it.
            opts=child(self, ignore_changes=["availabilityZone"]),
        )
        machine = ec2.Instance(
            f"{name}-{seat}",
            ami=image,
            instance_type=args.machine.type,
            subnet_id=home.availability_zone.apply(lambda zone: _subnet(seat, zone, args)),
            vpc_security_group_ids=[args.network.compute_group.id],
            iam_instance_profile=profile.name,
            # Two hops: containers on the machine may use its role.
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 2,
            },
            root_block_device={
                "volume_type": "gp3",
                "volume_size": args.disk_gb,
                "encrypted": True,
                "delete_on_termination": True,
                "tags": labels,
            },
            instance_initiated_shutdown_behavior="stop",
            user_data_base64=user_data(_settings(seat, args, home)),
            tags=labels,
            opts=child(
                self,
                depends_on=before,
                # A new image would replace the machine, a new script would restart it.
                ignore_changes=["ami", "userDataBase64"],
                # Without capacity AWS lets one wait for 50 minutes.
                custom_timeouts=pulumi.CustomTimeouts(create="10m", update="20m", delete="20m"),
            ),
        )
        ec2.VolumeAttachment(
            f"{name}-{seat}-home-attachment",
            device_name=HOME_DEVICE_NAME,
            instance_id=machine.id,
            volume_id=home.id,
            stop_instance_before_detaching=True,  # else a mounted disk is torn away, or the detach hangs
            # A disk is attached to one machine at a time.
            opts=child(self, delete_before_replace=True),
        )
        alarm(
            self, f"{name}-{seat}-idle", args.lab, machine, args.machine, args.idle_minutes, labels
        )
        if args.stop_at:
            stops.daily(seat, machine, args.stop_at)
        stops.at_end(seat, machine)
        return _commands(args.lab.region, machine)


def _policy(args: Args) -> pulumi.Output[str]:
    files = args.storage.files
    return access.document(
        *access.session_manager(),
        *access.bucket(args.storage.arn),
        *access.pull(args.registry.arn),
        *access.push(args.registry.arn),
        *([access.mount(files.system.arn, files.access_point.arn)] if files else []),
    )


def _zone(seat: str, network: Network) -> str:
    """The zone for a seat: by its name alone, so that other seats may come and go.

    Each zone draws a number from the pair of names and the highest wins; a zone more or less then moves few seats.
    """
    return max(network.subnets, key=lambda zone: hashlib.sha256(f"{seat}/{zone}".encode()).digest())


def _subnet(seat: str, zone: str, args: Args) -> pulumi.Input[str]:
    if zone not in args.network.subnets:
        raise ValueError(
            f"the home disk of seat {seat} is in {zone}, where {args.machine.type} is not offered, and a disk cannot "
            f"move. Choose a size that is offered there, or save its contents and give the seat another name."
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


def _commands(region: str, machine: ec2.Instance) -> pulumi.Output[dict[str, str]]:
    """What a person types; quoted for a POSIX shell."""
    session = pulumi.Output.concat(
        "aws ssm start-session --region ", region, " --target ", machine.id
    )
    ports = _parameters(portNumber=str(PORT), localPortNumber=str(PORT))
    token = _parameters(command="mllab-token")
    return pulumi.Output.all(
        id=machine.id,
        connect_command=pulumi.Output.concat(
            session, " --document-name AWS-StartPortForwardingSession --parameters ", ports
        ),
        token_command=pulumi.Output.concat(
            session, " --document-name AWS-StartInteractiveCommand --parameters ", token
        ),
        stop_command=pulumi.Output.concat(
            "aws ec2 stop-instances --region ", region, " --instance-ids ", machine.id
        ),
        start_command=pulumi.Output.concat(
            "aws ec2 start-instances --region ", region, " --instance-ids ", machine.id
        ),
    )


def _parameters(**values: str) -> str:
    """Parameters of a Session Manager document: JSON, each value in a list, in single quotes."""
    return (
        "'"
        + json.dumps({key: [value] for key, value in values.items()}, separators=(",", ":"))
        + "'"
    )
