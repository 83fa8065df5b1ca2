"""Resources as a state has them, in the terms of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mllab.engines.contract import Resource
from mllab.protocol import urns
from mllab.protocol.deployment import sealed

_OPTIONS: Final = ("protect", "retainOnDelete")
"""What a state tells of a resource's options."""


def resource(entry: Mapping[str, Any]) -> Resource:
    """A recorded resource; nothing of it is unknown, and secrets are marks."""
    return Resource(
        urn=entry["urn"],
        type=entry["type"],
        name=urns.name_of(entry["urn"]),
        custom=bool(entry.get("custom")),
        parent=entry.get("parent", ""),
        inputs=sealed(entry.get("inputs") or {}),
        dependencies=tuple(entry.get("dependencies") or ()),
        property_dependencies={
            key: tuple(found) for key, found in (entry.get("propertyDependencies") or {}).items()
        },
        provider=entry.get("provider", ""),
        options={key: entry[key] for key in _OPTIONS if entry.get(key)},
    )
