"""The samples of work and money; see `samples.py`."""

from __future__ import annotations

import json

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account, trust
from tests.simulated.more_samples import TAGS, Sample

CODE = {
    "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7",
    "assets": {
        "watch.py": {
            "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
            "text": "def handler(event, context): ...",
        }
    },
}
"""An archive on the wire, as Pulumi's SDK writes it."""

CONTAINER = {
    "image": "public.ecr.aws/docker/library/busybox:latest",
    "command": ["true"],
    "resourceRequirements": [
        {"type": "VCPU", "value": "1"},
        {"type": "MEMORY", "value": "2048"},
    ],
}


def work(account: Account) -> list[Sample]:
    """Batch, schedules, topics, budgets."""
    return [
        (
            "nodes",
            tokens.ENVIRONMENT,
            {
                **account.environment("@subnet.id", "@group.id", "@profile.arn"),
                "state": "ENABLED",
            },
        ),
        (
            "queue",
            tokens.QUEUE,
            {
                "state": "ENABLED",
                "priority": 1,
                "computeEnvironmentOrders": [{"order": 1, "computeEnvironment": "@nodes.arn"}],
            },
        ),
        (
            "job",
            tokens.DEFINITION,
            {
                "type": "container",
                "platformCapabilities": ["EC2"],
                "containerProperties": json.dumps(CONTAINER),
                "timeout": {"attemptDurationSeconds": 3600},
                "retryStrategy": {"attempts": 3},
            },
        ),
        ("logs", "aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 30}),
        ("key", tokens.KEY, {"enableKeyRotation": True, "tags": TAGS}),
        ("flow-writer", tokens.ROLE, {"assumeRolePolicy": trust("vpc-flow-logs.amazonaws.com")}),
        (
            "flows",
            tokens.FLOW_LOG,
            {
                "vpcId": "@net.id",
                "trafficType": "ALL",
                "iamRoleArn": "@flow-writer.arn",
                "logDestination": "@logs.arn",
                "tags": TAGS,
            },
        ),
        (
            "signs",
            tokens.TABLE,
            {
                "billingMode": "PAY_PER_REQUEST",
                "hashKey": "machine",
                "attributes": [{"name": "machine", "type": "S"}],
            },
        ),
        ("watcher", tokens.ROLE, {"assumeRolePolicy": trust("lambda.amazonaws.com")}),
        (
            "watch",
            tokens.FUNCTION,
            {
                "role": "@watcher.arn",
                "runtime": "python3.13",
                "handler": "watch.handler",
                "code": CODE,
                "loggingConfig": {"logFormat": "Text", "logGroup": "@logs.name"},
            },
        ),
        ("stops", tokens.SCHEDULE_GROUP, {}),
        ("stopper", tokens.ROLE, {"assumeRolePolicy": trust("scheduler.amazonaws.com")}),
        (
            "daily",
            tokens.SCHEDULE,
            {
                "groupName": "@stops.name",
                "scheduleExpression": "cron(0 20 * * ? *)",
                "scheduleExpressionTimezone": "Europe/Copenhagen",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {
                    "arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
                    "roleArn": "@stopper.arn",
                    "input": '{"InstanceIds":["i-1"]}',
                },
            },
        ),
        (
            "prepared",
            tokens.LIFECYCLE,
            {"onStart": "IyEvdXNyL2Jpbi9lbnYgYmFzaAo=", "tags": TAGS},
        ),
        ("studious", tokens.ROLE, {"assumeRolePolicy": trust("sagemaker.amazonaws.com")}),
        (
            "managed-notebook",
            tokens.NOTEBOOK,
            {
                "instanceType": "ml.g4dn.xlarge",
                "roleArn": "@studious.arn",
                "platformIdentifier": "notebook-al2023-v1",
                "volumeSize": 50,
                "rootAccess": "Disabled",
                "subnetId": "@subnet.id",
                "securityGroups": ["@group.id"],
                "directInternetAccess": "Enabled",
                "instanceMetadataServiceConfiguration": {
                    "minimumInstanceMetadataServiceVersion": "2"
                },
                "lifecycleConfigName": "@prepared.name",
                "tags": TAGS,
            },
        ),
        ("alerts", tokens.TOPIC, {}),
        (
            "publish",
            tokens.TOPIC_POLICY,
            {
                "arn": "@alerts.arn",
                "policy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "budgets.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": "@alerts.arn",
                        }
                    ],
                },
            },
        ),
        (
            "limit",
            tokens.BUDGET,
            {
                "budgetType": "COST",
                "timeUnit": "MONTHLY",
                "limitAmount": "100.00",
                "limitUnit": "USD",
                "costTypes": {"includeCredit": False},
                "notifications": [
                    {
                        "comparisonOperator": "GREATER_THAN",
                        "notificationType": "ACTUAL",
                        "threshold": 80,
                        "thresholdType": "PERCENTAGE",
                        "subscriberEmailAddresses": ["a@example.edu"],
                    }
                ],
            },
        ),
    ]
