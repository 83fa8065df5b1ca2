"""A lab as the documents that Checkov reads: a plan of Terraform, or a template of Azure's ARM.

Checkov has no reader for Pulumi. Pulumi's AWS and Google Cloud providers are made from Terraform's,
so names are theirs in another spelling; Azure's inputs are bodies of ARM, whose `properties` Pulumi
lays flat. What is spelt otherwise than by these rules is in the tables below; a type or property
that Checkov does not find under its name is not judged by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from components.resource_types import ROWS
from mllab.engines.contract import Resource

_PREFIXES: Final = {
    "ec2": "",
    "projects": "project",
    "artifactregistry": "artifact_registry",
    "cloudscheduler": "cloud_scheduler",
    "serviceaccount": "service",
}
"""Pulumi's modules that Terraform's types do not begin with as they are."""

_MAPS: Final = frozenset({"tags", "labels", "user_labels", "metadata", "variables"})
"""Properties whose keys are the user's own words."""

_TOP: Final = frozenset({"location", "tags", "sku", "kind", "identity", "zones", "properties"})
"""What a template has beside `properties`."""

_LONGEST: Final = 1000
"""Characters of a text that Checkov is shown: it takes minutes to look for variables in scripts."""

_ARM_NAMES: Final = {
    "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
    "networkRuleSet": "networkAcls",
}
"""Pulumi's names of what ARM calls otherwise."""


def plan(resources: Iterable[Resource], package: str) -> dict[str, Any]:
    """The JSON of `terraform show`, as far as Checkov reads it."""
    own = [each for each in resources if each.custom and each.type.startswith(f"{package}:")]
    address = {each.urn: f"{_terraform(each.type)}.{each.name}" for each in own}
    changes, planned, configured = [], [], []
    for each in own:
        type, values = _terraform(each.type), _block(each.inputs)
        known = {"address": address[each.urn], "mode": "managed", "type": type, "name": each.name}
        planned.append({**known, "values": values})
        change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}
        changes.append({**known, "change": change})
        expressions = {
            _snake(key): {"references": [f"{address[urn]}.id", address[urn]]}
            for key, urns in each.property_dependencies.items()
            for urn in urns
            if urn in address
        }
        configured.append({**known, "expressions": expressions})
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    }


def template(resources: Iterable[Resource]) -> dict[str, Any]:
    """An ARM template."""
    found = []
    for each in resources:
        row = ROWS.get(each.type)
        if row is None or row.cloud != "azure" or "/providers/" not in row.own["id"]:
            continue
        space, *path = row.own["id"].rpartition("/providers/")[2].split("/")
        names = [str(each.inputs.get(one[1:], one)) for one in path[1::2]]
        found.append(
            {
                "type": "/".join([space, *path[::2]]),
                "apiVersion": row.own["version"],
                "name": "/".join(names),
                **_short(_body(each.inputs, {one[1:] for one in path[1::2]})),
            }
        )
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": found,
    }


def _body(inputs: Mapping[str, Any], path: set[str]) -> dict[str, Any]:
    flat = {
        _ARM_NAMES.get(key, key): value
        for key, value in inputs.items()
        if key not in _TOP and key not in path and key != "resourceGroupName"
    }
    top = {key: value for key, value in inputs.items() if key in _TOP}
    return {**top, "properties": {**flat, **top.get("properties", {})}}


def _short(value: Any) -> Any:
    if isinstance(value, Mapping):  # a workflow's definition is a program of its own
        return {key: _short(each) for key, each in value.items() if key != "definition"}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return value[:_LONGEST] if isinstance(value, str) else value


def _terraform(type: str) -> str:
    package, path, _ = type.split(":")
    module, _, name = path.partition("/")
    words = [_PREFIXES.get(module, module), _snake(name)]
    return "_".join(filter(None, ["google" if package == "gcp" else package, *words]))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _block(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks are lists in a plan, also those that Pulumi has one of; and they are singular."""
    found: dict[str, Any] = {}
    for key, value in inputs.items():
        name = _snake(key)
        if name in _MAPS:
            found[name] = value
        elif isinstance(value, Mapping):
            found[name] = [_block(value)]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            found[name] = [_block(each) for each in value]
            found.setdefault(name.removesuffix("s"), found[name])
        else:
            found[name] = value
    return found
