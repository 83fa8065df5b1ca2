"""Checks of AWS policy documents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mllab.engines.contract import Resource
from mllab.rules.finding import Break, Graph
from mllab.rules.paths import GONE, one, parsed

ADMINISTRATORS: Final = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")

FOR_ALL: Final = {
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "x"}]
}
ALL_OF_ALL: Final = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def broken(document: Any, path: str = "policy") -> tuple[Break, ...]:
    """What breaks a rule by a whole policy."""
    return (Break({path: json.dumps(document)}),)


def nobody_unnamed(resource: Resource, _: Graph) -> Iterable[str]:
    """No statement lets anybody in."""
    for path in ("policy", "assumeRolePolicy"):
        for each in _allowed(resource, path):
            principal = each.get("Principal", {})
            named = principal.values() if isinstance(principal, Mapping) else [principal]
            if "*" in _flat(named):
                yield f"{path} lets anybody do {', '.join(_flat([each.get('Action')]))}"


def nothing_on_everything(resource: Resource, _: Graph) -> Iterable[str]:
    """No statement allows all actions, of all services or of one, on all resources."""
    for each in _allowed(resource, "policy"):
        actions = _flat([each.get("Action", [])])
        if "*" in _flat([each.get("Resource", [])]) and any(a.endswith("*") for a in actions):
            yield f"policy allows {', '.join(actions)} on every resource"


def no_administrator(resource: Resource, _: Graph) -> Iterable[str]:
    """No policy of AWS's own that allows everything, or to allow oneself everything."""
    arn = one(resource.inputs, "policyArn")
    if arn is not GONE and str(arn).rpartition("/")[2] in ADMINISTRATORS:
        yield f"policy_arn is {arn}"


def refuses_plain_text(resource: Resource, graph: Graph) -> Iterable[str]:
    """A bucket has a policy that denies everything that does not come by TLS."""
    for policy in graph.about(resource, "aws:s3/bucketPolicy:BucketPolicy", "bucket"):
        for each in parsed(policy.inputs, "policy").get("Statement", []):
            condition = each.get("Condition", {}).get("Bool", {})
            if each.get("Effect") == "Deny" and condition.get("aws:SecureTransport") == "false":
                return
    yield "has no policy that refuses requests without TLS"


def _allowed(resource: Resource, path: str) -> Iterator[Mapping[str, Any]]:
    for each in parsed(resource.inputs, path).get("Statement", []):
        if each.get("Effect") == "Allow":
            yield each


def _flat(values: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for value in values:
        found += value if isinstance(value, list) else [str(value)]
    return found
