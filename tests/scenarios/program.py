"""Turns the declarations of a scenario into a Pulumi program."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.runtime import invoke, invoke_output

from tests.scenarios.model import Declared
from tests.scenarios.toy import Group, Thing, ToyProvider

_REFERENCE = re.compile(r"\$\{([^.}]+)\.([^}]+)\}")


class Program:
    """Callable that declares the resources, as a program of a person would.

    Texts refer to what stands above them: `${a.arn}`. `{$secret: x}` is a secret.
    """

    def __init__(self, declare: Sequence[Declared], outputs: Mapping[str, Any]) -> None:
        self.declare, self.outputs = declare, outputs

    def __call__(self) -> None:
        scope: dict[str, Any] = {}
        groups: list[tuple[Group, Declared]] = []
        for declared in self.declare:
            for number in range(declared.repeat):
                one = _numbered(declared, number) if declared.repeat > 1 else declared
                if one.raises:
                    raise RuntimeError(one.raises)
                scope[one.name] = made = _declare(one, scope)
                if isinstance(made, Group):
                    groups.append((made, one))
        for group, declared in groups:
            group.register_outputs(_resolve(declared.outputs, scope))
        for key, value in self.outputs.items():
            pulumi.export(key, _resolve(value, scope))


def _declare(one: Declared, scope: Mapping[str, Any]) -> Any:
    inputs = _resolve(one.inputs, scope)
    options = _options(one.options, scope)
    if one.invoke:
        # Invokes take parent, provider and, in their output form, depends_on.
        if one.form == "plain":
            return invoke(one.invoke, inputs, pulumi.InvokeOptions(**options)).value
        return invoke_output(one.invoke, inputs, pulumi.InvokeOutputOptions(**options))
    opts = pulumi.ResourceOptions(**options)
    if one.type == "Group":
        return Group(one.name, opts)
    if one.type == "Provider":
        return ToyProvider(one.name, inputs, opts)
    return Thing(one.name, inputs, opts)


def _options(options: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in options.items():
        if key in ("parent", "provider", "deleted_with"):
            found[key] = scope[value]
        elif key in ("depends_on", "replace_with"):
            found[key] = [scope[name] for name in value]
        elif key == "providers":
            found[key] = {package: scope[name] for package, name in value.items()}
        elif key == "aliases":
            found[key] = [_alias(alias, scope) for alias in value]
        else:
            found[key] = value
    return found


def _alias(alias: str | Mapping[str, Any], scope: Mapping[str, Any]) -> str | pulumi.Alias:
    """An URN, or what differed; `parent: null` stands for the stack."""
    if isinstance(alias, str):
        return alias
    differs = dict(alias)
    if "parent" in differs:
        parent = differs["parent"]
        differs["parent"] = scope.get(parent, parent) if parent else pulumi.ROOT_STACK_RESOURCE
    return pulumi.Alias(**differs)


def _resolve(value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {"$secret"}:
            return pulumi.Output.secret(_resolve(value["$secret"], scope))
        return {key: _resolve(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, scope) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _property(scope[whole[1]], whole[2])
    parts: list[Any] = []
    at = 0
    for match in _REFERENCE.finditer(value):
        parts += [value[at : match.start()], _property(scope[match[1]], match[2])]
        at = match.end()
    return pulumi.Output.concat(*parts, value[at:]) if parts else value


def _property(thing: Any, key: str) -> Any:
    if isinstance(thing, pulumi.Resource):
        return getattr(thing, key)
    if isinstance(thing, pulumi.Output):
        return thing.apply(lambda answer: answer[key])
    return thing[key]


def _numbered(declared: Declared, number: int) -> Declared:
    def numbered(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{i}", str(number)).replace("{before}", str(number - 1))
        if isinstance(value, Mapping):
            kept = {k: v for k, v in value.items() if number or "{before}" not in str(v)}
            return {key: numbered(item) for key, item in kept.items()}
        return [numbered(item) for item in value] if isinstance(value, list) else value

    return Declared(**{**numbered(declared.model_dump()), "repeat": 1})
