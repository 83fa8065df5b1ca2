"""Whether inputs are within the facts: enumerations, patterns, lengths, references."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.facts import TypeFacts


def values(properties: Mapping[str, Any], path: str) -> list[Any]:
    """All values at a dotted path, through lists and, by `*`, maps; nothing for what is missing."""
    found: list[Any] = [properties]
    for part in path.split("."):
        owners = [item for item in found if isinstance(item, Mapping)]
        inner = [list(o.values()) if part == "*" else o.get(part) for o in owners]
        found = [item for value in inner for item in _items(value)]
    return found


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def faults(facts: TypeFacts, inputs: Properties) -> Iterable[str]:
    """Lines `property: reason` for values that the facts do not allow."""
    for path, allowed in facts.enums.items():
        for value in values(inputs, path):
            if value is not UNKNOWN and str(value) not in allowed:
                yield f"{path}: must be one of {', '.join(allowed)} (got {value!r})"
    name = inputs.get(facts.name)
    if facts.name_max and isinstance(name, str) and len(name) > facts.name_max:
        yield f"{facts.name}: has {len(name)} characters, at most {facts.name_max} (got {name!r})"
        return
    for path, pattern in facts.patterns.items():
        for value in values(inputs, path):
            if value is not UNKNOWN and not re.search(pattern, str(value)):
                yield f"{path}: must match {pattern} (got {value!r})"


def document(path: str, value: object) -> Iterable[str]:
    """The fault of a text that is no JSON. Nothing for what is missing or not known yet."""
    if value is None or value is UNKNOWN:
        return
    try:
        json.loads(str(value))
    except ValueError as error:
        yield f"{path}: is no valid JSON: {error}"
