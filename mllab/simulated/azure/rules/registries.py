"""Container registries and their tasks, as Azure treats them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import checks, sizes
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource, stamp
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

TIMEOUTS_S = range(300, 28_801)
"""Of a task. Source: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-overview"""

CRON_FIELDS = 5


class Registry(Resource):
    """What costs more than Basic is refused there; images go with it, without asking."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        sku = inputs["sku"]["name"]
        policies = inputs.get("policies") or {}
        premium = {
            "zoneRedundancy": inputs.get("zoneRedundancy", "Disabled") == "Enabled",
            "publicNetworkAccess": inputs.get("publicNetworkAccess", "Enabled") == "Disabled",
            **{
                f"policies.{name}": (policies.get(name) or {}).get("status") == "enabled"
                for name in ("retentionPolicy", "trustPolicy")
            },
        }
        for name, asked in premium.items():
            if asked and sku != "Premium":
                raise refuse(
                    "SkuNotSupported (400): The property '{name}' is only supported for the SKU "
                    "Premium (the registry is {sku}).",
                    name=name,
                    sku=sku,
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        sku = record.inputs["sku"]["name"]
        return {
            **super().outputs(here, record),
            "loginServer": f"{record.name.lower()}.azurecr.io",
            "sku": {"name": sku, "tier": sku},
            "status": {"displayStatus": "Ready", "timestamp": stamp(record.since)},
        }

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record), "image")


class Task(Resource):
    """Runs steps at its times."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        for name in ("platform", "step"):
            if not inputs.get("isSystemTask") and name not in inputs:
                yield f"{name}: missing, it is required unless isSystemTask is true"
        step = inputs.get("step")
        if isinstance(step, dict) and step.get("type") == "EncodedTask":
            text = step.get("encodedTaskContent")
            if text is not UNKNOWN and not _is_base64(text):
                yield "step.encodedTaskContent: must be base64"
        timeout = inputs.get("timeout", UNKNOWN)
        if timeout is not UNKNOWN and timeout not in TIMEOUTS_S:
            yield f"timeout: must be 300 to 28800 seconds (got {timeout!r})"
        for schedule in checks.values(inputs, "trigger.timerTriggers.schedule"):
            if schedule is not UNKNOWN and len(schedule.split()) != CRON_FIELDS:
                yield (
                    "trigger.timerTriggers.schedule: must be a cron expression of five fields "
                    f"(got {schedule!r})"
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        step = record.inputs.get("step")
        return {**super().outputs(here, record), "step": step and {**step, "contextPath": None}}


def _is_base64(text: object) -> bool:
    try:
        base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(text)


KINDS: dict[str, type[Kind]] = {tokens.REGISTRY: Registry, tokens.REGISTRY_TASK: Task}
