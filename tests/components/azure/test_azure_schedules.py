"""Workflows that stop machines at the end and daily, and what they may do."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.azure import access
from tests.components.azure.asked_machines import (
    Machines,
    idle,
    run,
    workflow,
)
from tests.components.azure.azure_account import (
    GROUP_ID,
    STACKS,
    committed,
    grants,
    refusal,
    variant,
)


def test_a_lab_of_no_machines_is_fine() -> None:
    assert idle().deallocated == []


def test_after_the_last_day_every_machine_is_deallocated_each_hour() -> None:
    there = Machines(ana=("PowerState/running", []), bo=("PowerState/stopped", []))
    declared = workflow(committed(), "end")
    run(declared, there)
    assert there.deallocated == ["ana", "bo"]
    recurrence = declared.inputs["definition"]["triggers"]["hourly"]["recurrence"]
    assert (recurrence["frequency"], recurrence["interval"]) == ("Hour", 1)


@pytest.mark.parametrize(
    ("kind", "ends", "zone", "start"),
    [
        ("vm", date(2027, 2, 5), "Europe/Copenhagen", "2027-02-05T23:00:00Z"),
        ("managed", date(2027, 7, 5), "Europe/Copenhagen", "2027-07-05T22:00:00Z"),
        ("vm", date(2027, 12, 31), "America/New_York", "2028-01-01T05:00:00Z"),
        ("managed", date(2028, 2, 28), "UTC", "2028-02-29T00:00:00Z"),
    ],
)
def test_they_stop_when_the_last_day_is_over(kind: str, ends: date, zone: str, start: str) -> None:
    rendered = variant(kind=kind, lab={"ends": ends, "time_zone": zone})
    what = "end" if kind == "vm" else "managed-end"
    triggers = workflow(rendered, what).inputs["definition"]["triggers"]
    assert triggers["hourly"]["recurrence"]["startTime"] == start


def test_after_the_last_day_compute_instances_stop_and_the_cluster_is_left_alone() -> None:
    declared = workflow(variant(kind="managed"), "managed-end")
    workspace = declared.inputs["parameters"]["workspace"]["value"]
    there = {
        "ana": "ComputeInstance",
        "nodes": "AmlCompute",
        "bo": "ComputeInstance",
    }
    stopped = []

    def answer(method: str, uri: str) -> Any:
        path = urlsplit(uri).path.removeprefix(f"{workspace}/computes")
        if method == "POST":
            stopped.append(path)
            return None
        return {
            "value": [
                {"id": f"{workspace}/computes/{name}", "properties": {"computeType": kind}}
                for name, kind in there.items()
            ]
        }

    run(declared, answer)
    assert stopped == ["/ana/stop", "/bo/stop"]


@pytest.mark.parametrize(
    ("kind", "what", "verb"),
    [
        ("vm", "idle", "deallocate"),
        ("vm", "end", "deallocate"),
        ("managed", "managed-end", "stop"),
        ("managed", "daily", "stop"),
        ("managed", "limits", "updateIdleShutdownSetting"),
    ],
)
def test_a_list_of_several_pages_is_read_to_its_end(kind: str, what: str, verb: str) -> None:
    changed = []

    def answer(method: str, uri: str) -> Any:
        if method == "POST":
            changed.append(urlsplit(uri).path)
        if "/instanceView" in uri:
            return {"statuses": [{"code": "PowerState/stopped"}]}
        if "/signs()" in uri:
            return {"value": []}
        number = uri.count("&more")
        found = {"id": f"/machine{number}", "properties": {"computeType": "ComputeInstance"}}
        return {"value": [found]} | ({"nextLink": f"{uri}&more"} if number < 2 else {})

    run(workflow(variant(kind=kind), what), answer)
    assert changed == [f"/machine{number}/{verb}" for number in range(3)]


def test_a_lab_without_end_has_no_such_workflow() -> None:
    names = [each.name for each in committed("azure-lab").of("logic:Workflow")]
    assert names == ["azure-lab-notebook-idle"]
    names = [n.name for n in variant(kind="managed", lab={"ends": None}).of("logic:Workflow")]
    assert names == ["azure-course-notebook-daily", "azure-course-notebook-limits"]


def test_workflows_may_do_no_more_than_they_do() -> None:
    given = grants(committed())
    assert {
        name: right for name, right in given.items() if "-idle-" in name or "-end-" in name
    } == {
        "azure-course-notebook-idle-power": (
            access.POWER,
            "azure-course-notebook-idle-principal",
            GROUP_ID,
        ),
        "azure-course-notebook-idle-metrics": (
            access.METRICS,
            "azure-course-notebook-idle-principal",
            GROUP_ID,
        ),
        "azure-course-notebook-idle-signs": (
            access.TABLE_READ,
            "azure-course-notebook-idle-principal",
            f"{GROUP_ID}/azure-course-notebook-signs",
        ),
        "azure-course-notebook-end-power": (
            access.POWER,
            "azure-course-notebook-end-principal",
            GROUP_ID,
        ),
    }
    managed = variant(kind="managed")
    workspace = managed.one("machinelearningservices:Workspace")
    for what in ("managed-end-power", "daily-power", "limits-change"):
        assert grants(managed)[f"azure-course-notebook-{what}"] == (
            access.ML_COMPUTE,
            f"azure-course-notebook-{what.rpartition('-')[0]}-principal",
            f"{GROUP_ID}/{workspace.name}",
        )


@pytest.mark.parametrize("stack", STACKS)
def test_workflows_act_as_themselves_and_are_on(stack: str) -> None:
    for each in committed(stack).of("logic:Workflow"):
        assert each.inputs["identity"] == {"type": "SystemAssigned"}
        assert each.inputs["state"] == "Enabled"
        assert "accessControl" not in each.inputs, "nobody calls them from outside"


def test_every_machine_is_deallocated_daily_at_the_labs_own_time() -> None:
    rendered = variant(seats=("ana", "bo"), stop_at=time(20, 5))
    found = {each.name: each for each in rendered.of("devtestlab:GlobalSchedule")}
    assert found.keys() == {f"azure-course-notebook-{seat}-daily" for seat in ("ana", "bo")}
    daily = dict(found["azure-course-notebook-bo-daily"].inputs)
    assert daily.pop("tags")["seat"] == "bo"
    assert daily == {
        "name": "shutdown-computevm-azure-course-bo",
        "resourceGroupName": GROUP_ID.rpartition("/")[2],
        "taskType": "ComputeVmShutdownTask",
        "status": "Enabled",
        "dailyRecurrence": {"time": "2005"},
        "timeZoneId": "Romance Standard Time",
        "targetResourceId": f"{GROUP_ID}/azure-course-notebook-bo",
        "notificationSettings": {"status": "Disabled"},
    }


def test_midnight_is_a_time_to_stop_and_none_is_not() -> None:
    daily = variant(stop_at=time(0)).one("devtestlab:GlobalSchedule")
    assert daily.inputs["dailyRecurrence"] == {"time": "0000"}
    assert not variant(stop_at=None).of("devtestlab:GlobalSchedule")


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_a_time_zone_that_azure_has_no_name_for_is_refused(kind: str) -> None:
    assert refusal(variant, kind=kind, lab={"time_zone": "Antarctica/Troll"}) == (
        "mllab:notebook.time_zone is 'Antarctica/Troll', for which Azure's schedules have no name;"
        " name a city with the same time, like Europe/Copenhagen"
    )
