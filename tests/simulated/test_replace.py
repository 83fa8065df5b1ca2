"""A change replaces where AWS replaces, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import UNKNOWN
from mllab.simulated.aws.rules import tokens
from mllab.simulated.schema import Node
from tests.simulated.account import Account
from tests.simulated.samples import build, samples

ACCOUNT = Account()
KINDS = {token: ACCOUNT.provider.kind(token) for _, token, _ in samples(Account)}
ROWS = [
    {"type": token, "property": property, "value": value}
    for token, kind in KINDS.items()
    for property, value in kind.facts.replace.items()
]
"""Also what follows from ids."""


def value(node: Node, which: int) -> Any:
    """One of two values of a property."""
    match node["type"]:
        case "object":
            return {name: value(inner, which) for name, inner in node["properties"].items()}
        case "array":
            return [value(node["items"], which)]
        case "map":
            return {"key": value(node["items"], which)}
        case "boolean":
            return bool(which)
        case "integer" | "number":
            return which + 1
        case _:
            return f"value-{which}"


def at(type: str, path: str, which: int) -> dict[str, Any]:
    """Inputs that hold nothing but one property."""
    properties, parts = KINDS[type].properties, path.split(".")
    inputs: dict[str, Any] = {}
    bag = inputs
    for i, part in enumerate(parts):
        node = properties[part]
        if i == len(parts) - 1:
            bag[part] = value(node, which)
            break
        inner: dict[str, Any] = {}
        bag[part] = [inner] if node["type"] == "array" else inner
        bag = inner
        while node["type"] in ("array", "map"):
            node = node["items"]
        properties = node["properties"]
    return inputs


def replaces(type: str, olds: dict[str, Any], news: dict[str, Any]) -> bool:
    changes = KINDS[type].differ.changes(olds, {}, news)
    return any(change.replaces for change in changes)


def case(row: dict[str, str]) -> str:
    return f"{row['type'].split(':')[2]}.{row['property']}"


ALWAYS = [row for row in ROWS if row["value"] == "always"]
COUNTED = [row for row in ROWS if row["value"] == "on_add_or_remove"]
NEVER = [row for row in ROWS if row["value"].startswith("never")]


@pytest.mark.parametrize("row", ALWAYS, ids=case)
def test_always(row: dict[str, str]) -> None:
    olds, news = (at(row["type"], row["property"], which) for which in (0, 1))
    assert replaces(row["type"], olds, news)
    assert not replaces(row["type"], olds, olds)


INSIDE = [row for row in (*ALWAYS, *COUNTED) if "." in row["property"]]


@pytest.mark.parametrize("row", INSIDE, ids=case)
def test_a_block_replaces_as_a_whole_where_something_in_it_does(row: dict[str, str]) -> None:
    type, block = row["type"], row["property"].split(".")[0]
    there = at(type, row["property"], 0)
    assert replaces(type, {}, there)
    # What the cloud decides, too, stays as it is when the program no longer says it.
    kept = KINDS[type].properties[block]["output"] == "always"
    assert replaces(type, there, {}) is not kept


def test_a_block_replaces_only_by_what_is_given_in_it() -> None:
    given = {"retryStrategy": {"attempts": 3}}
    assert not replaces(tokens.DEFINITION, {}, given)
    tried = {"retryStrategy": {"attempts": 3, "evaluateOnExits": [{"action": "EXIT"}]}}
    assert replaces(tokens.DEFINITION, {}, tried)
    assert replaces(tokens.DEFINITION, given, tried)
    root = {"rootBlockDevice": {"volumeSize": 100}}
    assert not replaces(tokens.INSTANCE, {}, root)
    assert replaces(tokens.INSTANCE, {}, {"rootBlockDevice": {"encrypted": True}})


PEERS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


@pytest.mark.parametrize("type", [tokens.INGRESS, tokens.EGRESS])
@pytest.mark.parametrize("old", PEERS)
@pytest.mark.parametrize("new", PEERS)
def test_a_rule_keeps_the_kind_of_its_source(type: str, old: str, new: str) -> None:
    assert replaces(type, {old: "a"}, {new: "b"}) is (old != new)


@pytest.mark.parametrize("row", COUNTED, ids=case)
def test_only_the_number_of_blocks_counts(row: dict[str, str]) -> None:
    type, path = row["type"], row["property"]
    there = at(type, path, 0)
    parent = path.rpartition(".")[0]
    without = at(type, parent, 0) if parent else {}
    if parent:
        bag = without
        for part in parent.split("."):
            bag = bag[part]
        bag.pop(path.rpartition(".")[2])
    assert replaces(type, without, there)
    # What the cloud decides, too, stays as it is when the program no longer says it.
    kept = not parent and KINDS[type].properties[path]["output"] == "always"
    assert replaces(type, there, without) is not kept


@pytest.mark.parametrize("row", NEVER, ids=case)
def test_never(row: dict[str, str]) -> None:
    olds, news = (at(row["type"], row["property"], which) for which in (0, 1))
    assert KINDS[row["type"]].differ.changes(olds, {}, news)
    assert not replaces(row["type"], olds, news)


@pytest.mark.parametrize("type", sorted(KINDS))
def test_a_property_without_a_fact_is_updated_in_place(type: str) -> None:
    told = {row["property"].split(".")[0] for row in ROWS if row["type"] == type}
    for name, node in KINDS[type].properties.items():
        if "input" in node and name not in told:
            assert not replaces(type, at(type, name, 0), at(type, name, 1)), name


@pytest.mark.parametrize("type", sorted(KINDS))
def test_tags_never_replace(type: str) -> None:
    if "tags" in KINDS[type].properties:
        changes = KINDS[type].differ.changes({"tags": {"a": "1"}}, {}, {"tags": {"a": "2"}})
        assert [(c.path, c.kind, c.replaces) for c in changes] == [("tags.a", "update", False)]


UPDATABLE = {"allocationStrategy": "SPOT_CAPACITY_OPTIMIZED", "instanceTypes": ["g4dn.xlarge"]}


@pytest.mark.parametrize(
    ("olds", "news", "expected"),
    [
        (UPDATABLE, UPDATABLE | {"instanceTypes": ["g5.xlarge"]}, False),
        (UPDATABLE, UPDATABLE | {"allocationStrategy": "BEST_FIT"}, True),
        (
            {"instanceTypes": ["g4dn.xlarge"]},
            {"instanceTypes": ["g5.xlarge"]},
            True,
        ),
        (UPDATABLE, UPDATABLE | {"placementGroup": "p"}, True),
        (UPDATABLE | {"maxVcpus": 4}, UPDATABLE | {"maxVcpus": 8}, False),
        (UPDATABLE, UPDATABLE | {"launchTemplate": {"launchTemplateId": "lt-1"}}, True),
        (
            UPDATABLE | {"launchTemplate": {"launchTemplateId": "lt-1", "version": "1"}},
            UPDATABLE | {"launchTemplate": {"launchTemplateId": "lt-1", "version": "2"}},
            False,
        ),
    ],
)
def test_compute_environments_are_updated_where_batch_can(
    olds: dict[str, Any], news: dict[str, Any], expected: bool
) -> None:
    pair = ({"computeResources": olds}, {"computeResources": news})
    assert replaces(tokens.ENVIRONMENT, *pair) is expected
    role = "arn:aws:iam::123456789012:role/service-role/AWSBatchServiceRole"
    with_role = tuple(inputs | {"serviceRole": role} for inputs in pair)
    only_size = olds.get("maxVcpus") != news.get("maxVcpus")
    assert replaces(tokens.ENVIRONMENT, *with_role) is not only_size


def test_user_data_replaces_when_asked_to() -> None:
    olds, news = {"userData": "a"}, {"userData": "b"}
    asked = {"userDataReplaceOnChange": True}
    assert not replaces(tokens.INSTANCE, olds, news)
    assert replaces(tokens.INSTANCE, olds | asked, news | asked)


def test_tenancy_may_go_back_to_the_default() -> None:
    dedicated, usual = {"instanceTenancy": "dedicated"}, {"instanceTenancy": "default"}
    assert replaces(tokens.VPC, usual, dedicated)
    assert not replaces(tokens.VPC, dedicated, usual)


@pytest.mark.parametrize(("kind", "expected"), [("Gateway", True), ("Interface", False)])
def test_private_dns_of_an_endpoint(kind: str, expected: bool) -> None:
    olds = {"vpcEndpointType": kind, "privateDnsEnabled": False}
    news = {"vpcEndpointType": kind, "privateDnsEnabled": True}
    assert replaces(tokens.ENDPOINT, olds, news) is expected


def test_what_is_not_known_yet_replaces_where_any_change_would() -> None:
    account = Account()
    made = build(account)["subnet"]
    found = account.diff(tokens.SUBNET, made["id"], made["given"] | {"vpcId": UNKNOWN})
    (change,) = found.changes
    assert (change.path, change.replaces, change.after) == ("vpcId", True, {"$unknown": True})


@pytest.mark.parametrize(
    ("name", "given", "first"),
    [
        ("bucket", {}, False),
        ("bucket", {"bucket": "my-own-bucket"}, True),
        ("role", {"name": "my-role"}, True),
        ("net", {}, False),
    ],
)
def test_a_name_that_the_program_gives_is_freed_before_it_is_used_again(
    name: str, given: dict[str, Any], first: bool
) -> None:
    account = Account()
    token, inputs = next((t, i) for n, t, i in samples(Account) if n == name)
    change = {"bucket": {"objectLockEnabled": True}, "role": {"path": "/other/"}}
    made = account.create(token, inputs | given, name)
    other = inputs | given | change.get(name, {"cidrBlock": "10.9.0.0/16"})
    found = account.diff(token, made.id, other, name)
    assert found.replaces
    assert found.delete_before_replace is first


def test_a_new_given_name_needs_no_delete_first() -> None:
    account = Account()
    made = account.create(tokens.BUCKET, {"bucket": "my-own-bucket"})
    found = account.diff(tokens.BUCKET, made.id, {"bucket": "my-other-bucket"})
    assert found.replaces
    assert not found.delete_before_replace
