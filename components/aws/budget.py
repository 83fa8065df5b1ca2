"""Budget on AWS: alerts by e-mail and to a topic."""

from __future__ import annotations

import pulumi
from pulumi_aws import budgets, sns

from components import contracts
from components.aws import access
from components.contracts import BudgetArgs, child, publish
from components.tags import tags

MOST_ALERTS = 10  # per budget; one is the forecast
MOST_ADDRESSES = 10  # per alert, besides the topic
TIME_UNITS = {"month": "MONTHLY", "quarter": "QUARTERLY", "year": "ANNUALLY"}


class Budget(pulumi.ComponentResource):
    """A budget over the whole account that warns; what stops machines at once are the limits of the other roles.

    AWS looks at the bill up to three times a day, and the bill is hours late. `own_costs_only` counts what carries the
    lab's tag instead: it reads 0 USD until the account that pays has activated the cost allocation tag `lab`, which can
    be done a day after the tag was first used, and it misses what cannot be tagged (traffic, for one).

    Args:
        args: `warn_percent`: an alert for each, at real costs, and one when the forecast passes the limit (AWS forecasts
            after about five weeks).
    Outputs:
        id: name of the budget. limit_usd, notify: as asked.
    Raises:
        ValueError: more alerts or addresses than AWS takes, or an unknown period.
    Cost: 0 USD (two budgets of an account with actions are free, any number without; Nov 2026).
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
        self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:aws:Budget", name, None, opts)
        _check(args)
        labels = tags(args.lab, "budget")
        # Not encrypted with a key of KMS: without a grant in the key's policy Budgets could not publish.
        topic = sns.Topic(f"{name}-alerts", tags=labels, opts=child(self))
        policy = sns.TopicPolicy(
            f"{name}-alerts-access",
            arn=topic.arn,
            policy=access.document(_publish(topic)),
            opts=child(self),
        )
        budget = budgets.Budget(
            f"{name}-limit",
            budget_type="COST",
            time_unit=TIME_UNITS[args.per],
            limit_amount=f"{args.limit_usd:.2f}",
            limit_unit="USD",
            # Credits hide what is spent until they are gone.
            cost_types={"include_credit": False, "include_refund": False},
            cost_filters=(
                [{"name": "TagKeyValue", "values": [f"user:lab${args.lab.name}"]}]
                if args.own_costs_only
                else None
            ),
            notifications=[
                *(_alert("ACTUAL", percent, args, topic) for percent in args.warn_percent),
                _alert("FORECASTED", 100, args, topic),
            ],
            tags=labels,
            opts=child(self, depends_on=[policy]),
        )
        self.id = budget.name
        self.limit_usd = pulumi.Output.from_input(args.limit_usd)
        self.notify = pulumi.Output.from_input(list(args.notify))
        self.topic_arn = topic.arn
        publish(self, contracts.Budget)


def _check(args: BudgetArgs) -> None:
    if args.per not in TIME_UNITS:
        raise ValueError(f"budget.per is {args.per!r}; AWS has {', '.join(TIME_UNITS)}")
    if len(args.warn_percent) + 1 > MOST_ALERTS:
        raise ValueError(
            f"budget.warn_percent has {len(args.warn_percent)} values; AWS takes {MOST_ALERTS} alerts per budget and "
            f"one is the forecast, so give at most {MOST_ALERTS - 1}"
        )
    if len(args.notify) > MOST_ADDRESSES:
        raise ValueError(
            f"budget.notify has {len(args.notify)} addresses; AWS takes {MOST_ADDRESSES} per alert, so use a "
            "mailing list"
        )


def _alert(
    kind: str, percent: int, args: BudgetArgs, topic: sns.Topic
) -> budgets.BudgetNotificationArgsDict:
    """Addresses get their mail from Budgets itself: a subscription of the topic would have to be confirmed by each person,
    and cannot be deleted before it is."""
    return {
        "notification_type": kind,
        "comparison_operator": "GREATER_THAN",
        "threshold": percent,
        "threshold_type": "PERCENTAGE",
        "subscriber_email_addresses": list(args.notify),
        "subscriber_sns_topic_arns": [topic.arn],
    }


def _publish(topic: sns.Topic) -> access.Statement:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "budgets.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic.arn,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": topic.owner},
            "ArnLike": {
                "aws:SourceArn": pulumi.Output.concat("arn:aws:budgets::", topic.owner, ":*")
            },
        },
    }
