"""Topics, notification channels and budgets, as Pub/Sub, Monitoring and Billing treat them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import tokens
from mllab.simulated.gcp.rules.resource import Resource, given
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

BILLING_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
CHANNELS = 5
"""Per budget. Source: https://cloud.google.com/billing/docs/how-to/budgets-notification-recipients"""

CURRENCY = "USD"
"""Of the simulated billing account."""

INVALID = "INVALID_ARGUMENT (400): Request contains an invalid argument."


class Topic(Resource):
    """Nothing in it is kept where nobody subscribes."""

    def outputs(self, here: Here, record: Record) -> Properties:
        everywhere = {"allowedPersistenceRegions": [], "enforceInTransit": False}
        policy = record.inputs.get("messageStoragePolicy", everywhere)
        return {**super().outputs(here, record), "messageStoragePolicy": policy}


class Channel(Resource):
    """An address for alerts; by mail it needs no confirmation."""

    labelled = ("userLabels",)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        address = str((inputs.get("labels") or {}).get("email_address", ""))
        if inputs["type"] == "email" and "@" not in address:
            raise refuse(
                "INVALID_ARGUMENT (400): Field \"labels['email_address']\" is required for a "
                "channel of type email and must be an address (got '{address}')",
                address=address,
            )


class Budget(Resource):
    """Lives in the billing account, not in the project, and counts by the project's number."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        amount = given(inputs, "amount") or {}
        if amount and ("specifiedAmount" in amount) == ("lastPeriodAmount" in amount):
            yield "amount: one of specifiedAmount, lastPeriodAmount must be given, and not both"
        period = given(inputs, "budgetFilter") or {}
        if {"calendarPeriod", "customPeriod"} <= period.keys():
            yield "budgetFilter.calendarPeriod: conflicts with budgetFilter.customPeriod"
        specified = given(period, "creditTypesTreatment") == "INCLUDE_SPECIFIED_CREDITS"
        if period and specified != bool(period.get("creditTypes")):
            yield "budgetFilter.creditTypes: with INCLUDE_SPECIFIED_CREDITS, and only then"
        alerts = given(inputs, "allUpdatesRule")
        if alerts is not None and not _reaches(alerts):
            yield (
                "allUpdatesRule: one of pubsubTopic, monitoringNotificationChannels, "
                "disableDefaultIamRecipients, enableProjectLevelRecipients must be given"
            )

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if not BILLING_ACCOUNT.fullmatch(str(inputs["billingAccount"])):
            raise refuse(INVALID, "a billing account looks like 012345-6789AB-CDEF01")
        _validate_scope(here, inputs.get("budgetFilter") or {})
        amount = inputs["amount"].get("specifiedAmount") or {}
        currency = amount.get("currencyCode", CURRENCY)
        if currency != CURRENCY:
            raise refuse(
                INVALID,
                f"the billing account pays in {CURRENCY}, the amount is in {currency}; leave "
                "currencyCode out",
            )
        if not re.fullmatch(r"\d*", str(amount.get("units", ""))):
            raise refuse(INVALID, f"units are whole numbers (got {amount['units']!r})")
        alerts = inputs.get("allUpdatesRule") or {}
        channels = alerts.get("monitoringNotificationChannels") or ()
        if len(channels) > CHANNELS:
            raise refuse(INVALID, f"a budget takes {CHANNELS} notification channels")

    def outputs(self, here: Here, record: Record) -> Properties:
        usual = {"calendarPeriod": "MONTH", "creditTypesTreatment": "INCLUDE_ALL_CREDITS"}
        found = record.inputs.get("budgetFilter") or {}
        if "customPeriod" in found:
            usual.pop("calendarPeriod")
        return {**super().outputs(here, record), "budgetFilter": {**usual, **found}}


def _reaches(alerts: Properties) -> bool:
    return any(
        value is UNKNOWN or value
        for name, value in alerts.items()
        if name not in ("schemaVersion",)
    )


def _validate_scope(here: Here, scope: Properties) -> None:
    number = places.number(here.base["project"]) if here.base["project"] else ""
    for project in scope.get("projects") or ():
        if project != f"projects/{number}":
            raise refuse(
                INVALID,
                f"budgetFilter.projects takes projects/<number>, here projects/{number}"
                f" (got {project!r})",
            )


KINDS: dict[str, type[Kind]] = {
    tokens.TOPIC: Topic,
    tokens.CHANNEL: Channel,
    tokens.BUDGET: Budget,
}
