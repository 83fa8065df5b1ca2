"""Tags: the keys, the alphabet, and the owner's address."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.contracts import LabArgs
from components.tags import KEYS, encode_owner, named, tags

LAB = LabArgs(
    name="spring",
    stack="aws-course",
    owner="ann.b@example.edu",
    profile="course",
    region="us-east-1",
    time_zone="UTC",
    ends=date(2027, 2, 5),
)


def test_all_tags_of_a_seat():
    assert tags(LAB, "notebook", "ann", component="disk") == {
        "lab": "spring",
        "stack": "aws-course",
        "owner": "ann-b_at_example-edu",
        "role": "notebook",
        "seat": "ann",
        "expires": "2027-02-05",
        "managed-by": "mllab",
        "component": "disk",
    }


def test_a_name_is_added_without_the_labs():
    labels = tags(LAB, "network")
    assert named(labels, "spring-network-vpc") == {**labels, "name": "network-vpc"}
    assert named(labels, "springs-network") == {**labels, "name": "springs-network"}
    assert "name" not in labels


def test_the_keys_are_all_that_there_are():
    assert set(KEYS) == named(tags(LAB, "notebook", "ann"), "spring-notebook-ann").keys()


def test_a_name_outside_the_alphabet_is_refused():
    with pytest.raises(ValueError, match=r"tag name must be .* \(got 'My VPC'\)"):
        named(tags(LAB, "network"), "spring-My VPC")


def test_what_is_not_there_has_no_tag():
    found = tags(replace(LAB, ends=None), "network")
    assert found.keys() == {"lab", "stack", "owner", "role", "managed-by"}


@pytest.mark.parametrize(
    ("lab", "role", "seat", "extra", "words"),
    [
        (LAB, "Notebook", None, {}, "tag role must be"),
        (LAB, "notebook", "Ann", {}, "tag seat must be"),
        (LAB, "notebook", "a" * 64, {}, "tag seat must be"),
        (LAB, "notebook", "ann\n", {}, "tag seat must be"),
        (replace(LAB, name="my lab"), "notebook", None, {}, "tag lab must be"),
        (replace(LAB, stack="a.b"), "notebook", None, {}, "tag stack must be"),
        (LAB, "notebook", None, {"Name": "x"}, "tag key 'Name' must be"),
        (LAB, "notebook", None, {"1": "x"}, "tag key '1' must be"),
        (LAB, "notebook", None, {"x": "ä"}, r"tag x must be .* \(got 'ä'\)"),
        (LAB, "notebook", None, {"owner": "x"}, "tag 'owner' is on every resource"),
    ],
)
def test_what_is_outside_the_alphabet_is_refused_not_cleaned(lab, role, seat, extra, words):
    with pytest.raises(ValueError, match=words):
        tags(lab, role, seat, **extra)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("Ann+x@example.edu", r"because of '\+', 'A';"),
        ("änn@example.edu", "because of 'ä';"),
        ("a b@example.edu", "because of ' ';"),
        ("a" * 40 + "@" + "b" * 17 + ".edu", "as a tag it has 65 characters of 63"),
    ],
)
def test_an_address_that_cannot_be_a_tag_is_refused_by_name(address, words):
    with pytest.raises(ValueError, match=words):
        encode_owner(address)


def test_the_longest_address_fits():
    assert len(encode_owner("a" * 40 + "@" + "b" * 15 + ".edu")) == 63


@given(st.text(alphabet=string.ascii_lowercase + string.digits + "._-@"))
def test_an_encoded_address_is_a_tag_and_only_two_characters_change(address):
    if len(address) + 3 * address.count("@") > 63:
        with pytest.raises(ValueError, match="is too long"):
            encode_owner(address)
    else:
        encoded = encode_owner(address)
        assert re.fullmatch(r"[a-z0-9_-]{0,63}", encoded)
        assert encoded.replace("_at_", "@") == address.replace(".", "-").replace("_at_", "@")


def test_tags_need_no_sdk():
    @dataclass
    class Simple:
        name: str = "x"
        stack: str = "x"
        owner: str = "a@b.eu"
        ends: date | None = None

    assert tags(Simple(), "budget")["owner"] == "a_at_b-eu"
