"""What counts as a difference: nothing that means the same, everything that does not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.protocol.provider import UNKNOWN
from mllab.simulated import diff
from mllab.simulated.aws.rules import containers, documents, tokens
from mllab.simulated.diff import Differ
from mllab.simulated.facts import TypeFacts
from tests.simulated.account import Account, allow
from tests.simulated.samples import sample

ACCOUNT = Account()
CONTAINER = json.loads(sample(Account, "job")["containerProperties"])


def differ(type: str) -> Differ:
    return ACCOUNT.provider.kind(type).differ


def paths(type: str, olds: dict[str, Any], news: dict[str, Any], **outputs: Any) -> list[str]:
    return [change.path for change in differ(type).changes(olds, outputs, news)]


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab.c-", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("xy.-", max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
bags = st.dictionaries(st.text("kl-", min_size=1, max_size=2), plain, max_size=4)
FREE = Differ({}, TypeFacts(), {}, lambda old, new: bool(old == new))


@given(bags)
def test_a_bag_is_the_same_as_its_copy(bag: dict[str, Any]) -> None:
    assert FREE.changes(bag, {}, copy.deepcopy(bag)) == ()


@given(bags, bags)
def test_no_change_means_equal_up_to_what_is_empty(
    olds: dict[str, Any], news: dict[str, Any]
) -> None:
    found = FREE.changes(olds, {}, news)
    assert bool(found) == (olds != news)
    assert len({change.path for change in found}) == len(found)


@given(bags, bags)
def test_back_and_forth_names_the_same_paths_with_sides_swapped(
    olds: dict[str, Any], news: dict[str, Any]
) -> None:
    there = {(c.path, c.before, c.after) for c in hashable(FREE.changes(olds, {}, news))}
    back = {(c.path, c.after, c.before) for c in hashable(FREE.changes(news, {}, olds))}
    assert there == back


def hashable(changes: tuple[diff.Change, ...]) -> list[diff.Change]:
    return [
        diff.Change(c.path, c.kind, json.dumps(c.before), json.dumps(c.after), c.replaces)
        for c in changes
    ]


@given(bags, bags)
def test_kinds_say_which_side_has_it(olds: dict[str, Any], news: dict[str, Any]) -> None:
    for change in FREE.changes(olds, {}, news):
        match change.kind:
            case "add":
                assert change.before is None
            case "delete":
                assert change.after is None
            case kind:
                assert kind == "update"
                assert change.before != change.after or (
                    type(change.before) is not type(change.after)
                )


@given(st.lists(st.integers(0, 5).map(lambda i: f"sg-{i}"), max_size=6), st.randoms())
def test_a_set_has_no_order(groups: list[str], random: Any) -> None:
    shuffled = list(groups)
    random.shuffle(shuffled)
    key = "vpcSecurityGroupIds"
    assert paths(tokens.INSTANCE, {key: groups}, {key: shuffled}) == []
    (*_, found) = differ(tokens.INSTANCE).changes({key: groups}, {}, {key: [*shuffled, "sg-9"]})
    assert found.after == "sg-9"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_a_list_has_one(prefixes: list[int]) -> None:
    orders = [{"order": i, "computeEnvironment": str(p)} for i, p in enumerate(prefixes)]
    other = list(reversed(orders))
    key = "computeEnvironmentOrders"
    assert bool(paths(tokens.QUEUE, {key: orders}, {key: other})) == (orders != other)


actions = st.lists(st.sampled_from(["s3:Get*", "s3:Put*", "ec2:*"]), min_size=1, unique=True)


@given(actions, st.randoms(), st.integers(0, 4) | st.none(), st.booleans())
def test_a_policy_is_what_it_means(
    names: list[str], random: Any, indent: int | None, single: bool
) -> None:
    statement = {"Effect": "Allow", "Action": names, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    other = list(names)
    random.shuffle(other)
    same = {
        "Statement": statement | {"Action": other, "Resource": ["*"]},
        "Version": "2012-10-17",
    }
    if single and len(other) == 1:
        same["Statement"]["Action"] = other[0]  # type: ignore[index]
    pair = {"policy": json.dumps(policy)}, {"policy": json.dumps(same, indent=indent)}
    assert paths(tokens.POLICY, *pair) == []
    stricter = {"policy": json.dumps(policy).replace("Allow", "Deny")}
    assert paths(tokens.POLICY, pair[0], stricter) == ["policy"]


def test_policies_with_other_principals_differ() -> None:
    one, two = ({"AWS": ["a", "b"]}, {"AWS": ["a"]})
    pair = [json.loads(allow(Principal=who)) for who in (one, two)]
    assert not documents.same(*pair)
    assert documents.same(pair[0], json.loads(allow(Principal={"AWS": ["b", "a"]})))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"volumes": [], "mountPoints": []}, True),
        ({"privileged": None}, True),
        ({"command": ["false"]}, False),
        ({"privileged": True}, False),
        ({"resourceRequirements": list(reversed(CONTAINER["resourceRequirements"]))}, True),
        ({"command": ["true", "true"]}, False),
    ],
)
def test_containers_are_the_same_with_what_batch_adds(change: dict[str, Any], same: bool) -> None:
    assert containers.same(CONTAINER, CONTAINER | change) is same


def test_what_is_no_json_is_compared_as_text() -> None:
    assert paths(tokens.POLICY, {"policy": "{"}, {"policy": "{ "}) == ["policy"]


@pytest.mark.parametrize(
    ("type", "olds", "news", "outputs", "expected"),
    [
        # the provider's defaults, said or not
        (tokens.BUCKET, {}, {"forceDestroy": False}, {}, []),
        (tokens.BUCKET, {"forceDestroy": False}, {}, {}, []),
        (tokens.BUCKET, {"forceDestroy": True}, {}, {}, ["forceDestroy"]),
        # within a block
        (
            tokens.BUDGET,
            {"costTypes": {"includeCredit": False}},
            {"costTypes": {"includeCredit": False, "includeTax": True}},
            {},
            [],
        ),
        # what the cloud decides, too
        (tokens.INSTANCE, {"privateIp": "10.0.0.9"}, {}, {}, []),
        (tokens.INSTANCE, {}, {"privateIp": "10.0.0.9"}, {"privateIp": "10.0.0.9"}, []),
        (tokens.INSTANCE, {}, {"privateIp": "10.0.0.8"}, {"privateIp": "10.0.0.9"}, ["privateIp"]),
        # empty and missing
        (tokens.VPC, {}, {"tags": {}}, {}, []),
        (tokens.VPC, {"tags": {}}, {}, {}, []),
        (tokens.VPC, {"tags": {"a": "1"}}, {}, {}, ["tags"]),
        (tokens.VPC, {"tags": {"a": "1"}}, {"tags": {"a": "1", "b": "2"}}, {}, ["tags.b"]),
        (tokens.VPC, {"tags": {"a-b": "1"}}, {"tags": {"a-b": "2"}}, {}, ['tags["a-b"]']),
        # not known yet
        (tokens.VPC, {"tags": {"a": "1"}}, {"tags": {"a": UNKNOWN}}, {}, ["tags.a"]),
        (tokens.VPC, {"tags": {"a": "1"}}, {"tags": UNKNOWN}, {}, ["tags"]),
        (
            tokens.BUCKET_LIFECYCLE,
            {"rules": [{"id": "a", "status": "Enabled"}]},
            {"rules": [{"id": "a", "status": "Disabled"}, {"id": "b", "status": "Enabled"}]},
            {},
            ["rules[0].status", "rules[1]"],
        ),
    ],
)
def test_paths(
    type: str,
    olds: dict[str, Any],
    news: dict[str, Any],
    outputs: dict[str, Any],
    expected: list[str],
) -> None:
    assert paths(type, olds, news, **outputs) == expected


@pytest.mark.parametrize(
    ("olds", "after"),
    [({}, {"a": {"$unknown": True}}), ({"tags": {"a": "1"}}, {"$unknown": True})],
)
def test_what_is_not_known_is_marked(olds: dict[str, Any], after: dict[str, Any]) -> None:
    (change,) = differ(tokens.VPC).changes(olds, {}, {"tags": {"a": UNKNOWN}})
    assert change.after == after


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("tags.a", "tags.a"),
        ('tags["a.b"]', "tags.a.b"),
        ("rules[0].status", "rules.status"),
        ("a[12].b[3]", "a.b"),
    ],
)
def test_paths_as_the_facts_write_them(path: str, facts: str) -> None:
    assert diff.bare(path) == facts
