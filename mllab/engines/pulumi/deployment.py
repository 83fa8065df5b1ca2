"""What a state file holds, and the few edits that a person would make by hand.

All functions take and give the `deployment` part of what `pulumi stack export` prints.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from components.resource_types import EMPTIED_BY
from mllab.engines.contract import Op, Status, Step
from mllab.engines.pulumi.changes import shown
from mllab.protocol import urns
from mllab.protocol.provider import NOT_CONFIGURATION
from mllab.protocol.values import SECRET, SIGNATURE

Deployment = dict[str, Any]

_PARTS: Final = ("inputs", "outputs")


def resources(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries, in the order of creation."""
    return list(deployment.get("resources") or [])


def pending(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Operations that began and were not seen to end: {resource, type}."""
    return list(deployment.get("pending_operations") or [])


def stack_outputs(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """The stack's outputs, masked."""
    for entry in resources(deployment):
        if entry["type"] == urns.STACK_TYPE:
            return dict(shown(entry.get("outputs") or {}))
    return {}


def remaining(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Logical names of the things in a cloud."""
    return tuple(
        urns.name_of(entry["urn"])
        for entry in resources(deployment)
        if entry.get("custom") and not urns.is_provider(entry["type"])
    )


def provider_config(deployment: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, str]:
    """Configuration of the provider that serves an entry, by its own keys; secrets are left out."""
    for provider in resources(deployment):
        if f"{provider['urn']}::{provider.get('id')}" == entry.get("provider"):
            inputs = provider.get("inputs") or {}
            return {
                key: value
                for key, value in inputs.items()
                if isinstance(value, str) and key not in NOT_CONFIGURATION
            }
    return {}


def released(deployment: Deployment, wanted: Iterable[str]) -> Deployment:
    """The deployment with protection lifted from some entries, and their contents free to go.

    A provider empties a bucket only if `forceDestroy` is in the state when it is deleted.
    """
    found, urns_wanted = copy.deepcopy(deployment), set(wanted)
    for entry in resources(found):
        if entry["urn"] in urns_wanted:
            entry.pop("protect", None)
            key = EMPTIED_BY.get(entry["type"])
            for part in _PARTS:
                if key in entry.get(part, {}):
                    entry[part][key] = True
    return found


def protected(
    deployment: Deployment, entries: Iterable[Mapping[str, Any]], given_up: Collection[str]
) -> Deployment:
    """The deployment with what `released` took off some entries put back.

    Args:
        entries: as they were before. What is to be deleted, or was replaced, stays as it is.
        given_up: urns that are protected no more, because the program says so.
    """
    found = copy.deepcopy(deployment)
    before = {(entry["urn"], entry.get("id")): entry for entry in entries}
    for entry in resources(found):
        old = before.get((entry["urn"], entry.get("id")))
        if old is None or entry.get("delete"):
            continue
        if old.get("protect") and entry["urn"] not in given_up:
            entry["protect"] = True
        key = EMPTIED_BY.get(entry["type"])
        for part in _PARTS:
            if key in entry.get(part, {}) and key in old.get(part, {}):
                entry[part][key] = old[part][key]
    return found


def settled(deployment: Deployment, made: Sequence[Mapping[str, Any]]) -> Deployment:
    """The deployment without pending operations, with the entries of what was found in the cloud.

    Args:
        made: entries as they are to stand in the state, each with its `id`. One that was to replace
            another leaves the other to be deleted, or takes its place where that is gone already:
            what stands on it comes after it.
    """
    found = copy.deepcopy(deployment)
    found.pop("pending_operations", None)
    new = {entry["urn"]: _marked(copy.deepcopy(dict(entry))) for entry in made}
    kept = []
    for entry in resources(found):
        if entry["urn"] in new and not entry.get("delete"):
            if entry.get("pendingReplacement"):
                kept.append(new.pop(entry["urn"]))
                continue
            entry["delete"] = True
        kept.append(entry)
    found["resources"] = [*kept, *new.values()]
    return found


def _marked(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with the outputs secret that the engine would have made so; the import encrypts
    them."""
    inputs, secret = entry.get("inputs") or {}, set(entry.get("additionalSecretOutputs") or [])
    secret |= {key for key, value in inputs.items() if SIGNATURE in json.dumps(value)}
    for key, value in (entry.get("outputs") or {}).items():
        if key in secret:
            entry["outputs"][key] = {SIGNATURE: SECRET, "plaintext": json.dumps(value)}
    return entry


def adopted(made: Iterable[Mapping[str, Any]]) -> list[Step]:
    """A step for each entry that was found in the cloud."""
    return [
        Step(
            Op.ADOPT,
            entry["urn"],
            entry["type"],
            urns.name_of(entry["urn"]),
            Status.DONE,
            reason="made by a run that was interrupted",
        )
        for entry in made
    ]
