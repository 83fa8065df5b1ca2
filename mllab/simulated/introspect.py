"""Read the shape of resource types and functions out of an installed Pulumi SDK.

Only `python -m mllab.simulated.schema` and tests need it; simulated clouds read the JSON it makes.
"""

from __future__ import annotations

import ast
import enum
import functools
import importlib
import importlib.metadata
import inspect
import json
import re
import sys
import textwrap
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi import _types

SDKS = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native", "gcp": "pulumi_gcp"}
"""Package of a token -> Python module of its SDK."""

_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", Any: "any"}

Node = dict[str, Any]
"""One property.

`type`: string, integer, number, boolean, any, array, map, object, asset, document (JSON text, or
    the object that it stands for).
`items`: of an array or map. `properties`: of an object. `enum`: values of a closed enumeration.
`input`: required or optional; absent for what only the cloud sets.
`output`: always or maybe; absent for what the cloud does not show.
`secret`: true. `default`: what the SDK itself puts where nothing is given."""


def describe(tokens: Iterable[str]) -> dict[str, Any]:
    """The schema of these tokens: `{package, version, resources, functions}`.

    Raises:
        KeyError: the SDK has no such type or function.
    """
    resources: dict[str, Node] = {}
    functions: dict[str, Node] = {}
    packages: set[str] = set()
    for token in sorted(tokens):
        packages.add(token.split(":")[0])
        if token.rsplit(":", 1)[1][0].islower():
            functions[token] = _function(token)
        else:
            resources[token] = _resource(token)
    (package,) = packages
    version = importlib.metadata.version(SDKS[package].replace("_", "-"))
    return {"package": package, "version": version, "resources": resources, "functions": functions}


def _module(token: str) -> Iterable[Any]:
    """Modules that may hold a token; a Python keyword has an underscore behind it (`lambda_`)."""
    package, module, _ = token.split(":")
    head = module.split("/")[0]
    if head == "index":
        yield importlib.import_module(SDKS[package])
        return
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", head).lower()
    for candidate in (head.lower(), snake, head.lower() + "_"):
        try:
            yield importlib.import_module(f"{SDKS[package]}.{candidate}")
        except ModuleNotFoundError:
            continue


def resource_class(token: str) -> type:
    """The SDK's class of a resource type. Raises KeyError."""
    name = token.rsplit(":", 1)[1]
    for module in _module(token):
        for found in (getattr(module, name, None), *vars(module).values()):
            if inspect.isclass(found) and getattr(found, "pulumi_type", None) == token:
                return found
    raise KeyError(f"the SDK has no type {token}")


def _args_class(cls: type) -> type:
    """The input class beside the resource.

    `<Name>Args`, or `<Name>InitArgs` where a nested type has taken the first name.
    """
    module = sys.modules[cls.__module__]
    for suffix in ("Args", "InitArgs"):
        args = getattr(module, cls.__name__ + suffix, None)
        if inspect.isclass(args) and args.__module__ == cls.__module__:
            return args
    raise KeyError(f"no input class beside {cls}")


def _hints(cls: type) -> dict[str, Any]:
    """Wire name -> annotation. The call is private, but the generated SDKs stand on it."""
    return dict(_types._raw_return_hints(cls))


def _resource(token: str) -> Node:
    cls = resource_class(token)
    args = _args_class(cls)
    outputs = {name: hint for name, hint in _hints(cls).items() if name not in ("id", "urn")}
    properties = _properties(args, outputs, (cls,))
    for wire, secret in _secrets(cls, args).items():
        properties[wire]["secret"] = secret
    return {"properties": properties}


def _function(token: str) -> Node:
    name = token.rsplit(":", 1)[1]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for module in _module(token):
        function = getattr(module, snake, None)
        if not inspect.isfunction(function):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        if token not in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]:
            continue
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function)
        inputs: dict[str, Node] = {}
        for python, wire in _wire_arguments(tree).items():
            node = _node(hints[python], None, ())
            required = signature.parameters[python].default is inspect.Parameter.empty
            inputs[wire] = {**node, "input": "required" if required else "optional"}
        result = hints["return"].__mro__[1]  # AwaitableGetXResult is a GetXResult
        outputs = {wire: _node(None, hint, ()) for wire, hint in _hints(result).items()}
        return {"inputs": dict(sorted(inputs.items())), "outputs": dict(sorted(outputs.items()))}
    raise KeyError(f"the SDK has no function {token}")


def _wire_arguments(tree: ast.AST) -> dict[str, str]:
    """Python parameter -> wire name, from `__args__['mostRecent'] = most_recent`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target, value = node.targets[0], node.value
            if isinstance(value, ast.Name) and isinstance(target.slice, ast.Constant):
                found[value.id] = str(target.slice.value)
    return found


def _properties(
    args: type | None, outputs: Mapping[str, Any], seen: tuple[type, ...]
) -> dict[str, Node]:
    """Properties of an object from its input class and the hints of its output class."""
    inputs = _hints(args) if args else {}
    required = _required(args) if args else frozenset()
    defaults = _defaults(args) if args else {}
    found: dict[str, Node] = {}
    for wire in sorted({*inputs, *outputs}):
        node = _node(inputs.get(wire), outputs.get(wire), seen)
        if wire in inputs:
            node["input"] = "required" if wire in required else "optional"
        if wire in outputs:
            node["output"] = "maybe" if _is_optional(outputs[wire]) else "always"
        if wire in defaults:
            node["default"] = defaults[wire]
        found[wire] = node
    return found


def _node(input_hint: Any, output_hint: Any, seen: tuple[type, ...]) -> Node:
    """One annotation, or the two of the same property, as a node."""
    members = [*_members(input_hint), *_members(output_hint)]
    classes = [m for m in members if inspect.isclass(m)]
    objects = [c for c in classes if _types.is_input_type(c) or _types.is_output_type(c)]
    if objects and str in members:
        return {"type": "document"}
    if objects:
        if any(c in seen for c in objects):
            raise KeyError(f"{objects[0].__name__} contains itself, which this schema cannot hold")
        entry = next((c for c in objects if _types.is_input_type(c)), None)
        result = next((c for c in objects if _types.is_output_type(c)), None)
        outputs = _hints(result) if result else {}
        return {"type": "object", "properties": _properties(entry, outputs, (*seen, *objects))}
    for member in members:
        origin, arguments = typing.get_origin(member), typing.get_args(member)
        if origin is not None and origin is not dict and not issubclass(origin, Mapping):
            pair = _pair(input_hint, output_hint, list)
            return {"type": "array", "items": _node(*pair, seen)}
        if origin is not None and len(arguments) == 2:
            pair = _pair(input_hint, output_hint, dict)
            return {"type": "map", "items": _node(*pair, seen)}
    enums = [c for c in classes if issubclass(c, enum.Enum)]
    if enums and str not in members:  # `Union[str, SomeEnum]` is an open enumeration
        return {"type": "string", "enum": sorted(str(m.value) for m in enums[0])}
    if any(issubclass(c, pulumi.Asset | pulumi.Archive) for c in classes):
        return {"type": "asset"}
    for scalar in (str, bool, int, float):
        if scalar in members:
            return {"type": _SCALARS[scalar]}
    return {"type": "any"}


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


def _wire_names(args: type) -> dict[str, str]:
    return {python: wire for python, wire, _ in _types._py_properties(args)}


@functools.cache
def _required(args: type) -> frozenset[str]:
    signature = inspect.signature(args.__init__)  # type: ignore[misc]
    wires = _wire_names(args)
    empty = inspect.Parameter.empty
    return frozenset(
        wires[name]
        for name, parameter in signature.parameters.items()
        if name in wires and parameter.default is empty
    )


def _tree(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _defaults(args: type) -> dict[str, Any]:
    """Defaults that the SDK fills in itself: `if x is None: x = <constant>`."""
    found: dict[str, Any] = {}
    wires = _wire_names(args)
    for node in ast.walk(_tree(args.__init__)):  # type: ignore[misc]
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare)):
            continue
        left = node.test.left
        for line in node.body if isinstance(node.test.ops[0], ast.Is) else ():
            if isinstance(line, ast.Assign) and isinstance(left, ast.Name) and left.id in wires:
                found[wires[left.id]] = ast.literal_eval(line.value)
    return found


def _secrets(cls: type, args: type) -> dict[str, bool]:
    """Inputs that the SDK wraps in a secret itself, and `additional_secret_outputs`."""
    found: dict[str, bool] = {}
    wires = _wire_names(args)
    for node in ast.walk(_tree(cls._internal_init)):  # type: ignore[attr-defined]
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            if isinstance(key, ast.Constant) and "Output.secret" in ast.unparse(node.value):
                found[wires[str(key.value)]] = True
        elif isinstance(node, ast.keyword) and node.arg == "additional_secret_outputs":
            found.update(dict.fromkeys(ast.literal_eval(node.value), True))
    return found


def as_json(schema: Mapping[str, Any]) -> str:
    """The text that is shipped: stable, one line per resource type and function."""
    lines = []
    for part in ("resources", "functions"):
        entries = [
            f"{json.dumps(token)}: {json.dumps(entry, separators=(',', ':'), sort_keys=True)}"
            for token, entry in sorted(schema[part].items())
        ]
        lines.append(f'"{part}": {{\n' + ",\n".join(entries) + "\n}")
    head = "".join(f'"{key}": {json.dumps(schema[key])},\n' for key in ("package", "version"))
    return "{\n" + head + ",\n".join(lines) + "\n}\n"
