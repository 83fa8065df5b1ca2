"""Property paths: what is ignored stays as it was, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.engines.embedded.paths import contains, ignoring, parse
from mllab.protocol.values import Secret


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("tags.owner", ("tags", "owner")),
        ("rules[0].status", ("rules", 0, "status")),
        ("a[*].b", ("a", "*", "b")),
        ('tags["a.b"].c', ("tags", "a.b", "c")),
        ('tags["say \\"hi\\""]', ("tags", 'say "hi"')),
        ("a.[0]", ("a", 0)),
    ],
)
def test_a_path_is_read(text: str, path: tuple[str | int, ...]) -> None:
    assert parse(text) == path


@pytest.mark.parametrize("text", [".a", "a[", "a[x]", 'a["b', "a."])
def test_what_is_no_path_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a property path"):
        parse(text)


@pytest.mark.parametrize(
    ("outer", "inner", "within"),
    [
        ("a", "a", True),
        ("a", "a.b[3]", True),
        ("a.b", "a", False),
        ("a[*].b", "a[3].b.c", True),
        ("a[1]", "a[2]", False),
        ("*", "anything.at.all", True),
        ("ab", "a", False),
    ],
)
def test_containment(outer: str, inner: str, within: bool) -> None:
    assert contains(parse(outer), parse(inner)) is within


@pytest.mark.parametrize(
    ("path", "old", "new", "kept"),
    [
        ("a", {"a": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 2}),
        ("a", {}, {"a": 2}, {}),
        ("a", {"a": 1}, {}, {"a": 1}),
        ("t.x", {"t": {"x": 1}}, {"t": {"x": 2, "y": 3}}, {"t": {"x": 1, "y": 3}}),
        ("t.x", {"t": {}}, {"t": {"x": 2, "y": 3}}, {"t": {"y": 3}}),
        ("t.x", {}, {"t": {"x": 2, "y": 3}}, {"t": {"y": 3}}),
        ("t.x.z", {}, {"t": {"x": {"z": 1}}}, {"t": {"x": {"z": 1}}}),
        ("t.x", {"t": {"x": 1}}, {}, {}),
        ("l[0]", {"l": [1, 2]}, {"l": [8, 9]}, {"l": [1, 9]}),
        ("l[5]", {"l": [1, 2]}, {"l": [8, 9]}, {"l": [8, 9]}),
        ("l[1]", {"l": [1]}, {"l": [8, 9]}, {"l": [8, 9]}),
        ("l[*]", {"l": [1, 2]}, {"l": [8, 9]}, {"l": [1, 2]}),
        ("l[*].b", {"l": [{"b": 1}]}, {"l": [{"b": 2, "c": 3}]}, {"l": [{"b": 1, "c": 3}]}),
        ("t.*", {"t": {"x": 1}}, {"t": {"x": 2, "y": 3}}, {"t": {"x": 1}}),
        ("*.b", {"p": {"b": 1}}, {"p": {"b": 2}, "q": {"b": 3}}, {"p": {"b": 1}, "q": {"b": 3}}),
        ("[", {"a": 1}, {"a": 2}, {"a": 2}),
    ],
)
def test_ignored_paths_keep_their_old_values(
    path: str, old: dict[str, Any], new: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert ignoring(new, old, (path,)) == kept


def test_an_ignored_part_of_a_secret_stays_secret() -> None:
    old = {"t": Secret({"x": "old"})}
    assert ignoring({"t": {"x": "new"}}, old, ("t.x",)) == {"t": {"x": Secret("old")}}
    assert ignoring({"t": Secret({"x": "new"})}, old, ("t.x",)) == {"t": Secret({"x": "old"})}


_LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
_VALUE = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
_BAG = st.dictionaries(st.sampled_from("abc"), _VALUE, max_size=3)
_PATHS = st.lists(st.sampled_from(["a", "a.b", "a[0]", "b[*].c", "*", "a.*", "c.a.b"]), max_size=3)


@given(_BAG, _BAG, _PATHS)
def test_ignoring_never_changes_what_it_was_given(
    old: dict[str, Any], new: dict[str, Any], paths: list[str]
) -> None:
    before = repr((old, new))
    ignoring(new, old, tuple(paths))
    assert repr((old, new)) == before


@given(_BAG, _BAG)
def test_ignoring_everything_changes_nothing(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert ignoring(new, old, ("*",)) == old
