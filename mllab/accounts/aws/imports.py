"""How each AWS type is found after an interrupted create, from `components/aws/types.csv`.

`$name` stands for an input of the pending resource, for `account`, `partition` or `region`, and in
`id` also for a field of what was found (`$VpcId`). Formats of ids are those of `pulumi import`.
Arguments with `[]` are lists of one; those with a dot are filters by name or by key.
Source: the import section of each type, https://www.pulumi.com/registry/packages/aws/api-docs/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.resource_types import TypeRow, of_cloud, pairs

DELETING_STATES: Final = frozenset(
    ("deleting", "deleted", "shutting-down", "terminated", "detaching", "detached")
    + ("inactive", "pendingdeletion")
)
"""States, in lower case, of what is no more or will soon be no more. A deregistered job definition
is INACTIVE for months, and so is a cluster of containers that was deleted; a key is PendingDeletion
for a week or more, and costs nothing."""


TAGGING: Final = "resourcegroupstaggingapi"
"""What it lists is told by ARN, and asked for again at its own service."""


@dataclass(frozen=True)
class ImportQuery:
    """One question that a type's existence is read from.

    Args:
        service, operation: of botocore.
        args: of the operation.
        items: path to what exists; lists on the way are flattened. Empty: the answer itself.
        id: what the provider imports it by.
        where: fields that an item must have.
        state: path to the item's state; see `DELETING_STATES`.
        tagged: an item counts only with the tags of the pending resource.
    """

    service: str
    operation: str
    args: Mapping[str, Any]
    items: str
    id: str
    where: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    tagged: bool = False


def arguments(text: str) -> dict[str, Any]:
    """`Name=$name`, `Names[]=$name`, `Filters.tag:stack=$tag_stack` as botocore takes them."""
    found: dict[str, Any] = {}
    for key, value in pairs(text).items():
        name, dot, filtered = key.partition(".")
        if dot:
            named = "Key" if name == "TagFilters" else "Name"
            found.setdefault(name, []).append({named: filtered, "Values": [value]})
        elif key.endswith("[]"):
            found[key.removesuffix("[]")] = [value]
        else:
            found[key] = value
    return found


def _query(row: TypeRow) -> ImportQuery:
    own = row.own
    return ImportQuery(
        own["service"],
        own["operation"],
        arguments(own["args"]),
        own["items"],
        own["id"],
        pairs(own["where"]),
        own["state"],
        own["tagged"] == "yes",
    )


_ROWS: Final = of_cloud("aws")

IMPORT_QUERIES: Final[Mapping[str, ImportQuery]] = {
    row.type: _query(row) for row in _ROWS if row.own["service"]
}

SETTINGS: Final = frozenset(row.type for row in _ROWS if row.setting)
"""Types that are but a setting of something else: there is one, it costs nothing, it goes with its
owner, and to make it is to set it (Put..., Set...). So it is made again without being looked for:
many are there by default, and then nobody could tell who has set them."""
