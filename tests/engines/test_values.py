"""Values between program, provider, person and state: what is secret stays secret, what is unknown
stays unknown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime import rpc

from mllab.protocol import values
from mllab.protocol.provider import UNKNOWN
from mllab.protocol.values import Secret, bare, clear, mark_like, mark_outputs, masked, same
from mllab.protocol.wire import decode, encode


def test_the_signatures_are_those_of_the_sdk() -> None:
    assert rpc._special_sig_key == values.SIGNATURE
    assert rpc._special_secret_sig == values.SECRET
    assert rpc._special_resource_sig == values.REFERENCE
    assert rpc._special_asset_sig == values.ASSET
    assert rpc._special_archive_sig == values.ARCHIVE
    assert rpc._special_output_value_sig == values.OUTPUT


_KNOWN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
_PLAIN = st.recursive(
    _KNOWN | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
_VALUE = st.recursive(
    _PLAIN | st.builds(Secret, _PLAIN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), _VALUE, max_size=4))
@settings(max_examples=50)
def test_the_wire_keeps_every_value(properties: dict[str, Any]) -> None:
    assert same(decode(encode(properties)), properties)


def test_whole_numbers_are_ints_and_others_are_not() -> None:
    found = decode(encode({"whole": 2.0, "half": 0.5, "yes": True}))
    assert found == {"whole": 2, "half": 0.5, "yes": True}
    assert type(found["whole"]) is int
    assert type(found["yes"]) is bool


def test_keys_come_in_order_whatever_protobuf_does() -> None:
    struct = struct_pb2.Struct()
    struct.update({str(key): key for key in range(50)})
    assert list(decode(struct)) == sorted(str(key) for key in range(50))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_cannot_hold_are_refused(number: float) -> None:
    struct = struct_pb2.Struct()
    struct.update({"n": number})
    with pytest.raises(ValueError, match="not a number that can be stored"):
        decode(struct)


def test_output_values_are_opened() -> None:
    def output(**parts: Any) -> dict[str, Any]:
        return {values.SIGNATURE: values.OUTPUT, **parts}

    struct = struct_pb2.Struct()
    struct.update(
        {
            "known": output(value=1),
            "unknown": output(),
            "secret": output(value="s", secret=True),
            "twice": output(value={values.SIGNATURE: values.SECRET, "value": "s"}, secret=True),
        }
    )
    assert decode(struct) == {
        "known": 1,
        "unknown": UNKNOWN,
        "secret": Secret("s"),
        "twice": Secret("s"),
    }


def test_a_provider_sees_bare_values_and_ids_of_resources() -> None:
    def reference(**parts: str) -> dict[str, str]:
        return {values.SIGNATURE: values.REFERENCE, "urn": "urn:x", **parts}

    assert bare({"a": [Secret({"b": Secret(1)})]}) == {"a": [{"b": 1}]}
    assert bare(reference(id="i-1")) == "i-1"
    assert bare(reference(id="")) is UNKNOWN
    assert bare(reference()) == "urn:x"


def test_a_person_sees_neither_secrets_nor_unknowns() -> None:
    value = {"s": Secret({"deep": 1}), "u": UNKNOWN, "l": [Secret(2), 3]}
    assert masked(value) == {
        "s": {"$secret": True},
        "u": {"$unknown": True},
        "l": [{"$secret": True}, 3],
    }
    assert "1" not in repr(value["s"])


def test_outputs_in_clear_hold_none_for_unknowns() -> None:
    assert clear({"s": Secret("x"), "u": UNKNOWN}) == {"s": "x", "u": None}


def test_secrets_come_back_by_key() -> None:
    marked = {"top": Secret("x"), "tags": {"a": Secret("y"), "b": "z"}, "list": [Secret(1)]}
    plain = {"top": "x", "tags": {"a": "y", "b": "z", "c": 1}, "list": [1], "new": 2}
    assert mark_like(plain, marked) == {
        "top": Secret("x"),
        "tags": {"a": Secret("y"), "b": "z", "c": 1},
        "list": Secret([1]),
        "new": 2,
    }


def test_named_outputs_are_secret() -> None:
    assert mark_outputs({"a": 1, "b": 2}, {}, ("b", "absent")) == {"a": 1, "b": Secret(2)}


def test_true_is_not_one() -> None:
    assert not same({"a": [True]}, {"a": [1]})
    assert not same(Secret(True), Secret(1))
    assert same({"a": [1.0]}, {"a": [1]})


def test_an_asset_is_known_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "script.sh"
    file.write_text("one")

    def asset() -> Any:
        struct = struct_pb2.Struct()
        struct.update({"f": {values.SIGNATURE: values.ASSET, "path": str(file)}})
        return decode(struct)["f"]["hash"]

    before = asset()
    assert asset() == before
    file.write_text("two")
    assert asset() != before


def test_a_folder_is_known_by_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")

    def archive() -> Any:
        struct = struct_pb2.Struct()
        struct.update({"f": {values.SIGNATURE: values.ARCHIVE, "path": str(tmp_path)}})
        return decode(struct)["f"]["hash"]

    before = archive()
    (tmp_path / "a").rename(tmp_path / "b")
    assert archive() != before


def test_an_archive_of_assets_is_known_by_names_and_contents() -> None:
    def archive(**texts: str) -> Any:
        assets = {
            name: {values.SIGNATURE: values.ASSET, "text": text} for name, text in texts.items()
        }
        struct = struct_pb2.Struct()
        struct.update({"f": {values.SIGNATURE: values.ARCHIVE, "assets": assets}})
        return decode(struct)["f"]["hash"]

    assert archive(a="one", b="two") == archive(b="two", a="one")
    assert len({archive(a="one"), archive(b="one"), archive(a="two")}) == 3


def test_an_asset_elsewhere_is_known_by_its_address() -> None:
    def remote(kind: str, uri: str) -> Any:
        struct = struct_pb2.Struct()
        struct.update({"f": {values.SIGNATURE: kind, "uri": uri}})
        return decode(struct)["f"]["hash"]

    assert remote(values.ASSET, "https://a") != remote(values.ASSET, "https://b")
    assert remote(values.ASSET, "https://a") != remote(values.ARCHIVE, "https://a")


def test_a_person_sees_what_a_reference_and_an_asset_are() -> None:
    asset = {values.SIGNATURE: values.ASSET, "text": "hello", "hash": "1"}
    assert masked(asset) == {"$asset": {"text": "hello", "hash": "1"}}
    assert masked({values.SIGNATURE: values.REFERENCE, "urn": "u", "id": "i"}) == {"$ref": "u"}
