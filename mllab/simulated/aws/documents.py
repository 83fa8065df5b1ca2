"""JSON documents that AWS reads itself: IAM policies, and when two of them mean the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mllab.engines.provider import UNKNOWN
from mllab.simulated.kind import document

VERSIONS = ("2012-10-17", "2008-10-17")
ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9*-]+:[a-z0-9*-]*:(\d{12}|aws|\*)?:.+$")
ACTION = re.compile(r"^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$")
MALFORMED = "MalformedPolicyDocument"

_LISTS = ("Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated")


def faults(path: str, text: object) -> Iterable[str]:
    """What the provider refuses by itself: a text that is no JSON object."""
    if text is None or text is UNKNOWN:
        return
    yield from document(path, text)


def policy_error(text: str, *, trust: bool = False, anchored: bool = False) -> str:
    """IAM's message for a malformed policy, or an empty string.

    Args:
        trust: a role's trust policy: principals instead of resources. anchored: a policy on a resource: both.
    """
    policy = json.loads(text)
    if not isinstance(policy, dict):
        return "Syntax errors in policy."
    unknown = policy.keys() - {"Version", "Id", "Statement"}
    if unknown or policy.get("Version", VERSIONS[1]) not in VERSIONS:
        return "Syntax errors in policy."
    statements = policy.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        if error := _statement_error(statement, trust=trust, anchored=anchored):
            return error
    return "" if statements else "Syntax errors in policy."


_KEYS = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
}  # fmt: skip


def _statement_error(statement: Any, *, trust: bool, anchored: bool) -> str:
    if not isinstance(statement, dict) or statement.keys() - _KEYS:
        return "Syntax errors in policy."
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"Invalid effect: {statement.get('Effect')}"
    actions = _many(statement.get("Action", statement.get("NotAction")))
    if not actions:
        return "Policy statement must contain actions."
    for action in actions:
        if not ACTION.match(str(action)):
            return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    principals = statement.keys() & {"Principal", "NotPrincipal"}
    resources = _many(statement.get("Resource", statement.get("NotResource")))
    if trust and resources:
        return "Has prohibited field Resource"
    if trust and not all(str(action).startswith("sts:") for action in actions):
        return "AssumeRole policy may only specify STS AssumeRole actions."
    if (trust or anchored) and not principals:
        return "Missing required field Principal"
    if not trust and not anchored and principals:
        return "Policy document should not specify a principal."
    if not trust and not resources:
        return "Policy statement must contain resources."
    for resource in resources:
        if resource != "*" and not ARN.match(str(resource)):
            return f'Resource {resource} must be in ARN format or "*".'
    return ""


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def trusts(text: str, service: str) -> bool:
    """Whether a trust policy lets a service take on the role."""
    for statement in _many(json.loads(text).get("Statement")):
        principal = statement.get("Principal")
        allowed = (
            _many(principal.get("Service")) if isinstance(principal, dict) else _many(principal)
        )
        if statement.get("Effect") == "Allow" and ({service, "*"} & set(allowed)):
            return True
    return False


def public(text: str) -> bool:
    """Whether a policy on a resource allows something to everybody without a condition."""
    for statement in _many(json.loads(text).get("Statement")):
        principal = statement.get("Principal")
        who = _many(principal.get("AWS")) if isinstance(principal, dict) else _many(principal)
        if statement.get("Effect") == "Allow" and "*" in who and not statement.get("Condition"):
            return True
    return False


def same(old: Any, new: Any) -> bool:
    """Whether two documents mean the same: IAM takes one value for a list of one, and lists in any order."""
    return bool(_canonical(old) == _canonical(new))


def _canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _canonical(item, name) for name, item in value.items()}
    if key == "Statement":
        return [_canonical(item) for item in _many(value)]
    if key in _LISTS:
        return sorted(str(item) for item in _many(value))
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return value
