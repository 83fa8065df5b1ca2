"""JSON documents that AWS reads itself: IAM policies, and when two of them mean the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

VERSIONS = ("2012-10-17", "2008-10-17")
ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9*-]+:[a-z0-9*-]*:(\d{12}|aws|\*)?:.+$")
ACTION = re.compile(r"^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$")
SYNTAX = "Syntax errors in policy."

_POLICY_KEYS = {"Id", "Statement", "Version"}
_STATEMENT_KEYS = {
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
}
_LISTS = ("AWS", "Action", "Federated", "NotAction", "NotResource", "Resource", "Service")


def policy_error(text: str, *, trust: bool = False, anchored: bool = False) -> str:
    """IAM's message for a malformed policy, or an empty string.

    Args:
        text: valid JSON.
        trust: a role's trust policy: it names principals and no resources.
        anchored: a policy on a resource: it names both.
    """
    policy = json.loads(text)
    if not isinstance(policy, dict) or policy.keys() - _POLICY_KEYS or "Statement" not in policy:
        return SYNTAX
    if policy.get("Version", VERSIONS[1]) not in VERSIONS:
        return SYNTAX
    errors = (_statement_error(found, trust, anchored) for found in statements(policy))
    return next((error for error in errors if error), "")


def _statement_error(statement: Any, trust: bool, anchored: bool) -> str:
    if not isinstance(statement, dict) or statement.keys() - _STATEMENT_KEYS:
        return SYNTAX
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"Invalid effect: {statement.get('Effect')}"
    actions = _many(statement.get("Action", statement.get("NotAction")))
    if not actions:
        return "Policy statement must contain actions."
    if not all(ACTION.match(str(action)) for action in actions):
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    named = _many(statement.get("Resource", statement.get("NotResource")))
    principals = statement.keys() & {"NotPrincipal", "Principal"}
    if trust and named:
        return "Has prohibited field Resource"
    if trust and not all(str(action).startswith("sts:") for action in actions):
        return "AssumeRole policy may only specify STS AssumeRole actions."
    if (trust or anchored) and not principals:
        return "Missing required field Principal"
    if not trust and not anchored and principals:
        return "Policy document should not specify a principal."
    if not trust and not named:
        return "Policy statement must contain resources."
    wrong = [found for found in named if found != "*" and not ARN.match(str(found))]
    return f'Resource {wrong[0]} must be in ARN format or "*".' if wrong else ""


def statements(policy: Any) -> list[Any]:
    """The statements of a policy; IAM takes one instead of a list of one."""
    return _many(policy.get("Statement")) if isinstance(policy, dict) else []


def resources(text: str) -> list[str]:
    """Everything that a well-formed policy names as a resource."""
    found = statements(json.loads(text))
    return [str(item) for statement in found for item in _many(statement.get("Resource"))]


def trusts(text: str, service: str) -> bool:
    """Whether a trust policy lets a service take on the role."""
    for statement in statements(json.loads(text)):
        principal = statement.get("Principal")
        named = principal.get("Service") if isinstance(principal, dict) else principal
        if statement["Effect"] == "Allow" and {service, "*"} & set(_many(named)):
            return True
    return False


def is_public(text: str) -> bool:
    """Whether a policy on a resource allows something to everybody, without a condition."""
    for statement in statements(json.loads(text)):
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, dict) else principal
        everybody = "*" in _many(named) and not statement.get("Condition")
        if statement["Effect"] == "Allow" and everybody:
            return True
    return False


def same(old: Any, new: Any) -> bool:
    """Whether two policies mean the same: one value is a list of one, and lists have no order."""
    return bool(_canonical(old) == _canonical(new))


def _canonical(value: Any, key: str = "") -> Any:
    if key == "Statement":
        return [_canonical(item) for item in _many(value)]
    if isinstance(value, Mapping):
        return {name: _canonical(item, name) for name, item in value.items()}
    if key in _LISTS:
        return sorted(str(item) for item in _many(value))
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return value


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
