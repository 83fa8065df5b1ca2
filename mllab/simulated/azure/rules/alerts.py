"""Budgets and action groups, as Azure treats them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

MOST_ALERTS = 5
"""Source: SDK docs of NotificationArgs"""

MOST_PERCENT = 1000
"""Source: https://learn.microsoft.com/rest/api/consumption/budgets/create-or-update"""

MONTHS_AHEAD = 12
"""Source: terraform-provider-azurerm PR 12121"""

EVERYWHERE = "global"


class Budget(Resource):
    """Begins on the first of a month that is not over, and never begins anew."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        alerts = inputs.get("notifications")
        for name, alert in alerts.items() if isinstance(alerts, Mapping) else ():
            people = alert is UNKNOWN or alert.get("contactEmails") or alert.get("contactGroups")
            if not people:
                yield (
                    f"notifications.{name}.contactEmails: at least one address, or one group in "
                    "contactGroups, is required"
                )

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        scope = str(inputs["scope"])
        if here.session.of_id(scope) is None and scope != f"/subscriptions/{here.account}":
            raise refuse(
                "ResourceGroupNotFound (404): The scope '{scope}' could not be found.", scope=scope
            )
        alerts = inputs.get("notifications") or {}
        if len(alerts) > MOST_ALERTS:
            raise refuse(
                "400 (400): A budget has at most {most} notifications (got {count}).",
                most=MOST_ALERTS,
                count=len(alerts),
            )
        for name, alert in alerts.items():
            if not 0 < alert["threshold"] <= MOST_PERCENT:
                raise refuse(
                    "400 (400): The threshold of notification {name} must be above 0 and at most "
                    "{most} (got {threshold}).",
                    name=name,
                    most=MOST_PERCENT,
                    threshold=alert["threshold"],
                )
        if inputs["amount"] <= 0:
            raise refuse(
                "400 (400): The amount of a budget must be above 0 (got {amount}).",
                amount=inputs["amount"],
            )
        self._validate_period(here.at, inputs["timePeriod"], old)

    def _validate_period(self, now: datetime, period: Properties, old: Record | None) -> None:
        start, end = _day(period["startDate"]), _day(period.get("endDate"))
        if start is None or start.day != 1:
            raise refuse(
                "400 (400): Start date must be the first of a month (got {start}).",
                start=period["startDate"],
            )
        if end is not None and end <= start:
            raise refuse("400 (400): End date must be after the start date.")
        if old is None and (start.year, start.month) < (now.year, now.month):
            raise refuse(self.facts.refusals["start date before the current month"])
        if (start.year - now.year) * 12 + start.month - now.month > MONTHS_AHEAD:
            raise refuse(
                "400 (400): Start date must be at most {months} months ahead.", months=MONTHS_AHEAD
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {
            **super().outputs(here, record),
            "currentSpend": {"amount": 0, "unit": "USD"},
            "forecastSpend": None,
            "eTag": record.inputs.get("eTag"),
        }


class ActionGroup(Resource):
    """Mostly everywhere at once; every receiver has a name of its own."""

    RECEIVERS = ("emailReceivers", "logicAppReceivers", "smsReceivers", "webhookReceivers")

    def validate_location(self, inputs: Properties) -> None:
        if str(inputs.get("location", EVERYWHERE)).lower() != EVERYWHERE:
            super().validate_location(inputs)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        names = [r["name"] for kind in self.RECEIVERS for r in inputs.get(kind) or []]
        if len(set(names)) != len(names):
            raise refuse("ReceiverNameNotUnique (400): Receiver names must be unique in a group.")
        for receiver in inputs.get("emailReceivers") or []:
            if "@" not in receiver["emailAddress"]:
                raise refuse(
                    "InvalidEmailAddress (400): The e-mail address {address} is not valid.",
                    address=receiver["emailAddress"],
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        receivers = record.inputs.get("emailReceivers")
        shown = receivers and [{**receiver, "status": "Enabled"} for receiver in receivers]
        return {**super().outputs(here, record), "emailReceivers": shown}


def _day(text: object) -> date | None:
    """The day of a moment in ISO 8601, or None."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).date()
    except ValueError:
        return None


KINDS: dict[str, type[Kind]] = {tokens.BUDGET: Budget, tokens.ACTION_GROUP: ActionGroup}
