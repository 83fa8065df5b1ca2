"""People are told at each share of the budget, and the topic for a stop switch is there."""

from __future__ import annotations

from typing import Any

import pytest

from components.contracts import BudgetArgs
from tests.components.labs import alone, committed, policy, refusal
from tests.components.render import ACCOUNT, Rendered

BUDGET = "budgets/budget:Budget"
TOPIC = f"arn:aws:test::{ACCOUNT}:aws-course-budget-alerts"


def budget(**changes: Any) -> Rendered:
    """The course's budget with other arguments."""
    return alone("budget", BudgetArgs, **changes)


def alerts(**changes: Any) -> list[dict[str, Any]]:
    found = budget(**changes).one(BUDGET).inputs["notifications"]
    assert isinstance(found, list)
    return found


def test_budget_covers_the_whole_account_whatever_pays() -> None:
    inputs = committed("aws-course").one(BUDGET).inputs
    assert {k: v for k, v in inputs.items() if k not in ("tags", "notifications")} == {
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "1500.00",
        "limitUnit": "USD",
        "costTypes": {"includeCredit": False, "includeRefund": False},
    }


def test_everybody_is_told_at_each_share_of_the_costs_and_of_the_forecast() -> None:
    found = alerts(warn_percent=(25, 90), notify=("a@example.edu", "b@example.edu"))
    assert [(each["notificationType"], each["threshold"]) for each in found] == [
        ("ACTUAL", 25),
        ("ACTUAL", 90),
        ("FORECASTED", 25),
        ("FORECASTED", 90),
    ]
    for each in found:
        assert each["comparisonOperator"] == "GREATER_THAN"
        assert each["thresholdType"] == "PERCENTAGE"
        assert each["subscriberEmailAddresses"] == ["a@example.edu", "b@example.edu"]
        assert each["subscriberSnsTopicArns"] == [TOPIC]


@pytest.mark.parametrize(
    ("per", "unit"), [("month", "MONTHLY"), ("quarter", "QUARTERLY"), ("year", "ANNUALLY")]
)
def test_budget_for_a_month_a_quarter_a_year(per: str, unit: str) -> None:
    assert budget(per=per).one(BUDGET).inputs["timeUnit"] == unit


@pytest.mark.parametrize(
    ("limit", "text"), [(25, "25.00"), (1_000_000, "1000000.00"), (0.1 + 0.2, "0.30")]
)
def test_amount_is_written_as_money(limit: float, text: str) -> None:
    assert budget(limit_usd=limit).one(BUDGET).inputs["limitAmount"] == text


def test_a_budget_of_our_own_costs_only_filters_by_our_tag() -> None:
    inputs = budget(own_costs_only=True, lab={"name": "ml101"}).one(BUDGET).inputs
    assert inputs["costFilters"] == [{"name": "TagKeyValue", "values": ["user:lab$ml101"]}]
    assert inputs["tags"]["lab"] == "ml101"


def test_only_budgets_of_this_account_publish_to_the_topic() -> None:
    rendered = committed("aws-course")
    access = rendered.one("sns/topicPolicy:TopicPolicy")
    assert access.inputs["arn"] == TOPIC
    assert policy(access) == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "budgets.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": TOPIC,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {"aws:SourceArn": f"arn:aws:budgets::{ACCOUNT}:*"},
            },
        }
    ]
    assert access.urn in rendered.one(BUDGET).dependencies, (
        "Budgets tries the topic when it is made"
    )


def test_takes_as_many_alerts_and_addresses_as_aws_does() -> None:
    notify = tuple(f"p{n}@example.edu" for n in range(10))
    assert len(alerts(warn_percent=tuple(range(20, 120, 20)), notify=notify)) == 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"warn_percent": tuple(range(1, 7))},
            "mllab:budget.warn_percent has 6 values; AWS takes 10 alerts, and each value needs 2,"
            " so give at most 5",
        ),
        (
            {"notify": tuple(f"p{n}@example.edu" for n in range(11))},
            "mllab:budget.notify has 11 addresses; AWS takes 10, so give the address of a mailing"
            " list",
        ),
        ({"per": "day"}, "mllab:budget.per is 'day'; AWS knows month, quarter, year"),
    ],
)
def test_refuses_what_aws_would_refuse(changes: dict[str, Any], message: str) -> None:
    assert refusal(budget, **changes) == message


def test_outputs_are_as_asked() -> None:
    assert committed("aws-course").outputs["budget"] == {
        "id": "aws-course-budget-limit-0abc123",
        "limit_usd": 1500,
        "notify": ["instructor@example.edu"],
    }
