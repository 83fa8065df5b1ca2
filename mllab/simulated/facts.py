"""What the SDKs do not say of a resource type, read from the data files of a simulated cloud.

Every row names its source. The files are explained in `data/README.md` beside them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from components.resource_types import TypeRow, of_cloud, rest_type
from mllab.simulated import schema

EVERY = "*"
KNOWN = "known"
"""In the place of an enumeration's values: those of the SDK, see `nodes.Node`."""
MUST = ("high", "medium")
"""Confidence from which on a fact may refuse something."""


_PART = re.compile(r"[{$](\w+)")
"""A property in an id, as `{name}` or as `$name`."""


@dataclass(frozen=True)
class Refusal:
    """The cloud's own words for a no.

    Args:
        code: its name. message: with `{placeholders}`.
        after_s: how long the provider tries again before it gives up.
    """

    code: str
    message: str
    after_s: float = 0.0

    @classmethod
    def parse(cls, text: str, after_s: float = 0.0) -> Refusal:
        """From `Code (409): message` or `Code: message`."""
        head, _, message = text.partition(": ")
        return cls(head.split(" ")[0], message, after_s)


@dataclass(frozen=True)
class Reference:
    """A property that names another thing.

    Args:
        property: dotted wire name, list indexes left out.
        target: token of what it names. by: which of its outputs, `id` or `arn`, or several of
            them, `id|selfLink|name`, or its id as a template of the inputs and `{value}`.
        refusal: what the cloud says when that does not exist; None: it does not look.
    """

    property: str
    target: str
    by: str
    refusal: Refusal | None


@dataclass(frozen=True)
class Tie:
    """What a delete of the type means for those who refer to it.

    Args:
        object: their type. via: the property that refers; empty for any.
        refusal: the delete is refused; None: the object goes, too.
    """

    object: str
    via: str
    refusal: Refusal | None = None


@dataclass
class TypeFacts:
    """All facts about one resource type; dotted wire names, list indexes left out.

    Args:
        create_s, update_s, delete_s: typical duration.
        replace: property -> `always`, `on_add_or_remove`, `if:<condition>`.
        fixed: property -> refusal of an update that changes it.
        name: the property with the physical name; empty if there is none.
        auto: how it is generated when not given, see `names.Naming`; empty: it is not.
        enums, patterns: allowed values.
        defaults: what the provider or the cloud puts where nothing is given.
        computed: output -> template. ruled: outputs that rules in code make.
        sets: lists without order. documents: JSON text.
        taken: refusal of a name that exists, in all regions where `taken_globally`.
        taken_id: refusal of an id that exists; it holds the place and the name.
        blocks, cascades: what a delete means for those who refer to it.
        refusals: by what is in the way and is no type of its own (`images`), for rules in code.
    """

    create_s: float = 0.0
    update_s: float = 0.0
    delete_s: float = 0.0
    replace: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Refusal] = field(default_factory=dict)
    name: str = ""
    auto: str = ""
    name_max: int = 0
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)
    ruled: list[str] = field(default_factory=list)
    sets: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    taken: Refusal | None = None
    taken_globally: bool = False
    taken_id: Refusal | None = None
    references: list[Reference] = field(default_factory=list)
    blocks: list[Tie] = field(default_factory=list)
    cascades: list[Tie] = field(default_factory=list)
    refusals: dict[str, Refusal] = field(default_factory=dict)


def rows(file: Path) -> Iterator[dict[str, str]]:
    """The rows of a data file, in its order."""
    with file.open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def spread(folder: Path) -> Iterator[dict[str, str]]:
    """The rows of facts.csv; one of `*` once for each type that has the property.

    Where the fact is about an input, it counts for types that take it, else for those that show it.
    An `enum` of the values that the SDK knows comes once for each of its properties, with them.
    """
    shapes = schema.load(folder / "schema.json")
    for row in rows(folder / "facts.csv"):
        if row["fact"] == "enum" and row["value"] == KNOWN:
            for name in row["property"].split("|"):
                values = "|".join(shapes.known(row["type"], name))
                yield {**row, "property": name, "value": values}
        elif row["type"] != EVERY:
            yield row
        else:
            way = "output" if row["fact"] == "computed" else "input"
            for type in shapes.types:
                if way in (shapes.properties(type) or {}).get(row["property"], {}):
                    yield {**row, "type": type}


@cache
def load(folder: Path) -> Mapping[str, TypeFacts]:
    """All facts of a cloud's data folder by type token, read once."""
    table = of_cloud(folder.parent.name)
    found = {row.type: TypeFacts(row.create_s, row.update_s, row.delete_s) for row in table}
    for row in spread(folder):
        _take(found[row["type"]], row)
    for type_row in table:
        _derive(found[type_row.type], type_row, schema.load(folder / "schema.json"))
    for row in rows(folder / "references.csv"):
        refusal = Refusal.parse(row["error_text"]) if row["error_text"] else None
        if row["confidence"] in MUST:
            reference = Reference(row["property"], row["target"], row["by"], refusal)
            found[row["type"]].references.append(reference)
    for row in rows(folder / "dependencies.csv"):
        _depend(found, row)
    return found


def _derive(facts: TypeFacts, row: TypeRow, shapes: schema.Schema) -> None:
    """What follows from the id: a resource with another one is another resource."""
    properties = shapes.properties(row.type) or {}
    if row.own.get("version"):  # of a REST API, which shows itself and the type, a part of the path
        path = row.own["id"].replace("$subscription", "${account}")
        facts.computed.setdefault("id", re.sub(r"\$\{?(\w+)\}?", r"{\1}", path))
        facts.computed.setdefault("type", rest_type(row.own["id"]))
        facts.computed.setdefault("azureApiVersion", row.own["version"])
    parts = _PART.findall(facts.computed.get("id", row.own["id"]))
    for name in sorted({*parts, facts.name, f"{facts.name}Prefix"}):
        if "input" in properties.get(name, {}):
            facts.replace.setdefault(name, "always")


def _take(facts: TypeFacts, row: Mapping[str, str]) -> None:
    """One row of facts.csv."""
    name, value = row["property"], row["value"]
    match row["fact"]:
        case "replace":
            facts.replace[name] = value
        case "name":
            facts.name, facts.auto = name, value if value.startswith("auto") else ""
        case "fixed" if row["confidence"] in MUST:
            facts.fixed[name] = Refusal.parse(value)
        case "name_max":
            facts.name_max = int(value)
        case "name_pattern" | "pattern" if row["confidence"] in MUST:
            facts.patterns[name] = re.compile(value).pattern
        case "enum" if row["confidence"] in MUST:
            facts.enums[name] = tuple(value.split("|"))
        case "default":
            facts.defaults[name] = json.loads(value)
        case "computed" if value == "by rule":
            facts.ruled.append(name)
        case "computed":
            facts.computed[name] = value
        case "set":
            facts.sets.add(name)
        case "document":
            facts.documents.add(name)
        case "taken" | "taken_globally":
            facts.taken = Refusal.parse(value)
            facts.taken_globally = row["fact"] == "taken_globally"
        case "taken_id":
            facts.taken_id = Refusal.parse(value)


def _depend(found: Mapping[str, TypeFacts], row: Mapping[str, str]) -> None:
    """One row of dependencies.csv."""
    subject, other = found.get(row["subject"]), row["object"]
    if subject is None or row["confidence"] not in MUST:
        return
    refusal = Refusal.parse(row["error_text"], float(row["retry_s"] or 0))
    if ":" not in other:
        if row["error_text"]:
            subject.refusals[other] = refusal
    elif row["kind"] == "blocks":
        subject.blocks.append(Tie(other, row["via"], refusal))
    elif row["kind"] == "cascades":
        subject.cascades.append(Tie(other, row["via"]))
