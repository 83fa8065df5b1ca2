"""All that an AWS account shows of one stack.

- EC2 by its own look-up of tags: also what Batch launched, disks and snapshots.
- Batch and EFS by their own lists: like EC2 they cost most, and show what is true now.
- Roles, instance profiles and budgets by their own lists: the tagging service leaves them out.
- All else by the tagging service, which may lag; where `CHECKS` says how, each thing is asked for
  again, so that nothing is reported that has just been deleted.

Left out is what goes with what it belongs to: rules of security groups, and what cannot be tagged
(routes, policies, mount targets, schedules, settings). So is what lies in another region.
Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html,
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from components.tags import MANAGED_BY
from mllab.accounts.aws.client import Client, tags_of
from mllab.accounts.aws.kinds import BY_ARN, CHECKS, CLIENTS, LISTS, TYPES
from mllab.accounts.contract import InventoryItem
from mllab.accounts.responses import QueryFailed, filled, items, state_of

IAM_PATH: Final = "/mllab/"
_AT_ONCE: Final = 200  # values of one filter (EC2)
_RESOURCE: Final = re.compile(r"^(?:([a-z-]+)[/:])?(.*)$")  # the last part of an ARN
_AT_FIRST_HAND: Final = ("ec2:", "iam:", "budgets:")  # not from the tagging service

UNCONFIRMED: Final = "still listed, cannot be confirmed"


@dataclass(frozen=True)
class _Thing:
    """What some service lists with tags.

    Args:
        kind: service and type, as in `CHECKS`.
        id: that of `pulumi import`.
    """

    kind: str
    id: str
    arn: str
    tags: Mapping[str, str]


def look(calls: Client, stack: str) -> Iterator[InventoryItem]:
    """Everything of a stack that exists.

    Raises:
        QueryFailed: at the end, where some of the listings are refused; at once where all would be.
    """
    arns = "arn:{partition}:budgets::{account}:budget/".format(**calls.names)
    sources = (
        _ec2(calls, stack),
        _lists(calls),
        _tagged(calls, stack),
        _iam(calls),
        _budgets(calls, arns),
    )
    things: dict[str, _Thing] = {}
    refusals = []
    for source in sources:
        try:
            things |= {thing.arn: thing for thing in source}
        except QueryFailed as error:
            refusals.append(str(error))
    for thing in things.values():
        if thing.tags.get("stack") != stack or thing.tags.get("managed-by") != MANAGED_BY:
            continue
        state = _state(calls, thing)
        if state is not None:
            yield _found(thing, state)
    if refusals:
        raise QueryFailed("; ".join(refusals))


def _ec2(calls: Client, stack: str) -> Iterator[_Thing]:
    own = {"Filters": [{"Name": "key", "Values": ["stack"]}, {"Name": "value", "Values": [stack]}]}
    ids = [
        tag["ResourceId"]
        for answer in calls.ask("ec2", "describe_tags", own)
        for tag in answer["Tags"]
    ]
    tags: dict[tuple[str, str], dict[str, str]] = {}
    for first in range(0, len(ids), _AT_ONCE):
        these = {"Filters": [{"Name": "resource-id", "Values": ids[first : first + _AT_ONCE]}]}
        for answer in calls.ask("ec2", "describe_tags", these):
            for tag in answer["Tags"]:
                key = tag["ResourceType"], tag["ResourceId"]
                tags.setdefault(key, {})[tag["Key"]] = tag["Value"]
    for (kind, id), found in tags.items():
        if kind != "security-group-rule":
            yield _Thing(f"ec2:{kind}", id, id, found)


def _lists(calls: Client) -> Iterator[_Thing]:
    for service, operation, args, path, arn in LISTS:
        for answer in calls.ask(service, operation, args):
            yield from (_of_arn(item[arn], tags_of(item)) for item in items(answer, path))


def _tagged(calls: Client, stack: str) -> Iterator[_Thing]:
    own = {"TagFilters": [{"Key": "stack", "Values": [stack]}]}
    for answer in calls.ask("resourcegroupstaggingapi", "get_resources", own):
        for found in answer["ResourceTagMappingList"]:
            thing = _of_arn(found["ResourceARN"], tags_of(found))
            if not thing.kind.startswith(_AT_FIRST_HAND):
                yield thing


def confirmed(calls: Client, arn: str, tags: Mapping[str, str]) -> str | None:
    """The id of what the tagging service lists; None when its own service says that it is gone."""
    thing = _of_arn(arn, tags)
    return None if _state(calls, thing) is None else thing.id


def _of_arn(arn: str, tags: Mapping[str, str]) -> _Thing:
    """`...:ecr:us-east-1:123456789012:repository/a/b`, `...:log-group:a`, `arn:aws:s3:::a`."""
    service, rest = arn.split(":", 5)[2::3]
    [(kind, id)] = _RESOURCE.findall(rest)
    whole = f"{service}:{kind}"
    return _Thing(whole, arn if whole in BY_ARN else id.removesuffix(":*"), arn, tags)


_IAM: Final = (
    ("iam:role", "list_roles", "Roles", "get_role", "RoleName", "Role"),
    (
        "iam:instance-profile",
        "list_instance_profiles",
        "InstanceProfiles",
        "get_instance_profile",
        "InstanceProfileName",
        "InstanceProfile",
    ),
)


def _iam(calls: Client) -> Iterator[_Thing]:
    """Lists show no tags, so each thing is asked for them."""
    for kind, list_, all_, get, key, one in _IAM:
        for listing in calls.ask("iam", list_, {"PathPrefix": IAM_PATH}):
            for name in items(listing, f"{all_}.{key}"):
                for answer in calls.ask("iam", get, {key: name}):
                    yield _Thing(kind, name, answer[one]["Arn"], tags_of(answer[one]))


def _budgets(calls: Client, arns: str) -> Iterator[_Thing]:
    account = calls.names["account"]
    for answer in calls.ask("budgets", "describe_budgets", {"AccountId": account}):
        for budget in answer.get("Budgets", []):
            name = budget["BudgetName"]
            args = {"ResourceARN": arns + name}
            for said in calls.ask("budgets", "list_tags_for_resource", args):
                yield _Thing("budgets:budget", f"{account}:{name}", arns + name, tags_of(said))


def _state(calls: Client, thing: _Thing) -> str | None:
    """Its state where it has one; None when it is gone."""
    check = CHECKS.get(thing.kind)
    if check is None:
        return "" if thing.kind.startswith(_AT_FIRST_HAND) else UNCONFIRMED
    given = {"arn": thing.arn, "id": thing.id, "name": thing.id}
    given["parent"] = thing.id.partition("/")[0]
    service = thing.kind.partition(":")[0]
    where = filled(check.where, given)
    try:
        for answer in calls.ask(
            CLIENTS.get(service, service), check.operation, filled(check.args, given)
        ):
            for item in items(answer, check.items):
                state = state_of(item, check.state)
                if where.items() <= item.items() and state not in check.gone:
                    return state
    except QueryFailed:
        return UNCONFIRMED
    return None


def _found(thing: _Thing, state: str) -> InventoryItem:
    lab, name = thing.tags.get("lab"), thing.tags.get("name")
    return InventoryItem(
        type=TYPES.get(thing.kind, thing.kind.rstrip(":")),
        id=thing.id,
        name=f"{lab}-{name}" if lab and name else thing.id,
        role=thing.tags.get("role", ""),
        state=state,
    )
