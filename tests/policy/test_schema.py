"""What rules read is there: `python -m mllab.simulated.schema` makes the schemas from the SDKs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mllab.rules import removal
from mllab.rules.finding import EVERY
from mllab.rules.judge import RULES
from mllab.simulated.schema import Schema, untagged


@pytest.fixture(scope="module")
def schema(root: Path) -> dict[str, Any]:
    """Type -> its properties."""
    files = (root / "mllab" / "simulated").glob("*/data/schema.json")
    return {
        token: each["properties"]
        for file in files
        for token, each in json.loads(file.read_text("utf-8"))["resources"].items()
    }


def test_a_rule_reads_properties_that_the_sdk_has(schema: dict[str, Any]) -> None:
    """A misspelt one would never be wrong, nor would what breaks the rule break anything."""
    wrong = []
    for rule in RULES:
        for broken in rule.wrong:
            of = broken.of or next(each for each in rule.types if each != EVERY)
            for path in broken.inputs:
                if of in schema and ":" not in path and not _has(schema[of], path.split(".")):
                    wrong.append(f"{rule.id}: {of} has no {path}")
    assert not wrong


def test_types_without_tags_are_those_of_the_sdk(root: Path) -> None:
    files = sorted((root / "mllab" / "simulated").glob("*/data/schema.json"))
    fresh = untagged(map(Schema, files))
    assert (root / "mllab" / "rules" / "untagged.csv").read_text("utf-8") == fresh
    assert {*fresh.split()[1:]} == removal.UNTAGGED


def _has(properties: dict[str, Any], path: list[str]) -> bool:
    head, *rest = path
    if head not in properties:
        return False
    return not rest or any(_has_inner(each, rest) for each in _kinds(properties[head]))


def _has_inner(node: dict[str, Any], path: list[str]) -> bool:
    if path[0] == "*":
        items = node.get("items", {})
        return len(path) == 1 or any(_has_inner(each, path[1:]) for each in _kinds(items))
    if "properties" not in node:
        return node["type"] in {"map", "any"}
    return _has(node["properties"], path)


def _kinds(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from node.get("variants", {"": node}).values()
