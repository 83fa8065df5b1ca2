"""What AWS refuses in Batch, schedules, budgets and topics, with AWS's code and words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account, allow
from tests.simulated.refusing import Refusals, holds, in_lab, plain
from tests.simulated.samples import sample

CONTAINER = json.loads(sample(Account, "job")["containerProperties"])
PROFILE = "arn:aws:iam::123456789012:instance-profile/p"


def container(**more: Any) -> dict[str, Any]:
    return {"type": "container", "containerProperties": json.dumps(CONTAINER | more)}


def budget(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "10",
        "limitUnit": "USD",
        "notifications": list(alerts),
        **more,
    }


def alert(threshold: int = 80, mails: int = 1, topics: int = 0) -> dict[str, Any]:
    return {
        "comparisonOperator": "GREATER_THAN",
        "notificationType": "ACTUAL",
        "threshold": threshold,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": [f"{i}@example.edu" for i in range(mails)],
        "subscriberSnsTopicArns": [
            f"arn:aws:sns:us-east-1:123456789012:t{i}" for i in range(topics)
        ],
    }


def schedule(
    account: Account,
    service: str = "scheduler.amazonaws.com",
    role: str = "",
    text: str = "{}",
    **more: Any,
) -> str:
    target = {
        "arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
        "roleArn": role or account.role(service).outputs["arn"],
        "input": text,
    }
    inputs = {
        "scheduleExpression": "at(2027-02-05T23:59:00)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": target,
        **more,
    }
    return account.refused(tokens.SCHEDULE, inputs)


REFUSALS: Refusals = {
    "schedule that is none": (
        lambda account: schedule(account, scheduleExpression="cron(0 20 * * *)"),
        "ValidationException: Invalid Schedule Expression cron(0 20 * * *).",
    ),
    "schedule in no time zone": (
        lambda account: schedule(account, scheduleExpressionTimezone="Europe/Atlantis"),
        "ValidationException: The ScheduleExpressionTimezone Europe/Atlantis is not valid.",
    ),
    "schedule that began in the past": (
        lambda account: schedule(
            account,
            scheduleExpression="rate(1 hour)",
            startDate=f"{account.now - timedelta(minutes=6):%Y-%m-%dT%H:%M:%SZ}",
        ),
        "ValidationException: The StartDate you specify cannot be earlier than 5 minutes ago.",
    ),
    "schedule that ended in the past": (
        lambda account: schedule(
            account, scheduleExpression="rate(1 hour)", endDate="2020-01-01T00:00:00+01:00"
        ),
        "ValidationException: The EndDate you specify must be later than the StartDate and the "
        "present moment.",
    ),
    "schedule in no group": (
        lambda account: schedule(account, groupName="no-group"),
        "ResourceNotFoundException: Schedule group no-group does not exist.",
    ),
    "schedule with a role of another service": (
        lambda account: schedule(account, service="ec2.amazonaws.com"),
        "ValidationException: The execution role you provide must allow AWS EventBridge Scheduler "
        "to assume the role.",
    ),
    "schedule with no role": (
        lambda account: schedule(account, role="arn:aws:iam::123456789012:role/none"),
        "ValidationException: The execution role you provide must allow AWS EventBridge Scheduler "
        "to assume the role.",
    ),
    "schedule with an input that is no JSON": (
        lambda account: schedule(account, text="{"),
        "ValidationException: Invalid RequestJson provided. Reason: the input is no valid JSON.",
    ),
    "schedule without its window": (
        lambda account: schedule(account, flexibleTimeWindow={"mode": "FLEXIBLE"}),
        "ValidationException: MaximumWindowInMinutes must be given with mode FLEXIBLE, and with no "
        "other.",
    ),
    "budget of no amount": (
        plain(tokens.BUDGET, budget(limitAmount="-5")),
        "InvalidParameterException: The value of the budget limit, -5, is no amount.",
    ),
    "budget with too many alerts": (
        plain(tokens.BUDGET, budget(*(alert(i) for i in range(11)))),
        "CreationLimitExceededException: You have exceeded the limit of 10 notifications per "
        "budget.",
    ),
    "budget with the same alert twice": (
        plain(tokens.BUDGET, budget(alert(), alert())),
        "DuplicateRecordException: The notification already exists.",
    ),
    "budget alert to nobody": (
        plain(tokens.BUDGET, budget(alert(mails=0))),
        "InvalidParameterException: A notification must have at least one subscriber.",
    ),
    "budget alert to too many": (
        plain(tokens.BUDGET, budget(alert(mails=11))),
        "CreationLimitExceededException: A notification takes 10 e-mail subscribers and 1 SNS "
        "topic.",
    ),
    "topic policy without principal": (
        in_lab(tokens.TOPIC_POLICY, {"arn": "@alerts", "policy": allow("sns:Publish")}),
        "InvalidParameter: Invalid parameter: Policy Error: Missing required field Principal",
    ),
    "queue on no environment": (
        plain(
            tokens.QUEUE,
            {
                "state": "ENABLED",
                "priority": 1,
                "computeEnvironmentOrders": [{"order": 1, "computeEnvironment": "arn:aws:batch:x"}],
            },
        ),
        "ClientException: Error executing request, Exception : arn:aws:batch:x does not exist.",
    ),
    "job without an image": (
        plain(tokens.DEFINITION, container(image="")),
        "ClientException: Error executing request, Exception : Container properties should contain "
        "a nonempty image.",
    ),
    "job without memory": (
        plain(tokens.DEFINITION, container(resourceRequirements=[{"type": "VCPU", "value": "1"}])),
        "ClientException: Error executing request, Exception : Container properties should contain "
        "a MEMORY resource requirement.",
    ),
    "job with an unknown key": (
        plain(tokens.DEFINITION, container(gpus=1)),
        "ClientException: Error executing request, Exception : Unknown parameter in "
        "containerProperties: gpus",
    ),
    "job mounting what it has not": (
        plain(
            tokens.DEFINITION, container(mountPoints=[{"sourceVolume": "x", "containerPath": "/"}])
        ),
        "ClientException: Error executing request, Exception : Mount point refers to the unknown "
        "volume x.",
    ),
    "job mounting shared files in clear": (
        plain(
            tokens.DEFINITION,
            container(
                volumes=[
                    {
                        "name": "shared",
                        "efsVolumeConfiguration": {
                            "fileSystemId": "fs-0",
                            "authorizationConfig": {"iam": "ENABLED"},
                        },
                    }
                ]
            ),
        ),
        "ClientException: Error executing request, Exception : Transit encryption must be ENABLED "
        "when an EFS volume has authorizationConfig.",
    ),
    "job with a very short timeout": (
        plain(tokens.DEFINITION, container() | {"timeout": {"attemptDurationSeconds": 30}}),
        "ClientException: Error executing request, Exception : attemptDurationSeconds must be at "
        "least 60 seconds.",
    ),
    "job with too many attempts": (
        plain(tokens.DEFINITION, container() | {"retryStrategy": {"attempts": 11}}),
        "ClientException: Error executing request, Exception : attempts must be between 1 and 10.",
    ),
    "environment with a spot strategy on demand": (
        lambda account: account.refused(
            tokens.ENVIRONMENT,
            account.environment("subnet-0", "sg-0", PROFILE, type="EC2"),
        ),
        "ClientException: Error executing request, Exception : Allocation strategy "
        "SPOT_PRICE_CAPACITY_OPTIMIZED is valid for SPOT environments only.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_aws_refuses(case: str, account: Account) -> None:
    holds(account, *REFUSALS[case])
