"""What differs between two sets of inputs, and whether the difference replaces the resource."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mllab.protocol.provider import UNKNOWN, Change, Properties
from mllab.simulated.facts import TypeFacts
from mllab.simulated.schema import Node

Condition = Callable[[Properties, Properties], bool]
"""Whether a change replaces, from old and new inputs."""

NOT_KNOWN = {"$unknown": True}
_MISSING = object()
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_INDEX = re.compile(r"\[\d+\]")


class Differ:
    """Compares inputs of one resource type.

    Args:
        properties: from the schema.
        facts: from the data files.
        conditions: what the `if:` values of the replace facts mean.
        same: whether two JSON documents (parsed) of a property mean the same.
    """

    def __init__(
        self,
        properties: Mapping[str, Node],
        facts: TypeFacts,
        conditions: Mapping[str, Condition],
        same: Callable[[Any, Any], bool],
    ) -> None:
        self._properties, self._facts = properties, facts
        self._conditions, self._same = conditions, same

    def changes(
        self, olds: Properties, outputs: Properties, news: Properties
    ) -> tuple[Change, ...]:
        """The changes in the order of their paths.

        A property that is no longer given keeps its value where the cloud decides it, too. One
        that is given for the first time is no change where the cloud already has that value.
        """
        found: list[Change] = []
        for name in sorted({*olds, *news}):
            node = self._properties.get(name, {"type": "any"})
            old = olds.get(name, self._facts.defaults.get(name, _MISSING))
            new = news.get(name, self._facts.defaults.get(name, _MISSING))
            if name not in news and (node.get("output") == "always" or old == _empty(node)):
                continue
            if name not in olds and name in outputs:
                old = outputs[name] if outputs[name] is not None else old
            found += self._walk(node, old, new, _key(name, ""))
        return tuple(self._mark(change, olds, news) for change in found)

    def _walk(self, node: Node, old: Any, new: Any, path: str) -> list[Change]:
        if old is _MISSING and new is _MISSING:
            return []
        if old is _MISSING:
            return [] if new == _empty(node) else [Change(path, "add", None, _shown(new))]
        if new is _MISSING:
            return [] if old == _empty(node) else [Change(path, "delete", _shown(old), None)]
        if new is UNKNOWN or old is UNKNOWN:
            return [Change(path, "update", _shown(old), _shown(new))]
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            return self._objects(node, old, new, path)
        if isinstance(old, list) and isinstance(new, list):
            return self._lists(node, old, new, path)
        if old == new or self._equal_documents(path, old, new):
            return []
        return [Change(path, "update", old, new)]

    def _objects(
        self, node: Node, old: Mapping[str, Any], new: Mapping[str, Any], path: str
    ) -> list[Change]:
        found: list[Change] = []
        for key in sorted({*old, *new}):
            inner = node.get("items") or node.get("properties", {}).get(key) or {"type": "any"}
            default = self._facts.defaults.get(f"{bare(path)}.{key}", _MISSING)
            pair = (old.get(key, default), new.get(key, default))
            found += self._walk(inner, *pair, _key(key, path))
        return found

    def _lists(self, node: Node, old: list[Any], new: list[Any], path: str) -> list[Change]:
        if bare(path) in self._facts.sets:
            old, new = _without_common(old, new)
        inner = node.get("items") or {"type": "any"}
        found: list[Change] = []
        for i in range(max(len(old), len(new))):
            pair = (old[i] if i < len(old) else _MISSING, new[i] if i < len(new) else _MISSING)
            found += self._walk(inner, *pair, f"{path}[{i}]")
        return found

    def _equal_documents(self, path: str, old: Any, new: Any) -> bool:
        if bare(path) not in self._facts.documents:
            return False
        try:
            return self._same(json.loads(old), json.loads(new))
        except (TypeError, ValueError):
            return False

    def _mark(self, change: Change, olds: Properties, news: Properties) -> Change:
        """Whether a change replaces: its own rule, that of what it is part of, or that of a part
        which comes or goes with it."""
        path = bare(change.path)
        parts = set(_above(path))
        if NOT_KNOWN not in (change.before, change.after):
            parts |= {*_below(path, change.before), *_below(path, change.after)}
        if any(self._replaces(part, olds, news) for part in sorted(parts)):
            return replace(change, replaces=True)
        return change

    def _replaces(self, path: str, olds: Properties, news: Properties) -> bool:
        rule = self._facts.replace.get(path, "never")
        if rule == "always":
            return True
        if rule == "on_add_or_remove":
            return _blocks(olds, path) != _blocks(news, path)
        kind, _, condition = rule.partition(":")
        return kind == "if" and self._conditions[condition](olds, news)


def bare(path: str) -> str:
    """A change's path as the facts write it: without list indexes and quotes."""
    return _INDEX.sub("", path).replace('["', ".").replace('"]', "").lstrip(".")


def _above(path: str) -> Iterator[str]:
    """A path and those that it is part of."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def _below(path: str, value: Any) -> Iterator[str]:
    """Paths of all that is given inside of a value."""
    if isinstance(value, list):
        for item in value:
            yield from _below(path, item)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if inner is not None:
                yield f"{path}.{name}"
                yield from _below(f"{path}.{name}", inner)


def _key(name: str, path: str) -> str:
    if not _PLAIN.fullmatch(name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def _empty(node: Node) -> Any:
    """What counts as not given: an empty list, an empty map."""
    return {"array": [], "map": {}}.get(node["type"], _MISSING)


def _shown(value: Any) -> Any:
    """A value as it stands in a change; unknown parts marked."""
    if value is UNKNOWN:
        return dict(NOT_KNOWN)
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


def _without_common(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists without the elements that they share; the order of a set means nothing."""
    left, right = list(old), []
    for item in new:
        if item in left:
            left.remove(item)
        else:
            right.append(item)
    return left, right


def _blocks(values: Properties, path: str) -> int:
    """How many blocks stand at a path, through lists."""
    present: list[Any] = [values]
    for part in path.split("."):
        inner = [item.get(part) for item in present if isinstance(item, Mapping)]
        present = [
            item for value in inner for item in (value if isinstance(value, list) else [value])
        ]
        present = [item for item in present if item is not None]
    return len(present)
