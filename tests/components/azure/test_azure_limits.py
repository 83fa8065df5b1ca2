"""Limits of compute instances, which Azure ML never changes: workflows apply them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from mllab.engines.contract import Resource
from tests.components.azure.azure_account import variant
from tests.components.azure.workflow import Answer, Workflow
from tests.components.render import Rendered

NOW = datetime(2027, 1, 11, 12, 0, tzinfo=UTC)


def workflow(rendered: Rendered, what: str) -> Resource:
    return rendered.one("logic:Workflow", f"azure-course-notebook-{what}")


def run(declared: Resource, answer: Answer) -> Workflow:
    inputs = declared.inputs
    return Workflow(inputs["definition"], inputs["parameters"], NOW, answer)


def test_compute_instances_stop_daily_at_the_labs_own_time_and_it_can_change() -> None:
    declared = workflow(variant(kind="managed", stop_at=time(20, 5)), "daily")
    assert declared.inputs["definition"]["triggers"] == {
        "daily": {
            "type": "Recurrence",
            "recurrence": {
                "frequency": "Day",
                "interval": 1,
                "timeZone": "Romance Standard Time",
                "schedule": {"hours": ["20"], "minutes": [5]},
            },
        }
    }
    end = workflow(variant(kind="managed"), "managed-end")
    assert declared.inputs["definition"]["actions"] == end.inputs["definition"]["actions"]


def test_compute_instances_are_told_the_idle_time_that_counts_now() -> None:
    declared = workflow(variant(kind="managed", idle_minutes=90), "limits")
    workspace = declared.inputs["parameters"]["workspace"]["value"]
    there = [
        ("ana", "ComputeInstance", "PT60M"),
        ("bo", "ComputeInstance", "PT90M"),
        ("cy", "ComputeInstance", None),
        ("nodes", "AmlCompute", None),
    ]

    def answer(method: str, uri: str) -> Any:
        if method == "POST":
            return None
        return {
            "value": [
                {
                    "id": f"{workspace}/computes/{name}",
                    "properties": {
                        "computeType": kind,
                        "properties": {"idleTimeBeforeShutdown": at},
                    },
                }
                for name, kind, at in there
            ]
        }

    done = run(declared, answer)
    told = [uri for method, uri in done.calls if method == "POST"]
    change = "updateIdleShutdownSetting?api-version=2021-07-01"
    assert told == [
        f"https://management.azure.com{workspace}/computes/{name}/{change}"
        for name in ("ana", "cy")
    ]
    assert done.sent == [{"idleTimeBeforeShutdown": "PT90M"}] * 2


@pytest.mark.parametrize("max_hours", [3, 12])
def test_compute_instances_are_stopped_that_are_up_too_long_or_did_not_stop(
    max_hours: int,
) -> None:
    """By the last operation that Azure ML tells of each, a start as long as it runs; a stop that
    failed is one, too, and would begin the time anew."""
    declared = workflow(variant(kind="managed", max_hours=max_hours), "limits")
    workspace = declared.inputs["parameters"]["workspace"]["value"]
    late = max_hours * 60 + 1
    # Values of PSArgumentCompleter of Az.MachineLearningServices, IComputeInstanceLastOperation.
    there = {
        "late": ("ComputeInstance", "Running", ("Start", late, "Succeeded", "User")),
        "job": ("ComputeInstance", "JobRunning", ("Start", 10_000, "Succeeded", "Schedule")),
        "fresh": ("ComputeInstance", "Running", ("Start", late - 2, "Succeeded", "User")),
        "kept": ("ComputeInstance", "Running", ("Stop", 1, "StopFailed", "User")),
        "idle": ("ComputeInstance", "Running", ("Stop", 1, "StopFailed", "IdleShutdown")),
        "idle-late": ("ComputeInstance", "Running", ("Stop", late, "StopFailed", "IdleShutdown")),
        "halting": ("ComputeInstance", "Stopping", ("Stop", 1, "InProgress", "User")),
        "again": ("ComputeInstance", "Running", ("Restart", 1, "RestartFailed", "User")),
        "off": ("ComputeInstance", "Stopped", ("Stop", 10_000, "Succeeded", "User")),
        "untold": ("ComputeInstance", "Running", None),
        "nodes": ("AmlCompute", None, ("Start", 10_000, "Succeeded", "User")),
    }

    def told(name: str, minutes: int, status: str, trigger: str) -> dict[str, str]:
        return {
            "operationName": name,
            "operationTime": (NOW - timedelta(minutes=minutes)).isoformat(),
            "operationStatus": status,
            "operationTrigger": trigger,
        }

    def answer(method: str, uri: str) -> Any:
        return {
            "value": [
                {
                    "id": f"{workspace}/computes/{name}",
                    "properties": {
                        "computeType": kind,
                        "properties": {
                            "idleTimeBeforeShutdown": "PT60M",
                            "state": state,
                            "lastOperation": last and told(*last),
                        },
                    },
                }
                for name, (kind, state, last) in there.items()
            ]
        }

    stopped = [uri for method, uri in run(declared, answer).calls if method == "POST"]
    assert stopped == [
        f"https://management.azure.com{workspace}/computes/{name}/stop?api-version=2025-12-01"
        for name in ("late", "job", "kept", "idle-late")
    ]
