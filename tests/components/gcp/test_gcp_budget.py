"""People are told at each share of the budget; where there is none, that is what is said."""

from __future__ import annotations

from typing import Any

import pytest

from components.contracts import BudgetArgs
from tests.components.gcp.gcp_account import (
    ACCOUNT,
    BILLING,
    alone,
    answers,
    committed,
    refusal,
)
from tests.components.render import Rendered

BUDGET = "billing/budget:Budget"
CHANNEL = "monitoring/notificationChannel:NotificationChannel"


def budget(**changes: Any) -> Rendered:
    """The course's budget with other arguments."""
    return alone("budget", BudgetArgs, **changes)


def test_budget_covers_the_whole_project_whatever_pays() -> None:
    """Credits would hide what is spent; and Google counts projects by their numbers."""
    inputs = budget().one(BUDGET).inputs
    assert inputs["billingAccount"] == BILLING
    assert inputs["budgetFilter"] == {
        "projects": ["projects/123456789012"],
        "calendarPeriod": "MONTH",
        "creditTypesTreatment": "EXCLUDE_ALL_CREDITS",
    }
    assert inputs["displayName"] == "mllab gcp-course gcp-course"


def test_everybody_is_told_at_each_share_of_the_costs_and_of_the_forecast() -> None:
    rendered = budget(warn_percent=(25, 90), notify=("a@example.edu", "b@example.edu"))
    inputs = rendered.one(BUDGET).inputs
    assert inputs["thresholdRules"] == [
        {"thresholdPercent": 0.25, "spendBasis": "CURRENT_SPEND"},
        {"thresholdPercent": 0.9, "spendBasis": "CURRENT_SPEND"},
        {"thresholdPercent": 0.25, "spendBasis": "FORECASTED_SPEND"},
        {"thresholdPercent": 0.9, "spendBasis": "FORECASTED_SPEND"},
    ]
    channels = rendered.of(CHANNEL)
    assert [c.inputs["labels"] for c in channels] == [
        {"email_address": "a@example.edu"},
        {"email_address": "b@example.edu"},
    ]
    assert {c.inputs["type"] for c in channels} == {"email"}
    rule = inputs["allUpdatesRule"]
    assert rule["monitoringNotificationChannels"] == [f"{c.name}-0abc123" for c in channels]
    assert rule["pubsubTopic"] == "projects/my-course-2027/gcp-course-budget-alerts"
    assert rule["schemaVersion"] == "1.0"
    assert rule["enableProjectLevelRecipients"] is True


def test_an_address_that_goes_leaves_the_others_as_they_are() -> None:
    both = {c.name: c.inputs for c in budget(notify=("a@x.edu", "b@x.edu")).of(CHANNEL)}
    (one,) = budget(notify=("b@x.edu",)).of(CHANNEL)
    assert both[one.name] == one.inputs


@pytest.mark.parametrize(
    ("per", "period"), [("month", "MONTH"), ("quarter", "QUARTER"), ("year", "YEAR")]
)
def test_budget_for_a_month_a_quarter_a_year(per: str, period: str) -> None:
    assert budget(per=per).one(BUDGET).inputs["budgetFilter"]["calendarPeriod"] == period


@pytest.mark.parametrize(
    ("limit", "units", "nanos"),
    [
        (25, "25", 0),
        (1_000_000, "1000000", 0),
        (0.1 + 0.2, "0", 300_000_000),
        (77.5, "77", 500_000_000),
    ],
)
def test_amount_is_written_as_money(limit: float, units: str, nanos: int) -> None:
    amount = budget(limit_usd=limit).one(BUDGET).inputs["amount"]
    assert amount == {"specifiedAmount": {"currencyCode": "USD", "units": units, "nanos": nanos}}


def test_calls_to_the_billing_account_count_against_the_project() -> None:
    rendered = budget()
    payer = next(r for r in rendered.custom() if r.type == "pulumi:providers:gcp")
    assert payer.inputs["userProjectOverride"] in (True, "true")
    assert payer.inputs["billingProject"] == payer.inputs["project"] == "my-course-2027"
    assert payer.urn in str(rendered.one(BUDGET).provider)
    assert [args for token, args in rendered.invokes if token == ACCOUNT] == [
        {"billingAccount": BILLING, "lookupProjects": False}
    ]


def test_without_a_billing_account_there_is_no_budget_and_it_says_so() -> None:
    rendered = budget(billing_account=None)
    assert [r.type for r in rendered.custom() if "-budget-" in r.name] == []
    assert rendered.registered["mllab:gcp:Budget"] == {
        "id": "none: mllab:gcp.billing_account is not set",
        "limit_usd": 1500,
        "notify": [],
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"notify": tuple(f"p{n}@example.edu" for n in range(6))},
            "mllab:budget.notify has 6 addresses; Google Cloud takes 5, so give the address of a"
            " mailing list",
        ),
        ({"per": "day"}, "mllab:budget.per is 'day'; Google Cloud knows month, quarter, year"),
        (
            {"said": answers(currency="DKK")},
            "the billing account is kept in DKK, and mllab:budget.limit_usd is in USD; Google takes"
            " a budget only in the account's own currency. Leave mllab:gcp.billing_account out and"
            " make the budget by hand: gcloud billing budgets create --budget-amount 100DKK",
        ),
    ],
)
def test_refuses_what_google_would_refuse(changes: dict[str, Any], message: str) -> None:
    assert refusal(budget, **changes) == message


def test_outputs_are_as_asked() -> None:
    assert committed().outputs["budget"] == {
        "id": "projects/my-course-2027/gcp-course-budget-limit",
        "limit_usd": 1500,
        "notify": ["instructor@example.edu"],
    }
