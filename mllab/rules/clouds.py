"""The rules and the facts of each cloud."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from mllab.clouds.registry import CLOUDS, PLACES
from mllab.rules.facts import Facts
from mllab.rules.finding import Rule

_MODULES: Final = tuple(import_module(f"mllab.rules.{cloud}") for cloud in CLOUDS)

RULES: Final[tuple[Rule, ...]] = tuple(rule for each in _MODULES for rule in each.RULES)
FACTS: Final[tuple[Facts, ...]] = tuple(each.FACTS for each in _MODULES)

_HERE: Final = tuple(
    import_module(f"mllab.rules.{name}") for name, place in PLACES.items() if place.here
)
FOLDERS: Final[tuple[str, ...]] = tuple(each.FOLDER for each in _HERE)
SERVERS: Final[tuple[str, ...]] = tuple(each.SERVER for each in _HERE)
UNTAGGED: Final[frozenset[str]] = frozenset().union(*(each.TYPES for each in _HERE))
"""What is on this machine; see there."""
