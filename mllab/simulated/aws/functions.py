"""Answers of AWS to what a program asks (Pulumi's functions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mllab.engines.provider import Properties, ProviderFailure
from mllab.simulated.aws import places
from mllab.simulated.kind import refuse

DLAMI_OWNERS = ("amazon", "898082745236")
USER = "AIDASIMULATEDACCOUNT0"


def caller_identity(args: Properties, region: str, account: str) -> Properties:
    arn = f"arn:aws:iam::{account}:user/simulated"
    return {"accountId": account, "arn": arn, "id": account, "userId": USER}


def region_of(args: Properties, region: str, account: str) -> Properties:
    name = args.get("region") or args.get("name") or region
    places.zones(name)
    return {
        "region": name, "name": name, "id": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com",
    }  # fmt: skip


def partition(args: Properties, region: str, account: str) -> Properties:
    return {
        "partition": "aws", "id": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws",
    }  # fmt: skip


def availability_zones(args: Properties, region: str, account: str) -> Properties:
    zones = dict(places.zones(region))
    excluded = {*(args.get("excludeNames") or []), *(args.get("excludeZoneIds") or [])}
    kept = {name: number for name, number in zones.items() if not {name, number} & excluded}
    wanted = _filters(args)
    for name in wanted.keys() - {"zone-name", "zone-id", "region-name", "opt-in-status", "state"}:
        raise refuse("InvalidParameterValue: The filter '{name}' is invalid", name=name)
    kept = {
        name: number
        for name, number in kept.items()
        if _passes(wanted, {"zone-name": name, "zone-id": number, "region-name": region,
                            "opt-in-status": "opt-in-not-required", "state": "available"})
    }  # fmt: skip
    return {
        "id": region,
        "names": list(kept),
        "zoneIds": list(kept.values()),
        "groupNames": [region],
    }


def instance_type_offerings(args: Properties, region: str, account: str) -> Properties:
    wanted = _filters(args)
    for name in wanted.keys() - {"instance-type", "location"}:
        raise refuse("InvalidParameterValue: The filter '{name}' is invalid", name=name)
    kind = args.get("locationType", "region")
    if kind not in ("region", "availability-zone", "availability-zone-id"):
        raise refuse("InvalidParameterValue: Invalid location type: {kind}", kind=kind)
    pairs: list[tuple[str, str]] = []
    for machine in places.machines():
        zones = places.offered(machine, region)
        locations: Iterable[str] = zones
        if kind == "region":
            locations = [region] if zones else []
        elif kind == "availability-zone-id":
            locations = [places.zones(region)[zone] for zone in zones]
        pairs += [
            (machine, location)
            for location in locations
            if _passes(wanted, {"instance-type": machine, "location": location})
        ]
    return {
        "id": region,
        "instanceTypes": [machine for machine, _ in pairs],
        "locations": [location for _, location in pairs],
        "locationTypes": [kind for _ in pairs],
    }


def instance_type(args: Properties, region: str, account: str) -> Properties:
    machine = places.machines().get(str(args["instanceType"]))
    if machine is None or not places.offered(machine.type, region):
        raise refuse(
            "InvalidInstanceType: The following supplied instance types do not exist: [{name}]",
            name=args["instanceType"],
        )
    gpus = (
        [{"count": machine.gpus, "manufacturer": "NVIDIA", "name": machine.gpu}]
        if machine.gpus
        else []
    )
    return {
        "id": machine.type, "instanceType": machine.type, "defaultVcpus": machine.vcpus, "memorySize": machine.memory_mib,
        "supportedArchitectures": [machine.architecture], "gpuses": gpus,
    }  # fmt: skip


def parameter(args: Properties, region: str, account: str) -> Properties:
    name = args["name"]
    for image in places.images():
        if image.parameter == name:
            value = image.id(region)
            return {
                "id": name, "name": name, "arn": f"arn:aws:ssm:{region}::parameter{name}", "type": "String",
                "value": value, "insecureValue": value, "version": 1,
            }  # fmt: skip
    raise refuse("ParameterNotFound: couldn't find SSM Parameter ({name})", name=name)


def parameters_by_path(args: Properties, region: str, account: str) -> Properties:
    path = str(args["path"])
    if not path.startswith("/"):
        raise refuse(
            "ValidationException: The parameter doesn't meet the parameter name requirements."
        )
    folder = path.rstrip("/") + "/"
    found = [
        image
        for image in places.images()
        if image.parameter.startswith(folder)
        and (args.get("recursive") or "/" not in image.parameter[len(folder) :])
    ]
    return {
        "id": path,
        "names": [image.parameter for image in found],
        "arns": [f"arn:aws:ssm:{region}::parameter{image.parameter}" for image in found],
        "types": ["String" for _ in found],
        "values": [image.id(region) for image in found],
    }


def ami(args: Properties, region: str, account: str) -> Properties:
    wanted = _filters(args)
    for name in wanted.keys() - {
        "name",
        "architecture",
        "root-device-type",
        "virtualization-type",
        "state",
        "image-id",
    }:
        raise refuse("InvalidParameterValue: The filter '{name}' is invalid", name=name)
    owners = set(args.get("owners") or DLAMI_OWNERS)
    found = [
        image
        for image in places.images()
        if owners & {image.owner, *DLAMI_OWNERS}
        and re.search(args.get("nameRegex") or "", image.name)
        and _passes(wanted, {"name": image.name, "architecture": image.architecture, "root-device-type": "ebs",
                             "virtualization-type": "hvm", "state": "available", "image-id": image.id(region)})
    ]  # fmt: skip
    if not found:
        raise ProviderFailure(
            "Your query returned no results. Please change your search criteria and try again."
        )
    if len({image.id(region) for image in found}) > 1 and not args.get("mostRecent"):
        raise ProviderFailure(
            "Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` "
            "attribute to true."
        )
    image = max(found, key=lambda image: image.name)
    number = image.id(region)
    return {
        "id": number, "imageId": number, "name": image.name, "architecture": image.architecture,
        "arn": f"arn:aws:ec2:{region}::image/{number}", "ownerId": DLAMI_OWNERS[1], "imageOwnerAlias": "amazon",
        "rootDeviceName": image.root_device, "rootDeviceType": "ebs", "rootSnapshotId": image.snapshot(region),
        "state": "available", "virtualizationType": "hvm", "public": True,
        "blockDeviceMappings": [{
            "deviceName": image.root_device, "noDevice": "", "virtualName": "",
            "ebs": {"volume_size": str(image.root_gb), "snapshot_id": image.snapshot(region), "volume_type": "gp3"},
        }],
    }  # fmt: skip


def _filters(args: Properties) -> dict[str, list[str]]:
    return {str(item["name"]): list(item["values"]) for item in args.get("filters") or []}


def _passes(wanted: Mapping[str, list[str]], values: Mapping[str, str]) -> bool:
    """Values within one filter are alternatives, with `*` and `?`; filters all have to fit."""
    return all(
        any(fnmatchcase(values[name], pattern) for pattern in patterns)
        for name, patterns in wanted.items()
    )


Function = Callable[[Properties, str, str], dict[str, Any]]

FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:index/getRegion:getRegion": region_of,
    "aws:index/getPartition:getPartition": partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": availability_zones,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": instance_type_offerings,
    "aws:ec2/getInstanceType:getInstanceType": instance_type,
    "aws:ec2/getAmi:getAmi": ami,
    "aws:ssm/getParameter:getParameter": parameter,
    "aws:ssm/getParametersByPath:getParametersByPath": parameters_by_path,
}
