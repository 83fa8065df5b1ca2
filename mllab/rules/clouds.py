"""The rules and the facts of each cloud."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from mllab.clouds.registry import CLOUDS, HERE
from mllab.rules.facts import Facts
from mllab.rules.finding import Rule

_MODULES: Final = tuple(import_module(f"mllab.rules.{cloud}") for cloud in CLOUDS)

RULES: Final[tuple[Rule, ...]] = tuple(rule for each in _MODULES for rule in each.RULES)
FACTS: Final[tuple[Facts, ...]] = tuple(each.FACTS for each in _MODULES)

_HERE: Final = import_module(f"mllab.rules.{HERE.name}")
FOLDER: Final[str] = _HERE.FOLDER
SERVER: Final[str] = _HERE.SERVER
UNTAGGED: Final[frozenset[str]] = _HERE.TYPES
"""What is on this machine; see there."""
