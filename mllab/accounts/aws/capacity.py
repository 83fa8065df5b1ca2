"""What an AWS account grants, how much of it is in use, and which machines a region offers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from mllab.accounts.aws.client import Client
from mllab.accounts.contract import Grant, Offer, Placement
from mllab.accounts.responses import grants

_ON_DEMAND: Final[Mapping[str, frozenset[str]]] = {
    "L-1216C47A": frozenset({"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"}),
    "L-DB2E81BA": frozenset({"g", "gr", "vt"}),
    "L-417A185B": frozenset({"p"}),
}
"""Instance families, the letters before the first digit, that a quota of vCPUs is for.
Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html"""
_NOTEBOOKS: Final = " for notebook instance usage"
_RESTING: Final = frozenset({"Stopped", "Failed", "Deleting"})
_ACTIVE: Final = "active"  # state of a reservation whose machines may run, and count themselves
_AT_MOST: Final = 100  # types that one question may name


def quotas(
    calls: Client, services: Mapping[str, str], going: Collection[str]
) -> Mapping[str, Grant]:
    """See `Account.quotas`. SageMaker's are known by their names alone.

    What is in use is told of EC2's on-demand machines and of SageMaker's notebooks.
    Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
    """
    _ = calls.names  # the region, without which it would be another's

    def limits(service: str) -> Mapping[str, float]:
        asked = calls.ask("service-quotas", "list_service_quotas", {"ServiceCode": service})
        return {
            name: float(quota["Value"])
            for page in asked
            for quota in page["Quotas"]
            for name in (quota["QuotaCode"], quota["QuotaName"])
        }

    def used(service: str) -> Mapping[str, float]:
        codes = {code for code, keeper in services.items() if keeper == service}
        if service == "ec2":
            return _vcpus(calls, codes & _ON_DEMAND.keys(), going)
        if service == "sagemaker":
            return _notebooks(calls, codes, going)
        return {}

    return grants(services, limits, used)


def offers(calls: Client, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
    """See `Account.offers`. SageMaker does not tell which of its types a region has."""
    region = calls.names["region"]
    types = sorted({each.type for each in wanted if each.use == "vm"})
    found: dict[str, set[str]] = {name: set() for name in types}
    if types:
        args = {
            "LocationType": "availability-zone",
            "Filters": [{"Name": "instance-type", "Values": types}],
        }
        for page in calls.ask("ec2", "describe_instance_type_offerings", args):
            for each in page["InstanceTypeOfferings"]:
                found[each["InstanceType"]].add(each["Location"])

    def offer(each: Placement) -> Offer:
        if each.use != "vm":
            return Offer(None, "SageMaker does not tell")
        # Not in Local Zones (us-west-2-lax-1a), which lack most services.
        own = {zone for zone in found[each.type] if re.fullmatch(f"{region}[a-z]", zone)}
        where = own if each.place == region else own & {each.place}
        return Offer(bool(where), f"{region} offers it in {', '.join(sorted(own)) or 'no zone'}")

    return {each: offer(each) for each in wanted}


def _vcpus(calls: Client, codes: Collection[str], going: Collection[str]) -> Mapping[str, float]:
    """The vCPUs of on-demand machines that run, or are about to, and of room that is reserved.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html,
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
    """
    if not codes:
        return {}
    running = {"Name": "instance-state-name", "Values": ["pending", "running"]}
    counts = Counter(
        str(each["InstanceType"])
        for page in calls.ask("ec2", "describe_instances", {"Filters": [running]})
        for reservation in page["Reservations"]
        for each in reservation["Instances"]
        if each["InstanceId"] not in going and _on_demand(each)
    )
    reserved = [
        {"Name": "state", "Values": [_ACTIVE, "assessing", "delayed", "pending", "scheduled"]},
        {"Name": "owner-id", "Values": [calls.names["account"]]},  # others may share theirs
    ]
    for page in calls.ask("ec2", "describe_capacity_reservations", {"Filters": reserved}):
        for each in page["CapacityReservations"]:
            if each.get("ReservationType") != "capacity-block":
                room = "Available" if each["State"] == _ACTIVE else "Total"
                counts[each["InstanceType"]] += each[f"{room}InstanceCount"]
    found = dict.fromkeys(codes, 0.0)
    quota = {name: next(filter(partial(_counts, name), codes), "") for name in sorted(counts)}
    types = [name for name, code in quota.items() if code]
    for start in range(0, len(types), _AT_MOST):
        args = {"InstanceTypes": types[start : start + _AT_MOST]}
        for page in calls.ask("ec2", "describe_instance_types", args):
            for each in page["InstanceTypes"]:
                name = each["InstanceType"]
                found[quota[name]] += counts[name] * each["VCpuInfo"]["DefaultVCpus"]
    return found


def _counts(type: str, code: str) -> bool:
    """Whether machines of a type count against a quota."""
    family = re.match("[a-z]+", type)
    return family is not None and family[0] in _ON_DEMAND[code]


def _on_demand(instance: Mapping[str, Any]) -> bool:
    """Whether it counts: not spot, no reserved block, and not on a host, which has its own quota.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    host = (instance.get("Placement") or {}).get("Tenancy") == "host"
    return not instance.get("InstanceLifecycle") and not host


def _notebooks(
    calls: Client, codes: Collection[str], going: Collection[str]
) -> Mapping[str, float]:
    """How many notebook instances run, by type."""
    found = {code: 0.0 for code in codes if code.endswith(_NOTEBOOKS)}
    for page in calls.ask("sagemaker", "list_notebook_instances", {}):
        for each in page["NotebookInstances"]:
            code = f"{each['InstanceType']}{_NOTEBOOKS}"
            resting = each["NotebookInstanceStatus"] in _RESTING
            if code in found and not resting and each["NotebookInstanceName"] not in going:
                found[code] += 1
    return found
