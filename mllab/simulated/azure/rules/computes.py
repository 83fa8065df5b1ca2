"""Clusters and compute instances of Azure Machine Learning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import checks
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource, stamp
from mllab.simulated.diff import bare
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

CLUSTER, INSTANCE = "AmlCompute", "ComputeInstance"
INSTANCE_NAME = range(3, 25)
"""Lengths. Source of these and of the limits below:
https://learn.microsoft.com/azure/machine-learning/how-to-create-compute-instance"""

IDLE = (timedelta(minutes=15), timedelta(days=3))
MOST_SCHEDULES = 4
CHANGEABLE = ("identity", "properties.properties.scaleSettings", "tags")
"""What an update of a cluster may change; of an instance nothing can, not even tags.
Source: SDK docs, only AmlCompute can be updated; hashicorp/terraform-provider-azurerm
machine_learning_compute_instance_resource.go at 04bb5a6, which has no update (TagsForceNew)"""

TOTAL, SPOT = "Total Cluster Dedicated Regional vCPUs", "Total Cluster LowPriority Regional vCPUs"
COUNT = "Clusters"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class Compute(Resource):
    """Counts against its own quotas from the moment it is made, also while it has no machine."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        properties = inputs.get("properties")
        if not isinstance(properties, Mapping):
            yield "properties: missing, it is required"
            return
        if properties["computeType"] not in (CLUSTER, INSTANCE):
            yield (
                f"properties.computeType: the simulated Azure knows {CLUSTER} and {INSTANCE} alone "
                f"(got {properties['computeType']!r})"
            )
        for name in ("scaleSettings.nodeIdleTimeBeforeScaleDown", "idleTimeBeforeShutdown"):
            path = f"properties.properties.{name}"
            for text in checks.values(inputs, path):
                if text is not UNKNOWN and duration(text) is None:
                    yield f"{path}: must be an ISO 8601 duration (got {text!r})"

    def validate_location(self, inputs: Properties) -> None:
        if "location" in inputs:
            super().validate_location(inputs)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        if old:
            self._validate_change(inputs, old)
        properties = inputs["properties"].get("properties") or {}
        if inputs["properties"]["computeType"] == INSTANCE:
            self._validate_instance(here, inputs, properties, old)
        else:
            scale = properties.get("scaleSettings") or {}
            least, most = scale.get("minNodeCount", 0), scale.get("maxNodeCount", 0)
            if not 0 <= least <= most or not most:
                raise refuse(
                    "BadRequest (400): The scale settings are not valid: min node count {least}, "
                    "max node count {most}.",
                    least=least,
                    most=most,
                )
        _validate_quota(here, self._counted(here, inputs), old)

    def _validate_change(self, inputs: Properties, old: Record) -> None:
        for change in self.differ.changes(old.inputs, old.outputs, inputs):
            path = bare(change.path)
            cluster = inputs["properties"]["computeType"] == CLUSTER
            allowed = CHANGEABLE if cluster else ()
            if not any(path == name or path.startswith(f"{name}.") for name in allowed):
                raise refuse(
                    "BadRequest (400): The property '{path}' of a compute of type {type} cannot be "
                    "updated{rest}. Delete the compute and create it again.",
                    path=path,
                    type=inputs["properties"]["computeType"],
                    rest="; scale settings and identity can" if cluster else "",
                )

    def _validate_instance(
        self, here: Here, inputs: Properties, properties: Mapping[str, Any], old: Record | None
    ) -> None:
        name = inputs["computeName"]
        if len(name) not in INSTANCE_NAME:
            raise refuse(
                "BadRequest (400): The name of a compute instance must have 3 to 24 characters "
                "(got {name!r}).",
                name=name,
            )
        for other in here.session.all(self.token):
            same = other.name.lower() == name.lower() and (old is None or other.uid != old.uid)
            if same and other.hidden["location"] == self._location(here, inputs):
                raise refuse(
                    "BadRequest (400): Compute name {name} is already taken in region {location}. "
                    "Names of compute instances are unique in a region.",
                    name=name,
                    location=other.hidden["location"],
                )
        idle = duration(properties.get("idleTimeBeforeShutdown"))
        if idle is not None and not IDLE[0] <= idle <= IDLE[1]:
            raise refuse(
                "BadRequest (400): idleTimeBeforeShutdown must be from PT15M to P3D (got {idle}).",
                idle=properties["idleTimeBeforeShutdown"],
            )
        schedules = (properties.get("schedules") or {}).get("computeStartStop") or []
        if len(schedules) > MOST_SCHEDULES:
            raise refuse(
                "BadRequest (400): A compute instance has at most {most} schedules (got {count}).",
                most=MOST_SCHEDULES,
                count=len(schedules),
            )
        for schedule in schedules:
            trigger = str(schedule.get("triggerType")).lower()
            if trigger not in ("cron", "recurrence") or not schedule.get(trigger):
                raise refuse(
                    "BadRequest (400): A schedule of trigger type {trigger} needs {trigger}.",
                    trigger=trigger,
                )

    def _location(self, here: Here, inputs: Properties) -> str:
        workspace = here.get(tokens.WORKSPACE, self.id(here, inputs).rpartition("/computes/")[0])
        return str(inputs.get("location") or (workspace.inputs["location"] if workspace else ""))

    def _counted(self, here: Here, inputs: Properties) -> dict[str, Any]:
        """What a compute counts against, to be kept with it."""
        properties = inputs["properties"].get("properties") or {}
        name = str(properties.get("vmSize"))
        size = places.sizes().get(name)
        if size is None or not size.ml_quota:
            known = [found.type for found in places.sizes().values() if found.ml_quota]
            raise refuse(
                "InvalidVmSize (400): The VM size {name} is not supported by Azure Machine "
                "Learning. Supported are: {known}.",
                name=name,
                known=", ".join(known),
            )
        nodes = (properties.get("scaleSettings") or {}).get("maxNodeCount", 1)
        spot = properties.get("vmPriority") == "LowPriority"
        return {
            "vcpus": size.vcpus * nodes,
            "nodes": nodes,
            "location": self._location(here, inputs),
            "quota": SPOT if spot else size.ml_quota,
            "pool": SPOT if spot else TOTAL,
        }

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        record.hidden |= {**self._counted(here, record.inputs), "one": 1, "state": "running"}
        if record.inputs["properties"]["computeType"] == INSTANCE:
            size = record.inputs["properties"]["properties"]["vmSize"]
            here.session.enter(record, size, "running", here.at)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        super().updated(here, record, olds)
        record.hidden |= self._counted(here, record.inputs)

    def outputs(self, here: Here, record: Record) -> Properties:
        given, made = record.inputs["properties"], stamp(record.since)
        inner = dict(given.get("properties") or {})
        if given["computeType"] == INSTANCE:
            inner["state"] = record.hidden["state"].capitalize()
        return {
            **super().outputs(here, record),
            "properties": {
                **given,
                "properties": inner,
                "provisioningState": "Succeeded",
                "createdOn": made,
                "modifiedOn": record.hidden.get("changed", made),
            },
        }

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.leave(record, here.at)


def duration(text: object) -> timedelta | None:
    """An ISO 8601 duration in days and smaller, or None."""
    found = _DURATION.fullmatch(str(text)) if text else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _validate_quota(here: Here, asked: Mapping[str, Any], old: Record | None) -> None:
    """Refuse more than the quotas of the location allow. Raises ProviderFailure."""
    location = asked["location"]
    exist = here.session.total("one", tokens.COMPUTE, "", location=location)
    if old is None and exist >= here.quota(COUNT):
        raise refuse(
            "BadRequest (400): Operation results in exceeding quota limits of Clusters. Maximum "
            "allowed: {limit:g}, Current in use: {exist:g}, Additional requested: 1.",
            places.ask_for(COUNT, location, exist + 1),
            limit=here.quota(COUNT),
            exist=exist,
        )
    for field in ("quota", "pool"):
        code = asked[field]
        used = here.session.total("vcpus", tokens.COMPUTE, "", location=location, **{field: code})
        mine = old.hidden["vcpus"] if old and old.hidden[field] == code else 0
        needed, limit = used - mine + asked["vcpus"], here.quota(code)
        if needed > limit:
            what = {TOTAL: "total", SPOT: "total low priority"}.get(
                code, code.removesuffix(" Cluster Dedicated vCPUs").replace("Family", "family")
            )
            raise refuse(
                "BadRequest (400): The specified subscription has a {what} vCPU quota of {limit:g} "
                "and cannot accomodate for at least {nodes} requested managed compute nodes which "
                "maps to {vcpus:g} vCPUs. Talk to your Subscription Admin or refer to "
                "https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas"
                "#request-quota-increases to increase the {what} quota.",
                places.ask_for(code, location, needed),
                what=what,
                limit=limit,
                nodes=asked["nodes"],
                vcpus=asked["vcpus"],
            )


KINDS: dict[str, type[Kind]] = {tokens.COMPUTE: Compute}
