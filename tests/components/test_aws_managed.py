"""A notebook instance is the lab's own, stops when idle and every day, and keeps what is on it."""

from __future__ import annotations

import base64
import json
import lzma
import re
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from components.aws import lifecycle
from components.catalog import machine
from components.cloud_init import settings_text
from tests.components.labs import after, answers, granted, managed, policy, refusal, variant
from tests.components.render import Rendered

NOTEBOOK = "sagemaker/notebookInstance:NotebookInstance"
SCRIPT = "sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration"
SCHEDULE = "scheduler/schedule:Schedule"
LAB = "aws-course"
API = botocore.session.get_session().get_service_model("sagemaker")


def course(**changes: Any) -> Rendered:
    return variant(kind="managed", **changes)


def notebook(**changes: Any) -> dict[str, Any]:
    return dict((course(**changes) if changes else managed()).one(NOTEBOOK).inputs)


def told(rendered: Rendered) -> str:
    """The settings that the script of every start writes."""
    script = base64.b64decode(rendered.one(SCRIPT).inputs["onStart"]).decode()
    packed = base64.b85decode(script.splitlines()[-1])
    parts = lzma.decompress(packed).decode().split("\0")
    return dict(zip(parts[::3], parts[2::3], strict=True))["/etc/mllab/lab.env"]


# --------------------------------------------------------------------------------- what it is


def test_notebook_is_what_was_asked_for() -> None:
    found = notebook()
    name, subnet = found.pop("name"), found.pop("subnetId")
    assert re.fullmatch(rf"{LAB}-shared-{LAB}-network-vpc-id-[0-9a-z]{{8}}", name)
    assert re.fullmatch(rf"{LAB}-network-subnet-[abc]-id", subnet)
    assert found.pop("tags")["seat"] == "shared"
    assert found == {
        "instanceType": "ml.g4dn.xlarge",
        "roleArn": f"arn:aws:test::123456789012:{LAB}-notebook-managed-role",
        "platformIdentifier": "notebook-al2023-v1",
        "volumeSize": 50,
        "rootAccess": "Disabled",
        "securityGroups": [f"{LAB}-network-compute-id"],
        "directInternetAccess": "Enabled",
        "instanceMetadataServiceConfiguration": {"minimumInstanceMetadataServiceVersion": "2"},
        "lifecycleConfigName": f"{LAB}-notebook-start-0abc123",
    }


def test_sagemaker_knows_all_values() -> None:
    members = API.operation_model("CreateNotebookInstance").input_shape.members
    found = notebook()
    for key in ("RootAccess", "DirectInternetAccess", "InstanceType"):
        assert found[key[0].lower() + key[1:]] in members[key].enum
    for key, value in (
        ("PlatformIdentifier", found["platformIdentifier"]),
        ("NotebookInstanceName", found["name"]),
        ("LifecycleConfigName", found["lifecycleConfigName"]),
    ):
        assert re.fullmatch(members[key].metadata["pattern"], value)
        assert len(value) <= members[key].metadata["max"]


def test_the_longest_names_fit_and_differ() -> None:
    seats = ("a" * 20, "a" * 19 + "b")
    rendered = course(lab={"name": "l" * 30}, seats=seats)
    names = [each.inputs["name"] for each in rendered.of(NOTEBOOK)]
    assert len(set(names)) == 2
    assert all(len(name) <= 63 for name in names)


def test_another_lab_of_this_name_gets_another_name() -> None:
    """What an interrupted create made is found by it, so nothing else may have it."""
    vpc = managed().one("ec2/vpc:Vpc")
    assert managed().one(NOTEBOOK).property_dependencies["name"] == (vpc.urn,)


@pytest.mark.parametrize(("size", "gpus"), [("cpu-small", "0"), ("gpu-multi", "4")])
def test_watchdog_is_told_the_limits(size: str, gpus: str) -> None:
    found = machine("aws", size, "managed")
    rendered = course(notebook=found, idle_minutes=15, max_hours=168)
    mount = {
        "MOUNT_SOURCE": f"{LAB}-storage-files-id",
        "MOUNT_PATH": "/shared",
        "MOUNT_OPTIONS": f"tls,iam,accesspoint={LAB}-storage-shared-id",
    }
    limits = {"REGION": "us-east-1", "IDLE_MINUTES": "15", "MAX_HOURS": "168", "GPU": gpus}
    own = lifecycle.OWN | {"LAB_BUCKET": f"s3://{LAB}-storage-bucket-0abc123"}
    signs = {"SIGNS": f"{LAB}-notebook-signs-0abc123"}
    assert told(rendered) == settings_text({**limits, **mount, **signs, **own})


def test_without_files_nothing_is_mounted() -> None:
    lines = told(course(files=False)).splitlines()
    assert {"MOUNT_SOURCE=", "MOUNT_PATH=", "MOUNT_OPTIONS="} <= set(lines)


def test_changed_limits_stop_no_notebook() -> None:
    """SageMaker changes nothing but the tags of a notebook while it runs; there it reads them."""
    one, other = course(seats=("ana", "bo")), course(seats=("ana", "bo"), idle_minutes=99)
    assert len(one.of(SCRIPT)) == 1
    assert told(one) != told(other)
    for left, right in zip(one.of(NOTEBOOK), other.of(NOTEBOOK), strict=True):
        assert left.inputs["tags"]["idle-minutes"] == "60"
        assert right.inputs["tags"]["idle-minutes"] == "99"
        assert {**left.inputs, "tags": {}} == {**right.inputs, "tags": {}}


# --------------------------------------------------------------------------------- its rights


def test_role_may_use_the_lab_and_stop_the_notebook_and_nothing_else() -> None:
    rendered = managed()
    own = rendered.one("iam/rolePolicy:RolePolicy", f"{LAB}-notebook-managed-access")
    machines = variant().one("iam/rolePolicy:RolePolicy", f"{LAB}-notebook-access")
    session = {action for action in granted(machines) if action.startswith("ssm")}
    more = {"sagemaker:StopNotebookInstance", "sagemaker:ListTags"}
    assert granted(own).keys() == {*granted(machines), *more} - session
    assert granted(own)["sagemaker:ListTags"] == {
        "arn:aws:sagemaker:us-east-1:*:notebook-instance/*"
    }
    assert granted(own)["sagemaker:StopNotebookInstance"] == {
        "arn:aws:sagemaker:us-east-1:*:notebook-instance/*"
    }
    (stop,) = [s for s in policy(own) if "sagemaker:StopNotebookInstance" in s["Action"]]
    assert stop["Condition"] == {
        "StringEquals": {"aws:ResourceTag/lab": LAB, "aws:ResourceTag/role": "notebook"}
    }
    (trust,) = policy(
        rendered.one("iam/role:Role", f"{LAB}-notebook-managed-role"), "assumeRolePolicy"
    )
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}


def test_its_tags_are_those_that_the_right_to_stop_looks_at() -> None:
    tags = notebook()["tags"]
    assert (tags["lab"], tags["role"]) == (LAB, "notebook")


# --------------------------------------------------------------------------------- what stops it


def schedules(rendered: Rendered) -> dict[str, dict[str, Any]]:
    return {each.inputs["name"]: dict(each.inputs) for each in rendered.of(SCHEDULE)}


def test_it_stops_daily_and_every_hour_after_the_end() -> None:
    found = schedules(managed())
    assert found.keys() == {"shared-daily", "shared-end", "managed-watch"}
    del found["managed-watch"]
    assert found["shared-daily"]["scheduleExpression"] == "cron(0 20 * * ? *)"
    assert found["shared-end"]["scheduleExpression"] == "rate(1 hour)"
    assert found["shared-end"]["startDate"] == "2027-02-05T23:00:00Z"
    for each in found.values():
        target = each["target"]
        assert each["scheduleExpressionTimezone"] == "Europe/Copenhagen"
        assert target["arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:stopNotebookInstance"
        assert json.loads(target["input"]) == {"NotebookInstanceName": notebook()["name"]}
    operation = API.operation_model("StopNotebookInstance").input_shape
    assert operation.members.keys() == {"NotebookInstanceName"}


def test_trap_a_stop_that_failed_in_the_evening_meets_nobody_next_morning() -> None:
    """SageMaker refuses to stop what is stopped, and the scheduler would try again for a day."""
    for name, each in schedules(managed()).items():
        if name == "managed-watch":
            continue
        retry = each["target"]["retryPolicy"]
        assert retry == {"maximumEventAgeInSeconds": 600, "maximumRetryAttempts": 5}
    for each in schedules(variant()).values():
        assert "retryPolicy" not in each["target"]


def test_schedules_may_stop_notebooks_of_the_lab_alone() -> None:
    rendered = managed()
    allowed = rendered.one("iam/rolePolicy:RolePolicy", f"{LAB}-notebook-scheduler-access")
    assert granted(allowed).keys() == {
        "sagemaker:StopNotebookInstance",
        "ec2:StopInstances",
        "lambda:InvokeFunction",
    }
    assert policy(allowed) == policy(
        variant().one("iam/rolePolicy:RolePolicy", f"{LAB}-notebook-scheduler-access")
    ), "on the way from one kind to the other what still runs must be stopped, too"


def test_refuses_a_notebook_without_a_stop_from_outside() -> None:
    assert refusal(course, stop_at=None) == (
        "mllab:notebook.stop_at is missing: SageMaker measures nothing by which a notebook instance"
        " whose own watchdog never ran could be told from one at work, so kind managed needs a"
        " daily stop; or take kind vm"
    )


def test_a_lab_without_an_end_has_the_daily_stop_and_the_watch() -> None:
    assert schedules(course(lab={"ends": None})).keys() == {"shared-daily", "managed-watch"}


# --------------------------------------------------------------------------------- what it keeps


@pytest.mark.parametrize("keep", [True, False])
def test_trap_its_disk_goes_with_it(keep: bool) -> None:
    box = course(keep=keep).one(NOTEBOOK)
    assert bool(box.options.get("protect")) is keep


def test_trap_what_aws_moves_on_by_itself_would_make_it_anew() -> None:
    ignored = managed().one(NOTEBOOK).options["ignoreChanges"]
    assert ignored == ["platformIdentifier", "subnetId", "kmsKeyId"]


def test_trap_the_new_one_would_have_its_name() -> None:
    assert managed().one(NOTEBOOK).options["deleteBeforeReplace"] is True


def test_seats_come_and_go_without_touching_each_other() -> None:
    both, one = course(seats=("ana", "bo")), course(seats=("bo",))
    gone = {urn.rpartition("::")[2] for urn in both.resources.keys() - one.resources.keys()}
    name = f"{LAB}-notebook-ana"
    assert gone == {name, f"{name}-daily", f"{name}-end"}
    for urn, resource in one.resources.items():
        if resource.custom:
            assert both.resources[urn].inputs == resource.inputs


# --------------------------------------------------------------------------------- where it is


def test_zones_are_those_that_have_the_machine_behind_it() -> None:
    rendered = course(said=answers({"g4dn.xlarge": "cd"}))
    assert rendered.one(NOTEBOOK).inputs["subnetId"][-4:] in ("c-id", "d-id")
    asked_for = [
        args["filters"][0]["values"] for token, args in rendered.invokes if "filters" in args
    ]
    assert all(not name.startswith("ml.") for names in asked_for for name in names)


def test_refuses_a_size_where_a_notebook_cannot_follow() -> None:
    there = f"{LAB}-network-subnet-f-id"
    message = refusal(
        course, said=answers("ab"), recorded={f"{LAB}-notebook-shared": {"subnetId": there}}
    )
    assert message == (
        "the notebook of seat shared is in a zone that does not offer all machine types of"
        " mllab:notebook.size and mllab:cluster.size, and cannot move: choose others, or save what"
        " is on it and give the seat another name"
    )


def test_order_of_making_lets_the_first_start_mount_and_the_end_leave_nothing() -> None:
    rendered = managed()
    box = rendered.one(NOTEBOOK)
    targets = rendered.of("efs/mountTarget:MountTarget")
    assert targets
    access = rendered.one("iam/rolePolicy:RolePolicy", f"{LAB}-notebook-managed-access")
    assert after(box, *targets, access, rendered.one(SCRIPT), *rendered.of("ec2/route:Route"))


# --------------------------------------------------------------------------------- its commands


@pytest.mark.parametrize(
    ("key", "operation", "more"),
    [
        ("connect", "CreatePresignedNotebookInstanceUrl", True),
        ("stop", "StopNotebookInstance", False),
        ("start", "StartNotebookInstance", False),
    ],
)
def test_commands_are_such_as_the_aws_cli_takes(key: str, operation: str, more: bool) -> None:
    seat = managed().registered["mllab:aws:ManagedNotebook"]["seats"]["shared"]
    words = seat[key]["argv"]
    assert words[:3] == ["aws", "sagemaker", xform_name(operation, "-")]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options.pop("--region") == "us-east-1"
    if more:
        assert options.pop("--output") == "text"
        shape = API.operation_model(operation).output_shape
        assert options.pop("--query") in shape.members
    assert options == {"--notebook-instance-name": notebook()["name"]}
    members = API.operation_model(operation).input_shape.members
    assert {xform_name(each, "-") for each in members} >= {"notebook-instance-name"}
