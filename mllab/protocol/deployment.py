"""What a recorded deployment holds, in Pulumi's format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mllab.protocol import urns
from mllab.protocol.values import SECRET, SIGNATURE


def entries(recorded: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The resources of a deployment in Pulumi's format; empty when nothing was deployed."""
    deployment = recorded.get("deployment", recorded) or {}
    return deployment.get("resources") or ()


def interrupted(recorded: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Resources whose creation was begun and never seen to end: they may exist, unrecorded."""
    deployment = recorded.get("deployment", recorded) or {}
    known = {entry["urn"] for entry in entries(recorded)}
    found = [operation["resource"] for operation in deployment.get("pending_operations") or ()]
    return [entry for entry in found if entry["urn"] not in known]


def in_cloud(entry: Mapping[str, Any]) -> bool:
    """True for an entry of the state that is a thing in a cloud: no component, no provider."""
    return bool(entry.get("custom")) and not entry["type"].startswith("pulumi:")


def stack_outputs(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """The stack's outputs, a secret as `{"$secret": true}`; empty when nothing was deployed."""
    for entry in entries(recorded):
        if entry["type"] == urns.STACK_TYPE:
            return dict(sealed(entry.get("outputs") or {}))
    return {}


def sealed(plain: Any) -> Any:
    """Recorded secrets, ciphertext included, as the mark that stands for them."""
    if isinstance(plain, Mapping):
        if plain.get(SIGNATURE) == SECRET:
            return {"$secret": True}
        return {key: sealed(inner) for key, inner in plain.items()}
    if isinstance(plain, list):
        return [sealed(inner) for inner in plain]
    return plain
