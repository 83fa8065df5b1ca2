"""Budget on Azure: who is told when what is spent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pulumi
from pulumi_azure_native import consumption, monitor

from components import contracts
from components.azure.network import Network
from components.contracts import BudgetArgs, Unsupported, child, publish
from components.tags import named, tags

MOST_ALERTS = 5  # per budget
FULL = 100  # percent of the costs, at which a stop switch is told
YEARS = 10
TIME_GRAINS = {"month": "Monthly", "quarter": "Quarterly", "year": "Annually"}

Args = BudgetArgs[Network]


class Budget(pulumi.ComponentResource):
    """A budget over the lab's resource group that tells people; it stops nothing.

    Azure looks at the costs once a day, and they are up to a day late: what limits the damage are
    the ceilings, timeouts and stops of the other roles. There are two budgets, one for costs and
    one for the forecast, as Azure takes five alerts for each.

    Args:
        args: `warn_percent`: at each share an alert when the costs pass it, and one when the
            forecast for the period does.
        enabled: false makes no budget, for subscriptions whose offer has none (Azure for Students,
            Azure Sponsorship): Azure refuses it there, and it is the offer's own spending limit
            that holds.
        today: a budget begins with its month; by default the present day.
    Outputs:
        id: of the budget of costs; empty without. limit_usd, notify: as asked.
    Raises:
        Unsupported: more alerts than Azure takes, or a period that it does not know.
    Cost: 0 USD (Nov 2026).
    Source: https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-acm-create-budgets,
        https://learn.microsoft.com/azure/cost-management-billing/costs/understand-cost-mgt-data,
        https://learn.microsoft.com/rest/api/consumption/budgets/create-or-update
    """

    id: pulumi.Output[str]
    limit_usd: pulumi.Output[float]
    notify: pulumi.Output[list[str]]
    stop_group: monitor.ActionGroup | None
    """What a stop switch subscribes to; None without a budget."""

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        enabled: bool = True,
        today: date | None = None,
    ) -> None:
        super().__init__("mllab:azure:Budget", name, None, opts)
        _check(args)
        self.id = pulumi.Output.from_input("")
        self.limit_usd = pulumi.Output.from_input(args.limit_usd)
        self.notify = pulumi.Output.from_input(list(args.notify))
        self.stop_group = None
        if enabled:
            begins = (today or datetime.now(UTC).date()).replace(day=1)
            people = _group(self, f"{name}-people", args, "people", args.notify)
            self.stop_group = _group(self, f"{name}-stop", args, "stop", ())
            costs = {
                f"costs-{percent}": _alert("Actual", percent, people)
                for percent in args.warn_percent
            }
            # At the whole amount a group of its own, so that whatever it starts need not ask why.
            full = [*([people] if FULL in args.warn_percent else []), self.stop_group]
            costs[f"costs-{FULL}"] = _alert("Actual", FULL, *full)
            forecast = {
                f"forecast-{percent}": _alert("Forecasted", percent, people)
                for percent in args.warn_percent
            }
            limit = _budget(self, f"{name}-limit", args, begins, costs)
            _budget(self, f"{name}-forecast", args, begins, forecast)
            self.id = limit.id
        publish(self, contracts.Budget)


def _check(args: Args) -> None:
    if args.per not in TIME_GRAINS:
        raise Unsupported(f"mllab:budget.per is {args.per!r}; Azure knows {', '.join(TIME_GRAINS)}")
    percents = len({*args.warn_percent, FULL})
    if percents > MOST_ALERTS:
        raise Unsupported(
            f"mllab:budget.warn_percent has {len(args.warn_percent)} values; Azure takes"
            f" {MOST_ALERTS} alerts, and one is at {FULL} in any case, so give at most"
            f" {MOST_ALERTS - 1} besides it"
        )


def _group(
    parent: pulumi.Resource, name: str, args: Args, what: str, addresses: tuple[str, ...]
) -> monitor.ActionGroup:
    return monitor.ActionGroup(
        name,
        resource_group_name=args.network.group.name,
        location="Global",
        group_short_name=f"lab-{what}",  # at most 12 characters, shown in the mail
        enabled=True,
        email_receivers=[
            {"name": address, "email_address": address, "use_common_alert_schema": False}
            for address in addresses
        ],
        tags=named(tags(args.lab, "budget"), name),
        opts=child(parent, deleted_with=args.network.group),
    )


def _alert(
    kind: str, percent: int, *groups: monitor.ActionGroup
) -> consumption.NotificationArgsDict:
    return {
        "enabled": True,
        "operator": "GreaterThan",
        "threshold": percent,
        "threshold_type": kind,
        "contact_emails": [],  # the groups tell people; both would tell them twice
        "contact_groups": [group.id for group in groups],
    }


def _budget(
    parent: pulumi.Resource,
    name: str,
    args: Args,
    begins: date,
    alerts: Mapping[str, consumption.NotificationArgsDict],
) -> consumption.Budget:
    return consumption.Budget(
        name,
        scope=args.network.group.id,
        category="Cost",
        amount=args.limit_usd,
        time_grain=TIME_GRAINS[args.per],
        # Not the lab's last day: what still costs then is what somebody must hear of.
        time_period={
            "start_date": f"{begins}T00:00:00Z",
            "end_date": f"{begins.replace(year=begins.year + YEARS)}T00:00:00Z",
        },
        notifications=alerts,
        # Azure takes no start in an earlier month, and no other start afterwards.
        opts=child(parent, ignore_changes=["timePeriod"]),
    )
