"""Read annotations of a Pulumi SDK's classes as nodes of a schema."""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import sys
import textwrap
import typing
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import _types

_OF_REFERENCES = ("deleteOption", "id")
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", Any: "any"}

Node = dict[str, Any]
"""One property.

`type`: string, integer, number, boolean, any, array, map, object, union, asset, document (JSON
    text, or the object that it stands for).
`items`: of an array or map.
`properties`: of an object; of one that stands elsewhere what belongs to the reference.
`tag`, `variants`: of a union, the property whose value tells which object it is, and the objects.
`enum`: values of a closed enumeration. `known`: of an open one, in the SDK's order.
`input`: required or optional; absent for what only the cloud sets.
`output`: always or maybe; absent for what the cloud does not show.
`secret`: true. `default`: what the SDK itself puts where nothing is given."""


def hints(cls: type) -> dict[str, Any]:
    """Wire name -> annotation. The call is private, but the generated SDKs stand on it."""
    return dict(_types._raw_return_hints(cls))


def properties(
    args: type | None, outputs: Mapping[str, Any], seen: tuple[type, ...]
) -> dict[str, Node]:
    """Properties of an object from its input class and the hints of its output class."""
    inputs = hints(args) if args else {}
    required = _required(args) if args else frozenset()
    defaults = _defaults(args) if args else {}
    found: dict[str, Node] = {}
    for wire in sorted({*inputs, *outputs}):
        node = node_of(inputs.get(wire), outputs.get(wire), seen)
        if wire in inputs:
            node["input"] = "required" if wire in required else "optional"
        if wire in outputs:
            node["output"] = "maybe" if _is_optional(outputs[wire]) else "always"
        if wire in defaults:
            node["default"] = defaults[wire]
        found[wire] = node
    return found


def node_of(input_hint: Any, output_hint: Any, seen: tuple[type, ...]) -> Node:
    """One annotation, or the two of the same property, as a node."""
    members = [*_members(input_hint), *_members(output_hint)]
    classes = [m for m in members if inspect.isclass(m)]
    objects = [c for c in classes if _types.is_input_type(c) or _types.is_output_type(c)]
    if objects and str in members:
        return {"type": "document"}
    entries = [c for c in objects if _types.is_input_type(c)]
    if len(entries) > 1:
        return _union(entries, seen)
    if objects:
        entry = entries[0] if entries else None
        result = next((c for c in objects if _types.is_output_type(c)), None)
        if any(c in seen for c in objects) or _refers(entry, result):
            return {"type": "object", "properties": _reference(entry, result)}
        outputs = hints(result) if result else {}
        return {"type": "object", "properties": properties(entry, outputs, (*seen, *objects))}
    for member in members:
        origin, arguments = typing.get_origin(member), typing.get_args(member)
        if origin is not None and origin is not dict and not issubclass(origin, Mapping):
            pair = _pair(input_hint, output_hint, list)
            return {"type": "array", "items": node_of(*pair, seen)}
        if origin is not None and len(arguments) == 2:
            pair = _pair(input_hint, output_hint, dict)
            return {"type": "map", "items": node_of(*pair, seen)}
    for found in (c for c in classes if issubclass(c, enum.Enum)):
        values = [str(member.value) for member in found]
        if str in members:  # `Union[str, SomeEnum]` is an open enumeration
            return {"type": "string", "known": values}
        return {"type": "string", "enum": sorted(values)}
    if any(issubclass(c, pulumi.Asset | pulumi.Archive) for c in classes):
        return {"type": "asset"}
    for scalar in (str, bool, int, float):
        if scalar in members:
            return {"type": _SCALARS[scalar]}
    return {"type": "any"}


def _union(entries: list[type], seen: tuple[type, ...]) -> Node:
    """Objects of which one property is a constant, another one in each."""
    tags = [_constants(entry) for entry in entries]
    (tag,) = set.intersection(*map(set, tags))
    variants = {
        constants[tag]: {"type": "object", "properties": properties(entry, {}, (*seen, entry))}
        for constants, entry in zip(tags, entries, strict=True)
    }
    return {"type": "union", "tag": tag, "variants": dict(sorted(variants.items()))}


def _refers(entry: type | None, result: type | None) -> bool:
    """Whether an object stands for a resource elsewhere, which its id alone names."""
    if entry is None:
        return result is not None and "id" in hints(result)
    package = sys.modules[entry.__module__.rpartition(".")[0]]
    resource = getattr(package, entry.__name__.removesuffix("Args"), None)
    return hasattr(resource, "pulumi_type") and "id" in hints(entry) and not _required(entry)


def _reference(entry: type | None, result: type | None) -> dict[str, Node]:
    """Of an object within itself the schema would have no end, one elsewhere is not its matter."""
    known = (("input", "optional", entry), ("output", "maybe", result))
    found: dict[str, Node] = {}
    for name in _OF_REFERENCES:
        given = {way: word for way, word, cls in known if cls and name in hints(cls)}
        if given:
            taken, shown = (hints(cls).get(name) if cls else None for *_, cls in known)
            found[name] = {**node_of(taken, shown, ()), **given}
    return found


def _members(hint: Any) -> list[Any]:
    """What an annotation allows, without None, Input and Output."""
    if hint is None or hint is type(None):
        return []
    origin = typing.get_origin(hint)
    if origin is pulumi.Output:
        return _members(typing.get_args(hint)[0])
    if _types._is_union_type(hint):  # type: ignore[no-untyped-call]
        return [m for part in typing.get_args(hint) for m in _members(part) if not _is_plumbing(m)]
    return [] if _is_plumbing(hint) else [hint]


def _is_optional(hint: Any) -> bool:
    """Whether an output can be missing: `Output[Optional[T]]`, `Optional[T]` in a nested class."""
    if typing.get_origin(hint) is pulumi.Output:
        (hint,) = typing.get_args(hint)
    return bool(_types._is_optional_type(hint))  # type: ignore[no-untyped-call]


def _is_plumbing(hint: Any) -> bool:
    """Awaitables of an Input, and the TypedDict twin of an Args class."""
    if typing.is_typeddict(hint):
        return True
    return bool(_types._is_plumbing_arg(hint))


def _pair(input_hint: Any, output_hint: Any, kind: type) -> tuple[Any, Any]:
    """The element annotations of the lists (or maps) in two annotations."""

    def element(hint: Any) -> Any:
        for member in _members(hint):
            arguments = typing.get_args(member)
            if kind is dict and len(arguments) == 2:
                return arguments[1]
            if kind is list and len(arguments) == 1:
                return arguments[0]
        return None

    return element(input_hint), element(output_hint)


def wire_names(args: type) -> dict[str, str]:
    """Python name -> wire name of the properties of an input class."""
    return {python: wire for python, wire, _ in _types._py_properties(args)}


@functools.cache
def _required(args: type) -> frozenset[str]:
    signature = inspect.signature(args.__init__)  # type: ignore[misc]
    wires = wire_names(args)
    empty = inspect.Parameter.empty
    return frozenset(
        wires[name]
        for name, parameter in signature.parameters.items()
        if name in wires and parameter.default is empty
    )


def tree_of(function: Any) -> ast.AST:
    """The syntax tree of a function of the SDK."""
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _defaults(args: type) -> dict[str, Any]:
    """Defaults that the SDK fills in itself: `if x is None: x = <constant>`."""
    found: dict[str, Any] = {}
    wires = wire_names(args)
    for node in ast.walk(tree_of(args.__init__)):  # type: ignore[misc]
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare)):
            continue
        left = node.test.left
        for line in node.body if isinstance(node.test.ops[0], ast.Is) else ():
            if isinstance(line, ast.Assign) and isinstance(left, ast.Name) and left.id in wires:
                found[wires[left.id]] = ast.literal_eval(line.value)
    return found


def _constants(args: type) -> dict[str, str]:
    """What an input class sets whatever is given: `pulumi.set(__self__, "kind", 'Blob')`."""
    found: dict[str, str] = {}
    wires = wire_names(args)
    for node in ast.walk(tree_of(args.__init__)):  # type: ignore[misc]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pulumi.set":
            name, value = node.args[1:]
            if isinstance(name, ast.Constant) and isinstance(value, ast.Constant):
                found[wires[str(name.value)]] = str(value.value)
    return found
