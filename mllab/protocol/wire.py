"""Property bags between the SDK's protobuf messages and the engine's values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

from mllab.protocol.assets import hashed
from mllab.protocol.provider import UNKNOWN, Properties
from mllab.protocol.values import ARCHIVE, ASSET, OUTPUT, SECRET, SIGNATURE, Secret

UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The string that stands for an unknown value of any kind in what the SDK sends and takes."""


def decode(struct: struct_pb2.Struct) -> Properties:
    """A property bag of the SDK, sorted: protobuf gives the keys in another order in every process.

    Whole numbers become int: protobuf knows only floating point.

    Raises:
        ValueError: a number that JSON cannot hold.
    """
    fields = struct.fields
    return {key: decode_value(fields[key]) for key in sorted(fields)}


def decode_value(value: struct_pb2.Value) -> Any:
    """One value of a property bag."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text == UNKNOWN_TEXT else text
    if kind == "struct_value":
        return _decode_dict(decode(value.struct_value))
    if kind == "list_value":
        return [decode_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        if not math.isfinite(number):
            raise ValueError(f"{number} is not a number that can be stored")
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _decode_dict(found: dict[str, Any]) -> Any:
    signature = found.get(SIGNATURE)
    if signature is None:
        return found
    if signature == SECRET:
        inner = found.get("value")
        return inner if isinstance(inner, Secret) else Secret(inner)
    if signature == OUTPUT:
        inner = found.get("value", UNKNOWN)
        return Secret(inner) if found.get("secret") and not isinstance(inner, Secret) else inner
    return hashed(found) if signature in (ASSET, ARCHIVE) else found


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """A property bag for the SDK."""
    struct = struct_pb2.Struct()
    struct.update({key: _encode(value) for key, value in properties.items()})
    return struct


def _encode(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": _encode(value.value)}
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value
