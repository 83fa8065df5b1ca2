"""Where a lab is, by what is recorded of it: cloud, region, project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mllab.clouds import registry
from mllab.clouds.contract import Cloud
from mllab.clouds.registry import PLACES
from mllab.protocol.deployment import entries, stack_outputs
from mllab.settings.lab import Lab

KEYS: Final = frozenset(key for cloud in PLACES.values() for key in cloud.config_keys.values())
"""The keys of Pulumi's configuration that say where a lab is."""

_NOTHING: Final = "nothing"


def recorded(state: Mapping[str, Any]) -> tuple[Cloud | None, dict[str, str]]:
    """Cloud and configuration of the place where the resources of a state are.

    Args:
        state: as `Engine.state()` gives it.

    Returns:
        No cloud where nothing of the state tells it.
    """
    lab = stack_outputs(state).get("lab") or {}
    cloud = PLACES.get(lab.get("cloud", "")) or registry.of_types(
        entry["type"] for entry in entries(state)
    )
    if cloud is None:
        return None, {}
    keys = cloud.config_keys
    found = {keys[word]: str(lab[word]) for word in ("region", "zone") if lab.get(word)}
    accounts = registry.accounts(entries(state))
    if "project" in keys and len(accounts) == 1:
        found[keys["project"]] = min(accounts)
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
    if cloud is not None and lab.lab.cloud != cloud.name:
        return {"lab.cloud": (cloud.name, lab.lab.cloud)}
    # No zone is a wish, too: any that has the machine. Older states do not tell theirs.
    if cloud is not None and (stack_outputs(state).get("lab") or {}).get("zone") == "":
        place = {**place, cloud.config_keys["zone"]: _NOTHING}
    return {
        key: (old, config.get(key, _NOTHING))
        for key, old in place.items()
        if config.get(key, _NOTHING) != old
    }
