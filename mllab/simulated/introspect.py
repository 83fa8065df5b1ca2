"""Read the shape of resource types and functions out of an installed Pulumi SDK.

Only `python -m mllab.simulated.schema` and tests need it; simulated clouds read the JSON it makes.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import json
import re
import sys
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from components.resource_types import of_cloud
from mllab.clouds.registry import CLOUDS
from mllab.simulated import nodes
from mllab.simulated.nodes import Node

SDKS = {cloud.package: cloud.sdk for cloud in CLOUDS.values()}
"""Package of a token -> Python module of its SDK."""


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


def text_of(cloud: str) -> str:
    """The schema of all types that a cloud's components declare, and of the functions they ask."""
    functions = importlib.import_module(f"mllab.simulated.{cloud}.functions").FUNCTIONS
    return as_json(describe([*(row.type for row in of_cloud(cloud)), *functions]))


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


def _resource(token: str) -> Node:
    cls = resource_class(token)
    args = _args_class(cls)
    outputs = {name: hint for name, hint in nodes.hints(cls).items() if name not in ("id", "urn")}
    properties = nodes.properties(args, outputs, (cls,))
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
        tree = nodes.tree_of(function)
        if token not in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]:
            continue
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function)
        inputs: dict[str, Node] = {}
        for python, wire in _wire_arguments(tree).items():
            node = nodes.node_of(hints[python], None, ())
            required = signature.parameters[python].default is inspect.Parameter.empty
            inputs[wire] = {**node, "input": "required" if required else "optional"}
        result = hints["return"].__mro__[1]  # AwaitableGetXResult is a GetXResult
        outputs = {
            wire: nodes.node_of(None, hint, ()) for wire, hint in nodes.hints(result).items()
        }
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


def _secrets(cls: type, args: type) -> dict[str, bool]:
    """Inputs that the SDK wraps in a secret itself, and `additional_secret_outputs`."""
    found: dict[str, bool] = {}
    wires = nodes.wire_names(args)
    for node in ast.walk(nodes.tree_of(cls._internal_init)):  # type: ignore[attr-defined]
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
