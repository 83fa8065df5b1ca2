"""Budget on Google Cloud: alerts by e-mail and to a topic, where the billing account is ours."""

from __future__ import annotations

from decimal import Decimal

import pulumi
from pulumi_gcp import Provider, billing, monitoring, organizations, pubsub

from components import contracts
from components.contracts import BudgetArgs, Unsupported, child, publish
from components.gcp.network import Network
from components.gcp.services import enable
from components.names import truncate_with_hash
from components.tags import named, tags

APIS = ("billingbudgets", "cloudbilling", "pubsub")
BASES = ("CURRENT_SPEND", "FORECASTED_SPEND")
MOST_ADDRESSES = 5  # channels of a budget
LONGEST_NAME = 60
LONGEST_PART = 24
PERIODS = {"month": "MONTH", "quarter": "QUARTER", "year": "YEAR"}
CURRENCY = "USD"
NONE = "none: mllab:gcp.billing_account is not set"
"""What `id` says where there is no budget."""

Args = BudgetArgs[Network]


class Budget(pulumi.ComponentResource):
    """A budget over the whole project that tells people; it stops nothing.

    A budget belongs to the billing account, and only who has rights there can make one (Billing
    Account Costs Manager). So it is made where the account is named, and a lab without it says so
    in its outputs. Google computes what was spent up to a day late: what limits the damage are the
    ceilings, timeouts and stops of the other roles.

    Args:
        args: `warn_percent`: at each share an alert when the costs pass it, and one when the
            forecast for the period does. `notify`: besides these, owners of the project and
            administrators of the billing account are told.
        billing_account: `012345-6789AB-CDEF01`; None: no budget.
        project: of the lab, as the settings give it; by default the network's.
    Outputs:
        id: of the budget, or that there is none. limit_usd: as asked. notify: whom the budget
        tells, nobody without one.
    Raises:
        Unsupported: more addresses than Google takes, a period that it does not know, an account
            that is not kept in US dollars.
    Cost: 0 USD (Nov 2026).
    Source: https://cloud.google.com/billing/docs/how-to/budgets,
        https://cloud.google.com/billing/docs/how-to/budget-api-overview,
        https://cloud.google.com/docs/quotas/set-quota-project
    """

    id: pulumi.Output[str]
    limit_usd: pulumi.Output[float]
    notify: pulumi.Output[list[str]]
    topic: pubsub.Topic | None
    """What a stop switch subscribes to."""

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        billing_account: str | None = None,
        project: str | None = None,
    ) -> None:
        super().__init__("mllab:gcp:Budget", name, None, opts)
        self._project = project
        _check(args)
        self.limit_usd = pulumi.Output.from_input(args.limit_usd)
        self.notify = pulumi.Output.from_input(list(args.notify) if billing_account else [])
        self.topic = None
        if billing_account:
            self.id = self._budget(name, args, billing_account)
        else:
            pulumi.log.warn(
                "there is no budget, nobody is told what is spent; whoever has rights on the"
                " billing account names it in the stack file, under mllab:gcp:"
                " billing_account: 012345-6789AB-CDEF01",
                self,
            )
            self.id = pulumi.Output.from_input(NONE)
        publish(self, contracts.Budget)

    def _budget(self, name: str, args: Args, billing_account: str) -> pulumi.Output[str]:
        labels = tags(args.lab, "budget")
        apis = [*args.network.apis, *enable(self, name, *APIS)]
        ready = child(self, depends_on=apis)
        self.topic = pubsub.Topic(
            f"{name}-alerts", labels=named(labels, f"{name}-alerts"), opts=ready
        )
        channels = [
            monitoring.NotificationChannel(
                _mail(name, address),
                type="email",
                display_name=f"mllab {args.lab.name}",
                labels={"email_address": address},
                user_labels=named(labels, _mail(name, address)),
                force_delete=True,  # also if somebody's alert policy uses it
                opts=ready,
            )
            for address in args.notify
        ]
        # With a person's own login Google asks whose quota a call to the billing account counts
        # against. The default provider does not say.
        # As the settings give it: a provider whose project is an output of something that failed is
        # unknown to the engine, which then tells that instead of the cause.
        project = self._project or args.network.project
        payer = Provider(
            f"{name}-payer",
            project=project,
            billing_project=project,
            user_project_override=True,
            opts=child(self),
        )
        here = organizations.get_project_output(
            project_id=args.network.project, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        account = organizations.get_billing_account_output(
            billing_account=billing_account,
            lookup_projects=False,
            opts=pulumi.InvokeOutputOptions(parent=self, provider=payer, depends_on=apis),
        )
        units, nanos = _amount(args.limit_usd)
        return billing.Budget(
            f"{name}-limit",
            billing_account=billing_account,
            display_name=f"mllab {args.lab.name} {args.lab.stack}"[:LONGEST_NAME],
            budget_filter={
                # By number: with an id in its place Google takes the filter, and counts nothing.
                "projects": [here.number.apply(lambda number: f"projects/{number}")],
                "calendar_period": PERIODS[args.per],
                # Otherwise a course that lives on credits has spent nothing, and hears nothing.
                "credit_types_treatment": "EXCLUDE_ALL_CREDITS",
            },
            amount={
                "specified_amount": {
                    "currency_code": account.currency_code.apply(_dollars),
                    "units": units,
                    "nanos": nanos,
                }
            },
            threshold_rules=[
                {"threshold_percent": percent / 100, "spend_basis": basis}
                for basis in BASES
                for percent in args.warn_percent
            ],
            all_updates_rule={
                "pubsub_topic": self.topic.id,
                "schema_version": "1.0",
                "monitoring_notification_channels": [channel.name for channel in channels],
                "enable_project_level_recipients": True,
            },
            opts=child(self, depends_on=apis, provider=payer),
        ).id


def _check(args: Args) -> None:
    if args.per not in PERIODS:
        raise Unsupported(
            f"mllab:budget.per is {args.per!r}; Google Cloud knows {', '.join(PERIODS)}"
        )
    if (addresses := len(args.notify)) > MOST_ADDRESSES:
        raise Unsupported(
            f"mllab:budget.notify has {addresses} addresses; Google Cloud takes {MOST_ADDRESSES},"
            " so give the address of a mailing list"
        )


def _mail(name: str, address: str) -> str:
    """The name of a channel; addresses come and go without touching each other."""
    return f"{name}-mail-{truncate_with_hash('to', address, longest=LONGEST_PART)}"


def _amount(usd: float) -> tuple[str, int]:
    """Whole units, as text, and billionths."""
    cents = int((Decimal(str(usd)) * 100).to_integral_value())
    return str(cents // 100), cents % 100 * 10_000_000


def _dollars(currency: str) -> str:
    if currency != CURRENCY:
        raise Unsupported(
            f"the billing account is kept in {currency}, and mllab:budget.limit_usd is in USD;"
            " Google takes a budget only in the account's own currency. Leave"
            " mllab:gcp.billing_account out and make the budget by hand: gcloud billing budgets"
            f" create --budget-amount 100{currency}"
        )
    return currency
