"""Zones, machines, images, APIs and quotas of the simulated Google Cloud, from its data files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from components.resource_types import of_cloud
from mllab.clouds.gcp import GCP
from mllab.protocol.provider import ProviderFailure
from mllab.simulated.facts import rows

DATA = Path(__file__).parent / "data"
LINK = "https://www.googleapis.com/compute/v1/"


@dataclass(frozen=True)
class Machine:
    """A Compute Engine machine type.

    Args:
        attaches: takes accelerators that are named. Else `accelerator` and `gpus` are built in.
        quota, spot_quota: the limit on its vCPUs; empty where none is known.
        disks: types of disks that it takes.
    """

    type: str
    vcpus: int
    memory_gib: int
    attaches: bool
    accelerator: str
    gpus: int
    quota: str
    spot_quota: str
    disks: tuple[str, ...]


@dataclass(frozen=True)
class Accelerator:
    """A GPU model under Compute Engine's name and that of other APIs, with its limits."""

    name: str
    api: str
    gpu: str
    quota: str
    spot_quota: str


@dataclass(frozen=True)
class Image:
    """The newest public image of a family."""

    project: str
    family: str
    name: str
    disk_gb: int

    @property
    def id(self) -> str:
        return f"projects/{self.project}/global/images/{self.name}"


@dataclass(frozen=True)
class Agent:
    """An account of Google's that works for one service in a project.

    Args:
        email: with `{number}` for the project's. comes: `enable`, `identity` or `first use`.
    """

    service: str
    email: str
    comes: str


def stable(digits: int, words: str) -> str:
    """A decimal number without leading zero that is always the same for the same words."""
    return str(10 ** (digits - 1) + int(hashlib.sha256(words.encode()).hexdigest(), 16))[:digits]


def number(project: str) -> str:
    """The number of a project."""
    return stable(12, f"project {project}")


@cache
def regions() -> Mapping[str, tuple[str, ...]]:
    """Region -> its zones."""
    return {
        row["region"]: tuple(f"{row['region']}-{letter}" for letter in row["zones"].split())
        for row in rows(DATA / "zones.csv")
    }


def zones(region: str) -> tuple[str, ...]:
    """Zones of a region. Raises ProviderFailure for one that the data do not know."""
    found = regions().get(region)
    if found is None:
        raise ProviderFailure(
            f"the simulated Google Cloud does not know the region {region!r}",
            code="UnknownRegion",
            hint=f"choose one of {', '.join(sorted(regions()))}",
        )
    return found


def region_of(zone: str) -> str:
    """The region of a zone. Raises ProviderFailure for a zone that does not exist."""
    region = zone.rpartition("-")[0]
    if zone not in zones(region):
        raise ProviderFailure(
            f"Invalid value for field 'zone': '{zone}'. Unknown zone.",
            code="invalid",
            hint=f"choose one of {', '.join(zones(region))}",
        )
    return region


def last(name: str) -> str:
    """The name at the end of a link or path."""
    return name.rpartition("/")[2]


@cache
def machines() -> Mapping[str, Machine]:
    """All machine types by name."""
    return {
        row["type"]: Machine(
            row["type"],
            int(row["vcpus"]),
            int(row["memory_gib"]),
            row["gpus_how"] == "attach",
            row["accelerator"],
            int(row["gpus"]),
            row["quota"],
            row["spot_quota"],
            tuple(row["disks"].split()),
        )
        for row in rows(DATA / "machine_types.csv")
    }


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """GPU models by every name that they go by."""
    found = [
        Accelerator(row["accelerator"], row["api"], row["gpu"], row["quota"], row["spot_quota"])
        for row in rows(DATA / "accelerators.csv")
    ]
    return {name: model for model in found for name in (model.name, model.api)}


@cache
def offered(accelerator: str) -> frozenset[str]:
    """The zones that have a GPU model."""
    return frozenset(
        f"{row['region']}-{letter}"
        for row in rows(DATA / "offerings.csv")
        if row["accelerator"] == accelerator
        for letter in row["zones"].split()
    )


@cache
def images() -> tuple[Image, ...]:
    """The newest image of every family."""
    return tuple(
        Image(row["project"], row["family"], row["name"], int(row["disk_gb"]))
        for row in rows(DATA / "images.csv")
    )


def image(name: str) -> Image | None:
    """The image that a text means: a link, `project/family`, `projects/../images/family/..`."""
    path = name.removeprefix(LINK).removeprefix("projects/").replace("global/images/", "")
    project, _, rest = path.replace("/family/", "/").partition("/")
    for found in images():
        if project == found.project and rest in (found.family, found.name):
            return found
    return None


def ask_for(code: str, project: str, region: str, needed: float) -> str:
    """Which limit is too low, how much is needed, and the command that asks for it."""
    where = {"region": region, "project": project}
    return GCP.request_quota(GCP.quotas()[code], needed, where)


@cache
def services() -> Mapping[str, tuple[str, bool]]:
    """API -> its title, and whether a new project has it enabled."""
    return {
        row["service"]: (row["title"], row["new_project"] == "yes")
        for row in rows(DATA / "services.csv")
    }


@cache
def located(service: str) -> frozenset[str]:
    """The regions that have an API which not every region has."""
    found = frozenset(
        row["region"] for row in rows(DATA / "locations.csv") if row["service"] == service
    )
    if not found:
        raise KeyError(service)
    return found


_APIS_OF_FUNCTIONS: Final = {
    "gcp:compute/getImage:getImage": "compute",
    "gcp:compute/getImages:getImages": "compute",
    "gcp:compute/getZones:getZones": "compute",
    "gcp:organizations/getBillingAccount:getBillingAccount": "cloudbilling",
    "gcp:organizations/getClientConfig:getClientConfig": "",
    "gcp:organizations/getProject:getProject": "cloudresourcemanager",
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": "storage",
}


@cache
def service_of() -> Mapping[str, str]:
    """Type or function token -> the API that it needs; empty for none."""
    apis = {row.type: row.own["api"] for row in of_cloud("gcp")} | _APIS_OF_FUNCTIONS
    return {token: api and f"{api}.googleapis.com" for token, api in apis.items()}


@cache
def agents() -> tuple[Agent, ...]:
    """All accounts of Google's that may work in a project."""
    return tuple(
        Agent(row["service"], row["member"], row["comes"])
        for row in rows(DATA / "service_agents.csv")
    )


@cache
def roles() -> Mapping[str, bool]:
    """Predefined roles -> whether they may start and stop machines."""
    return {row["role"]: row["starts_and_stops"] == "yes" for row in rows(DATA / "roles.csv")}


@cache
def file_tiers() -> Mapping[str, tuple[int, bool]]:
    """Filestore tier -> its least size in GiB, and whether it lives in one zone."""
    return {
        row["tier"]: (int(row["least_gib"]), row["zonal"] == "yes")
        for row in rows(DATA / "file_tiers.csv")
    }
