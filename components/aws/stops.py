"""What stops a notebook from outside, whatever goes wrong on the machine: an alarm and schedules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pulumi
from pulumi_aws import cloudwatch, ec2, iam, scheduler

from components.aws import access
from components.catalog import Machine
from components.contracts import LabArgs, child

PERIOD_SECONDS = 300  # basic monitoring reports every five minutes; finer costs money
LONGEST_WATCH_SECONDS = 86_400  # CloudWatch's limit for periods below one hour
IDLE_PERCENT = 5.0


class Stops:
    """The schedules of all seats of a lab, in a group of their own, and the role they act as."""

    def __init__(
        self, parent: pulumi.Resource, name: str, lab: LabArgs, labels: Mapping[str, str]
    ) -> None:
        self._parent, self._name, self._lab = parent, name, lab
        self._group = scheduler.ScheduleGroup(f"{name}-schedules", tags=labels, opts=child(parent))
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
            policy=access.document(_stop_own(lab)),
            opts=child(parent),
        )

    def daily(self, seat: str, instance: ec2.Instance, at: time) -> None:
        """Stop the machine every day at that time where the lab is."""
        self._schedule(
            seat,
            "daily",
            instance,
            expression=f"cron({at.minute} {at.hour} * * ? *)",
            start=None,
        )

    def at_end(self, seat: str, instance: ec2.Instance) -> None:
        """Stop the machine when the lab's last day is over, and every hour after: also if somebody starts it again."""
        if self._lab.ends is None:
            return
        midnight = datetime.combine(
            self._lab.ends + timedelta(days=1), time(), ZoneInfo(self._lab.time_zone)
        )
        start = midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._schedule(seat, "end", instance, expression="rate(1 hour)", start=start)

    def _schedule(
        self, seat: str, what: str, instance: ec2.Instance, *, expression: str, start: str | None
    ) -> None:
        # One schedule for each machine: with all ids in one call a single bad one would keep the others running.
        scheduler.Schedule(
            f"{self._name}-{seat}-{what}",
            name=f"{seat}-{what}",  # unique in the group, whose own name is; a generated one may be too long
            group_name=self._group.name,
            flexible_time_window={"mode": "OFF"},
            schedule_expression=expression,
            schedule_expression_timezone=self._lab.time_zone,
            start_date=start,
            target={
                "arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
                "role_arn": self._role.arn,
                "input": pulumi.Output.json_dumps({"InstanceIds": [instance.id]}),
            },
            opts=child(self._parent, depends_on=[self._allowed]),
        )


def _stop_own(lab: LabArgs) -> dict[str, object]:
    """Stop the lab's notebooks, known by their tags, so that the policy is the same whatever seats there are."""
    own = {"aws:ResourceTag/lab": lab.name, "aws:ResourceTag/role": "notebook"}
    machines = f"arn:aws:ec2:{lab.region}:*:instance/*"
    return access.allow(["ec2:StopInstances"], machines) | {"Condition": {"StringEquals": own}}


def alarm(
    parent: pulumi.Resource,
    name: str,
    lab: LabArgs,
    instance: ec2.Instance,
    machine: Machine,
    idle_minutes: int,
    labels: Mapping[str, str],
) -> None:
    """Stop a machine whose processor did nothing for twice the idle time.

    It sees neither GPU nor kernels, so it leaves the watchdog on the machine the first word and steps in where that is
    dead. It acts only when it *enters* the alarm state: missing data of a stopped machine must count as fine, or it would
    stay in alarm over the stop and never act again.
    """
    watch = min(2 * idle_minutes * 60, LONGEST_WATCH_SECONDS)
    cloudwatch.MetricAlarm(
        name,
        namespace="AWS/EC2",
        metric_name="CPUUtilization",
        dimensions={"InstanceId": instance.id},
        statistic="Maximum",
        period=PERIOD_SECONDS,
        evaluation_periods=math.ceil(watch / PERIOD_SECONDS),
        # Of all processors together: one busy half of a core must count, also on a large machine.
        threshold=min(IDLE_PERCENT, 50 / machine.vcpus),
        comparison_operator="LessThanThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=[f"arn:aws:automate:{lab.region}:ec2:stop"],
        alarm_description="Stops a notebook that nobody uses, should its own watchdog fail",
        tags=labels,
        opts=child(parent),
    )
