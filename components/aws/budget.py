"""Budget on AWS: alerts by e-mail and to a topic."""

from __future__ import annotations

import pulumi
from pulumi_aws import budgets, sns

from components import contracts
from components.aws import access
from components.aws.network import Network
from components.contracts import BudgetArgs, Unsupported, child, publish
from components.tags import named, tags

MOST_ALERTS = 10  # per budget
KINDS = ("ACTUAL", "FORECASTED")
MOST_ADDRESSES = 10  # per alert, besides one topic
TIME_UNITS = {"month": "MONTHLY", "quarter": "QUARTERLY", "year": "ANNUALLY"}

Args = BudgetArgs[Network]


class Budget(pulumi.ComponentResource):
    """A budget over the whole account that tells people; it stops nothing.

    AWS looks at the bill up to three times a day, and the bill itself is hours late: what limits
    the damage are the ceilings, timeouts and stops of the other roles.

    Args:
        args: `warn_percent`: at each share an alert when the costs pass it, and one when the
            forecast for the period does (AWS forecasts after about five weeks of use).
        own_costs_only: count what carries the lab's tag, not the whole account. It reads 0 USD
            until the account that pays has activated the cost allocation tag `lab`, which it can a
            day after the first use of the tag; and what cannot be tagged, traffic for one, is not
            counted.
    Outputs:
        id: name of the budget. limit_usd, notify: as asked.
    Raises:
        Unsupported: more alerts or addresses than AWS takes, or a period that it does not know.
    Cost: 0 USD (Nov 2026).
    Source: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html,
        https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html,
        https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
    """

    id: pulumi.Output[str]
    limit_usd: pulumi.Output[float]
    notify: pulumi.Output[list[str]]
    topic_arn: pulumi.Output[str]
    """What a stop switch subscribes to."""

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        own_costs_only: bool = False,
    ) -> None:
        super().__init__("mllab:aws:Budget", name, None, opts)
        _check(args)
        labels = tags(args.lab, "budget")
        # Without a key of KMS: Budgets may not use one unless the key's own policy says so.
        topic = sns.Topic(f"{name}-alerts", tags=named(labels, f"{name}-alerts"), opts=child(self))
        policy = sns.TopicPolicy(
            f"{name}-alerts-access",
            arn=topic.arn,
            policy=access.document(_publish(topic)),
            opts=child(self),
        )
        own: budgets.BudgetCostFilterArgsDict = {
            "name": "TagKeyValue",
            "values": [f"user:lab${args.lab.name}"],
        }
        budget = budgets.Budget(
            f"{name}-limit",
            budget_type="COST",
            time_unit=TIME_UNITS[args.per],
            limit_amount=f"{args.limit_usd:.2f}",
            limit_unit="USD",
            # Credits would hide what is spent until they are used up.
            cost_types={"include_credit": False, "include_refund": False},
            cost_filters=[own] if own_costs_only else None,
            notifications=[
                _alert(kind, percent, args, topic)
                for kind in KINDS
                for percent in args.warn_percent
            ],
            tags=named(labels, f"{name}-limit"),
            opts=child(self, depends_on=[policy]),
        )
        self.id = budget.name
        self.limit_usd = pulumi.Output.from_input(args.limit_usd)
        self.notify = pulumi.Output.from_input(list(args.notify))
        self.topic_arn = topic.arn
        publish(self, contracts.Budget)


def _check(args: Args) -> None:
    if args.per not in TIME_UNITS:
        raise Unsupported(f"mllab:budget.per is {args.per!r}; AWS knows {', '.join(TIME_UNITS)}")
    percents, addresses = len(args.warn_percent), len(args.notify)
    if percents * len(KINDS) > MOST_ALERTS:
        raise Unsupported(
            f"mllab:budget.warn_percent has {percents} values; AWS takes {MOST_ALERTS} alerts, and"
            f" each value needs {len(KINDS)}, so give at most {MOST_ALERTS // len(KINDS)}"
        )
    if addresses > MOST_ADDRESSES:
        raise Unsupported(
            f"mllab:budget.notify has {addresses} addresses; AWS takes {MOST_ADDRESSES}, so give"
            " the address of a mailing list"
        )


def _alert(
    kind: str, percent: int, args: Args, topic: sns.Topic
) -> budgets.BudgetNotificationArgsDict:
    """Mail comes from Budgets itself: a subscription to the topic would have to be confirmed by
    each person, and could not be deleted before."""
    return {
        "notification_type": kind,
        "comparison_operator": "GREATER_THAN",
        "threshold": percent,
        "threshold_type": "PERCENTAGE",
        "subscriber_email_addresses": list(args.notify),
        "subscriber_sns_topic_arns": [topic.arn],
    }


def _publish(topic: sns.Topic) -> access.Statement:
    budgets_of_account = pulumi.Output.concat("arn:aws:budgets::", topic.owner, ":*")
    return {
        "Effect": "Allow",
        "Principal": {"Service": "budgets.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic.arn,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": topic.owner},
            "ArnLike": {"aws:SourceArn": budgets_of_account},
        },
    }
