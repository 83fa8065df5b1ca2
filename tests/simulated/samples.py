"""Valid inputs for every resource type that a simulated cloud knows, in an order that works."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import Any

import yaml

from tests.simulated.caller import Caller

CASES = Path(__file__).parent / "cases"
Sample = tuple[str, str, dict[str, Any]]
"""Logical name, type token, inputs; `@name.property` stands for an output of an earlier one."""


@functools.cache
def written(cloud: type[Caller], what: str) -> dict[str, dict[str, Any]]:
    """A file of a cloud's cases, with what its tests know in place of `@here.name`."""
    text = (CASES / f"{cloud.cloud}_{what}.yaml").read_text(encoding="utf-8")
    for name, value in cloud.here.items():
        text = text.replace(f"@here.{name}", value)
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return found


def samples(cloud: type[Caller]) -> list[Sample]:
    """At least one of every type, with all properties that the components use."""
    every = copy.deepcopy(written(cloud, "samples"))
    return [(name, inputs.pop("token"), inputs) for name, inputs in every.items()]


def sample(cloud: type[Caller], name: str) -> dict[str, Any]:
    """The inputs of one of them."""
    return next(inputs for found, _, inputs in samples(cloud) if found == name)


def filled(value: Any, made: dict[str, dict[str, Any]]) -> Any:
    """A sample's inputs with the outputs of earlier ones in place of `@name.property`."""
    if isinstance(value, dict):
        return {key: filled(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, made) for item in value]
    if isinstance(value, str) and value.startswith("@") and not value.startswith("@{"):
        name, _, output = value[1:].partition(".")
        return made[name][output]
    return value


def build(account: Caller) -> dict[str, dict[str, Any]]:
    """Create all samples; their outputs with `id`, `token` and `given` inputs, by name."""
    made: dict[str, dict[str, Any]] = {}
    for name, token, inputs in samples(type(account)):
        given = filled(inputs, made)
        found = account.create(token, given, name)
        made[name] = {**found.outputs, "id": found.id, "token": token, "given": given}
    return made
