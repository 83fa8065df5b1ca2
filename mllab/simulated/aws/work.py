"""Batch, schedules, alarms, budgets and topics, as AWS treats them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mllab.engines.provider import UNKNOWN, Properties, ProviderFailure
from mllab.simulated.aws import documents, network, places
from mllab.simulated.aws.identity import PROFILE, ROLE
from mllab.simulated.kind import Here, Kind, document, refuse
from mllab.simulated.store import Record

ENVIRONMENT = "aws:batch/computeEnvironment:ComputeEnvironment"
DEFINITION = "aws:batch/jobDefinition:JobDefinition"
TOPIC = "aws:sns/topic:Topic"


# ------------------------------------------------------------------------------------------------------- Batch

_IN_PLACE = ("BEST_FIT_PROGRESSIVE", "SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED")
_SERVICE_LINKED = "AWSServiceRoleForBatch"


def _not_in_place(olds: Properties, news: Properties) -> bool:
    """Whether Batch must make a new environment for a change that is updatable only under conditions."""
    for inputs in (olds, news):
        role = str(inputs.get("serviceRole") or "")
        strategy = (inputs.get("computeResources") or {}).get("allocationStrategy")
        if (role and _SERVICE_LINKED not in role) or strategy not in _IN_PLACE:
            return True
    return False


class ComputeEnvironment(Kind):
    conditions = {
        "not updatable in place; updatable only when serviceRole is empty or the AWS service-linked role AND "
        "computeResources.allocationStrategy (old and new) is BEST_FIT_PROGRESSIVE, SPOT_CAPACITY_OPTIMIZED or "
        "SPOT_PRICE_CAPACITY_OPTIMIZED": _not_in_place
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        if inputs.get("type") == "MANAGED" and "computeResources" not in inputs:
            yield "computeResources: missing, it is required for type MANAGED"
        resources = inputs.get("computeResources")
        if isinstance(resources, dict):
            role = resources.get("instanceRole")
            if isinstance(role, str) and not documents.ARN.match(role):
                yield f"computeResources.instanceRole: {role!r} is not an ARN"

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        resources = inputs.get("computeResources") or {}
        spot = "SPOT" in str(resources.get("type"))
        strategy = str(resources.get("allocationStrategy") or "")
        if resources and strategy.startswith("SPOT") and not spot:
            raise refuse(
                "ClientException: Error executing request, Exception : Allocation strategy {strategy} is only valid for "
                "SPOT compute environments.",
                strategy=strategy,
            )  # fmt: skip
        if resources.get("minVcpus", 0) > resources.get("maxVcpus", 0):
            raise refuse(
                "ClientException: Error executing request, Exception : minvCpus must be less than or equal to maxvCpus."
            )
        known = places.machines()
        for name in resources.get("instanceTypes") or []:
            family = {machine.split(".")[0] for machine in known}
            if name not in known and name not in family and name != "optimal":
                raise refuse(
                    "ClientException: Error executing request, Exception : Instance type can only be one of [{known}]",
                    known=", ".join([*known, *sorted(family), "optimal"]),
                )  # fmt: skip

    def created(self, here: Here, record: Record) -> None:
        record.hidden = {"fault": self._fault(here, record.inputs)}
        if record.inputs.get("type") != "MANAGED":
            return
        number, arn = (
            here.draw.uuid(),
            f"arn:aws:autoscaling:{here.region}:{here.account}:autoScalingGroup",
        )
        group = f"{record.name}-asg-{number}"
        here.child(
            record,
            "aws:autoscaling/group:Group",
            group,
            group,
            arn=f"{arn}:{number}:autoScalingGroupName/{group}",
        )
        template = f"Batch-lt-{number}"
        here.child(
            record,
            "aws:ec2/launchTemplate:LaunchTemplate",
            f"lt-{here.draw.text(17, 'hex')}",
            template,
        )
        cluster = str(record.outputs["ecsClusterArn"])
        here.child(
            record, "aws:ecs/cluster:Cluster", cluster, cluster.rpartition("/")[2], arn=cluster
        )

    def _fault(self, here: Here, inputs: Properties) -> str:
        """Batch looks at these only afterwards."""
        resources = inputs.get("computeResources") or {}
        for name, type_ in (("subnets", network.SUBNET), ("securityGroupIds", network.GROUP)):
            for key in resources.get(name) or []:
                if here.get(type_, key) is None:
                    noun = "subnet ID" if type_ == network.SUBNET else "security group"
                    return f"CLIENT_ERROR - The {noun} '{key}' does not exist"
        profile = resources.get("instanceRole")
        if profile and here.get(PROFILE, profile) is None:
            return f"CLIENT_ERROR - Invalid IamInstanceProfile: {profile}"
        role = inputs.get("serviceRole")
        if role and here.get(ROLE, role) is None:
            return "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
        return ""

    def outputs(self, here: Here, record: Record) -> Properties:
        fault = record.hidden.get("fault", "")
        return {
            "status": "INVALID" if fault else "VALID",
            "statusReason": fault or "ComputeEnvironment Healthy",
        }

    def finished(self, here: Here, record: Record) -> str:
        fault = record.hidden.get("fault", "")
        return (
            f"unexpected state 'INVALID', wanted target 'VALID'. last error: {fault}"
            if fault
            else ""
        )


class JobDefinition(Kind):
    """Every change registers a new revision; numbers of a name are never used again."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        for name in ("containerProperties", "nodeProperties", "ecsProperties"):
            text = inputs.get(name)
            if text is not None and text is not UNKNOWN:
                yield from document(name, text)
        if inputs.get("type") == "container" and not (
            {"containerProperties", "ecsProperties", "eksProperties"} & inputs.keys()
        ):
            yield "containerProperties: missing, it is required for type container"
        if inputs.get("type") == "multinode" and "nodeProperties" not in inputs:
            yield "nodeProperties: missing, it is required for type multinode"

    def same(self, old: Any, new: Any) -> bool:
        return bool(_without_empty(old) == _without_empty(new))

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text = inputs.get("containerProperties")
        if text and (
            error := _container_error(
                json.loads(text), inputs.get("platformCapabilities") or ["EC2"]
            )
        ):
            raise refuse(
                "ClientException: Error executing request, Exception : {error}", error=error
            )
        timeout = (inputs.get("timeout") or {}).get("attemptDurationSeconds", 60)
        if timeout < 60:
            raise refuse(
                "ClientException: Error executing request, Exception : attemptDurationSeconds must be at least 60 seconds."
            )
        attempts = (inputs.get("retryStrategy") or {}).get("attempts", 1)
        if not 1 <= attempts <= 10:
            raise refuse(
                "ClientException: Error executing request, Exception : attempts must be between 1 and 10."
            )

    def number(self, here: Here, inputs: Properties) -> str:
        return self._arn(here, str(inputs["name"]), int(self._last(here, str(inputs["name"]))) + 1)

    def _last(self, here: Here, name: str) -> float:
        return here.session.number(f"revision {here.region} {name}") or 0.0

    def _arn(self, here: Here, name: str, revision: int) -> str:
        return f"arn:aws:batch:{here.region}:{here.account}:job-definition/{name}:{revision}"

    def created(self, here: Here, record: Record) -> None:
        revision = int(self._last(here, record.name)) + 1
        here.session.set_number(f"revision {here.region} {record.name}", revision)
        record.hidden = {"revision": revision}

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        own = {"tags", "deregisterOnNewRevision"}
        if {k: v for k, v in olds.items() if k not in own} != {
            k: v for k, v in record.inputs.items() if k not in own
        }:
            self.created(here, record)
            record.id = self._arn(here, record.name, record.hidden["revision"])

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"arn": record.id, "revision": record.hidden["revision"]}


def _without_empty(value: Any) -> Any:
    """The provider compares containers without empty lists and nulls, which Batch adds."""
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, [], {})}
    if isinstance(value, list):
        items = [_without_empty(item) for item in value]
        return (
            sorted(items, key=json.dumps)
            if all(isinstance(item, dict) for item in items)
            else items
        )
    return value


_CONTAINER_KEYS = {
    "image", "vcpus", "memory", "command", "jobRoleArn", "executionRoleArn", "volumes", "environment", "mountPoints",
    "readonlyRootFilesystem", "privileged", "ulimits", "user", "instanceType", "resourceRequirements",
    "linuxParameters", "logConfiguration", "secrets", "networkConfiguration", "fargatePlatformConfiguration",
    "enableExecuteCommand", "ephemeralStorage", "runtimePlatform", "repositoryCredentials",
}  # fmt: skip
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html"""


def _container_error(container: Any, platforms: Iterable[str]) -> str:
    if not isinstance(container, dict) or not container.get("image"):
        return "Container properties should contain a nonempty image."
    unknown = sorted(container.keys() - _CONTAINER_KEYS)
    if unknown:
        return f"Unknown parameter in containerProperties: {', '.join(unknown)}"
    needs = {
        need.get("type"): need.get("value") for need in container.get("resourceRequirements") or []
    }
    if needs.keys() - {"GPU", "VCPU", "MEMORY"}:
        return "resourceRequirements type must be one of GPU, VCPU, MEMORY."
    for kind, least in (("MEMORY", 4), ("VCPU", 1)):
        value = needs.get(kind, container.get({"MEMORY": "memory", "VCPU": "vcpus"}[kind]))
        if value is None:
            return f"Container properties should contain {kind}."
        if (
            not re.fullmatch(r"\d+(\.\d+)?", str(value))
            or float(value) < least
            and "EC2" in platforms
        ):
            return f"{kind} must be at least {least} (got {value})."
    volumes = {volume.get("name") for volume in container.get("volumes") or []}
    for mount in container.get("mountPoints") or []:
        if mount.get("sourceVolume") not in volumes:
            return f"Mount point refers to the unknown volume {mount.get('sourceVolume')}."
    for volume in container.get("volumes") or []:
        efs = volume.get("efsVolumeConfiguration") or {}
        if (efs.get("authorizationConfig") or {}) and efs.get("transitEncryption") != "ENABLED":
            return (
                "EFS volume: transitEncryption must be ENABLED when authorizationConfig is given."
            )
    return ""


# --------------------------------------------------------------------------------------------- Scheduler

_RATE = re.compile(r"^rate\((\d+) (minutes?|hours?|days?)\)$")
_AT = re.compile(r"^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$")
_CRON = re.compile(r"^cron\((.+)\)$")
_CRON_FIELDS = (
    r"^(\*|\d{1,2}([-,/]\d{1,2})*|\*/\d{1,2})$",
    r"^(\*|\d{1,2}([-,/]\d{1,2})*|\*/\d{1,2})$",
    r"^(\*|\?|L|LW|\d{1,2}W?([-,/]\d{1,2})*|\*/\d{1,2})$",
    r"^(\*|[A-Z0-9]{1,3}([-,/][A-Z0-9]{1,3})*)$",
    r"^(\*|\?|L|[A-Z0-9]{1,3}(#\d|L)?([-,/][A-Z0-9]{1,3})*)$",
    r"^(\*|\d{4}([-,/]\d{1,4})*)$",
)
INVALID_SCHEDULE = "ValidationException: Invalid Schedule Expression {expression}."


def schedule_fault(expression: str) -> bool:
    """Whether EventBridge Scheduler refuses an expression.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    if rate := _RATE.match(expression):
        return int(rate[1]) < 1 or (rate[1] == "1") == rate[2].endswith("s")
    if at := _AT.match(expression):
        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            return True
        return False
    cron = _CRON.match(expression)
    fields = cron[1].split() if cron else []
    if len(fields) != len(_CRON_FIELDS) or (fields[2] == "?") == (fields[4] == "?"):
        return True
    if any(not re.match(pattern, text) for pattern, text in zip(_CRON_FIELDS, fields, strict=True)):
        return True
    limits = ((0, 59), (0, 23), (1, 31), (1, 12))
    return any(
        not low <= int(number) <= high
        for text, (low, high) in zip(fields, limits, strict=False)
        for number in re.findall(r"(?<!/)\b\d+", text)
    )


class Schedule(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        expression = str(inputs["scheduleExpression"])
        if schedule_fault(expression):
            raise refuse(INVALID_SCHEDULE, expression=expression)
        zone = str(inputs.get("scheduleExpressionTimezone", "UTC"))
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise refuse(
                "ValidationException: Invalid time zone {zone} was provided for ScheduleExpressionTimezone.",
                zone=zone,
            ) from None
        self._admit_window(inputs)
        target = inputs["target"]
        role = here.get(ROLE, target["roleArn"])
        if role and not documents.trusts(
            role.inputs["assumeRolePolicy"], "scheduler.amazonaws.com"
        ):
            raise refuse(
                "ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            )
        if "input" in target:
            try:
                json.loads(target["input"])
            except ValueError:
                if str(target["arn"]).startswith("arn:aws:scheduler:::aws-sdk:"):
                    raise refuse(
                        "ValidationException: Invalid RequestJson provided. Reason The input must be a valid JSON."
                    ) from None
        if not documents.ARN.match(str(target["arn"])):
            raise refuse("ValidationException: Provided Arn is not in correct format.")
        group = inputs.get("groupName", "default")
        if old is None and here.session.find(
            self.token, f"{group}/{inputs.get('name')}", here.region
        ):
            raise refuse(
                "ConflictException: Schedule {name} already exists.", name=inputs.get("name")
            )

    def _admit_window(self, inputs: Properties) -> None:
        window = inputs["flexibleTimeWindow"]
        minutes = window.get("maximumWindowInMinutes")
        if (window["mode"] == "FLEXIBLE") != (minutes is not None):
            raise refuse(
                "ValidationException: MaximumWindowInMinutes must be given with FlexibleTimeWindow mode FLEXIBLE only."
            )

    def same(self, old: Any, new: Any) -> bool:
        return bool(old == new)


class ScheduleGroup(Kind):
    def outputs(self, here: Here, record: Record) -> Properties:
        text = record.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"creationDate": text, "lastModificationDate": record.hidden.get("changed", text)}

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["changed"] = here.at.strftime("%Y-%m-%dT%H:%M:%SZ")


# ------------------------------------------------------------------------------- alarms, budgets, topics


class MetricAlarm(Kind):
    PERIODS = (10, 20, 30)
    DAY_S, WEEK_S = 86_400, 604_800

    def faults(self, inputs: Properties) -> Iterable[str]:
        if "metricName" not in inputs and "metricQueries" not in inputs:
            yield "metricName: missing, one of metricName, metricQueries is required"

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        period, count = inputs.get("period"), inputs.get("evaluationPeriods", 1)
        if period is None:
            return
        if period not in self.PERIODS and (period < 60 or period % 60):
            raise refuse("ValidationError: Metric period must be 10, 20, 30 or a multiple of 60")
        longest = self.WEEK_S if period >= 3600 else self.DAY_S
        if period * count > longest:
            days = longest // self.DAY_S
            raise refuse(
                "ValidationError: Metrics cannot be checked across more than {days} (EvaluationPeriods * Period must be "
                "<= {longest})",
                days="a day" if days == 1 else "seven days", longest=longest,
            )  # fmt: skip
        if not ({"statistic", "extendedStatistic"} & inputs.keys()):
            raise refuse(
                "ValidationError: Exactly one element of Statistic and ExtendedStatistic must be set"
            )
        for action in inputs.get("alarmActions") or []:
            if not str(action).startswith("arn:aws:") or (
                ":automate:" in action and f":automate:{here.region}:" not in action
            ):
                raise refuse(
                    "ValidationError: Invalid region or ARN provided: {action}", action=action
                )


class Budget(Kind):
    NOTIFICATIONS, SUBSCRIBERS = 10, 11

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        limit = inputs.get("limitAmount")
        if limit is not None and not re.fullmatch(r"\d+(\.\d+)?", str(limit)):
            raise refuse(
                "InvalidParameterException: Invalid value for amount: {limit}", limit=limit
            )
        found = inputs.get("notifications") or []
        if len(found) > self.NOTIFICATIONS:
            raise refuse(
                "CreationLimitExceededException: You have exceeded the number of notifications per budget ({limit})",
                limit=self.NOTIFICATIONS,
            )
        keys = [
            tuple(
                n.get(k)
                for k in ("notificationType", "comparisonOperator", "threshold", "thresholdType")
            )
            for n in found
        ]
        if len(set(keys)) != len(keys):
            raise refuse("DuplicateRecordException: Notification already exists for this budget")
        for notification in found:
            mails = notification.get("subscriberEmailAddresses") or []
            topics = notification.get("subscriberSnsTopicArns") or []
            if not mails and not topics:
                raise refuse(
                    "InvalidParameterException: Notification must have at least one subscriber"
                )
            if len(topics) > 1 or len(mails) + len(topics) > self.SUBSCRIBERS:
                raise refuse(
                    "CreationLimitExceededException: A notification takes one SNS topic and ten e-mail subscribers"
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        first = record.since.strftime("%Y-%m-01_00:00")
        return {"timePeriodStart": record.inputs.get("timePeriodStart", first)}


class Topic(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def outputs(self, here: Here, record: Record) -> Properties:
        own = {
            "Version": "2008-10-17", "Id": "__default_policy_ID",
            "Statement": [{
                "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
                "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                           "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
                "Resource": record.id,
                "Condition": {"StringEquals": {"AWS:SourceOwner": here.account}},
            }],
        }  # fmt: skip
        policies = here.session.users(record, "aws:sns/topicPolicy:TopicPolicy", "arn")
        given = policies[0].inputs["policy"] if policies else record.inputs.get("policy")
        return {"policy": given or json.dumps(own)}


class TopicPolicy(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if error := documents.policy_error(str(inputs["policy"]), anchored=True):
            raise refuse("InvalidParameter: Invalid parameter: Policy Error: {error}", error=error)


class TopicSubscription(Kind):
    PROTOCOLS = (
        "sqs",
        "sms",
        "lambda",
        "firehose",
        "application",
        "email",
        "email-json",
        "http",
        "https",
    )
    BY_MAIL = ("email", "email-json")

    def faults(self, inputs: Properties) -> Iterable[str]:
        if inputs.get("protocol") not in (*self.PROTOCOLS, UNKNOWN):
            yield f"protocol: must be one of {', '.join(self.PROTOCOLS)} (got {inputs.get('protocol')!r})"

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        endpoint = str(inputs["endpoint"])
        if inputs["protocol"] in self.BY_MAIL and "@" not in endpoint:
            raise refuse("InvalidParameter: Invalid parameter: Email address")

    def outputs(self, here: Here, record: Record) -> Properties:
        waits = record.inputs["protocol"] in self.BY_MAIL
        return {"pendingConfirmation": waits, "arn": "PendingConfirmation" if waits else record.id}


def failed(message: str) -> ProviderFailure:
    """A resource that exists and did not become ready."""
    return ProviderFailure(message)


KINDS: dict[str, type[Kind]] = {
    ENVIRONMENT: ComputeEnvironment,
    DEFINITION: JobDefinition,
    "aws:scheduler/schedule:Schedule": Schedule,
    "aws:scheduler/scheduleGroup:ScheduleGroup": ScheduleGroup,
    "aws:cloudwatch/metricAlarm:MetricAlarm": MetricAlarm,
    "aws:budgets/budget:Budget": Budget,
    TOPIC: Topic,
    "aws:sns/topicPolicy:TopicPolicy": TopicPolicy,
    "aws:sns/topicSubscription:TopicSubscription": TopicSubscription,
}
