"""The workflows that stop notebooks from outside are run, against a stand-in for Azure's API."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import machine
from tests.components.azure.asked_machines import (
    QUIET,
    TABLE,
    Machines,
    idle,
    run,
    workflow,
)
from tests.components.azure.azure_account import (
    committed,
    variant,
)
from tests.components.azure.workflow import Failed, TimedOut


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
    there = Machines(600, ana=(None, []), bo=QUIET, cy=QUIET)
    assert not run(workflow(committed(), "idle"), there).worked
    assert there.deallocated == ["bo", "cy"]


def test_a_look_that_finds_everything_as_it_should_be_ends_well() -> None:
    assert run(workflow(committed(), "idle"), Machines(60, ana=QUIET)).worked


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


@pytest.mark.parametrize(
    "fault", [Failed(), Failed("<?xml?>"), Failed({"odata.error": {"code": "x"}}), TimedOut()]
)
@pytest.mark.parametrize(
    ("machines", "up", "stopped"),
    [
        ({"ana": QUIET}, 12 * 60 + 29, []),
        ({"ana": QUIET, "bo": (None, []), "cy": QUIET}, 12 * 60 + 31, ["ana", "cy"]),
        ({"ana": QUIET}, 12 * 60 + 31, ["ana"]),
        ({"ana": ("PowerState/stopped", [])}, 12 * 60 + 31, ["ana"]),
        ({}, 0, []),
    ],
)
def test_signs_that_cannot_be_read_stop_nobody_but_the_longest_time_holds(
    machines: dict[str, Any], up: float, stopped: list[str], fault: Failed
) -> None:
    class Closed(Machines):
        def __call__(self, method: str, uri: str) -> Any:
            if TABLE in uri:
                raise fault
            return super().__call__(method, uri)

    there = Closed(up, **machines)
    assert not run(workflow(committed(), "idle"), there).worked
    assert there.deallocated == stopped


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
