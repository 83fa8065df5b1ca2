"""What an event of Pulumi's engine tells of values, as the contract shows it."""

from __future__ import annotations

import re
from typing import Any

from pulumi.runtime import rpc

from mllab.protocol.provider import Change
from mllab.protocol.values import SIGNATURE


def changes_of(metadata: Any) -> tuple[Change, ...]:
    """The properties that differ, by the details that a provider gave to the engine."""
    old = metadata.old.inputs if metadata.old else {}
    new = metadata.new.inputs if metadata.new else {}
    found = []
    for path, diff in sorted((metadata.detailed_diff or {}).items()):
        kind, _, replaces = str(diff.diff_kind.value).partition("-")
        before, after = _at(old, path), _at(new, path)
        found.append(Change(path, kind, shown(before), shown(after), replaces=bool(replaces)))
    return tuple(found)


def _at(value: Any, path: str) -> Any:
    for key in re.findall(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)', path):
        name, index, plain = key
        try:
            value = value[int(index)] if index else value[name or plain]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def shown(value: Any) -> Any:
    """Values of an event as the contract shows them: unknown and secret by their marks."""
    if isinstance(value, str):
        hidden = {rpc.UNKNOWN: {"$unknown": True}, "output<string>": {"$unknown": True}}
        return {"$secret": True} if value == "[secret]" else hidden.get(value, value)
    if isinstance(value, dict):
        if SIGNATURE in value:
            return {"$secret": True}
        return {key: shown(item) for key, item in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
