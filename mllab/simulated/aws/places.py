"""Regions, zones, machine types, images and quotas of the simulated AWS, from its data files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mllab.clouds.aws import AWS
from mllab.protocol.provider import ProviderFailure
from mllab.simulated.facts import rows

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Machine:
    """An EC2 instance type.

    Args:
        quota, spot_quota: code of the limit that it counts against, in vCPUs.
    """

    type: str
    vcpus: int
    memory_mib: int
    architecture: str
    gpu: str
    gpus: int
    quota: str
    spot_quota: str


@dataclass(frozen=True)
class Image:
    """A machine image that AWS publishes: the parameter that names it, and what it needs.

    Args:
        parameter: of Systems Manager.
        name: of the AMI.
        owner: alias of the account that publishes it.
        root_device: device name of the root volume.
        root_gb: size of the root volume's snapshot, its least size.
    """

    parameter: str
    name: str
    owner: str
    architecture: str
    root_device: str
    root_gb: int

    def id(self, region: str) -> str:
        """The AMI id, another one in each region."""
        return stable("ami-", 17, f"{self.name} {region}")

    def snapshot(self, region: str) -> str:
        return stable("snap-", 17, f"{self.name} {region}")


def stable(prefix: str, digits: int, words: str) -> str:
    """An id that is always the same for the same words."""
    return prefix + hashlib.sha256(words.encode()).hexdigest()[:digits]


@cache
def regions() -> Mapping[str, Mapping[str, str]]:
    """Region -> zone name -> zone id."""
    found: dict[str, dict[str, str]] = {}
    for row in rows(DATA / "zones.csv"):
        found.setdefault(row["region"], {})[row["zone"]] = row["zone_id"]
    return found


def zones(region: str) -> Mapping[str, str]:
    """Zone name -> zone id. Raises ProviderFailure for a region that the data do not know."""
    found = regions().get(region)
    if found is None:
        raise ProviderFailure(
            f"the simulated AWS does not know the region {region!r}",
            code="UnknownRegion",
            hint=f"choose one of {', '.join(sorted(regions()))}",
        )
    return found


@cache
def machines() -> Mapping[str, Machine]:
    """All machine types by name."""
    return {
        row["type"]: Machine(
            row["type"],
            int(row["vcpus"]),
            int(row["memory_gib"]) * 1024,
            row["architecture"],
            row["gpu"],
            int(row["gpus"]),
            row["quota"],
            row["spot_quota"],
        )
        for row in rows(DATA / "machine_types.csv")
    }


@cache
def offered(machine: str, region: str) -> tuple[str, ...]:
    """Names of the zones that offer a machine type; empty where the region does not."""
    for row in rows(DATA / "offerings.csv"):
        if row["region"] == region and fnmatchcase(machine, row["type"]):
            numbers = row["zone_ids"].split()
            return tuple(name for name, number in zones(region).items() if number in numbers)
    return ()


@cache
def images() -> tuple[Image, ...]:
    """All images that AWS publishes."""
    return tuple(
        Image(
            row["parameter"],
            row["name"],
            row["owner"],
            row["architecture"],
            row["root_device"],
            int(row["root_gb"]),
        )
        for row in rows(DATA / "images.csv")
    )


def image(id: str, region: str) -> Image | None:
    """The image with that id in a region."""
    return next((image for image in images() if image.id(region) == id), None)


def ask_for(code: str, region: str, needed: float) -> str:
    """Which limit is too low, how much is needed, and the command that asks for it."""
    return AWS.request_quota(AWS.quotas()[code], needed, {"region": region})


@cache
def managed_policies() -> frozenset[str]:
    """ARNs of the policies that AWS itself keeps."""
    return frozenset(row["arn"] for row in rows(DATA / "managed_policies.csv"))
