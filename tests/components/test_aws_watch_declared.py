"""What is declared for the watch: function, schedule, rights."""

from __future__ import annotations

import json

import pytest

from components.catalog import machine
from tests.components.cloud_labs import ROOT
from tests.components.labs import STACKS, committed, granted, managed, policy, variant
from tests.components.render import ACCOUNT, Rendered
from tests.components.test_aws_watch import WATCH

FUNCTION = "lambda/function:Function"
MINUTE = 60
TAGS = {"lab": "course", "stack": "course", "role": "notebook"}
ROLE = "AROAEXAMPLE"


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_is_what_lambda_takes(stack: str) -> None:
    found = dict(committed(stack).one(FUNCTION).inputs)
    assert found.pop("tags")["role"] == "notebook"
    text = (ROOT / "components/aws/files/lambda/watch.py").read_text()
    assert json.dumps(text)[1:-1] in json.dumps(found.pop("code"))
    del found["description"]
    assert found == {
        "handler": "watch.handler",
        "runtime": "python3.13",
        "role": f"arn:aws:test::{ACCOUNT}:{stack}-notebook-watch-role",
        "timeout": 300,
        "memorySize": 256,
        "loggingConfig": {
            "logFormat": "Text",
            "logGroup": f"{stack}-notebook-watch-logs-0abc123",
        },
    }
    assert callable(getattr(WATCH, found["handler"].partition(".")[2]))


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_the_schedule_says_what_the_function_reads(kind: str) -> None:
    rendered = variant(kind=kind, idle_minutes=17, max_hours=7)
    (watch,) = [
        each.inputs
        for each in rendered.of("scheduler/schedule:Schedule")
        if each.inputs["name"] == {"vm": "watch", "managed": "managed-watch"}[kind]
    ]
    assert watch["scheduleExpression"] == "rate(15 minutes)"
    assert watch["target"]["arn"] == f"arn:aws:test::{ACCOUNT}:aws-course-notebook-watch"
    assert json.loads(watch["target"]["input"]) == {
        "kind": {"vm": "ec2", "managed": "sagemaker"}[kind],
        "lab": "aws-course",
        "stack": "aws-course",
        "role": f"AROA-aws-course-notebook-{'managed-' if kind == 'managed' else ''}role",
        "table": "aws-course-notebook-signs-0abc123",
        "idle_minutes": 17,
        "max_hours": 7,
        "percent": 5.0,
    }


@pytest.mark.parametrize(
    ("size", "percent"), [("g4dn.xlarge", 5), ("g6.12xlarge", 1.04), ("p5.48xlarge", 0.26)]
)
def test_half_a_processor_counts_as_work_on_a_large_machine(size: str, percent: float) -> None:
    for each in variant(notebook=machine("aws", size)).of("scheduler/schedule:Schedule"):
        if each.inputs["name"] == "watch":
            assert json.loads(each.inputs["target"]["input"])["percent"] == percent


def rights(rendered: Rendered) -> dict[str, set[str]]:
    own = rendered.one("iam/rolePolicy:RolePolicy", "aws-course-notebook-watch-access")
    return {action: set(targets) for action, targets in granted(own).items()}


def test_it_may_look_and_stop_the_labs_notebooks_and_nothing_else() -> None:
    logs = f"arn:aws:test::{ACCOUNT}:aws-course-notebook-watch-logs:*"
    signs = f"arn:aws:test::{ACCOUNT}:aws-course-notebook-signs"
    notebooks = {"arn:aws:sagemaker:us-east-1:*:notebook-instance/*"}
    assert rights(committed("aws-course")) == {
        "logs:CreateLogStream": {logs},
        "logs:PutLogEvents": {logs},
        "dynamodb:Scan": {signs},
        "ec2:DescribeInstances": {"*"},
        "cloudwatch:GetMetricStatistics": {"*"},
        "ec2:StopInstances": {"arn:aws:ec2:us-east-1:*:instance/*"},
        "sagemaker:ListNotebookInstances": {"*"},
        "sagemaker:ListTags": notebooks,
        "sagemaker:StopNotebookInstance": notebooks,
    }
    assert rights(managed()) == rights(committed("aws-course"))
    for rendered in (committed("aws-course"), managed()):
        own = rendered.one("iam/rolePolicy:RolePolicy", "aws-course-notebook-watch-access")
        for stop in (each for each in policy(own) if "Stop" in each["Action"][0]):
            assert stop["Condition"]["StringEquals"]["aws:ResourceTag/lab"] == "aws-course"


def test_a_machine_may_sign_for_itself_alone() -> None:
    own = committed("aws-course").one("iam/rolePolicy:RolePolicy", "aws-course-notebook-access")
    (sign,) = [each for each in policy(own) if "dynamodb:PutItem" in each["Action"]]
    assert sign["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:userid}"]}
    }


def test_changed_limits_reach_machines_as_tags_and_touch_nothing_else() -> None:
    before, now = variant(), variant(idle_minutes=600, max_hours=24)
    box, changed = (each.one("ec2/instance:Instance") for each in (before, now))
    told = {key: changed.inputs["tags"][key] for key in ("idle-minutes", "max-hours")}
    assert told == {"idle-minutes": "600", "max-hours": "24"}
    ignored = {"tags": {}, "userDataBase64": ""}
    assert {**box.inputs, **ignored} == {**changed.inputs, **ignored}
    assert changed.inputs["metadataOptions"]["instanceMetadataTags"] == "enabled"
