"""What stops machines in special places, and machines that an instance schedule cannot stop."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from components import regions
from components.catalog import machine
from components.gcp import scheduler
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules.schedules import API
from tests.components.gcp.gcp_account import variant
from tests.components.render import Rendered

ACCOUNT = "serviceaccount/account:Account"
JOB = "cloudscheduler/job:Job"
POLICY = "compute/resourcePolicy:ResourcePolicy"
ATTACHMENT = "compute/resourcePolicyAttachment:ResourcePolicyAttachment"
MEMBER = "compute/instanceIAMMember:InstanceIAMMember"


def with_local_disks(kind: str = "vm", **changes: Any) -> Rendered:
    return variant(notebook=machine("gcp", "gpu-large", kind), kind=kind, **changes)


@pytest.mark.parametrize("region", sorted(regions.of("gcp")))
def test_jobs_are_where_cloud_scheduler_is(region: str) -> None:
    here = places.located(API)
    assert scheduler.location(region) in here
    assert (scheduler.location(region) == region) is (region in here)


def test_a_lab_where_cloud_scheduler_is_not_has_its_jobs_near() -> None:
    rendered = variant(
        lab={"region": "europe-west9"}, notebook=machine("gcp", "cpu-small"), seats=("ana",)
    )
    jobs = rendered.of(JOB) + rendered.of("workflows/workflow:Workflow")
    assert {each.inputs["region"] for each in jobs} == {"europe-west1"}
    assert len(jobs) == 3
    assert rendered.one(POLICY).inputs["region"] == "europe-west9"


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_machines_with_local_disks_are_stopped_at_the_end_by_a_job_that_says_they_may_go(
    kind: str,
) -> None:
    rendered = with_local_disks(
        kind, lab={"ends": date(2027, 2, 5), "time_zone": "Europe/Copenhagen"}, seats=("ana", "bo")
    )
    assert not rendered.of(POLICY)
    assert not rendered.of(ATTACHMENT)
    accounts = {each.name: each.inputs["accountId"] for each in rendered.of(ACCOUNT)}
    ender = accounts["gcp-course-notebook-ender"]
    for seat in ("ana", "bo"):
        job = rendered.one(JOB, f"gcp-course-notebook-{seat}-end").inputs
        assert job["schedule"] == "0 * * * *"
        assert job["httpTarget"]["uri"].endswith("/stop?discardLocalSsd=true")
        assert job["httpTarget"]["oauthToken"]["serviceAccountEmail"].startswith(f"{ender}@")
        allowed = rendered.one(MEMBER, f"gcp-course-notebook-{seat}-end-access").inputs
        assert allowed["condition"]["expression"] == (
            'request.time >= timestamp("2027-02-05T23:00:00Z")'
        )
        assert allowed["member"].startswith(f"serviceAccount:{ender}@")


def test_before_the_end_nobody_gives_the_hourly_job_a_right() -> None:
    """Each right of its account waits for the end; the daily stop has an account of its own."""
    rendered = with_local_disks(seats=("ana",))
    ender = rendered.one(ACCOUNT, "gcp-course-notebook-ender").inputs["accountId"]
    rights = [
        each.inputs
        for each in rendered.custom()
        if str(each.inputs.get("member", "")).startswith(f"serviceAccount:{ender}@")
    ]
    assert [sorted(right.get("condition", {})) for right in rights] == [["expression", "title"]]


def test_without_an_end_there_is_no_job_for_it() -> None:
    rendered = with_local_disks(lab={"ends": None, "profile": "strict"}, seats=("ana",))
    assert {job.name for job in rendered.of(JOB)} == {
        "gcp-course-notebook-ana-daily",
        "gcp-course-notebook-watch",
    }
