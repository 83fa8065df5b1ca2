"""Instances, their disks and launch templates, as EC2 treats them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from mllab.engines.provider import Properties, ProviderFailure
from mllab.simulated.aws import network, places
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

INSTANCE = "aws:ec2/instance:Instance"
VOLUME = "aws:ebs/volume:Volume"
ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"

USER_DATA_BYTES = 16384
"""Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html"""
VOLUME_GIB = {"gp2": (1, 16384), "gp3": (1, 65536), "io1": (4, 16384), "io2": (4, 65536),
              "st1": (125, 16384), "sc1": (125, 16384), "standard": (1, 1024)}  # fmt: skip
"""Smallest and largest size by volume type.
Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"""
GP3_IOPS, GP3_THROUGHPUT = 3000, 125
DEVICES = ("/dev/sd", "/dev/xvd")


def not_offered(machine: str, zone: str, region: str) -> ProviderFailure:
    """The refusal of a type that a zone does not have."""
    there = [name for name in places.offered(machine, region) if name != zone]
    choose = f" or choosing {', '.join(there)}" if there else ""
    return refuse(
        "Unsupported: Your requested instance type ({machine}) is not supported in your requested Availability Zone "
        "({zone}). Please retry your request by not specifying an Availability Zone{choose}.",
        machine=machine, zone=zone, choose=choose,
    )  # fmt: skip


class Instance(Kind):
    conditions = {
        "userDataReplaceOnChange is true (otherwise the instance is stopped, updated and started)": (
            lambda olds, news: bool(news.get("userDataReplaceOnChange"))
        ),
        "the version in state differs from the version the instance was launched from ($Latest and $Default are "
        "resolved)": lambda olds, news: True,
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        if "userData" in inputs and "userDataBase64" in inputs:
            yield "userData: conflicts with userDataBase64"
        text = inputs.get("userDataBase64")
        if isinstance(text, str):
            try:
                base64.b64decode(text, validate=True)
            except binascii.Error as error:
                yield f"userDataBase64: is not base64: {error}"
        if not ({"ami", "launchTemplate"} & inputs.keys()):
            yield "ami: missing, one of ami, launchTemplate is required"
        if not ({"instanceType", "launchTemplate"} & inputs.keys()):
            yield "instanceType: missing, one of instanceType, launchTemplate is required"

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        machine = self._machine(here, inputs)
        subnet = here.get(network.SUBNET, inputs.get("subnetId"))
        if subnet is None:
            raise refuse(network.NO_DEFAULT_VPC.replace(" user", " user."))
        self._admit_groups(here, inputs, subnet)
        self._admit_image(here, inputs, machine)
        data = str(inputs.get("userDataBase64") or "")
        size = (
            len(base64.b64decode(data)) if data else len(str(inputs.get("userData") or "").encode())
        )
        if size > USER_DATA_BYTES:
            raise refuse("InvalidParameterValue: User data is limited to 16384 bytes")
        zone = subnet.outputs["availabilityZone"]
        wanted = inputs.get("availabilityZone")
        if wanted not in (None, zone):
            raise refuse(
                "InvalidParameterValue: The availability zone '{wanted}' does not match the subnet's '{zone}'",
                wanted=wanted, zone=zone,
            )  # fmt: skip
        if zone not in places.offered(machine.type, here.region):
            raise not_offered(machine.type, zone, here.region)
        before = old.inputs.get("instanceType") if old else None
        if old is None or (before != machine.type and old.hidden["state"] == "running"):
            self._admit_quota(here, inputs, machine, old)

    def _machine(self, here: Here, inputs: Properties) -> places.Machine:
        template = here.get(TEMPLATE, (inputs.get("launchTemplate") or {}).get("id"))
        name = inputs.get("instanceType") or (
            template.inputs.get("instanceType") if template else ""
        )
        machine = places.machines().get(str(name))
        if machine is None:
            raise refuse(
                "InvalidInstanceType: Invalid value '{name}' for InstanceType.",
                cure="the simulated AWS knows " + ", ".join(places.machines()),
                name=name,
            )
        return machine

    def _admit_groups(self, here: Here, inputs: Properties, subnet: Record) -> None:
        for key in inputs.get("vpcSecurityGroupIds") or []:
            group = here.get(network.GROUP, key)
            vpc = here.session.targets(group, "vpcId") if group else []
            if group and not any(found.id == subnet.inputs["vpcId"] for found in vpc):
                raise refuse(
                    "InvalidParameter: Security group {group} and subnet {subnet} belong to different networks.",
                    group=key, subnet=subnet.id,
                )  # fmt: skip

    def _admit_image(self, here: Here, inputs: Properties, machine: places.Machine) -> None:
        image = places.image(str(inputs.get("ami")), here.region)
        if image is None:
            return  # from a launch template
        if image.architecture != machine.architecture:
            raise refuse(
                "InvalidParameterValue: The architecture '{wanted}' of the specified instance type does not match the "
                "architecture '{found}' of the specified AMI. Specify an instance type and an AMI that have matching "
                "architectures, and try again.",
                wanted=machine.architecture, found=image.architecture,
            )  # fmt: skip
        size = (inputs.get("rootBlockDevice") or {}).get("volumeSize", image.root_gb)
        if size < image.root_gb:
            raise refuse(
                "InvalidBlockDeviceMapping: Volume of size {size}GB is smaller than snapshot '{snapshot}', expect size "
                ">= {least}GB",
                size=size, snapshot=image.snapshot(here.region), least=image.root_gb,
            )  # fmt: skip

    def _admit_quota(
        self, here: Here, inputs: Properties, machine: places.Machine, old: Record | None
    ) -> None:
        spot = _is_spot(inputs)
        code = machine.spot_quota if spot else machine.quota
        used = sum(
            places.machines()[other.outputs["instanceType"]].vcpus
            for other in here.session.all(INSTANCE, here.region)
            if other.hidden["state"] == "running"
            and (old is None or other.uid != old.uid)
            and code == _code(other.inputs, other.outputs["instanceType"])
        )
        limit = here.quota(code)
        if used + machine.vcpus <= limit:
            return
        cure = places.ask_for(code, here.region, used + machine.vcpus)
        if spot:
            raise refuse(
                "MaxSpotInstanceCountExceeded: Max spot instance count exceeded", cure=cure
            )
        raise refuse(
            "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of {limit:g} allows "
            "for the instance bucket that the specified instance type belongs to. Please visit "
            "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
            cure=cure, limit=limit,
        )  # fmt: skip

    def created(self, here: Here, record: Record) -> None:
        subnet = here.get(network.SUBNET, record.inputs["subnetId"])
        assert subnet is not None  # admit saw it
        groups = list(record.inputs.get("vpcSecurityGroupIds") or [])
        if not groups:
            vpc = here.get(network.VPC, subnet.inputs["vpcId"])
            owned = here.session.owned(vpc) if vpc else []
            groups = [child.id for child in owned if child.type == network.GROUP]
        card = network.attach(here, record, subnet, groups, "Primary network interface")
        public = record.inputs.get(
            "associatePublicIpAddress", subnet.inputs.get("mapPublicIpOnLaunch", False)
        )
        machine = self._machine(here, record.inputs)
        image = places.image(str(record.inputs.get("ami")), here.region)
        root = dict(record.inputs.get("rootBlockDevice") or {})
        disk = here.child(
            record, VOLUME, f"vol-{here.draw.text(17, 'hex')}",
            size=root.get("volumeSize", image.root_gb if image else 8),
            type=root.get("volumeType", "gp3"), tags=root.get("tags", {}),
        )  # fmt: skip
        record.hidden = {
            "state": "running", "zone": subnet.outputs["availabilityZone"], "groups": groups, "public": bool(public),
            "address": f"203.0.113.{1 + here.draw.number(254)}", "private": card.outputs["privateIp"],
            "card": card.id, "disk": disk.id, "device": image.root_device if image else "/dev/xvda",
            "spot": f"sir-{here.draw.text(8, 'hex')}" if _is_spot(record.inputs) else "",
        }  # fmt: skip
        here.session.enter(record, machine.type, "running", here.at)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        groups = record.inputs.get("vpcSecurityGroupIds")
        if groups:
            record.hidden["groups"] = list(groups)
        kind = self._machine(here, record.inputs).type
        if kind != olds.get("instanceType") and record.hidden["state"] == "running":
            here.session.enter(record, kind, "running", here.at)

    def outputs(self, here: Here, record: Record) -> Properties:
        hidden, inputs = record.hidden, record.inputs
        machine = self._machine(here, inputs)
        running = hidden["state"] == "running"
        public = hidden["address"] if hidden["public"] and running else ""
        near = here.region == "us-east-1"
        root: dict[str, Any] = {
            "deleteOnTermination": True,
            "encrypted": False,
            **(inputs.get("rootBlockDevice") or {}),
        }
        disk = here.get(VOLUME, hidden["disk"])
        if disk:
            root |= {
                "volumeId": disk.id, "volumeSize": disk.outputs["size"], "volumeType": disk.outputs["type"],
                "deviceName": hidden["device"], "iops": GP3_IOPS, "throughput": GP3_THROUGHPUT,
                "kmsKeyId": "", "tags": disk.outputs["tags"], "tagsAll": disk.outputs["tags"],
            }  # fmt: skip
        metadata = {
            "httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2,
            "httpProtocolIpv6": "disabled", "instanceMetadataTags": "disabled",
        }  # fmt: skip
        private = hidden["private"]
        dashed = private.replace(".", "-")
        cores = max(1, machine.vcpus // 2)
        return {
            "ami": inputs.get("ami", ""),
            "instanceType": machine.type,
            "subnetId": inputs["subnetId"],
            "availabilityZone": hidden["zone"],
            "vpcSecurityGroupIds": hidden["groups"],
            "associatePublicIpAddress": hidden["public"],
            "instanceState": hidden["state"],
            "instanceLifecycle": "spot" if hidden["spot"] else "",
            "instanceMarketOptions": inputs.get("instanceMarketOptions"),
            "spotInstanceRequestId": hidden["spot"],
            "primaryNetworkInterfaceId": hidden["card"],
            "primaryNetworkInterface": {"networkInterfaceId": hidden["card"], "deleteOnTermination": True},
            "privateIp": private,
            "privateDns": f"ip-{dashed}.ec2.internal" if near else f"ip-{dashed}.{here.region}.compute.internal",
            "publicIp": public,
            "publicDns": _public_name(public, here.region),
            "rootBlockDevice": root,
            "metadataOptions": {**metadata, **(inputs.get("metadataOptions") or {})},
            "cpuOptions": {"coreCount": cores, "threadsPerCore": machine.vcpus // cores, "amdSevSnp": ""},
        }  # fmt: skip

    def leaving(self, here: Here, record: Record) -> None:
        if record.inputs.get("disableApiTermination") and not record.inputs.get("forceDestroy"):
            raise refuse(self.facts.refusals["disableApiTermination=true"], id=record.id)

    def left(self, here: Here, record: Record) -> None:
        here.session.enter(record, "", "", here.at)
        root = record.inputs.get("rootBlockDevice") or {}
        disk = here.get(VOLUME, record.hidden["disk"])
        if disk and root.get("deleteOnTermination") is False:
            disk.owner = None
            here.session.save(disk)

    def update_s(self, olds: Properties, news: Properties) -> float:
        restarts = ("instanceType", "userData", "userDataBase64")
        if any(olds.get(name) != news.get(name) for name in restarts):
            return self.facts.update_s
        return 2.0


def _is_spot(inputs: Properties) -> bool:
    return (inputs.get("instanceMarketOptions") or {}).get("marketType") == "spot"


def _code(inputs: Properties, machine: str) -> str:
    found = places.machines()[machine]
    return found.spot_quota if _is_spot(inputs) else found.quota


def _public_name(address: str, region: str) -> str:
    if not address:
        return ""
    middle = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{middle}.amazonaws.com"


class LaunchTemplate(Kind):
    """Every change makes a new version; the default stays at the first unless asked to move."""

    def created(self, here: Here, record: Record) -> None:
        record.hidden = {"latest": 1, "default": 1}

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        own = {"tags", "tagsAll", "updateDefaultVersion", "defaultVersion", "region"}
        if {k: v for k, v in olds.items() if k not in own} != {
            k: v for k, v in record.inputs.items() if k not in own
        }:
            record.hidden["latest"] += 1
        if record.inputs.get("updateDefaultVersion"):
            record.hidden["default"] = record.hidden["latest"]
        record.hidden["default"] = record.inputs.get("defaultVersion", record.hidden["default"])

    def outputs(self, here: Here, record: Record) -> Properties:
        return {
            "latestVersion": record.hidden["latest"],
            "defaultVersion": record.hidden["default"],
            "metadataOptions": record.inputs.get("metadataOptions"),
        }


class Volume(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        if "size" not in inputs and "snapshotId" not in inputs:
            yield "size: missing, one of size, snapshotId is required"

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        zone = inputs["availabilityZone"]
        if zone not in places.zones(here.region):
            raise refuse("InvalidZone.NotFound: The zone '{zone}' does not exist.", zone=zone)
        kind, size = inputs.get("type", "gp2"), inputs.get("size", 1)
        least, most = VOLUME_GIB[kind]
        if not least <= size <= most:
            raise refuse(
                "InvalidParameterValue: Volume of {size}GiB is {word}; volume type {kind} allows {least} to {most} GiB.",
                size=size, word="too small" if size < least else "too large", kind=kind, least=least, most=most,
            )  # fmt: skip
        if old and size < old.inputs.get("size", 1):
            raise refuse("InvalidParameterValue: New size cannot be smaller than existing size")

    def outputs(self, here: Here, record: Record) -> Properties:
        inputs = record.inputs
        kind, size = inputs.get("type", "gp2"), inputs.get("size", 8)
        fast = kind == "gp3"
        return {
            "size": size,
            "createTime": record.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "iops": inputs.get("iops", GP3_IOPS if fast else min(max(100, 3 * size), 16000)),
            "throughput": inputs.get("throughput", GP3_THROUGHPUT if fast else 0),
        }

    def holds(self, here: Here, record: Record) -> str | None:
        since = record.hidden.get("used_since")
        if not since:
            return ""
        return f"{record.outputs['size']} GB disk, in use since {since[:10]}"


class VolumeAttachment(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        volume, instance = (
            here.get(VOLUME, inputs["volumeId"]),
            here.get(INSTANCE, inputs["instanceId"]),
        )
        if volume is None or instance is None or old is not None:
            return
        if volume.inputs["availabilityZone"] != instance.outputs["availabilityZone"]:
            raise refuse(
                "InvalidVolume.ZoneMismatch: The volume '{volume}' is not in the same availability zone as instance "
                "'{instance}'",
                volume=volume.id, instance=instance.id,
            )  # fmt: skip
        device = inputs["deviceName"]
        if not str(device).startswith(DEVICES):
            raise refuse("InvalidParameterValue: Value ({device}) for parameter device is invalid. {device} is not a valid "
                         "EBS device name.", device=device)  # fmt: skip
        if here.session.users(volume, ATTACHMENT):
            raise refuse(
                "VolumeInUse: {volume} is already attached to an instance", volume=volume.id
            )
        for other in here.session.users(instance, ATTACHMENT):
            if other.inputs["deviceName"] == device:
                raise refuse(
                    "InvalidParameterValue: Invalid value '{device}' for unixDevice. Attachment point {device} is already "
                    "in use",
                    device=device,
                )  # fmt: skip

    def created(self, here: Here, record: Record) -> None:
        volume = here.get(VOLUME, record.inputs["volumeId"])
        if volume and "used_since" not in volume.hidden:
            volume.hidden["used_since"] = here.at.isoformat()
            here.session.save(volume)


KINDS: dict[str, type[Kind]] = {
    INSTANCE: Instance,
    TEMPLATE: LaunchTemplate,
    VOLUME: Volume,
    ATTACHMENT: VolumeAttachment,
}
