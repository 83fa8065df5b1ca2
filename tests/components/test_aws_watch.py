"""The watch from outside is run on an account in this process: whom it stops, and whom never.

That Lambda runs it, and what EC2 and SageMaker measure, is taken from their documentation.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.aws import watch as declared
from tests.components.cloud_labs import ROOT
from tests.components.render import ACCOUNT

MINUTE = 60
TAGS = {"lab": "course", "stack": "course", "role": "notebook"}
ROLE = "AROAEXAMPLE"


def code() -> ModuleType:
    """The function, as Lambda would load it."""
    path = ROOT / "components/aws/files/lambda/watch.py"
    spec = importlib.util.spec_from_file_location("watch_of_aws", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


WATCH = code()


class Account:
    """An account with a lab's table; `now` is what the function takes for the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.event: dict[str, Any] = {
            "kind": "ec2",
            "lab": "course",
            "stack": "course",
            "role": ROLE,
            "table": "signs",
            "idle_minutes": 60,
            "max_hours": 12,
            "percent": 5.0,
        }
        boto3.client("dynamodb").create_table(
            TableName="signs",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": declared.KEY, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": declared.KEY, "AttributeType": "S"}],
        )

    def machine(self, **tags: str) -> str:
        """A machine that has just been started."""
        pairs = [{"Key": key, "Value": value} for key, value in {**TAGS, **tags}.items()]
        image = boto3.client("ec2").describe_images()["Images"][0]["ImageId"]
        made = boto3.client("ec2").run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": pairs}],
        )
        found = made["Instances"][0]
        self.started = found["LaunchTime"].timestamp()
        return str(found["InstanceId"])

    def state(self, id: str) -> str:
        found = boto3.client("ec2").describe_instances(InstanceIds=[id])
        return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])

    def notebook(self, name: str, **tags: str) -> str:
        client = boto3.client("sagemaker")
        client.create_notebook_instance(
            NotebookInstanceName=name,
            InstanceType="ml.t2.medium",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
            Tags=[{"Key": key, "Value": value} for key, value in {**TAGS, **tags}.items()],
        )
        found = client.describe_notebook_instance(NotebookInstanceName=name)
        self.started = found["LastModifiedTime"].timestamp()
        self.event["kind"] = "sagemaker"
        return name

    def signs(self, key: str, *, seen: float, busy: float, awake: float = 0.0) -> None:
        """What a machine said, in minutes after the start of the last one; awake 0: not kept."""
        at = {"seen_at": seen, "busy_at": busy, "awake_until": awake}
        sign = {
            name: int(self.started + minutes * MINUTE) if minutes or name != "awake_until" else 0
            for name, minutes in at.items()
        }
        self.says(key, json.dumps({**sign, "why": "load 1.2"}))

    def says(self, key: str, sign: str) -> None:
        item = {declared.KEY: {"S": key}, "sign": {"S": sign}}
        boto3.client("dynamodb").put_item(TableName="signs", Item=item)

    def works(self, id: str, percent: float, *, minutes: range) -> None:
        """What its processors did, every five minutes after its start."""
        data = [
            {
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": id}],
                "Timestamp": datetime.fromtimestamp(self.started + minute * MINUTE, UTC),
                "Value": percent,
            }
            for minute in minutes[::5]
        ]
        boto3.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)

    def look(self, minute: float, **event: Any) -> list[str]:
        """What is stopped so many minutes after the last start."""
        self._patch.setattr(WATCH.time, "time", lambda: self.started + minute * MINUTE)
        stopped: list[str] = WATCH.handler({**self.event, **event}, None)
        return stopped


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield Account(monkeypatch)


# ------------------------------------------------------------------ whom it stops, and whom never


def test_a_machine_in_use_is_left_alone_however_quiet_its_processors_are(account: Account) -> None:
    """A kernel that waits, a login, a download: the machine says so, and it knows better."""
    id = account.machine()
    account.works(id, 0.5, minutes=range(0, 600))
    account.signs(f"{ROLE}:{id}", seen=595, busy=595)
    assert account.look(600) == []


def test_a_machine_kept_awake_is_left_alone_until_then_even_if_it_falls_silent(
    account: Account,
) -> None:
    id = account.machine()
    account.works(id, 0.5, minutes=range(0, 700))
    account.signs(f"{ROLE}:{id}", seen=100, busy=100, awake=460)
    assert account.look(460 + 119) == []
    assert account.look(460 + 121) == [id]


@pytest.mark.parametrize(("percent", "stopped"), [(4.9, True), (5.0, False), (99.0, False)])
def test_a_silent_machine_is_stopped_where_its_processors_are_quiet_too(
    percent: float, stopped: bool, account: Account
) -> None:
    id = account.machine()
    account.works(id, percent, minutes=range(0, 300))
    account.signs(f"{ROLE}:{id}", seen=100, busy=100)
    assert account.look(100 + 119) == []
    assert account.look(100 + 121) == ([id] if stopped else [])
    assert account.state(id) == ("stopped" if stopped else "running")


@pytest.mark.parametrize(
    "sign",
    [
        None,
        "no json",
        "[]",
        '{"seen_at": "soon", "busy_at": 1, "awake_until": 0}',
        '{"seen_at": 1, "busy_at": 1, "awake_until": 0}',  # of an earlier boot
    ],
)
def test_a_machine_that_never_spoke_counts_from_its_start(
    sign: str | None, account: Account
) -> None:
    id = account.machine()
    account.works(id, 1.0, minutes=range(0, 200))
    if sign:
        account.says(f"{ROLE}:{id}", sign)
    assert account.look(119) == []
    assert account.look(121) == [id]


def test_what_was_not_measured_counts_as_work(account: Account) -> None:
    id = account.machine()
    assert account.look(600) == []
    account.works(id, 1.0, minutes=range(570, 600))
    assert account.look(600) == [], "half an hour of two hours"


def test_a_machine_that_calls_itself_unused_and_runs_on_is_stopped(account: Account) -> None:
    """Its own stop failed; its processors are not asked, since it knows better."""
    id = account.machine()
    account.works(id, 99.0, minutes=range(0, 300))
    account.signs(f"{ROLE}:{id}", seen=216, busy=100)
    assert account.look(219) == []
    assert account.look(221) == [id]


def test_the_longest_time_holds_whatever_the_machine_says(account: Account) -> None:
    id = account.machine()
    account.signs(f"{ROLE}:{id}", seen=10_000, busy=10_000, awake=10_000)
    assert account.look(12 * 60 + 29) == [], "the machine itself comes first"
    assert account.look(12 * 60 + 31) == [id]


def test_a_sign_from_a_clock_that_runs_ahead_counts_no_longer_than_the_longest_time(
    account: Account,
) -> None:
    id = account.machine()
    account.signs(f"{ROLE}:{id}", seen=5_000, busy=5_000)
    assert account.look(700) == []
    assert account.look(751) == [id]


def test_limits_are_those_of_the_lab_now(account: Account) -> None:
    id = account.machine()
    account.works(id, 1.0, minutes=range(0, 400))
    assert account.look(121, idle_minutes=90) == []
    assert account.look(181, idle_minutes=90) == [id]


@pytest.mark.parametrize("other", [{"lab": "other"}, {"stack": "other"}, {"role": "cluster"}])
def test_machines_of_others_are_not_looked_at(other: dict[str, str], account: Account) -> None:
    id = account.machine(**other)
    account.works(id, 0.0, minutes=range(0, 10_000))
    assert account.look(10_000) == []


def test_one_that_cannot_be_stopped_keeps_no_other_running(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = account.machine(), account.machine()
    real = WATCH._KINDS["ec2"]

    def kind(event: Any) -> Any:
        machines, stop = real(event)

        def refused(id: str) -> object:
            if id == first:
                raise RuntimeError("UnsupportedOperation")
            return stop(id)

        return machines, refused

    monkeypatch.setitem(WATCH._KINDS, "ec2", kind)
    with pytest.raises(RuntimeError, match=f"failed: {first}: UnsupportedOperation"):
        account.look(10_000)
    assert account.state(second) == "stopped"


@pytest.mark.parametrize(("minute", "state"), [(749, "running"), (751, "stopped")])
def test_signs_that_cannot_be_read_stop_nobody_but_the_longest_time_holds(
    minute: float, state: str, account: Account
) -> None:
    id = account.machine()
    account.works(id, 0.0, minutes=range(0, 800))
    with pytest.raises(RuntimeError, match="failed: no signs of life: .*ResourceNotFoundException"):
        account.look(minute, table="gone")
    assert account.state(id) == state


def test_one_that_cannot_be_judged_keeps_no_other_running(account: Account) -> None:
    silent, unused = account.machine(), account.machine()
    account.works(silent, 1.0, minutes=range(0, 200))
    account.signs(f"{ROLE}:{unused}", seen=216, busy=100)
    with pytest.raises(RuntimeError, match=f"failed: {silent}: "):
        account.look(221, percent="no number")
    assert account.state(unused) == "stopped"


def test_a_notebook_instance_that_fell_silent_is_stopped(account: Account) -> None:
    name = account.notebook("course-ana")
    account.signs(name, seen=100, busy=100)
    assert account.look(219) == []
    assert account.look(221) == [name]
    found = boto3.client("sagemaker").describe_notebook_instance(NotebookInstanceName=name)
    assert found["NotebookInstanceStatus"] in ("Stopping", "Stopped")


def test_a_notebook_instance_that_never_spoke_has_its_longest_time(account: Account) -> None:
    """Its last start may have been with a script that gave no signs, and nothing is measured."""
    name = account.notebook("course-ana")
    assert account.look(12 * 60 + 29) == []
    assert account.look(12 * 60 + 31) == [name]


def test_notebook_instances_of_others_are_not_looked_at(account: Account) -> None:
    account.notebook("course-2-ana", lab="course-2")
    account.notebook("course-cy", stack="other")
    assert account.look(10_000) == []
