"""Answers of AWS to what a program asks (Pulumi's functions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from mllab.protocol.provider import Properties, ProviderFailure
from mllab.simulated.aws import places
from mllab.simulated.kind import refuse

IMAGE_OWNER = "898082745236"
"""Account that publishes the Deep Learning AMIs; its alias is `amazon`."""

USER = "AIDASIMULATEDACCOUNT0"


def caller_identity(args: Properties, region: str, account: str) -> Properties:
    """Whose account it is."""
    arn = f"arn:aws:iam::{account}:user/simulated"
    return {"accountId": account, "arn": arn, "id": account, "userId": USER}


def region_of(args: Properties, region: str, account: str) -> Properties:
    """The region that is asked for, or the one at hand."""
    name = str(args.get("name", region))
    places.zones(name)
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def partition(args: Properties, region: str, account: str) -> Properties:
    """The part of AWS: the commercial one."""
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def availability_zones(args: Properties, region: str, account: str) -> Properties:
    """Zones of the region; Local Zones are unknown here."""
    excluded = {*args.get("excludeNames", ()), *args.get("excludeZoneIds", ())}
    kept = {
        name: number
        for name, number in places.zones(region).items()
        if not {name, number} & excluded
        and _passes(
            args,
            {
                "opt-in-status": "opt-in-not-required",
                "region-name": region,
                "state": "available",
                "zone-id": number,
                "zone-name": name,
                "zone-type": "availability-zone",
            },
        )
    }
    return {
        "id": region,
        "names": list(kept),
        "zoneIds": list(kept.values()),
        "groupNames": [region],
    }


def instance_type_offerings(args: Properties, region: str, account: str) -> Properties:
    """Where machine types are offered: in parallel lists, as AWS answers."""
    kind = args.get("locationType", "region")
    if kind not in ("region", "availability-zone", "availability-zone-id"):
        raise refuse(
            "InvalidParameterValue: Value ({kind}) for parameter locationType is invalid.",
            kind=kind,
        )
    pairs = [
        (machine, location)
        for machine in places.machines()
        for location in _locations(machine, region, kind)
        if _passes(args, {"instance-type": machine, "location": location})
    ]
    return {
        "id": region,
        "instanceTypes": [machine for machine, _ in pairs],
        "locations": [location for _, location in pairs],
        "locationTypes": [kind for _ in pairs],
    }


def _locations(machine: str, region: str, kind: str) -> Sequence[str]:
    zones = places.offered(machine, region)
    if kind == "region":
        return [region] if zones else []
    if kind == "availability-zone-id":
        return [places.zones(region)[zone] for zone in zones]
    return zones


def instance_type(args: Properties, region: str, account: str) -> Properties:
    """What a machine type has."""
    name = _needed(args, "instanceType")
    machine = places.machines().get(name)
    if machine is None or not places.offered(name, region):
        raise refuse(
            "InvalidInstanceType: The following supplied instance types do not exist: [{name}]",
            name=name,
        )
    gpu = {"count": machine.gpus, "manufacturer": "NVIDIA", "name": machine.gpu}
    return {
        "id": name,
        "defaultVcpus": machine.vcpus,
        "memorySize": machine.memory_mib,
        "supportedArchitectures": [machine.architecture],
        "gpuses": [gpu] if machine.gpus else [],
    }


def parameter(args: Properties, region: str, account: str) -> Properties:
    """A public parameter of Systems Manager: the id of a machine image."""
    name = _needed(args, "name")
    for image in places.images():
        if image.parameter == name:
            value = image.id(region)
            return {
                "id": name,
                "arn": f"arn:aws:ssm:{region}::parameter{name}",
                "type": "String",
                "value": value,
                "insecureValue": value,
                "version": 1,
            }
    raise refuse("ParameterNotFound: couldn't find SSM Parameter ({name})", name=name)


def parameters_by_path(args: Properties, region: str, account: str) -> Properties:
    """All public parameters below a folder."""
    path = _needed(args, "path")
    if not path.startswith("/"):
        raise refuse(
            "ValidationException: The parameter doesn't meet the parameter name requirements. The "
            'parameter name must begin with a forward slash "/".'
        )
    folder = path.rstrip("/") + "/"
    found = [
        image
        for image in places.images()
        if image.parameter.startswith(folder)
        and (args.get("recursive") or "/" not in image.parameter.removeprefix(folder))
    ]
    return {
        "id": path,
        "names": [image.parameter for image in found],
        "arns": [f"arn:aws:ssm:{region}::parameter{image.parameter}" for image in found],
        "types": ["String" for _ in found],
        "values": [image.id(region) for image in found],
    }


def ami(args: Properties, region: str, account: str) -> Properties:
    """The machine image that passes all filters."""
    owners = set(args.get("owners", ["amazon"]))
    found = {
        image.id(region): image
        for image in places.images()
        if owners & {"amazon", IMAGE_OWNER}
        and re.search(args.get("nameRegex", ""), image.name)
        and _passes(
            args,
            {
                "architecture": image.architecture,
                "image-id": image.id(region),
                "name": image.name,
                "root-device-type": "ebs",
                "state": "available",
                "virtualization-type": "hvm",
            },
        )
    }
    if not found:
        raise ProviderFailure(
            "Your query returned no results. Please change your search criteria and try again."
        )
    if len(found) > 1 and not args.get("mostRecent"):
        raise ProviderFailure(
            "Your query returned more than one result. Please try a more specific search criteria, "
            "or set `most_recent` attribute to true."
        )
    number, image = max(found.items(), key=lambda pair: pair[1].name)
    disk = {
        "volume_size": str(image.root_gb),
        "volume_type": "gp3",
        "snapshot_id": image.snapshot(region),
        "delete_on_termination": "true",
        "encrypted": "false",
    }
    mapping = {"deviceName": image.root_device, "noDevice": "", "virtualName": "", "ebs": disk}
    return {
        "id": number,
        "imageId": number,
        "arn": f"arn:aws:ec2:{region}::image/{number}",
        "name": image.name,
        "architecture": image.architecture,
        "ownerId": IMAGE_OWNER,
        "imageOwnerAlias": "amazon",
        "imageType": "machine",
        "public": True,
        "state": "available",
        "hypervisor": "xen",
        "virtualizationType": "hvm",
        "rootDeviceName": image.root_device,
        "rootDeviceType": "ebs",
        "rootSnapshotId": image.snapshot(region),
        "blockDeviceMappings": [mapping],
    }


def _needed(args: Properties, name: str) -> str:
    """An argument that the SDK does not mark as required, though it is."""
    if name not in args:
        raise ProviderFailure(f"{name}: missing, it is required")
    return str(args[name])


def _passes(args: Properties, values: Mapping[str, str]) -> bool:
    """Whether values pass the filters: within one the patterns are alternatives, all must pass.

    Raises:
        ProviderFailure: a filter on something that is not in `values`.
    """
    for wanted in args.get("filters", ()):
        if wanted["name"] not in values:
            raise refuse(
                "InvalidParameterValue: The filter '{name}' is invalid", name=wanted["name"]
            )
        value = values[wanted["name"]]
        if not any(fnmatchcase(value, pattern) for pattern in wanted["values"]):
            return False
    return True


FUNCTIONS: dict[str, Callable[[Properties, str, str], Properties]] = {
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
