"""The data of the simulated AWS are true to the installed SDK, complete, and true to each other."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components import catalog, holdings, regions
from mllab.simulated import facts, introspect, names
from mllab.simulated.aws import places
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.functions import FUNCTIONS

DATA = places.DATA
SCHEMA = json.loads((DATA / "schema.json").read_text(encoding="utf-8"))
TYPES = sorted(SCHEMA["resources"])
CONFIDENCE = {"high", "medium", "low"}
REPLACE = re.compile(r"always|never\b.*|on_add_or_remove|if:.+|rejected:.+")
PLACEHOLDERS = {"account", "region", "id"}


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FACTS = table("facts.csv")


def of(fact: str) -> list[dict[str, str]]:
    return [row for row in FACTS if row["fact"] == fact]


def nodes(type: str, path: str) -> list[dict[str, Any]]:
    """The schema's nodes along a dotted path; a ValueError names the first missing part."""
    if path == "id":
        return [{"type": "string", "output": "always"}]
    properties, found = SCHEMA["resources"][type]["properties"], []
    for part in path.split("."):
        if part not in properties:
            raise ValueError(part)
        found.append(properties[part])
        node = properties[part]
        while node["type"] in ("array", "map"):
            node = node["items"]
        properties = node.get("properties", {})
    return found


def test_schema_is_what_the_installed_sdk_gives() -> None:
    fresh = introspect.as_json(introspect.describe(facts.tokens(DATA)))
    assert (DATA / "schema.json").read_text(encoding="utf-8") == fresh


@pytest.mark.parametrize("file", sorted(path.name for path in DATA.glob("*.csv")))
def test_every_row_is_whole_and_names_its_source(file: str) -> None:
    for line, row in enumerate(table(file), start=2):
        assert None not in row, f"{file}:{line} has too many columns"
        assert all(value is not None for value in row.values()), f"{file}:{line} lacks columns"
        assert row["source"].strip(), f"{file}:{line} names no source"
        assert row.get("confidence", "high") in CONFIDENCE, f"{file}:{line}"


def test_no_fact_is_given_twice() -> None:
    seen = Counter((row["type"], row["property"], row["fact"]) for row in FACTS)
    assert not [key for key, times in seen.items() if times > 1]


def test_every_fact_is_about_a_known_type_and_property() -> None:
    for row in FACTS:
        assert nodes(row["type"], row["property"]), row


def test_replace_facts_have_a_known_form_and_every_condition_a_function() -> None:
    for row in of("replace"):
        assert REPLACE.fullmatch(row["value"]), row
        kind, _, condition = row["value"].partition(":")
        if kind == "if":
            assert condition in SimulatedAws.kinds[row["type"]].conditions, row


def test_every_condition_stands_in_the_data() -> None:
    told = {(row["type"], row["value"].removeprefix("if:")) for row in of("replace")}
    for token, kind in SimulatedAws.kinds.items():
        assert all((token, condition) in told for condition in kind.conditions), token


def test_names_and_patterns_can_be_applied() -> None:
    for row in of("name_pattern") + of("pattern"):
        re.compile(row["value"])
    for row in of("name_max"):
        assert int(row["value"]) > 0
    for row in of("name"):
        assert "input" in nodes(row["type"], row["property"])[-1]


def test_defaults_have_the_type_of_their_property() -> None:
    python = {
        "string": str,
        "document": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "map": dict,
        "object": dict,
    }
    for row in of("default"):
        value = json.loads(row["value"])
        node = nodes(row["type"], row["property"])[-1]
        assert "input" in node, row
        assert value is None or isinstance(value, python[node["type"]]), row


def test_sets_are_lists_and_documents_are_texts() -> None:
    assert all(nodes(r["type"], r["property"])[-1]["type"] == "array" for r in of("set"))
    kinds = {nodes(r["type"], r["property"])[-1]["type"] for r in of("document")}
    assert kinds <= {"string", "document"}


@pytest.mark.parametrize("type", TYPES)
def test_every_output_that_is_always_there_is_made(type: str) -> None:
    known = facts.load(DATA)[type]
    made = {*known.defaults, *known.computed, *known.ruled, "region", "tagsAll"}
    if known.auto:
        made.add(known.name)
    for name, node in SCHEMA["resources"][type]["properties"].items():
        if node.get("output") == "always" and node.get("input") != "required":
            assert name in made, f"{type}: nothing says how {name} is made"
    assert "id" in {*known.computed, *known.ruled}


def parts(template: str) -> Iterator[str]:
    for part in re.findall(r"\{([^{}]*)\}", template):
        if not names.is_random(f"{{{part}}}"):
            yield part


@pytest.mark.parametrize("type", TYPES)
def test_templates_name_what_exists(type: str) -> None:
    properties = SCHEMA["resources"][type]["properties"]
    for name, template in facts.load(DATA)[type].computed.items():
        assert all(p in properties or p in PLACEHOLDERS for p in parts(template)), (name, template)


def test_references_name_known_types_and_properties() -> None:
    for row in table("references.csv"):
        assert nodes(row["type"], row["property"]), row
        introspect.resource_class(row["target"])
        assert row["by"] in ("id", "arn"), row
        assert not row["error_text"] or re.match(r"^[\w.]+: .", row["error_text"]), row
        known = set(re.findall(r"\{(\w+)\}", row["error_text"]))
        assert known <= {"value", "account"}, row


def test_dependencies_name_known_types() -> None:
    for row in table("dependencies.csv"):
        assert row["kind"] in {"blocks", "cascades", "implicit_child", "soft_delete"}, row
        assert row["subject"] in TYPES, row
        if ":" in row["object"] and " " not in row["object"]:
            introspect.resource_class(row["object"])
        assert (row["kind"] != "blocks") or re.match(r"^\w+( \(\d+\))?: .", row["error_text"]), row
        if row["via"]:
            assert nodes(row["object"], row["via"]), row


def test_ties_need_a_reference_to_be_seen() -> None:
    """A block or cascade on a type that never refers to the subject could not work."""
    told = {(row["type"], row["target"]) for row in table("references.csv")}
    told |= {("aws:ec2/networkInterface:NetworkInterface", subject) for subject in TYPES}
    for row in table("dependencies.csv"):
        if row["kind"] in ("blocks", "cascades") and row["object"].count(":") == 2:
            assert (row["object"], row["subject"]) in told, row


def test_types_and_rules_agree() -> None:
    assert set(SimulatedAws.kinds) <= set(TYPES)
    assert set(FUNCTIONS) == set(SCHEMA["functions"])
    held = {kind for kind in holdings.HOLDS_DATA if kind.startswith("aws:")}
    assert held <= set(TYPES)


def test_machine_types_agree_with_the_catalogue_of_the_components() -> None:
    offered = {name: catalog.machine("aws", name) for name in catalog.types("aws")}
    assert offered.keys() <= places.machines().keys()
    for name, machine in offered.items():
        there = places.machines()[name]
        assert there.vcpus == machine.vcpus
        assert there.memory_mib == machine.memory_gib * 1024
        assert (there.gpu, there.gpus) == (machine.gpu, machine.gpus)
        assert (there.quota, there.spot_quota) == (machine.quota, machine.spot_quota)


def test_machine_types_count_against_known_quotas() -> None:
    for machine in places.machines().values():
        assert {machine.quota, machine.spot_quota} <= places.quotas().keys()


def test_zones_and_offerings_agree() -> None:
    assert places.regions().keys() <= regions.AWS.keys()
    for region, zones in places.regions().items():
        assert all(zone.startswith(region) for zone in zones)
        assert len(set(zones.values())) == len(zones)
    patterns = {row["type"] for row in table("offerings.csv")}
    for row in table("offerings.csv"):
        assert set(row["zone_ids"].split()) <= set(places.zones(row["region"]).values()), row
    assert all(any(Path(m).match(p) for p in patterns) for m in places.machines())


def test_a_new_account_has_no_gpu() -> None:
    assert places.quotas()["L-DB2E81BA"].default == 0
    assert places.quotas()["L-417A185B"].default == 0
    assert places.quotas()["L-F678F1CE"].default == 5


def test_images_fit_the_machines() -> None:
    architectures = {machine.architecture for machine in places.machines().values()}
    assert {image.architecture for image in places.images()} <= architectures
    ids = {image.id("us-east-1") for image in places.images()}
    assert all(re.fullmatch(r"ami-[0-9a-f]{17}", id) for id in ids)
