"""What an Azure subscription grants, how much of it is in use, and which sizes it may have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final

from components import catalog
from mllab.accounts.azure.client import Client
from mllab.accounts.azure.imports import IMPORT_QUERIES
from mllab.accounts.contract import UNTOLD, Grant, Offer, Placement
from mllab.accounts.responses import QueryFailed, answer, grants, items
from mllab.wording import join_limited

_ML: Final = "Microsoft.MachineLearningServices"
_MACHINES: Final = {
    "virtualmachines": ("vm", "properties.hardwareProfile.vmSize"),
    "computes": ("managed", "properties.properties.vmSize"),
}
"""Kind of a machine, as its id has it -> what it is for, and where its size stands."""
_CLUSTER: Final = "AmlCompute"
_LEARNING: Final = {"managed": "ComputeInstance", "job": _CLUSTER}
"""What a machine is for -> as Azure ML calls it."""
_MOST_NODES: Final = "properties.properties.scaleSettings.maxNodeCount"
_VERSIONS: Final = {
    "virtualmachines": IMPORT_QUERIES["azure-native:compute:VirtualMachine"].version,
    "computes": IMPORT_QUERIES["azure-native:machinelearningservices:Compute"].version,
}
USAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "Microsoft.Compute": ("vm", "list-usage"),
    "Microsoft.Network": ("network", "list-usages"),
}
"""How `az` lists what is granted of a service's quotas, and in use."""


def quotas(
    calls: Client, location: str, services: Mapping[str, str], going: Collection[str]
) -> Mapping[str, Grant]:
    """See `Account.quotas`. A machine counts whether it runs or not.

    Source: https://learn.microsoft.com/cli/azure/vm#az-vm-list-usage,
        https://learn.microsoft.com/cli/azure/network#az-network-list-usages,
        https://learn.microsoft.com/rest/api/azureml/usages/list
    """
    _require(location)

    @cache
    def told(service: str) -> Mapping[str, Any]:
        return {_plain(each["name"]["value"]): each for each in _usages(calls, location, service)}

    @cache
    def freed() -> Mapping[str, float]:
        return _taken(calls, going)

    def found(service: str) -> Iterator[tuple[str, Any]]:
        return (
            (code, told(service)[name])
            for code in services
            if (name := _plain(code)) in told(service)
        )

    def limits(service: str) -> Mapping[str, float]:
        return {code: _limit(float(each["limit"])) for code, each in found(service)}

    def used(service: str) -> Mapping[str, float]:
        return {
            code: max(0.0, float(each["currentValue"]) - freed().get(code, 0.0))
            for code, each in found(service)
            if "currentValue" in each
        }

    return grants(services, limits, used)


def offers(
    calls: Client, location: str, wanted: Collection[Placement]
) -> Mapping[Placement, Offer]:
    """See `Account.offers`. Of Azure ML it tells which sizes a location has, not for whom.

    Source: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-sku-not-available,
        https://learn.microsoft.com/rest/api/azureml/virtual-machine-sizes/list
    """
    _require(location)
    found: dict[Placement, Offer] = {}
    for use in sorted({each.use for each in wanted}):
        ask = partial(_learning, use=use) if use in _LEARNING else _skus
        told, why = answer(partial(ask, calls, location))
        for each in wanted:
            if each.use != use:
                continue
            if not told:  # no location is without any size
                found[each] = Offer(None, why or UNTOLD)
            else:
                no = told.get(each.type.lower(), f"{location} does not have it")
                found[each] = Offer(not no, no)
    return found


def _skus(calls: Client, location: str) -> Mapping[str, str]:
    """Size -> why the subscription may not have it, or nothing."""
    kind = ("--resource-type", "virtualMachines")
    listed = calls.list("vm", "list-skus", "--location", location, *kind, "--all")
    return {
        str(each["name"]).lower(): join_limited(
            sorted(
                f"not for this subscription: {one.get('reasonCode')}"
                for one in each.get("restrictions") or ()
                if one.get("type") == "Location"
            )
        )
        for each in listed
    }


def _learning(calls: Client, location: str, use: str) -> Mapping[str, str]:
    """Size -> why Azure ML makes no machine of it for such a use, or nothing."""
    path = f"{_ML}/locations/{location}/vmSizes"
    found = {}
    for each in calls.pages(path, _VERSIONS["computes"]):
        kinds = each.get("supportedComputeTypes") or [_LEARNING[use]]
        no = "" if _LEARNING[use] in kinds else f"Azure ML takes it for {', '.join(kinds)} only"
        found[str(each["name"]).lower()] = no
    return found


def _usages(calls: Client, location: str, service: str) -> Iterator[Any]:
    """What is granted of a service's quotas, and in use; of Azure ML also by workspace and machine,
    which is left out."""
    if service in USAGES:
        yield from calls.list(*USAGES[service], "--location", location)
    elif service == _ML:
        path = f"{_ML}/locations/{location}/usages"
        for each in calls.pages(path, _VERSIONS["computes"]):
            if "/resourcegroups/" not in str(each["id"]).lower():
                yield each


def _taken(calls: Client, going: Collection[str]) -> Mapping[str, float]:
    """What machines count against each quota, by its code; a cluster with all that it may have.

    Source: AmlComputeProperties of azure-rest-api-specs, machinelearningservices 2025-12-01.
    """
    ids = {id.lower() for id in going}
    found = Counter[str]()
    for lists in sorted({id.rpartition("/")[0] for id in ids}):
        kind = lists.rpartition("/")[2]
        if kind not in _MACHINES:
            continue
        use, path = _MACHINES[kind]
        for each in calls.pages(lists, _VERSIONS[kind]):
            if str(each["id"]).lower() not in ids:
                continue
            cluster = _CLUSTER in items(each, "properties.computeType")
            purpose = "job" if cluster else use
            known = {name.lower(): name for name in catalog.types("azure", purpose)}
            size = str(next(iter(items(each, path)), ""))
            try:
                machine = catalog.machine("azure", known.get(size.lower(), size), purpose)
            except catalog.UnknownSize as error:
                raise QueryFailed(
                    f"what {each['id']} counts against is not known: {error}"
                ) from error
            nodes = items(each, _MOST_NODES) if cluster else [1]
            if not nodes:
                raise QueryFailed(f"{each['id']} does not say how many machines it may have")
            spot = "LowPriority" in items(each, "properties.properties.vmPriority")
            for code, units in machine.counted(spot=spot):
                found[code] += units * int(nodes[0])
    return found


def _require(location: str) -> None:
    if not location:
        raise QueryFailed("the stack's settings do not say azure-native:location")


def _limit(number: float) -> float:
    """Azure ML writes -1 where nothing is limited."""
    return number if number >= 0 else math.inf


def _plain(code: str) -> str:
    """Azure writes one quota in several ways: `Standard NCASv3_T4 Family`, without blanks, or with
    a small letter."""
    return code.replace(" ", "").lower()
