"""What a Google Cloud project is granted, how much is in use, and which zones have a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final

from components import catalog
from mllab.accounts.contract import Grant, Offer, Placement
from mllab.accounts.gcp.client import Client
from mllab.accounts.responses import QueryFailed, grants, items, state_of

_RESTING: Final = frozenset({"terminated", "suspended"})
"""States of a machine that counts against no quota but those of its disks.
Source: https://cloud.google.com/compute/docs/instances/instance-life-cycle"""
_DISKS: Final = "SSD_TOTAL_GB"  # all disks of ours are of type pd-balanced
_ADDRESSES: Final = "IN_USE_ADDRESSES"


def quotas(
    calls: Client, services: Mapping[str, str], going: Collection[str]
) -> Mapping[str, Grant]:
    """See `Account.quotas`. What is in use of Vertex AI's no command tells.

    Source: https://cloud.google.com/compute/resource-usage,
        https://cloud.google.com/docs/quotas/reference/rest/v1/projects.locations.services.quotaInfos
    """
    region = _region(calls)

    @cache
    def compute() -> Mapping[str, Any]:
        asked = (
            *calls.list("compute", "project-info", "describe"),
            *calls.list("compute", "regions", "describe", region),
        )
        # What both tell, the region says last.
        return {each["metric"]: each for answer in asked for each in items(answer, "quotas")}

    def limits(service: str) -> Mapping[str, float]:
        if service == "compute":
            return {code: float(each["limit"]) for code, each in compute().items()}
        return dict(_of_service(calls, service, region))

    def used(service: str) -> Mapping[str, float]:
        if service != "compute":
            return {}
        freed = _taken(calls, going)
        return {
            code: max(0.0, float(each["usage"]) - freed[code])
            for code, each in compute().items()
            if "usage" in each
        }

    return grants(services, limits, used)


def offers(calls: Client, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
    """See `Account.offers`.

    Source: https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes/list,
        https://cloud.google.com/compute/docs/reference/rest/v1/acceleratorTypes/list
    """
    region = _region(calls)
    described = calls.list("compute", "regions", "describe", region)
    zones = sorted(_last(zone) for zone in items(described[0], "zones"))

    @cache
    def having(kind: str, name: str, *within: str) -> frozenset[str]:
        listed = calls.list("compute", kind, "list", f"--filter=name={name}", *within)
        return frozenset(_last(each["zone"]) for each in listed if each["name"] == name)

    def offer(each: Placement) -> Offer:
        own = having("machine-types", each.type, f"--zones={','.join(zones)}")
        if each.accelerator:  # Workbench and Vertex AI write NVIDIA_TESLA_T4
            own &= having("accelerator-types", each.accelerator.lower().replace("_", "-"))
        where = own if each.place == region else own & {each.place}
        return Offer(bool(where), f"{region} offers it in {', '.join(sorted(own)) or 'no zone'}")

    return {each: offer(each) for each in wanted}


def _of_service(calls: Client, service: str, region: str) -> Iterator[tuple[str, float]]:
    """Limits of an API per region, by the last word of their metrics.

    Dimensions come from the more special to the less; what is said of all regions names none.
    """
    api = f"{service}.googleapis.com"
    for each in calls.list("beta", "quotas", "info", "list", f"--service={api}"):
        for info in each.get("dimensionsInfos") or ():
            dimensions = info.get("dimensions") or {}
            value = (info.get("details") or {}).get("value")
            if each.get("dimensions") == ["region"] and dimensions.get("region", region) == region:
                if value is not None:
                    yield str(each["metric"]).rpartition("/")[2], float(value)
                break


def _taken(calls: Client, going: Collection[str]) -> Counter[str]:
    """What machines count against each quota now, by its code."""
    names = {(parts[3], parts[5]) for id in going if len(parts := id.split("/")) == 6}
    found = Counter[str]()
    if not names:
        return found
    listed = " ".join(sorted({name for _, name in names}))
    for each in calls.list("compute", "instances", "list", f"--filter=name=({listed})"):
        if (_last(each["zone"]), each["name"]) not in names:
            continue
        disks = (one for one in each.get("disks") or () if one.get("autoDelete"))
        found[_DISKS] += sum(int(one["diskSizeGb"]) for one in disks)
        if state_of(each, "status") in _RESTING:
            continue
        found[_ADDRESSES] += len(items(each, "networkInterfaces.accessConfigs.natIP"))
        machine = _machine(each)
        for code, units in machine.counted():
            found[code] += units
    return found


def _machine(instance: Mapping[str, Any]) -> catalog.Machine:
    """What it is, by its type and what is attached. Raises QueryFailed for what we do not make."""
    type = _last(instance["machineType"])
    models = [_last(each) for each in items(instance, "guestAccelerators.acceleratorType")]
    known = {*catalog.types("gcp")}
    names = [name for name in (*(f"{type}+{model}" for model in models), type) if name in known]
    if not names:
        raise QueryFailed(f"what {instance['name']} counts against is not known: it is a {type}")
    return catalog.machine("gcp", names[0])


def _region(calls: Client) -> str:
    region = calls.names.get("region")
    if not region:
        raise QueryFailed("the stack's settings do not say gcp:region")
    return region


def _last(address: str) -> str:
    """The name at the end of an address."""
    return str(address).rpartition("/")[2]
