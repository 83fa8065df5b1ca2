"""Narrow names: what the cloud takes, and another name for another thing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.names import ALNUM, KEBAB, truncate_with_hash

labs = st.from_regex(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,29}", fullmatch=True)
others = st.lists(st.text(max_size=40), max_size=3)
lengths = st.integers(12, 63)
alphabets = st.sampled_from([ALNUM, KEBAB])


@given(labs, others, lengths, alphabets)
def test_a_name_is_one_that_the_cloud_takes(lab, more, longest, alphabet):
    name = truncate_with_hash(lab, *more, longest=longest, alphabet=alphabet)
    pattern = r"[a-z][a-z0-9]*" if alphabet == ALNUM else r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
    assert re.fullmatch(pattern, name)
    assert len(name) <= longest


@given(labs, others, lengths, alphabets)
def test_the_same_parts_give_the_same_name(lab, more, longest, alphabet):
    first, again = (
        truncate_with_hash(lab, *more, longest=longest, alphabet=alphabet) for _ in range(2)
    )
    assert first == again


@given(
    st.lists(st.tuples(labs, labs, labs), min_size=2, max_size=8, unique=True), lengths, alphabets
)
def test_other_parts_give_another_name(parts, longest, alphabet):
    names = {truncate_with_hash(*each, longest=longest, alphabet=alphabet) for each in parts}
    assert len(names) == len(parts)


def test_where_a_part_ends_counts():
    assert (
        len(
            {
                truncate_with_hash("ab", "c"),
                truncate_with_hash("a", "bc"),
                truncate_with_hash("abc"),
                truncate_with_hash("ab", "c", ""),
            }
        )
        == 4
    )


@given(labs)
def test_people_can_read_where_it_belongs(lab):
    name = truncate_with_hash(lab, "00000000-1111-2222-3333-444444444444")
    assert name.startswith(lab.replace("-", "")[:16])


def test_names_stay_for_ever():
    """A changed name is another storage account: its data would be lost."""
    assert truncate_with_hash("azure-course", "storage") == "azurecoursestoraig2noija"
    assert truncate_with_hash("azure-course", "ada", alphabet=KEBAB) == "azure-course-ad-94ot6hqu"
    assert truncate_with_hash("ml", "x", longest=30, alphabet=KEBAB) == "ml-x-ufvhk3bg"


@pytest.mark.parametrize("parts", [(), ("",), ("2027",), ("-a",), ("é",), ("é2", "a")])
def test_what_begins_with_no_letter_is_refused(parts):
    with pytest.raises(ValueError, match="must begin with a letter"):
        truncate_with_hash(*parts, alphabet=KEBAB)


def test_too_short_a_name_is_refused():
    with pytest.raises(ValueError, match="a name of 11 characters has no room for 8 of a hash"):
        truncate_with_hash("course", longest=11)
    assert len(truncate_with_hash("course", longest=12)) == 12
