"""Locations, sizes, images, roles and quotas of the simulated Azure, from its data files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mllab.clouds.azure import AZURE
from mllab.protocol.provider import ProviderFailure
from mllab.simulated.facts import rows

DATA = Path(__file__).parent / "data"

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True)
class Size:
    """A size of virtual machines.

    Args:
        quota: code of the limit that a virtual machine counts against, in vCPUs.
        ml_quota: the same for Azure Machine Learning; empty where that does not take the size.
    """

    type: str
    vcpus: int
    gpu: str
    gpus: int
    quota: str
    ml_quota: str


@dataclass(frozen=True)
class Image:
    """A marketplace image.

    Args:
        os_gb: its least disk.
    """

    os_gb: int
    trusted_launch: bool


@cache
def regions() -> frozenset[str]:
    """All locations of the public cloud."""
    return frozenset(row["location"] for row in rows(DATA / "locations.csv"))


def location(text: str) -> str:
    """A location as Azure compares it: `East US` is `eastus`.

    Raises:
        ProviderFailure: a location that the data do not know.
    """
    found = text.lower().replace(" ", "")
    if found not in regions():
        raise ProviderFailure(
            f"the simulated Azure does not know the location {text!r}",
            code="LocationNotAvailable",
            hint=f"choose one of {', '.join(sorted(regions()))}",
        )
    return found


@cache
def sizes() -> Mapping[str, Size]:
    """All sizes by name."""
    return {
        row["type"]: Size(
            row["type"],
            int(row["vcpus"]),
            row["gpu"],
            int(row["gpus"]),
            row["quota"],
            row["ml_quota"],
        )
        for row in rows(DATA / "machine_types.csv")
    }


@cache
def images() -> Mapping[str, Image]:
    """All images by URN, `publisher:offer:sku:version`."""
    parts = ("publisher", "offer", "sku", "version")
    return {
        ":".join(row[part] for part in parts): Image(
            int(row["os_gb"]), row["trusted_launch"] == "yes"
        )
        for row in rows(DATA / "images.csv")
    }


@cache
def roles() -> Mapping[str, str]:
    """Built-in roles: id -> name."""
    return {row["id"]: row["name"] for row in rows(DATA / "roles.csv")}


@cache
def time_zones() -> frozenset[str]:
    """Names of time zones as Windows has them, in lower case."""
    return frozenset(row["name"].lower() for row in rows(DATA / "time_zones.csv"))


def ask_for(code: str, location: str, needed: float) -> str:
    """Which limit is too low, how much is needed, and the command that asks for it."""
    return AZURE.request_quota(AZURE.quotas()[code], needed, {"region": location})
