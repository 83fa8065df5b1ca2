"""A seat's machine is private, encrypted, allowed and told what it needs, and stopped in time."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import pytest

from components.aws.machine import KEYS
from components.catalog import machine
from tests.components.labs import STACKS, asked, committed, granted, policy, told, variant
from tests.components.render import ACCOUNT, Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
INSTANCE = "ec2/instance:Instance"
SCHEDULE = "scheduler/schedule:Schedule"


def arn(name: str) -> str:
    return f"arn:aws:test::{ACCOUNT}:{name}"


def schedules(rendered: Rendered) -> dict[str, Any]:
    return {each.inputs["name"]: each.inputs for each in rendered.of(SCHEDULE)}


@every_stack
def test_machine_is_what_was_asked_for(stack: str) -> None:
    """One that switches itself off would be deleted, if not said otherwise."""
    args = asked(stack)
    machines = committed(stack).of(INSTANCE)
    assert len(machines) == len(args.seats)
    for each in machines:
        assert each.inputs["instanceType"] == args.notebook.type
        root = each.inputs["rootBlockDevice"]
        assert root["volumeSize"] == args.disk_gb
        assert root["volumeType"] == "gp3"
        assert root["encrypted"] is True
        assert root["deleteOnTermination"] is True
        own = each.inputs["tags"]
        other = {"name", "idle-minutes", "max-hours"}
        assert root["tags"] == {key: own[key] for key in own.keys() - other}
        assert each.inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 2,
            "instanceMetadataTags": "enabled",
        }
        assert each.inputs["vpcSecurityGroupIds"] == [f"{stack}-network-compute-id"]
        assert each.inputs["iamInstanceProfile"] == f"{stack}-notebook-profile-0abc123"
        assert each.inputs["instanceInitiatedShutdownBehavior"] == "stop"


@every_stack
def test_home_is_a_disk_of_its_own_in_the_machines_zone(stack: str) -> None:
    """A mounted disk would hang while it is detached."""
    rendered, args = committed(stack), asked(stack)
    subnets = {
        f"{s.name}-id": s.inputs["availabilityZone"] for s in rendered.of("ec2/subnet:Subnet")
    }
    for seat in args.seats:
        name = f"{stack}-notebook-{seat}"
        home = rendered.one("ebs/volume:Volume", f"{name}-home")
        assert home.inputs["size"] == args.home_gb
        assert home.inputs["type"] == "gp3"
        assert home.inputs["encrypted"] is True
        box = rendered.one(INSTANCE, name)
        assert subnets[box.inputs["subnetId"]] == home.inputs["availabilityZone"]
        attachment = rendered.one(
            "ec2/volumeAttachment:VolumeAttachment", f"{name}-home-attachment"
        )
        assert attachment.inputs == {
            "deviceName": "/dev/sdf",
            "instanceId": f"{name}-id",
            "volumeId": f"{name}-home-id",
            "stopInstanceBeforeDetaching": True,
        }


def test_machine_is_told_what_the_scripts_read() -> None:
    settings = told(committed("aws-course").one(INSTANCE))
    assert settings.keys() == set(KEYS)
    assert settings == {
        "LAB": "aws-course",
        "SEAT": "shared",
        "REGION": "us-east-1",
        "BUCKET": "aws-course-storage-bucket-0abc123",
        "HOME_DEVICE": "aws-course-notebook-shared-home-id",
        "IDLE_MINUTES": "60",
        "MAX_HOURS": "12",
        "MOUNT_KIND": "efs",
        "MOUNT_SOURCE": "aws-course-storage-files-id",
        "MOUNT_PATH": "/shared",
        "MOUNT_OPTIONS": "tls,iam,accesspoint=aws-course-storage-shared-id",
        "GPU": "1",
        "SIGNS": "aws-course-notebook-signs-0abc123",
        "ROLE": "AROA-aws-course-notebook-role",
    }


def test_machine_without_files_and_gpu_is_told_so() -> None:
    settings = told(committed("aws-tiny").one(INSTANCE))
    assert {value for key, value in settings.items() if key.startswith("MOUNT_")} == {""}
    assert settings["GPU"] == "0"
    assert told(variant(notebook=machine("aws", "gpu-multi")).one(INSTANCE))["GPU"] == "4"


def test_machine_may_use_the_labs_own_things_and_nothing_else() -> None:
    rendered = committed("aws-course")
    rights = granted(rendered.one("iam/rolePolicy:RolePolicy", "aws-course-notebook-access"))
    resources: dict[str, set[str]] = {}
    for action, targets in rights.items():
        resources.setdefault(action.split(":")[0], set()).update(targets)
    bucket, images = arn("aws-course-storage-bucket"), arn("aws-course-registry-images")
    assert resources == {
        "ssm": {"*"},
        "ssmmessages": {"*"},
        "s3": {bucket, f"{bucket}/*"},
        "ecr": {"*", images},
        "elasticfilesystem": {arn("aws-course-storage-files")},
        "dynamodb": {arn("aws-course-notebook-signs")},
    }
    assert [action for action, targets in rights.items() if targets == {"*"}] == [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "ecr:GetAuthorizationToken",
    ]
    assert rights["s3:PutObject"] == {f"{bucket}/*"}
    assert rights["s3:ListBucket"] == {bucket}
    assert rights["ecr:PutImage"] == {images}
    assert not [action for action in rights if "*" in action]
    assert [action for action in rights if action.startswith("dynamodb")] == ["dynamodb:PutItem"]


@every_stack
def test_no_role_is_an_administrator(stack: str) -> None:
    rendered = committed(stack)
    for each in rendered.of("iam/rolePolicy:RolePolicy"):
        for statement in policy(each):
            assert statement["Effect"] == "Allow"
            assert "*" not in statement["Action"]
            assert not [action for action in statement["Action"] if action.endswith(":*")]
    attached = {
        a.inputs["policyArn"] for a in rendered.of("iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    managed = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
    assert attached == {managed}


@every_stack
def test_roles_are_found_by_their_path_and_trust_one_service(stack: str) -> None:
    rendered = committed(stack)
    trusted = {}
    for role in rendered.of("iam/role:Role"):
        assert role.inputs["path"] == f"/mllab/{stack}/"
        assert role.inputs["forceDetachPolicies"] is True
        (statement,) = policy(role, "assumeRolePolicy")
        assert statement["Action"] == "sts:AssumeRole"
        trusted[role.name.removeprefix(f"{stack}-")] = statement["Principal"]
    strict = asked(stack).lab.profile == "strict"
    assert trusted == {
        "notebook-role": {"Service": "ec2.amazonaws.com"},
        "notebook-scheduler-role": {"Service": "scheduler.amazonaws.com"},
        "notebook-watch-role": {"Service": "lambda.amazonaws.com"},
        "cluster-node-role": {"Service": "ec2.amazonaws.com"},
        "cluster-job-role": {"Service": "ecs-tasks.amazonaws.com"},
        "cluster-execution-role": {"Service": "ecs-tasks.amazonaws.com"},
        **({"network-flows-role": {"Service": "vpc-flow-logs.amazonaws.com"}} if strict else {}),
    }
    profiles = rendered.of("iam/instanceProfile:InstanceProfile")
    assert {p.inputs["path"] for p in profiles} == {f"/mllab/{stack}/"}


def test_every_machine_stops_daily_at_the_labs_own_time() -> None:
    found = schedules(variant(seats=("ana", "bo"), stop_at=time(20, 5)))
    assert found.keys() == {"ana-daily", "ana-end", "bo-daily", "bo-end", "watch"}
    daily = found["bo-daily"]
    assert daily["scheduleExpression"] == "cron(5 20 * * ? *)"
    assert daily["scheduleExpressionTimezone"] == "Europe/Copenhagen"
    assert daily["flexibleTimeWindow"] == {"mode": "OFF"}
    assert daily["groupName"] == "aws-course-notebook-schedules-0abc123"
    assert "startDate" not in daily
    assert daily["target"] == {
        "arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
        "roleArn": arn("aws-course-notebook-scheduler-role"),
        "input": json.dumps({"InstanceIds": ["aws-course-notebook-bo-id"]}),
    }


def test_midnight_is_a_time_to_stop_and_none_is_not() -> None:
    assert schedules(variant(stop_at=time(0)))["shared-daily"]["scheduleExpression"] == (
        "cron(0 0 * * ? *)"
    )
    assert schedules(variant(stop_at=None)).keys() == {"shared-end", "watch"}


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
    end = schedules(variant(lab={"ends": ends, "time_zone": zone}))["shared-end"]
    assert end["startDate"] == start
    assert end["scheduleExpression"] == "rate(1 hour)", "who starts it again is stopped again"


def test_a_lab_without_end_and_daily_stop_is_only_watched() -> None:
    assert schedules(committed("aws-lab")).keys() == {"watch"}


def test_scheduler_may_stop_the_labs_notebooks_only() -> None:
    rendered = committed("aws-course")
    machines, managed, watch = policy(
        rendered.one("iam/rolePolicy:RolePolicy", "aws-course-notebook-scheduler-access")
    )
    assert managed["Condition"] == machines["Condition"]
    assert watch == {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunction"],
        "Resource": [arn("aws-course-notebook-watch")],
    }
    assert machines == {
        "Effect": "Allow",
        "Action": ["ec2:StopInstances"],
        "Resource": ["arn:aws:ec2:us-east-1:*:instance/*"],
        "Condition": {
            "StringEquals": {
                "aws:ResourceTag/lab": "aws-course",
                "aws:ResourceTag/role": "notebook",
            }
        },
    }
    box = rendered.one(INSTANCE)
    assert (box.inputs["tags"]["lab"], box.inputs["tags"]["role"]) == ("aws-course", "notebook")
    (trust,) = policy(
        rendered.one("iam/role:Role", "aws-course-notebook-scheduler-role"), "assumeRolePolicy"
    )
    assert trust["Condition"] == {
        "ArnEquals": {"aws:SourceArn": arn("aws-course-notebook-schedules")}
    }


def test_an_image_that_was_named_is_taken() -> None:
    rendered = variant(switches={"image": "ami-00000000"})
    assert rendered.one(INSTANCE).inputs["ami"] == "ami-00000000"
    assert not [token for token, _ in rendered.invokes if token.startswith("aws:ssm/")]
