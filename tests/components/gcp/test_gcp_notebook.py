"""A seat's machine is private, allowed and told what it needs, and stopped in time."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from components.catalog import machine
from components.gcp.machine import KEYS
from tests.components.gcp.gcp_account import (
    STACKS,
    asked,
    committed,
    granted,
    refusal,
    told,
    variant,
)
from tests.components.render import Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
INSTANCE = "compute/instance:Instance"
DISK = "compute/disk:Disk"
JOB = "cloudscheduler/job:Job"
HOURS = range(1, 169)  # as settings take them
POLICY = "compute/resourcePolicy:ResourcePolicy"
ATTACHMENT = "compute/resourcePolicyAttachment:ResourcePolicyAttachment"


def gcp(size: str) -> Any:
    return machine("gcp", size)


@every_stack
def test_machine_is_what_was_asked_for(stack: str) -> None:
    args = asked(stack)
    machines = committed(stack).of(INSTANCE)
    assert len(machines) == len(args.seats)
    for each in machines:
        assert each.inputs["machineType"] == args.notebook.type
        boot = each.inputs["bootDisk"]
        assert boot["autoDelete"] is True
        assert boot["initializeParams"]["size"] == args.disk_gb
        assert boot["initializeParams"]["type"] == "pd-balanced"
        assert each.inputs["serviceAccount"]["scopes"] == [
            "https://www.googleapis.com/auth/cloud-platform"
        ]
        assert each.inputs["shieldedInstanceConfig"] == {
            "enableVtpm": True,
            "enableIntegrityMonitoring": True,
            "enableSecureBoot": stack != "gcp-course",  # strict, or without a GPU
        }
        metadata = each.inputs["metadata"]
        assert metadata["enable-oslogin"] == metadata["block-project-ssh-keys"] == "TRUE"
        assert metadata["enable-guest-attributes"] == "TRUE"


@pytest.mark.parametrize(
    ("size", "accelerators", "maintenance"),
    [
        ("cpu-small", None, "MIGRATE"),
        ("gpu-small", [{"type": "nvidia-tesla-t4", "count": 1}], "TERMINATE"),
        ("gpu-medium", None, "TERMINATE"),
        ("gpu-large", None, "TERMINATE"),
        ("gpu-multi", None, "TERMINATE"),
    ],
)
def test_gpus_are_attached_where_the_machine_type_brings_none(
    size: str, accelerators: Any, maintenance: str
) -> None:
    box = variant(notebook=gcp(size)).one(INSTANCE)
    assert box.inputs.get("guestAccelerators") == accelerators
    assert box.inputs["scheduling"]["onHostMaintenance"] == maintenance
    assert ("install-nvidia-driver" in box.inputs["metadata"]) is (maintenance == "TERMINATE")


@pytest.mark.parametrize("hours", [7, 168])
def test_google_stops_a_machine_after_a_week_whatever_fails(hours: int) -> None:
    """The longest time that settings may ask for: what a machine was made with never changes."""
    assert hours in HOURS
    scheduling = variant(max_hours=hours).one(INSTANCE).inputs["scheduling"]
    assert scheduling == {
        "provisioningModel": "STANDARD",
        "preemptible": False,
        "automaticRestart": False,
        "onHostMaintenance": "TERMINATE",
        "maxRunDuration": {"seconds": 604_800},
        "instanceTerminationAction": "STOP",
    }


@every_stack
def test_home_is_a_disk_of_its_own_in_the_machines_zone(stack: str) -> None:
    rendered, args = committed(stack), asked(stack)
    for seat in args.seats:
        name = f"{stack}-notebook-{seat}"
        home, box = rendered.one(DISK, f"{name}-home"), rendered.one(INSTANCE, name)
        assert home.inputs["size"] == args.home_gb
        assert home.inputs["type"] == "pd-balanced"
        assert box.inputs["zone"] == home.inputs["zone"]
        assert box.inputs["attachedDisks"] == [
            {
                "source": f"https://www.googleapis.com/compute/v1/{home.name}",
                "deviceName": "mllab-home",
            }
        ]


def test_machine_is_told_what_the_scripts_read() -> None:
    settings = told(committed().one(INSTANCE))
    assert settings.keys() == set(KEYS)
    assert settings == {
        "LAB": "gcp-course",
        "SEAT": "shared",
        "PROJECT": "my-course-2027",
        "REGION": "us-central1",
        "BUCKET": "gcp-course-storage-bucket-0abc123",
        "BUCKET_PATH": "/bucket",
        "BUCKET_OPTIONS": "rw,allow_other,implicit_dirs,uid=2000,gid=2000,file_mode=664,"
        "dir_mode=775",
        "HOME_DEVICE": "mllab-home",
        "IDLE_MINUTES": "60",
        "MAX_HOURS": "12",
        "MOUNT_KIND": "nfs",
        "MOUNT_SOURCE": "10.9.0.2:/share",
        "MOUNT_PATH": "/shared",
        "MOUNT_OPTIONS": "rw,hard",
        "GPU": "1",
    }


def test_machine_without_files_and_gpu_is_told_so() -> None:
    settings = told(variant(files=False, notebook=gcp("cpu-small")).one(INSTANCE))
    assert {value for key, value in settings.items() if key.startswith("MOUNT_")} == {""}
    assert settings["GPU"] == "0"


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_accounts_may_use_the_labs_own_things_and_nothing_else(kind: str) -> None:
    rendered = variant(kind=kind)
    bucket = "gcp-course-storage-bucket-0abc123"
    images = rendered.one("artifactregistry/repository:Repository").inputs["repositoryId"]
    (box,) = rendered.of(INSTANCE if kind == "vm" else "workbench/instance:Instance")
    rights = granted(rendered)
    assert {(what, role) for _, what, role in rights} == {
        (bucket, "roles/storage.objectUser"),
        (bucket, "roles/storage.legacyBucketReader"),
        (images, "roles/artifactregistry.writer"),
        (images, "roles/artifactregistry.reader"),
        ("my-course-2027", "roles/logging.logWriter"),
        ("my-course-2027", "roles/compute.viewer"),
        ("my-course-2027", "roles/monitoring.viewer"),
        ("my-course-2027", "roles/workflows.invoker"),
        ("my-course-2027", "projects/my-course-2027/roles/mllab_gcp_course_storage_bucket_0abc123"),
        (box.inputs["name"], "roles/compute.instanceAdmin.v1"),
    }
    pushers = {who for who, _, role in rights if role.endswith("artifactregistry.writer")}
    assert len(pushers) == 1
    assert next(iter(pushers)).startswith("gcp-course-notebook")


@every_stack
def test_no_account_is_an_administrator_of_the_project(stack: str) -> None:
    for _, what, role in granted(committed(stack)):
        assert role not in {"roles/owner", "roles/editor", "roles/viewer"}
        if what == "my-course-2027":
            looking = {"roles/logging.logWriter", "roles/workflows.invoker"}
            assert role in looking or role.endswith(".viewer") or "/roles/mllab_" in role


def daily(rendered: Rendered) -> dict[str, Any]:
    """The jobs besides the watch."""
    return {each.name: each.inputs for each in rendered.of(JOB) if "-watch" not in each.name}


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_every_machine_stops_daily_at_the_labs_own_time(kind: str) -> None:
    rendered = variant(seats=("ana", "bo"), stop_at=time(20, 5), kind=kind)
    found = daily(rendered)
    assert found.keys() == {f"gcp-course-notebook-{seat}-daily" for seat in ("ana", "bo")}
    box = rendered.one(
        {"vm": INSTANCE, "managed": "workbench/instance:Instance"}[kind], "gcp-course-notebook-bo"
    )
    zone = box.inputs["zone" if kind == "vm" else "location"]
    account = rendered.one("serviceaccount/account:Account", "gcp-course-notebook-stopper")
    job = dict(found["gcp-course-notebook-bo-daily"])
    assert job.pop("description")
    assert job == {
        "region": "us-central1",
        "schedule": "5 20 * * *",
        "timeZone": "Europe/Copenhagen",
        "attemptDeadline": "60s",
        "retryConfig": {"retryCount": 3},
        "httpTarget": {
            "httpMethod": "POST",
            "uri": "https://compute.googleapis.com/compute/v1/projects/my-course-2027/zones/"
            f"{zone}/instances/{box.inputs['name']}/stop",
            "oauthToken": {
                "serviceAccountEmail": f"{account.inputs['accountId']}"
                "@my-course-2027.iam.gserviceaccount.com"
            },
        },
    }


def test_midnight_is_a_time_to_stop_and_none_is_not() -> None:
    (job,) = daily(variant(stop_at=time(0))).values()
    assert job["schedule"] == "0 0 * * *"
    rendered = variant(stop_at=None)
    assert daily(rendered) == {}


@pytest.mark.parametrize(
    ("ends", "zone", "start"),
    [
        (date(2027, 2, 5), "Europe/Copenhagen", "2027-02-05T23:00:00Z"),
        (date(2027, 7, 5), "Europe/Copenhagen", "2027-07-05T22:00:00Z"),
        (date(2027, 12, 31), "America/New_York", "2028-01-01T05:00:00Z"),
        (date(2028, 2, 28), "UTC", "2028-02-29T00:00:00Z"),
    ],
)
def test_machines_stop_when_the_last_day_is_over_and_stay_so(
    ends: date, zone: str, start: str
) -> None:
    rendered = variant(lab={"ends": ends, "time_zone": zone}, seats=("ana", "bo"))
    policy = rendered.one(POLICY).inputs
    assert policy["region"] == "us-central1"
    assert policy["instanceSchedulePolicy"] == {
        "timeZone": zone,
        "startTime": start,
        "vmStopSchedule": {"schedule": "0 * * * *"},
    }, "who starts it again is stopped again, and nothing is ever started"
    attached = {each.inputs["instance"] for each in rendered.of(ATTACHMENT)}
    assert attached == {each.inputs["name"] for each in rendered.of(INSTANCE)}


def test_a_lab_without_end_and_daily_stop_is_only_watched() -> None:
    rendered = variant(lab={"ends": None, "profile": "strict"}, stop_at=None)
    assert [each.name for each in rendered.of(JOB)] == ["gcp-course-notebook-watch"]
    for kind in (POLICY, ATTACHMENT, "projects/iAMCustomRole:IAMCustomRole"):
        assert not rendered.of(kind)


def test_an_image_family_that_was_named_is_taken() -> None:
    rendered = variant(switches={"image": "pytorch-3-0-cu140-ubuntu-2604"})
    image = rendered.one(INSTANCE).inputs["bootDisk"]["initializeParams"]["image"]
    assert image == (
        "projects/deeplearning-platform-release/global/images/family/pytorch-3-0-cu140-ubuntu-2604"
    )
    assert not [token for token, _ in rendered.invokes if "getImage" in token]


def test_refuses_a_region_without_the_gpu_and_names_some_that_have_it() -> None:
    said = refusal(variant, lab={"region": "europe-north1"})
    assert said.startswith(
        "no zone of europe-north1 is known to offer n1-standard-4 with T4 16 GB; known are"
        " asia-east1, "
    )
    assert said.endswith(
        " Choose another mllab:notebook.size or another gcp:region; or, if you know a zone that"
        " has it: pulumi config set gcp:zone europe-north1-a"
    )
    rendered = variant(lab={"region": "europe-north1"}, switches={"zone": "europe-north1-b"})
    assert rendered.one(INSTANCE).inputs["zone"] == "europe-north1-b"


@pytest.mark.parametrize("size", ["cpu-small", "gpu-small"])
def test_a_spare_machine_is_stopped_and_not_deleted_when_google_takes_it_back(size: str) -> None:
    (one,) = variant(notebook=gcp(size), switches={"spot": True}).of(INSTANCE)
    scheduling = one.inputs["scheduling"]
    assert scheduling["provisioningModel"] == "SPOT"
    assert scheduling["preemptible"] is True
    assert scheduling["automaticRestart"] is False
    assert scheduling["onHostMaintenance"] == "TERMINATE"
    assert scheduling["instanceTerminationAction"] == "STOP"
