"""Image repositories and their clean-up rules, as ECR treats them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mllab.protocol.provider import Properties
from mllab.simulated import checks, sizes
from mllab.simulated.aws.rules import tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

TAG_STATES = ("any", "tagged", "untagged")
COUNT_TYPES = ("imageCountMoreThan", "sinceImagePushed")


class Repository(Kind):
    """With images it refuses to go, unless it may take them along."""

    def before_delete(self, here: Here, record: Record) -> None:
        images, size = here.session.contents(record)
        if images and not record.inputs.get("forceDelete"):
            raise refuse(
                self.facts.refusals["images"],
                f"delete its images first: {sizes.amount(images, size, 'image')}",
                name=record.name,
                account=here.account,
            )

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record), "image")


class LifecyclePolicy(Kind):
    """ECR checks the rules when they are put.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs["policy"])

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if error := _error(json.loads(str(inputs["policy"]))):
            raise refuse(
                "InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to "
                "satisfy constraint: 'Lifecycle policy validation failure: {error}'",
                error=error,
            )


def _error(policy: Any) -> str:
    rules = policy.get("rules") if isinstance(policy, dict) else None
    if not isinstance(rules, list) or not rules:
        return 'object has missing required properties (["rules"])'
    priorities = [rule.get("rulePriority") for rule in rules]
    for rule in rules:
        if error := _missing(rule, "action", "rulePriority", "selection"):
            return error
        if error := _selection_error(rule["selection"]):
            return error
        if rule["action"].get("type") != "expire":
            return _not_found(rule["action"].get("type"), ("expire",))
        last = rule["rulePriority"] == max(priorities)
        if rule["selection"]["tagStatus"] == "any" and not last:
            return "The rule with tagStatus any must have the highest rulePriority"
    if len(set(priorities)) != len(priorities):
        return "Each rulePriority must be used once"
    return ""


def _selection_error(selection: Any) -> str:
    if error := _missing(selection, "countNumber", "countType", "tagStatus"):
        return error
    for key, allowed in (("tagStatus", TAG_STATES), ("countType", COUNT_TYPES)):
        if selection[key] not in allowed:
            return _not_found(selection[key], allowed)
    if (selection["countType"] == "sinceImagePushed") != ("countUnit" in selection):
        return "countUnit must be given with countType sinceImagePushed, and with no other"
    listed = selection.keys() & {"tagPatternList", "tagPrefixList"}
    if (selection["tagStatus"] == "tagged") != bool(listed):
        return "tagPatternList or tagPrefixList must be given with tagStatus tagged, and no other"
    return ""


def _missing(found: Any, *names: str) -> str:
    missing = [name for name in names if name not in found]
    return f"object has missing required properties ({json.dumps(missing)})" if missing else ""


def _not_found(value: object, allowed: Iterable[str]) -> str:
    possible = json.dumps(list(allowed))
    return f"instance value ({json.dumps(value)}) not found in enum (possible values: {possible})"


KINDS: dict[str, type[Kind]] = {
    tokens.REPOSITORY: Repository,
    tokens.IMAGE_RULES: LifecyclePolicy,
}
