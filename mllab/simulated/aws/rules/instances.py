"""Instances, as EC2 treats them: what is checked at launch, what comes with one, what it shows."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import launch, networks, tokens
from mllab.simulated.aws.rules.disks import GP3_IOPS, GP3_THROUGHPUT, refuse_shrinking
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

ROOT_GB = 8
"""Root volume of an image that the data do not know."""

RESTARTING = ("instanceType", "userData", "userDataBase64")
"""A change of these stops the instance, changes it and starts it again."""

QUICK_UPDATE_S = 5.0

METADATA = {
    "httpEndpoint": "enabled",
    "httpTokens": "required",
    "httpPutResponseHopLimit": 2,
    "httpProtocolIpv6": "disabled",
    "instanceMetadataTags": "disabled",
}
"""What instances from images of this age have.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html"""


_TAG_KEY = re.compile(r"[0-9a-zA-Z\-_+=,.@:]{1,255}")
_NO_TAG_KEYS = (".", "..", "_index")


def _refuse_tag_keys(here: Here, inputs: Properties) -> None:
    """A key is part of an address where an instance reads its own tags.

    Source: https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1785
    """
    if (inputs.get("metadataOptions") or {}).get("instanceMetadataTags") != "enabled":
        return
    for key in here.base["tagsAll"]:
        if key in _NO_TAG_KEYS or not _TAG_KEY.fullmatch(key):
            raise refuse(
                "InvalidParameterValue: '{key}' is not a valid tag key. Tag keys must match"
                " pattern ([0-9a-zA-Z\\-_+=,.@:]{{1,255}}), and must not be a reserved name ('.',"
                " '..', '_index')",
                key=key,
            )


class Instance(Kind):
    """A launch is checked in full before anything is made; a stopped instance counts no vCPUs."""

    conditions = {
        "userDataReplaceOnChange is true (otherwise the instance is stopped, updated and "
        "started)": lambda olds, news: bool(news.get("userDataReplaceOnChange")),
        "the version in state differs from the version the instance was launched from ($Latest "
        "and $Default are resolved)": lambda olds, news: True,
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        if {"userData", "userDataBase64"} <= inputs.keys():
            yield "userData: conflicts with userDataBase64"
        for name in ("ami", "instanceType"):
            if not {name, "launchTemplate"} & inputs.keys():
                yield f"{name}: missing, one of {name}, launchTemplate is required"
        text = inputs.get("userDataBase64", UNKNOWN)
        if text is not UNKNOWN:
            try:
                base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                yield f"userDataBase64: is no base64: {error}"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        machine = launch.machine(here, inputs)
        subnet = here.get(tokens.SUBNET, inputs.get("subnetId"))
        if subnet is None:
            raise refuse(networks.NO_DEFAULT_VPC)
        launch.validate_groups(here, inputs, subnet)
        launch.validate_image(here, inputs, machine)
        launch.validate_user_data(inputs)
        _refuse_tag_keys(here, inputs)
        launch.validate_zone(here, inputs, machine, subnet.outputs["availabilityZone"])
        disk = here.get(tokens.VOLUME, old.hidden["disk"]) if old else None
        if disk:
            refuse_shrinking(disk.outputs["size"], _root_size(inputs, disk.outputs["size"]))
        grown = old is not None and machine.type != old.outputs["instanceType"]
        if old is None or (grown and old.hidden["state"] == "running"):
            launch.validate_quota(here, inputs, machine, old)

    def created(self, here: Here, record: Record) -> None:
        inputs = record.inputs
        subnet = here.get(tokens.SUBNET, inputs["subnetId"])
        assert subnet is not None  # validate has seen it
        groups = list(inputs.get("vpcSecurityGroupIds") or [])
        groups = groups or networks.default_groups(here, subnet)
        card = networks.plug_in(here, record, subnet, groups, "Primary network interface")
        image = places.image(str(inputs.get("ami")), here.region)
        root = inputs.get("rootBlockDevice") or {}
        disk = here.child(
            record,
            tokens.VOLUME,
            f"vol-{here.draw.text(17, 'hex')}",
            size=_root_size(inputs, image.root_gb if image else ROOT_GB),
            type=root.get("volumeType", "gp2"),
            tags=root.get("tags", {}),
        )
        by_subnet = subnet.inputs.get("mapPublicIpOnLaunch", False)
        spot = launch.is_spot(inputs)
        machine = launch.machine(here, inputs)
        record.hidden = {
            "state": "running",
            "quota": launch.quota(machine, inputs),
            "vcpus": machine.vcpus,
            "zone": subnet.outputs["availabilityZone"],
            "groups": groups,
            "public": bool(inputs.get("associatePublicIpAddress", by_subnet)),
            "address": f"203.0.113.{1 + here.draw.number(254)}",
            "private": card.outputs["privateIp"],
            "card": card.id,
            "disk": disk.id,
            "device": image.root_device if image else "/dev/xvda",
            "spot": f"sir-{here.draw.text(8, 'hex')}" if spot else "",
        }
        if spot and launch.is_persistent(inputs):
            here.child(record, tokens.SPOT_REQUEST, record.hidden["spot"])
        here.session.enter(record, machine.type, "running", here.at)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        disk = here.get(tokens.VOLUME, record.hidden["disk"])
        if disk:
            root = record.inputs.get("rootBlockDevice") or {}
            disk.outputs["size"] = _root_size(record.inputs, disk.outputs["size"])
            disk.outputs["type"] = root.get("volumeType", disk.outputs["type"])
            disk.outputs["tags"] = root.get("tags", {})
            here.session.save(disk)
        groups = record.inputs.get("vpcSecurityGroupIds")
        if groups and groups != record.hidden["groups"]:
            record.hidden["groups"] = list(groups)
            card = here.get(tokens.INTERFACE, record.hidden["card"])
            if card:
                networks.wear(here, card, None, groups)
        machine = launch.machine(here, record.inputs)
        record.hidden |= {"quota": launch.quota(machine, record.inputs), "vcpus": machine.vcpus}
        if machine.type != record.outputs["instanceType"] and record.hidden["state"] == "running":
            here.session.enter(record, machine.type, "running", here.at)

    def outputs(self, here: Here, record: Record) -> Properties:
        hidden, inputs = record.hidden, record.inputs
        machine = launch.machine(here, inputs)
        public = hidden["address"] if hidden["public"] and hidden["state"] == "running" else ""
        card, cores = hidden["card"], max(1, machine.vcpus // 2)
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
            "primaryNetworkInterfaceId": card,
            "primaryNetworkInterface": {"networkInterfaceId": card, "deleteOnTermination": True},
            "privateIp": hidden["private"],
            "privateDns": _private_name(hidden["private"], here.region),
            "publicIp": public,
            "publicDns": _public_name(public, here.region),
            "rootBlockDevice": self._root(here, record),
            "metadataOptions": METADATA | (inputs.get("metadataOptions") or {}),
            "cpuOptions": {"coreCount": cores, "threadsPerCore": machine.vcpus // cores},
        }

    def _root(self, here: Here, record: Record) -> Properties:
        given: Properties = record.inputs.get("rootBlockDevice") or {}
        root: dict[str, Any] = {"deleteOnTermination": True, "encrypted": False, **given}
        disk = here.get(tokens.VOLUME, record.hidden["disk"])
        if disk is None:
            return root
        fast = disk.outputs["type"] == "gp3"
        return root | {
            "volumeId": disk.id,
            "volumeSize": disk.outputs["size"],
            "volumeType": disk.outputs["type"],
            "deviceName": record.hidden["device"],
            "iops": root.get("iops", GP3_IOPS if fast else 100),
            "throughput": root.get("throughput", GP3_THROUGHPUT if fast else 0),
            "kmsKeyId": root.get("kmsKeyId", ""),
            "tags": disk.outputs["tags"],
            "tagsAll": disk.outputs["tags"],
        }

    def before_delete(self, here: Here, record: Record) -> None:
        if record.inputs.get("disableApiTermination") and not record.inputs.get("forceDestroy"):
            raise refuse(self.facts.refusals["disableApiTermination=true"], id=record.id)

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.leave(record, here.at)
        root = record.inputs.get("rootBlockDevice") or {}
        kept = [tokens.SPOT_REQUEST]  # it outlives the instance, and may launch another one
        if root.get("deleteOnTermination") is False:
            kept.append(tokens.VOLUME)
        for child in here.session.owned(record):
            if child.type in kept:
                child.owner = None
                here.session.save(child)

    def update_s(self, olds: Properties, news: Properties) -> float:
        if any(olds.get(name) != news.get(name) for name in RESTARTING):
            return self.facts.update_s
        return QUICK_UPDATE_S


def _root_size(inputs: Properties, otherwise: int) -> int:
    return int((inputs.get("rootBlockDevice") or {}).get("volumeSize", otherwise))


def _private_name(address: str, region: str) -> str:
    dashed = address.replace(".", "-")
    zone = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{dashed}.{zone}"


def _public_name(address: str, region: str) -> str:
    if not address:
        return ""
    zone = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{zone}.amazonaws.com"


KINDS: dict[str, type[Kind]] = {tokens.INSTANCE: Instance}
