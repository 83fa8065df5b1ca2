"""What stops a notebook from outside, whatever goes wrong on it: schedules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NotRequired, TypedDict
from zoneinfo import ZoneInfo

import pulumi
from pulumi_aws import iam, lambda_, scheduler

from components.aws import access
from components.contracts import LabArgs, child
from components.tags import named

WATCH_MINUTES = 15


class _Asked(TypedDict):
    """What a schedule calls, and with what words."""

    arn: pulumi.Input[str]
    input: pulumi.Input[str]
    retry_policy: NotRequired[scheduler.ScheduleTargetRetryPolicyArgs]


@dataclass(frozen=True)
class Target:
    """How a schedule stops one kind of machine.

    Args:
        call: service and operation, `ec2:stopInstances`. resource: as its ARN names it.
        request: what is asked, from the machine's id.
        retry: of a call that failed; empty for what the scheduler does by itself, a whole day.
    """

    call: str
    resource: str
    request: Callable[[str], Mapping[str, object]]
    retry: scheduler.ScheduleTargetRetryPolicyArgs | None = None

    @property
    def action(self) -> str:
        """The permission that it needs."""
        service, _, operation = self.call.partition(":")
        return f"{service}:{operation[0].upper()}{operation[1:]}"


INSTANCES = Target("ec2:stopInstances", "instance", lambda id: {"InstanceIds": [id]})
NOTEBOOKS = Target(
    "sagemaker:stopNotebookInstance",
    "notebook-instance",
    lambda name: {"NotebookInstanceName": name},
    # It is an error to stop what is stopped. Tried again for a day, as is usual, the stop of the
    # evening would meet who starts the machine next morning.
    scheduler.ScheduleTargetRetryPolicyArgs(
        maximum_event_age_in_seconds=600, maximum_retry_attempts=5
    ),
)


class Stops:
    """The schedules of all seats of a lab, in a group of their own, and the role they act in.

    Each machine has its own: in a common call one bad id would keep all the others running.

    Args:
        parent: the notebook role, whose children all resources are.
        target: what is stopped. watch: the function that looks at the machines.
    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html,
        https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html,
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """

    def __init__(
        self,
        parent: pulumi.Resource,
        name: str,
        lab: LabArgs,
        labels: Mapping[str, str],
        target: Target,
        watch: lambda_.Function,
    ) -> None:
        self._watch = watch
        self._parent, self._name, self._lab, self._target = parent, name, lab, target
        self._group = scheduler.ScheduleGroup(
            f"{name}-schedules", tags=named(labels, f"{name}-schedules"), opts=child(parent)
        )
        self._role = access.role(
            parent,
            f"{name}-scheduler-role",
            lab,
            "scheduler.amazonaws.com",
            labels,
            condition={"ArnEquals": {"aws:SourceArn": self._group.arn}},
        )
        self._allowed = iam.RolePolicy(
            f"{name}-scheduler-access",
            role=self._role.name,
            # Of both kinds, so that a lab on its way from one to the other can stop whatever runs.
            policy=access.document(
                *stop_both(lab), access.allow(["lambda:InvokeFunction"], watch.arn)
            ),
            opts=child(parent),
        )

    def watch(self, what: str, event: Mapping[str, pulumi.Input[Any]]) -> None:
        """Look at all machines of a kind every 15 minutes.

        Args:
            what: name of the schedule, of this kind alone: a lab on its way to the other has both.
            event: what the function is told; see `files/lambda/watch.py`.
        """
        self._schedule(
            what,
            f"rate({WATCH_MINUTES} minutes)",
            None,
            {"arn": self._watch.arn, "input": pulumi.Output.json_dumps(event)},
        )

    def daily(self, seat: str, machine: pulumi.Output[str], at: time) -> None:
        """Stop the machine every day at that time of the lab's time zone."""
        daily = f"cron({at.minute} {at.hour} * * ? *)"
        self._schedule(f"{seat}-daily", daily, None, self._stop(machine))

    def after(self, seat: str, machine: pulumi.Output[str], last: date) -> None:
        """Stop the machine when that day is over, and every hour from then on.

        A single stop would hold only until somebody starts the machine again.
        """
        midnight = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(self._lab.time_zone))
        start = midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._schedule(f"{seat}-end", "rate(1 hour)", start, self._stop(machine))

    def _stop(self, machine: pulumi.Output[str]) -> _Asked:
        asked: _Asked = {
            "arn": f"arn:aws:scheduler:::aws-sdk:{self._target.call}",
            "input": machine.apply(lambda id: json.dumps(self._target.request(id))),
        }
        if self._target.retry:
            asked["retry_policy"] = self._target.retry
        return asked

    def _schedule(self, what: str, expression: str, start: str | None, asked: _Asked) -> None:
        scheduler.Schedule(
            f"{self._name}-{what}",
            # Unique in the group, which has a generated name; with one of its own it could exceed
            # the 64 characters that AWS takes.
            name=what,
            group_name=self._group.name,
            flexible_time_window={"mode": "OFF"},
            schedule_expression=expression,
            schedule_expression_timezone=self._lab.time_zone,
            start_date=start,
            target=scheduler.ScheduleTargetArgs(role_arn=self._role.arn, **asked),
            opts=child(self._parent, depends_on=[self._allowed]),
        )


def stop_notebooks(lab: LabArgs, target: Target) -> access.Statement:
    """Stop the lab's notebooks, known by their tags: the same policy whatever seats there are."""
    own = {"aws:ResourceTag/lab": lab.name, "aws:ResourceTag/role": "notebook"}
    service = target.call.partition(":")[0]
    anywhere = f"arn:aws:{service}:{lab.region}:*:{target.resource}/*"
    return access.allow([target.action], anywhere) | {"Condition": {"StringEquals": own}}


def stop_both(lab: LabArgs) -> list[access.Statement]:
    """The same for notebooks of either kind."""
    return [stop_notebooks(lab, each) for each in (INSTANCES, NOTEBOOKS)]
