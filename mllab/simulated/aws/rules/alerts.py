"""Budgets and topics, as Budgets and SNS treat them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from mllab.protocol.provider import Properties
from mllab.simulated import checks
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

EMAILS_PER_ALERT, TOPICS_PER_ALERT, ALERTS_PER_BUDGET = 10, 1, 10
"""Source: https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html"""


class Budget(Kind):
    """Takes ten alerts, each with ten addresses and a topic."""

    KEY = ("notificationType", "comparisonOperator", "threshold", "thresholdType")

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        limit = inputs.get("limitAmount")
        if limit is not None and not re.fullmatch(r"\d+(\.\d+)?", str(limit)):
            raise refuse(
                "InvalidParameterException: The value of the budget limit, {limit}, is no amount.",
                limit=limit,
            )
        alerts = inputs.get("notifications") or []
        if len(alerts) > ALERTS_PER_BUDGET:
            raise refuse(
                "CreationLimitExceededException: You have exceeded the limit of {limit} "
                "notifications per budget.",
                limit=ALERTS_PER_BUDGET,
            )
        keys = [tuple(alert[part] for part in self.KEY) for alert in alerts]
        if len(set(keys)) != len(keys):
            raise refuse("DuplicateRecordException: The notification already exists.")
        for alert in alerts:
            emails = len(alert.get("subscriberEmailAddresses") or [])
            topics = len(alert.get("subscriberSnsTopicArns") or [])
            if not emails and not topics:
                raise refuse(
                    "InvalidParameterException: A notification must have at least one subscriber."
                )
            if emails > EMAILS_PER_ALERT or topics > TOPICS_PER_ALERT:
                raise refuse(
                    "CreationLimitExceededException: A notification takes {emails} e-mail "
                    "subscribers and {topics} SNS topic.",
                    emails=EMAILS_PER_ALERT,
                    topics=TOPICS_PER_ALERT,
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        begins = record.since.strftime("%Y-%m-01_00:00")
        return {"timePeriodStart": record.inputs.get("timePeriodStart", begins)}


class Topic(Kind):
    """Has a policy of its own until it is given another."""

    ACTIONS = (
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    )

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def outputs(self, here: Here, record: Record) -> Properties:
        policies = here.session.users(record, tokens.TOPIC_POLICY, "arn")
        given = policies[0].inputs["policy"] if policies else record.inputs.get("policy")
        return {"policy": given or self._usual_policy(here, record)}

    def _usual_policy(self, here: Here, record: Record) -> str:
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"SNS:{action}" for action in self.ACTIONS],
            "Resource": record.id,
            "Condition": {"StringEquals": {"AWS:SourceOwner": here.account}},
        }
        policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
        return json.dumps(policy)


class TopicPolicy(Kind):
    """A topic's policy; putting one overwrites the one before."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs["policy"])

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if error := documents.policy_error(str(inputs["policy"]), anchored=True):
            raise refuse("InvalidParameter: Invalid parameter: Policy Error: {error}", error=error)


KINDS: dict[str, type[Kind]] = {
    tokens.BUDGET: Budget,
    tokens.TOPIC: Topic,
    tokens.TOPIC_POLICY: TopicPolicy,
}
