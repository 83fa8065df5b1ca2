"""Where a lab is, by what is recorded of it: cloud, region, project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mllab import clouds
from mllab.graph import entries, stack_outputs
from mllab.settings.lab import Lab
from mllab.settings.limits import PLACES

KEYS: Final = frozenset(key for keys in PLACES.values() for key in keys.values())
"""The keys of Pulumi's configuration that say where a lab is."""


def recorded(state: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Cloud and configuration of the place where the resources of a state are.

    Args:
        state: as `Engine.state()` gives it.
    """
    from mllab.engines.pulumi import identity

    lab = stack_outputs(state).get("lab") or {}
    cloud = lab.get("cloud") or clouds.of_types(entry["type"] for entry in entries(state)) or "aws"
    found = {PLACES[cloud]["region"]: str(lab["region"])} if "region" in lab else {}
    accounts = identity.accounts(state)
    if "project" in PLACES[cloud] and len(accounts) == 1:
        found[PLACES[cloud]["project"]] = min(accounts)
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
