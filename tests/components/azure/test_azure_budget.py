"""People are told at each share of the budget, and the group for a stop switch is there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from components.contracts import BudgetArgs
from tests.components.azure.azure_account import (
    GROUP_ID,
    STACKS,
    alone,
    cloud,
    committed,
    refusal,
)
from tests.components.render import Rendered

BUDGET = "consumption:Budget"


def budget(**changes: Any) -> Rendered:
    """The course's budget with other arguments."""
    return alone("budget", BudgetArgs, **changes)


def alerts(rendered: Rendered, what: str) -> dict[str, dict[str, Any]]:
    found = rendered.one(BUDGET, f"azure-course-budget-{what}").inputs["notifications"]
    assert isinstance(found, dict)
    return found


def group(what: str) -> str:
    return f"{GROUP_ID}/azure-course-budget-{what}"


def test_budget_is_about_the_labs_resource_group() -> None:
    for what in ("limit", "forecast"):
        inputs = dict(committed().one(BUDGET, f"azure-course-budget-{what}").inputs)
        del inputs["notifications"], inputs["timePeriod"]
        assert inputs == {
            "scope": GROUP_ID,
            "category": "Cost",
            "amount": 1500,
            "timeGrain": "Monthly",
        }


def test_everybody_is_told_at_each_share_of_the_costs_and_of_the_forecast() -> None:
    rendered = budget(warn_percent=(25, 90), notify=("a@example.edu", "b@example.edu"))
    costs, forecast = alerts(rendered, "limit"), alerts(rendered, "forecast")
    assert {key: each["threshold"] for key, each in costs.items()} == {
        "costs-25": 25,
        "costs-90": 90,
        "costs-100": 100,
    }
    assert [each["threshold"] for each in forecast.values()] == [25, 90]
    assert {each["thresholdType"] for each in costs.values()} == {"Actual"}
    assert {each["thresholdType"] for each in forecast.values()} == {"Forecasted"}
    for each in [*forecast.values(), costs["costs-25"], costs["costs-90"]]:
        assert each["contactGroups"] == [group("people")]
    for each in [*costs.values(), *forecast.values()]:
        assert (each["enabled"], each["operator"]) == (True, "GreaterThan")
        assert each["contactEmails"] == [], "the group tells people; both would tell them twice"
    people = rendered.one("monitor:ActionGroup", "azure-course-budget-people").inputs
    assert [each["emailAddress"] for each in people["emailReceivers"]] == [
        "a@example.edu",
        "b@example.edu",
    ]
    assert len({each["name"] for each in people["emailReceivers"]}) == 2


@pytest.mark.parametrize(
    ("warn_percent", "told"),
    [((50, 100), ["people", "stop"]), ((50,), ["stop"]), ((100, 120), ["people", "stop"])],
)
def test_at_the_whole_amount_a_stop_switch_is_told_apart(
    warn_percent: tuple[int, ...], told: list[str]
) -> None:
    rendered = budget(warn_percent=warn_percent)
    costs = alerts(rendered, "limit")
    assert costs["costs-100"]["contactGroups"] == [group(each) for each in told]
    others = [each for key, each in costs.items() if key != "costs-100"]
    assert not [each for each in others if group("stop") in each["contactGroups"]]
    stop = rendered.one("monitor:ActionGroup", "azure-course-budget-stop").inputs
    assert stop["emailReceivers"] == []


@pytest.mark.parametrize("stack", STACKS)
def test_groups_are_what_azure_takes(stack: str) -> None:
    groups = committed(stack).of("monitor:ActionGroup")
    assert len(groups) == 2
    for each in groups:
        assert each.inputs["location"] == "Global"
        assert len(each.inputs["groupShortName"]) <= 12
        assert each.inputs["enabled"] is True


@pytest.mark.parametrize(
    ("per", "grain"), [("month", "Monthly"), ("quarter", "Quarterly"), ("year", "Annually")]
)
def test_budget_for_a_month_a_quarter_a_year(per: str, grain: str) -> None:
    rendered = budget(per=per)
    assert {each.inputs["timeGrain"] for each in rendered.of(BUDGET)} == {grain}


@pytest.mark.parametrize(
    ("today", "start"),
    [(date(2027, 1, 31), "2027-01-01T00:00:00Z"), (date(2028, 2, 1), "2028-02-01T00:00:00Z")],
)
def test_trap_a_budget_begins_with_its_month(today: date, start: str) -> None:
    """Azure refuses a start in an earlier month, or on another day than the first."""
    rendered = alone("budget", BudgetArgs, told={"today": today})
    assert {each.inputs["timePeriod"]["startDate"] for each in rendered.of(BUDGET)} == {start}


def test_trap_a_budget_is_refused_once_its_start_changes() -> None:
    """Next month it would; and it begins in the present one where nobody says which that is."""
    now = datetime.now(UTC).date()
    for each in committed().of(BUDGET):
        start = date.fromisoformat(each.inputs["timePeriod"]["startDate"][:10])
        assert start.day == 1
        assert 0 <= (now - start).days <= 31
        assert each.options["ignoreChanges"] == ["timePeriod"]


def test_it_goes_on_after_the_labs_last_day() -> None:
    """What still costs then is what somebody must hear of."""
    for each in committed().of(BUDGET):
        period = each.inputs["timePeriod"]
        begins, ends = (date.fromisoformat(period[key][:10]) for key in ("startDate", "endDate"))
        assert ends == begins.replace(year=begins.year + 10)


def test_takes_as_many_alerts_as_azure_does() -> None:
    rendered = budget(warn_percent=(20, 40, 60, 80, 100))
    assert [len(each.inputs["notifications"]) for each in rendered.of(BUDGET)] == [5, 5]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"warn_percent": (10, 30, 50, 70, 90)},
            "mllab:budget.warn_percent has 5 values; Azure takes 5 alerts, and one is at 100 in"
            " any case, so give at most 4 besides it",
        ),
        ({"per": "day"}, "mllab:budget.per is 'day'; Azure knows month, quarter, year"),
    ],
)
def test_refuses_what_azure_would_refuse(changes: dict[str, Any], message: str) -> None:
    assert refusal(budget, **changes) == message


def test_trap_an_offer_without_budgets_makes_none_and_says_so() -> None:
    where = cloud(budget=False)
    assert where.budget.keywords["enabled"] is False  # type: ignore[attr-defined]
    rendered = budget(budget=False)
    assert not rendered.of(BUDGET)
    assert not rendered.of("monitor:ActionGroup")
    assert rendered.registered["mllab:azure:Budget"] == {
        "id": "",
        "limit_usd": 1500,
        "notify": ["instructor@example.edu"],
    }


def test_outputs_are_as_asked() -> None:
    assert committed().outputs["budget"] == {
        "id": f"{GROUP_ID}/azure-course-budget-limit",
        "limit_usd": 1500,
        "notify": ["instructor@example.edu"],
    }
