"""The data files of a simulated cloud, as the tests look into them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from mllab.simulated import facts


class Tables:
    """The tables of one cloud, and the schema that their paths are about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cloud = folder.parent.name
        self.schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
        self.types = sorted(self.schema["resources"])
        self.facts = list(facts.spread(folder))

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def of(self, fact: str) -> list[dict[str, str]]:
        return [row for row in self.facts if row["fact"] == fact]

    def nodes(self, type: str, path: str) -> list[dict[str, Any]]:
        """The schema's nodes along a dotted path; a ValueError names the first missing part."""
        if path == "id":
            return [{"type": "string", "output": "always"}]
        properties, found = self.schema["resources"][type]["properties"], []
        for part in path.split("."):
            if part == "*":  # the name of an entry of a map
                continue
            if part not in properties:
                raise ValueError(part)
            found.append(properties[part])
            node = properties[part]
            while node["type"] in ("array", "map"):
                node = node["items"]
            properties = _inside(node)
        return found


def _inside(node: dict[str, Any]) -> dict[str, Any]:
    """Properties of an object, or of all objects that a union may be."""
    if node["type"] != "union":
        return dict(node.get("properties", {}))
    merged: dict[str, Any] = {}
    for variant in node["variants"].values():
        for name, inner in variant["properties"].items():
            if merged.get(name, {}).get("type") == inner["type"] == "object":
                both = {**merged[name]["properties"], **inner["properties"]}
                merged[name] = {**inner, "properties": both}
            else:
                merged[name] = inner
    return merged
