"""Stops notebooks that give no sign of life, and those that are up for too long.

A schedule runs it every 15 minutes, outside the machines. What counts as use is decided on the
machine, whose watchdog says every five minutes when it last saw some; nothing here overrules that.
This acts where the machine says nothing any more and its processors are quiet, too; where it calls
itself unused, but did not stop; and after the longest time, whatever it says.

The schedule says which lab and with which limits: {kind, lab, stack, role, table, idle_minutes,
max_hours, percent}.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

SILENT_SECONDS = 15 * 60  # three looks of the watchdog
LATE_SECONDS = 30 * 60  # the machine itself stops first, and has the time to do it properly
PERIOD_SECONDS = 300  # of basic monitoring
LAG_SECONDS = 600  # newer measures may not have been counted yet


@dataclass(frozen=True)
class Machine:
    """A running notebook.

    Args:
        id: as its service names it. key: what it signs with. started: unix seconds.
        measured: its processors are, so that a silent one can be asked whether it works.
    """

    id: str
    key: str
    started: float
    measured: bool


@dataclass(frozen=True)
class Sign:
    """What a machine last said, in unix seconds: see the watchdog."""

    seen_at: float
    busy_at: float
    awake_until: float


def handler(event: Mapping[str, Any], context: object) -> list[str]:
    """One look; the ids of what was stopped. An error after all were looked at if one could not be
    judged or stopped, or none could be heard: AWS then tries again."""
    now = time.time()
    machines, stop = _KINDS[event["kind"]](event)
    stopped, failed = [], []
    signs: dict[str, Sign] | None = None
    try:
        signs = read_signs(event["table"])
    except Exception as fault:  # nobody is unused then, but the longest time holds
        failed.append(f"no signs of life: {fault}")
    for machine in machines:
        try:
            why = overdue(now, machine, event)
            if not why and signs is not None:
                why = verdict(now, machine, signs.get(machine.key), event)
            if not why:
                continue
            stop(machine.id)
        except Exception as fault:  # one bad machine keeps no other running
            failed.append(f"{machine.id}: {fault}")
        else:
            stopped.append(machine.id)
            print(json.dumps({"stopped": machine.id, "why": why}))  # noqa: T201
    if failed:
        raise RuntimeError(f"failed: {'; '.join(failed)}")
    return stopped


def overdue(now: float, machine: Machine, event: Mapping[str, Any]) -> str:
    """Why a machine is to be stopped whatever it says; empty where it is not."""
    up, longest = now - machine.started, float(event["max_hours"]) * 3600
    return f"up {up / 3600:.1f} of {longest / 3600:g} h" if up > longest + LATE_SECONDS else ""


def verdict(now: float, machine: Machine, sign: Sign | None, event: Mapping[str, Any]) -> str:
    """Why a machine counts as unused; empty where it does not."""
    patience = 2 * float(event["idle_minutes"]) * 60
    said = sign if sign and sign.seen_at >= machine.started else None
    used = (
        max(machine.started, min(said.busy_at, now), said.awake_until) if said else machine.started
    )
    if now - used <= patience:
        return ""
    if said and now - said.seen_at <= SILENT_SECONDS:
        return f"calls itself unused for {(now - used) / 60:.0f} min, and runs on"
    if machine.measured:
        return "no sign of life" if is_quiet(now, machine.id, patience, event["percent"]) else ""
    # Without a measure only one that spoke can fall silent: an older start gave no signs.
    return "no sign of life" if said else ""


def is_quiet(now: float, instance: str, seconds: float, percent: float) -> bool:
    """Whether its processors did nothing for so long; what was not measured counts as work."""
    end = now - LAG_SECONDS
    found = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "InstanceId", "Value": instance}],
        StartTime=end - seconds,
        EndTime=end,
        Period=PERIOD_SECONDS,
        Statistics=["Maximum"],
    )
    loads = [point["Maximum"] for point in found["Datapoints"]]
    return len(loads) >= seconds / PERIOD_SECONDS / 2 and max(loads) < percent


def read_signs(table: str) -> dict[str, Sign]:
    """The last sign of each machine, by its key; what cannot be read is none."""
    signs = {}
    for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            try:
                raw = json.loads(item["sign"]["S"])
                sign = Sign(*(float(raw[key]) for key in ("seen_at", "busy_at", "awake_until")))
            except (KeyError, TypeError, ValueError):
                continue
            signs[item["machine"]["S"]] = sign
    return signs


Found = tuple[Iterator[Machine], Callable[[str], object]]


def _instances(event: Mapping[str, Any]) -> Found:
    """The lab's running EC2 machines, and how one is stopped."""
    ec2 = boto3.client("ec2")
    own = {"lab": event["lab"], "stack": event["stack"], "role": "notebook"}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in own.items()]
    filters.append({"Name": "instance-state-name", "Values": ["running"]})

    def machines() -> Iterator[Machine]:
        for page in ec2.get_paginator("describe_instances").paginate(Filters=filters):
            for found in (each for group in page["Reservations"] for each in group["Instances"]):
                id = found["InstanceId"]
                key = f"{event['role']}:{id}"
                yield Machine(id, key, found["LaunchTime"].timestamp(), measured=True)

    return machines(), lambda id: ec2.stop_instances(InstanceIds=[id])


def _notebook_instances(event: Mapping[str, Any]) -> Found:
    """The lab's running SageMaker notebook instances, and how one is stopped."""
    sagemaker = boto3.client("sagemaker")
    own = {"lab": event["lab"], "stack": event["stack"], "role": "notebook"}

    def machines() -> Iterator[Machine]:
        # The list knows no tags; names begin with the lab's.
        pages = sagemaker.get_paginator("list_notebook_instances").paginate(
            StatusEquals="InService", NameContains=event["lab"]
        )
        for found in (each for page in pages for each in page["NotebookInstances"]):
            tags: dict[str, str] = {}
            arn = found["NotebookInstanceArn"]
            for page in sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn):
                tags |= {tag["Key"]: tag["Value"] for tag in page["Tags"]}
            if own.items() <= tags.items():
                name = found["NotebookInstanceName"]
                # It was last modified when it was started, or later.
                started = found["LastModifiedTime"].timestamp()
                yield Machine(name, name, started, measured=False)

    return machines(), lambda name: sagemaker.stop_notebook_instance(NotebookInstanceName=name)


_KINDS: dict[str, Callable[[Mapping[str, Any]], Found]] = {
    "ec2": _instances,
    "sagemaker": _notebook_instances,
}
