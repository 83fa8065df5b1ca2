"""Where a lab is, by what is recorded of it: cloud, region, project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mllab.clouds import registry
from mllab.protocol.deployment import entries, stack_outputs
from mllab.settings.lab import Lab
from mllab.settings.limits import PROVIDER_CONFIG_KEYS

KEYS: Final = frozenset(key for keys in PROVIDER_CONFIG_KEYS.values() for key in keys.values())
"""The keys of Pulumi's configuration that say where a lab is."""


def recorded(state: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Cloud and configuration of the place where the resources of a state are.

    Args:
        state: as `Engine.state()` gives it.
    """
    from mllab.accounts import identity

    lab = stack_outputs(state).get("lab") or {}
    cloud = (
        lab.get("cloud") or registry.of_types(entry["type"] for entry in entries(state)) or "aws"
    )
    found = {PROVIDER_CONFIG_KEYS[cloud]["region"]: str(lab["region"])} if "region" in lab else {}
    accounts = identity.accounts(state)
    if "project" in PROVIDER_CONFIG_KEYS[cloud] and len(accounts) == 1:
        found[PROVIDER_CONFIG_KEYS[cloud]["project"]] = min(accounts)
    return cloud, found


def moved(
    lab: Lab, config: Mapping[str, str], state: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """What the settings say differently from what is recorded.

    Args:
        config: Pulumi's configuration of the stack.
    Returns:
        Key, `lab.cloud` or `gcp:project` -> recorded, said. Empty where nothing is recorded.
    """
    if not entries(state):
        return {}
    cloud, place = recorded(state)
    if lab.lab.cloud != cloud:
        return {"lab.cloud": (cloud, lab.lab.cloud)}
    return {
        key: (old, config.get(key, "nothing"))
        for key, old in place.items()
        if config.get(key) != old
    }
