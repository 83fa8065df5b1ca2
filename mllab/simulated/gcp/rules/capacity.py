"""What a machine needs: its type, its GPUs, and room within the quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mllab.simulated.gcp import places
from mllab.simulated.gcp.places import Machine
from mllab.simulated.gcp.rules import tokens
from mllab.simulated.kind import Here, refuse
from mllab.simulated.store import Record

ALL_GPUS = "GPUS_ALL_REGIONS"
ADDRESSES = "IN_USE_ADDRESSES"
FAST, SLOW = "SSD_TOTAL_GB", "DISKS_TOTAL_GB"
SLOW_DISKS = ("pd-standard",)


@dataclass(frozen=True)
class Need:
    """What one machine takes while it runs.

    Args:
        accelerator: Compute Engine's name of the GPU model; empty without.
    """

    machine: Machine
    zone: str
    spot: bool
    accelerator: str = ""
    gpus: int = 0
    addresses: int = 0

    @property
    def hidden(self) -> dict[str, object]:
        """As a record of a machine remembers it."""
        return {
            "machine": self.machine.type,
            "area": places.region_of(self.zone),
            "zone": self.zone,
            "spot": self.spot,
            "accelerator": self.accelerator,
            "gpus": self.gpus,
            "vcpus": self.machine.vcpus,
            "family": self.machine.quota,
            "addresses": self.addresses,
        }


def machine(name: str, zone: str) -> Machine:
    """The machine type of that name. Raises ProviderFailure for one that a zone has not."""
    found = places.machines().get(places.last(name))
    if found is None or not _has(found.accelerator, zone):
        raise refuse(
            "invalid: Invalid value for field 'resource.machineType': "
            "'zones/{zone}/machineTypes/{name}'. Machine type with name '{name}' does not exist in "
            "zone '{zone}'.",
            "it may exist in another zone; known here are " + ", ".join(places.machines()),
            zone=zone,
            name=places.last(name),
        )
    return found


def gpus(found: Machine, wanted: Iterable[Mapping[str, object]], zone: str) -> tuple[str, int]:
    """Model and number of GPUs: those of the type, or those that are attached.

    Raises:
        ProviderFailure: a model that the zone has not, or that does not go with the type.
    """
    accelerator, count = found.accelerator, found.gpus
    for asked in wanted:
        name = places.last(str(asked["type"]))
        model = places.accelerators().get(name)
        if model is None or not _has(model.name, zone):
            raise refuse(
                "notFound: The resource 'zones/{zone}/acceleratorTypes/{name}' was not found",
                zone=zone,
                name=name,
            )
        number = int(str(asked["count"]))
        if not found.attaches and (model.name, number) != (found.accelerator, found.gpus):
            raise refuse(
                "badRequest (400): [{type}, {name}] features are not compatible for creating "
                "instance.",
                type=found.type,
                name=model.name,
            )
        accelerator, count = model.name, number
    return accelerator, count


def _has(accelerator: str, zone: str) -> bool:
    return not accelerator or zone in places.offered(accelerator)


def validate(here: Here, need: Need, old: Record | None = None) -> None:
    """Refuse a machine that would exceed a quota. Raises ProviderFailure.

    Args:
        old: the machine itself, whose present share does not count.
    """
    region = places.region_of(need.zone)
    if need.gpus:
        model = places.accelerators()[need.accelerator]
        _fits(here, ALL_GPUS, "gpus", need.gpus, old)
        code, spot = _code(here, model.quota, model.spot_quota, need.spot)
        wanted = {"area": region, "accelerator": need.accelerator}
        _fits(here, code, "gpus", need.gpus, old, **(wanted | spot))
    if need.machine.quota:
        code, spot = _code(here, need.machine.quota, need.machine.spot_quota, need.spot)
        wanted = {"area": region, "family": need.machine.quota}
        _fits(here, code, "vcpus", need.machine.vcpus, old, **(wanted | spot))
    if need.addresses:
        _fits(here, ADDRESSES, "addresses", need.addresses, old, area=region)


def counted(machine: Record) -> dict[str, float]:
    """What an instance takes up while it runs, by code of the quota.

    A spot machine counts for both pools: which one it is in depends on what was granted.
    """
    found = machine.hidden
    if found.get("state") != "running":
        return {}
    counts = {ALL_GPUS: float(found.get("gpus", 0)), ADDRESSES: float(found.get("addresses", 0))}
    pools: list[tuple[places.Machine | places.Accelerator, str]] = []
    if kind := places.machines().get(found.get("machine", "")):
        pools.append((kind, "vcpus"))
    if model := places.accelerators().get(found.get("accelerator", "")):
        pools.append((model, "gpus"))
    for pool, number in pools:
        codes = (pool.quota, pool.spot_quota) if found.get("spot") else (pool.quota,)
        counts |= {code: float(found[number]) for code in codes if code}
    return counts


def _code(here: Here, standard: str, preemptible: str, spot: bool) -> tuple[str, dict[str, int]]:
    """The limit that counts: a spot machine has its own only where one was granted."""
    if not here.quota(preemptible):
        return standard, {}
    return (preemptible, {"spot": 1}) if spot else (standard, {"spot": 0})


def _fits(
    here: Here, code: str, number: str, needed: float, old: Record | None, **wanted: object
) -> None:
    used = here.session.total(number, tokens.INSTANCE, "", state="running", **wanted)
    if old is not None and old.hidden.get("state") == "running":
        same = all(old.hidden.get(key) == value for key, value in wanted.items())
        used -= old.hidden[number] if same else 0
    _within(here, code, used + needed, str(wanted.get("area", "")))


def validate_disk(here: Here, type: str, zone: str, gigabytes: int, old: Record | None) -> None:
    """Refuse a disk that would exceed a quota. Raises ProviderFailure."""
    region, code = places.region_of(zone), disk_quota(type)
    used = here.session.total("gigabytes", tokens.DISK, "", area=region, quota=code)
    used -= old.hidden["gigabytes"] if old else 0
    _within(here, code, used + gigabytes, region)


def disk_quota(type: str) -> str:
    """The limit that a type of disk counts against."""
    return SLOW if type in SLOW_DISKS else FAST


def _within(here: Here, code: str, total: float, region: str) -> None:
    limit = here.quota(code)
    if total > limit:
        raise refuse(
            "QUOTA_EXCEEDED: Quota '{code}' exceeded.  Limit: {limit:.1f} {where}.",
            places.ask_for(code, here.base["project"], region, total),
            code=code,
            limit=limit,
            where=f"in region {region}" if region else "globally",
        )
