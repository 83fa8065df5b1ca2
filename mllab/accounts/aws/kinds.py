"""The kinds of things that an AWS account shows, by service and type as in their ARNs: data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.resource_types import TypeRow, of_cloud, pairs
from mllab.accounts.aws.imports import DELETING_STATES, arguments


@dataclass(frozen=True)
class Check:
    """How a service says whether one of its things still exists.

    Args:
        operation: of the service in the ARN.
        args, where: `$id` and `$name` are what follows the type in the ARN, `$parent` its part
            before the first slash.
        items, state: as in `ImportQuery`.
        gone: states in which it no longer counts.
    """

    operation: str
    args: Mapping[str, Any]
    items: str
    state: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = DELETING_STATES


def _again(row: TypeRow) -> Check:
    """As it is found after an interrupted create, but one thing and by what its ARN tells."""
    own = row.own
    return Check(
        own["operation"], arguments(own["again"]), own["items"], own["state"], pairs(own["where"])
    )


_ROWS: Final = {row.own["arn"]: row for row in of_cloud("aws") if row.own["arn"]}

CHECKS: Final[Mapping[str, Check]] = {
    **{kind: _again(row) for kind, row in _ROWS.items() if row.own["again"]},
    # Listed by the tagging service also after it was deleted.
    "kms:key": Check("describe_key", {"KeyId": "$id"}, "KeyMetadata", "KeyState"),
    # What comes to be by itself, or was made by hand.
    "cloudwatch:alarm": Check("describe_alarms", {"AlarmNames": ["$id"]}, "MetricAlarms"),
    "ec2:natgateway": Check(
        "describe_nat_gateways", {"NatGatewayIds": ["$id"]}, "NatGateways", "State"
    ),
    "ecs:cluster": Check("describe_clusters", {"clusters": ["$arn"]}, "clusters", "status"),
    "ecs:task": Check(
        "describe_tasks",
        {"cluster": "$parent", "tasks": ["$arn"]},
        "tasks",
        "lastStatus",
        gone=frozenset({"stopped"}),
    ),
}
"""By service and type in the ARN. What is not here is reported as it was listed."""

CLIENTS: Final[Mapping[str, str]] = {"elasticfilesystem": "efs"}
"""Services that botocore calls otherwise than ARNs do."""

TYPES: Final[Mapping[str, str]] = {kind: row.type for kind, row in _ROWS.items()}
"""Pulumi's tokens of these."""

BY_ARN: Final = frozenset(kind for kind, row in _ROWS.items() if row.own["id"].endswith("Arn"))
"""Those whose id in Pulumi is the whole ARN."""


def _list(row: TypeRow) -> tuple[str, str, Mapping[str, str], str, str]:
    own = row.own
    fixed = {key: value for key, value in pairs(own["args"]).items() if "$" not in value}
    return own["service"], own["operation"], fixed, own["items"], own["lists"]


LISTS: Final = tuple(_list(row) for row in _ROWS.values() if row.own["lists"])
"""Service, operation, arguments, items and their ARN, where the items carry their tags."""
