"""The workflows that stop notebooks from outside are run, against a stand-in for Azure's API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from components.azure import access
from components.catalog import machine
from mllab.engines.contract import Resource
from tests.components.azure.azure_account import (
    GROUP_ID,
    STACKS,
    committed,
    grants,
    refusal,
    variant,
)
from tests.components.azure.workflow import Failed, Workflow
from tests.components.render import Rendered

NOW = datetime(2027, 1, 11, 12, 0, tzinfo=UTC)
MACHINES = f"{GROUP_ID}/providers/Microsoft.Compute/virtualMachines"
ARM = "https://management.azure.com"
TABLE = ".table.core.windows.net"
QUIET = ("PowerState/running", [0.0])


class Machines:
    """Machines of a resource group, by name: their power state, and their load every five minutes.

    A machine whose state is None cannot be asked. All were started `up` minutes ago.
    """

    def __init__(
        self,
        up: float = 600,
        signs: Mapping[str, Mapping[str, float]] | None = None,
        /,
        **machines: tuple[str | None, list[float | None]],
    ) -> None:
        self.machines, self.up = machines, up
        self.signs = signs or {}
        self.deallocated: list[str] = []
        self.asked: dict[str, list[str]] = {}

    def __call__(self, method: str, uri: str) -> Any:
        parts = urlsplit(uri)
        if parts.netloc.endswith(TABLE):
            assert (method, parts.path) == ("GET", "/signs()")
            now = NOW.timestamp()
            return {
                "value": [
                    {"PartitionKey": "signs", "RowKey": seat}
                    | {key: int(now + minutes * 60) for key, minutes in sign.items()}
                    for seat, sign in self.signs.items()
                ]
            }
        assert f"{parts.scheme}://{parts.netloc}" == ARM
        assert "api-version" in parse_qs(parts.query)
        if parts.path == MACHINES:
            return {
                "value": [{"id": f"{MACHINES}/{n}", "tags": {"seat": n}} for n in self.machines]
            }
        name, _, what = parts.path.removeprefix(f"{MACHINES}/").partition("/")
        state, load = self.machines[name]
        if state is None:
            raise Failed
        if (method, what) == ("GET", "instanceView"):
            since = (NOW - timedelta(minutes=self.up)).isoformat()
            made = {"code": "ProvisioningState/succeeded", "time": since}
            return {"statuses": [made, {"code": state}]}
        if (method, what) == ("GET", "providers/Microsoft.Insights/metrics"):
            self.asked = parse_qs(parts.query)
            data = [{} if each is None else {"maximum": each} for each in load]
            return {"value": [{"timeseries": [{"data": data}]}]}
        assert (method, what) == ("POST", "deallocate")
        self.deallocated.append(name)
        return None


def workflow(rendered: Rendered, what: str) -> Resource:
    return rendered.one("logic:Workflow", f"azure-course-notebook-{what}")


def run(declared: Resource, answer: Any) -> Workflow:
    return Workflow(declared.inputs["definition"], declared.inputs["parameters"], NOW, answer)


def idle(
    rendered: Rendered | None = None,
    up: float = 600,
    signs: Mapping[str, Mapping[str, float]] | None = None,
    **machines: tuple[str | None, list[Any]],
) -> Machines:
    """What the look at machines does.

    Args:
        signs: what the machines last said, in minutes from now.
    """
    there = Machines(up, signs, **machines)
    run(workflow(rendered or committed(), "idle"), there)
    return there


@pytest.mark.parametrize(
    ("load", "stopped"),
    [
        ([1.0, 4.99, 0.0], True),
        ([1.0, 5.0, 1.0], False),
        ([99.0, 1.0, 1.0], False),
        ([1.0, 1.0, 70.5], False),
        ([None, 1.0, 1.0], False),
        ([1.0, 1.0, None], False),
        ([], False),
    ],
)
def test_a_machine_that_was_quiet_all_the_time_is_deallocated(
    load: list[float | None], stopped: bool
) -> None:
    """What was not measured counts as busy: it may just have been started."""
    assert idle(ana=("PowerState/running", load)).deallocated == (["ana"] if stopped else [])


@pytest.mark.parametrize(
    ("state", "stopped"),
    [
        ("PowerState/stopped", True),
        ("PowerState/stopping", False),
        ("PowerState/deallocated", False),
        ("PowerState/deallocating", False),
        ("PowerState/starting", False),
    ],
)
def test_trap_a_machine_that_is_only_shut_down_is_billed_on(state: str, stopped: bool) -> None:
    there = idle(ana=(state, []))
    assert there.deallocated == (["ana"] if stopped else [])
    assert there.asked == {}


def test_one_machine_that_cannot_be_asked_keeps_no_other_running() -> None:
    quiet = ("PowerState/running", [0.0])
    assert idle(ana=(None, []), bo=quiet, cy=quiet).deallocated == ["bo", "cy"]


@pytest.mark.parametrize(
    ("idle_minutes", "since"), [(60, "2027-01-11T09:50:00Z"), (15, "2027-01-11T11:20:00Z")]
)
def test_it_looks_back_for_twice_the_idle_time(idle_minutes: int, since: str) -> None:
    """Up to ten minutes ago: what is newer may not have been counted yet."""
    there = idle(variant(idle_minutes=idle_minutes), ana=("PowerState/running", [0.0]))
    assert there.asked["timespan"] == [f"{since}/2027-01-11T11:50:00Z"]
    assert there.asked["metricnames"] == ["Percentage CPU"]
    assert (there.asked["aggregation"], there.asked["interval"]) == (["Maximum"], ["PT5M"])


@pytest.mark.parametrize(
    ("size", "percent"), [("Standard_NC4as_T4_v3", 5), ("Standard_NC64as_T4_v3", 0.78)]
)
def test_half_a_processor_counts_as_busy_on_a_large_machine(size: str, percent: float) -> None:
    rendered = variant(notebook=machine("azure", size))
    given = workflow(rendered, "idle").inputs["parameters"]
    assert given["percent"] == {"type": "Float", "value": percent}


def test_a_machine_in_use_is_left_alone_however_quiet_its_processors_are() -> None:
    """A kernel that waits, a login, a download: the machine says so, and it knows better."""
    said = {"ana": {"seen_at": -4.0, "busy_at": -4.0, "awake_until": -1e6}}
    assert idle(signs=said, ana=QUIET, bo=QUIET).deallocated == ["bo"]


@pytest.mark.parametrize(("busy", "stopped"), [(-119.0, []), (-121.0, ["ana"])])
def test_what_a_machine_said_holds_for_twice_the_idle_time(busy: float, stopped: list[str]) -> None:
    said = {"ana": {"seen_at": busy, "busy_at": busy, "awake_until": -1e6}}
    assert idle(signs=said, ana=QUIET).deallocated == stopped


def test_a_machine_kept_awake_is_left_alone_until_then_even_if_it_falls_silent() -> None:
    said = {"ana": {"seen_at": -300.0, "busy_at": -300.0, "awake_until": 1.0}}
    assert idle(signs=said, ana=QUIET).deallocated == []


@pytest.mark.parametrize(("up", "stopped"), [(119, []), (121, ["ana"])])
def test_a_machine_that_never_spoke_counts_from_its_start(up: float, stopped: list[str]) -> None:
    there = idle(up=up, ana=QUIET)
    assert there.deallocated == stopped
    assert bool(there.asked) is bool(stopped)


@pytest.mark.parametrize(("up", "stopped"), [(12 * 60 + 29, []), (12 * 60 + 31, ["ana"])])
def test_the_longest_time_holds_whatever_the_machine_says(up: float, stopped: list[str]) -> None:
    """Half an hour late: the machine itself comes first."""
    said = {"ana": {"seen_at": 900.0, "busy_at": 900.0, "awake_until": 900.0}}
    there = idle(up=up, signs=said, ana=("PowerState/running", [99.0]))
    assert there.deallocated == stopped


def test_signs_that_cannot_be_read_stop_nobody() -> None:
    class Closed(Machines):
        def __call__(self, method: str, uri: str) -> Any:
            if TABLE in uri:
                raise Failed
            return super().__call__(method, uri)

    there = Closed(10_000, ana=QUIET)
    run(workflow(committed(), "idle"), there)
    assert there.deallocated == []


def test_changed_limits_reach_machines_as_tags_and_touch_nothing_else() -> None:
    before, now = variant(), variant(idle_minutes=600, max_hours=24)
    box, changed = (dict(each.one("compute:VirtualMachine").inputs) for each in (before, now))
    new = changed.pop("tags")
    assert (new["idle-minutes"], new["max-hours"]) == ("600", "24")
    assert box.pop("tags").keys() == new.keys()
    ignored = {"osProfile": {}}
    assert {**box, **ignored} == {**changed, **ignored}
    given = workflow(now, "idle").inputs["parameters"]
    assert (given["minutes"]["value"], given["late"]["value"]) == (1200, 24 * 60 + 30)


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
    triggers = workflow(rendered, "end").inputs["definition"]["triggers"]
    assert triggers["hourly"]["recurrence"]["startTime"] == start


def test_after_the_last_day_compute_instances_stop_and_the_cluster_is_left_alone() -> None:
    declared = workflow(variant(kind="managed"), "end")
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
    for what in ("end-power", "daily-power", "limits-change"):
        assert grants(managed)[f"azure-course-notebook-{what}"] == (
            access.ML_COMPUTE,
            f"azure-course-notebook-{what.partition('-')[0]}-principal",
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
