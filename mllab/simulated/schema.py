"""The shape of resource types and functions, and whether values fit it.

`python -m mllab.simulated.schema aws` writes the shipped JSON anew from the installed SDK.
"""

from __future__ import annotations

import difflib
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties

_TAGS = {"tags", "labels", "userLabels"}

Node = dict[str, Any]
"""One property; the keys are explained in `nodes.Node`."""


class Schema:
    """What one SDK says about the types and functions that a simulated cloud knows.

    Args:
        path: the JSON that `main` wrote.
    """

    def __init__(self, path: Path) -> None:
        found = json.loads(path.read_text(encoding="utf-8"))
        self.package: str = found["package"]
        self.version: str = found["version"]
        self._resources: dict[str, Node] = found["resources"]
        self._functions: dict[str, Node] = found["functions"]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self._resources)

    @property
    def functions(self) -> tuple[str, ...]:
        return tuple(self._functions)

    def properties(self, type: str) -> dict[str, Node] | None:
        """Properties of a resource type; None for an unknown one."""
        found = self._resources.get(type)
        return found["properties"] if found else None

    def known(self, type: str, path: str) -> list[str]:
        """The values that the SDK knows at a dotted path, list indexes left out."""
        nodes = [self._resources[type]]
        for part in path.split("."):
            nodes = [inner for node in nodes for inner in _inside(node, part)]
        values: list[str] = nodes[0]["known"]
        return values

    def arguments(self, token: str) -> dict[str, Node] | None:
        """Arguments of a function; None for an unknown one."""
        found = self._functions.get(token)
        return found["inputs"] if found else None

    def results(self, token: str) -> dict[str, Node]:
        """Results of a known function."""
        results: dict[str, Node] = self._functions[token]["outputs"]
        return results


def _inside(node: Node, part: str) -> list[Node]:
    """What bears a name in a block, or in any block that it may be; `*` is any entry of a map."""
    while node.get("type") == "array":
        node = node["items"]
    if node.get("type") == "map":
        return [node["items"]]
    blocks = node.get("variants", {"": node}).values()
    return [block["properties"][part] for block in blocks if part in block.get("properties", {})]


@cache
def load(path: Path) -> Schema:
    """The schema at `path`, read once."""
    return Schema(path)


def fit(properties: Mapping[str, Node], values: Properties) -> tuple[Properties, tuple[str, ...]]:
    """Inputs in the types of the schema, and a line `property: reason` for each that does not fit.

    As in Pulumi's bridge, numbers and booleans may come as text, and the other way round, where
    they mean the same. `None` counts as not given, `UNKNOWN` fits everything.
    """
    faults: list[str] = []
    return _object(properties, values, "", faults), tuple(faults)


def parse(node: Node | None, text: object) -> object:
    """The value that a template's text stands for: text as it is, everything else as JSON."""
    if node is None or node["type"] in ("string", "document") or not isinstance(text, str):
        return text
    return json.loads(text)


def _object(
    properties: Mapping[str, Node], values: Properties, where: str, faults: list[str]
) -> Properties:
    settable = {name: node for name, node in properties.items() if "input" in node}
    found: Properties = {}
    for name, value in values.items():
        if value is None:
            continue
        if name not in settable:
            faults.append(f"{where}{name}: {_unknown(name, settable, properties)}")
            continue
        found[name] = _value(settable[name], value, where + name, faults)
    for name, node in settable.items():
        if node["input"] == "required" and name not in found:
            faults.append(f"{where}{name}: missing, it is required")
    return found


def _unknown(name: str, settable: Mapping[str, Node], properties: Mapping[str, Node]) -> str:
    if name in properties:
        return "only the cloud sets this property"
    near = difflib.get_close_matches(name, settable, n=1)
    return f"unknown property; did you mean {near[0]!r}?" if near else "unknown property"


def _value(node: Node, value: Any, where: str, faults: list[str]) -> Any:
    if value is UNKNOWN:
        return value
    kind = node["type"]
    if kind == "object" and isinstance(value, Mapping):
        return _object(node["properties"], dict(value), f"{where}.", faults)
    if kind == "union" and isinstance(value, Mapping):
        return _variant(node, dict(value), where, faults)
    if kind == "array" and isinstance(value, list | tuple):
        items = node["items"]
        return [_value(items, item, f"{where}[{i}]", faults) for i, item in enumerate(value)]
    if kind == "map" and isinstance(value, Mapping):
        items = node["items"]
        kept = {key: item for key, item in value.items() if item is not None}
        return {key: _value(items, item, f"{where}.{key}", faults) for key, item in kept.items()}
    if kind == "document" and isinstance(value, Mapping):
        return UNKNOWN if _holds_unknown(value) else json.dumps(value)
    if kind in ("any", "asset"):
        return value
    if kind not in ("object", "array", "map", "union"):
        try:
            fitted = _SCALARS[kind](value)
        except (TypeError, ValueError):
            fitted = None
        if fitted is not None:
            if "enum" in node and fitted not in node["enum"]:
                faults.append(f"{where}: must be one of {', '.join(node['enum'])} (got {fitted!r})")
            return fitted
    faults.append(f"{where}: must be {_NOUNS[kind]} (got {_shown(value)})")
    return value


def _variant(node: Node, value: Properties, where: str, faults: list[str]) -> Any:
    """The object of a union that its tag names."""
    tag, variants = node["tag"], node["variants"]
    if value.get(tag) in variants:
        return _object(variants[value[tag]]["properties"], value, f"{where}.", faults)
    allowed = ", ".join(variants)
    faults.append(f"{where}.{tag}: must be one of {allowed} (got {_shown(value.get(tag))})")
    return value


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unknown, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_unknown, value))
    return value is UNKNOWN


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else str(value)
    if isinstance(value, str):
        return value
    raise TypeError


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


def _number(value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return int(number) if number.is_integer() else number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise TypeError


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "document": _string,
}
_NOUNS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "map": "a map of names and values",
    "object": "a block of properties",
    "union": "a block of properties",
    "document": "JSON text",
}


def untagged(schemas: Iterable[Schema]) -> str:
    """The table of the types that take no tags, which rules read."""
    found = ((type, each.properties(type) or {}) for each in schemas for type in each.types)
    return "\n".join(["type", *(type for type, has in found if not _TAGS & has.keys()), ""])


def main(arguments: list[str]) -> None:
    """Write `<cloud>/data/schema.json` anew, and which types of all clouds take no tags."""
    from mllab.simulated import introspect  # the SDK is needed here alone

    here = Path(__file__).parent
    for cloud in arguments:
        path = here / cloud / "data" / "schema.json"
        path.write_text(introspect.text_of(cloud), encoding="utf-8")
    text = untagged(map(Schema, sorted(here.glob("*/data/schema.json"))))
    (here.parent / "rules" / "untagged.csv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
