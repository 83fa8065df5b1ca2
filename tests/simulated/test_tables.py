"""The data of every simulated cloud are true to its SDK, complete, and true to each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from mllab.simulated import facts, introspect, names
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.gcp.cloud import SimulatedGcp
from tests.simulated.tables import Tables

CLOUDS: dict[str, type[SimulatedAccount]] = {
    "aws": SimulatedAws,
    "azure": SimulatedAzure,
    "gcp": SimulatedGcp,
}
TABLES = {name: Tables(cloud.data) for name, cloud in CLOUDS.items()}
TYPES = [(name, type) for name, tables in TABLES.items() for type in tables.types]
FILES = [(n, f.name) for n, t in TABLES.items() for f in sorted(t.folder.glob("*.csv"))]
CONFIDENCE = {"high", "medium", "low"}
REPLACE = re.compile(r"always|never\b.*|on_add_or_remove|if:.+|rejected:.+")
GCP = {"project", "region", "zone", "location", "projectNumber", "effectiveLabels", "pulumiLabels"}
PLACEHOLDERS = {
    "aws": {"account", "region", "id"},
    "azure": {"account", "region", "id"},
    "gcp": {*GCP, "id"},
}
"""What templates may name besides properties."""
EVERYWHERE = {
    "aws": {"region", "tagsAll", "location"},
    "azure": {"region", "tagsAll", "location"},
    "gcp": GCP,
}
"""Outputs that are made alike for all types."""
REFERRED = {"id", "arn"}
BY_RULE = {
    ("aws:ec2/networkInterface:NetworkInterface", "aws:ec2/subnet:Subnet"),
    ("aws:ec2/networkInterface:NetworkInterface", "aws:ec2/securityGroup:SecurityGroup"),
}
"""References that rules make, of types that no program declares."""


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> type[SimulatedAccount]:
    return CLOUDS[request.param]


@pytest.fixture
def tables(cloud: type[SimulatedAccount]) -> Tables:
    return next(tables for name, tables in TABLES.items() if CLOUDS[name] is cloud)


def test_schema_is_what_the_installed_sdk_gives(tables: Tables) -> None:
    fresh = introspect.text_of(tables.folder.parent.name)
    assert (tables.folder / "schema.json").read_text(encoding="utf-8") == fresh


@pytest.mark.parametrize(("name", "file"), FILES)
def test_every_row_is_whole_and_names_its_source(name: str, file: str) -> None:
    for line, row in enumerate(TABLES[name].table(file), start=2):
        assert None not in row, f"{file}:{line} has too many columns"
        assert all(value is not None for value in row.values()), f"{file}:{line} lacks columns"
        assert row["source"].strip(), f"{file}:{line} names no source"
        assert row.get("confidence", "high") in CONFIDENCE, f"{file}:{line}"


def test_no_fact_is_given_twice(tables: Tables) -> None:
    seen = Counter((row["type"], row["property"], row["fact"]) for row in tables.facts)
    assert not [key for key, times in seen.items() if times > 1]


def test_every_fact_is_about_a_known_type_and_property(tables: Tables) -> None:
    for row in tables.facts:
        assert tables.nodes(row["type"], row["property"]), row


def test_no_enumeration_repeats_the_sdk(tables: Tables) -> None:
    for row in tables.table("facts.csv"):
        if row["fact"] == "enum" and row["value"] != facts.KNOWN and row["type"] != facts.EVERY:
            known = tables.nodes(row["type"], row["property"])[-1].get("known", [])
            assert sorted(row["value"].split("|")) != sorted(known), row


def test_replace_facts_have_a_known_form_and_every_condition_a_function(
    cloud: type[SimulatedAccount], tables: Tables
) -> None:
    for row in tables.of("replace"):
        assert REPLACE.fullmatch(row["value"]), row
        kind, _, condition = row["value"].partition(":")
        if kind == "if":
            assert condition in cloud.kinds[row["type"]].conditions, row


def test_every_condition_stands_in_the_data(cloud: type[SimulatedAccount], tables: Tables) -> None:
    told = {(row["type"], row["value"].removeprefix("if:")) for row in tables.of("replace")}
    for token, kind in cloud.kinds.items():
        assert all((token, condition) in told for condition in kind.conditions), token


def test_nothing_is_both_fixed_and_replaced(tables: Tables) -> None:
    replaced = {(row["type"], row["property"]) for row in tables.of("replace")}
    for row in tables.of("fixed"):
        assert re.match(r"^\w+( \(\d+\))?: .", row["value"]), row
        assert set(re.findall(r"\{(\w+)\}", row["value"])) <= {"property", "name", "old", "new"}
        assert (row["type"], row["property"]) not in replaced, row


def test_names_and_patterns_can_be_applied(tables: Tables) -> None:
    for row in tables.of("name_pattern") + tables.of("pattern"):
        re.compile(row["value"])
    for row in tables.of("name_max"):
        assert int(row["value"]) > 0
    for row in tables.of("name"):
        assert "input" in tables.nodes(row["type"], row["property"])[-1]


def test_defaults_have_the_type_of_their_property(tables: Tables) -> None:
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
    for row in tables.of("default"):
        value = json.loads(row["value"])
        node = tables.nodes(row["type"], row["property"])[-1]
        assert "input" in node, row
        empty = value is None and tables.cloud != "gcp"
        assert empty or isinstance(value, python[node["type"]]), row


def test_sets_are_lists_and_documents_are_texts(tables: Tables) -> None:
    nodes = tables.nodes
    assert all(nodes(r["type"], r["property"])[-1]["type"] == "array" for r in tables.of("set"))
    kinds = {nodes(r["type"], r["property"])[-1]["type"] for r in tables.of("document")}
    assert kinds <= {"string", "document"}


@pytest.mark.parametrize(("name", "type"), TYPES)
def test_every_output_that_is_always_there_is_made(name: str, type: str) -> None:
    """Or a row says why the cloud leaves it out."""
    tables = TABLES[name]
    known = facts.load(tables.folder)[type]
    made = {*known.defaults, *known.computed, *known.ruled, *EVERYWHERE[name]}
    made |= {row["property"] for row in tables.of("absent") if row["type"] == type}
    if known.auto or getattr(CLOUDS[name].kinds.get(type), "names_itself", False):
        made.add(known.name)
    for output, node in tables.schema["resources"][type]["properties"].items():
        given = node.get("input") == "required"
        if name != "gcp":
            given |= "default" in node or output == known.name
        if node.get("output") == "always" and not given:
            assert output in made, f"{type}: nothing says how {output} is made"
    assert "id" in {*known.computed, *known.ruled}


def parts(template: str) -> Iterator[str]:
    for part in re.findall(r"\{([^{}]*)\}", template):
        if not names.is_random(f"{{{part}}}"):
            yield part


@pytest.mark.parametrize(("name", "type"), TYPES)
def test_templates_name_what_exists(name: str, type: str) -> None:
    properties = TABLES[name].schema["resources"][type]["properties"]
    for output, template in facts.load(TABLES[name].folder)[type].computed.items():
        known = {*properties, *PLACEHOLDERS[name]}
        assert set(parts(template)) <= known, (output, template)
        assert output == "id" or "output" in properties[output], (output, template)


def test_references_name_known_types_and_properties(tables: Tables) -> None:
    for row in tables.table("references.csv"):
        assert tables.nodes(row["type"], row["property"]), row
        if tables.cloud == "gcp":
            assert all(tables.nodes(row["target"], by) for by in row["by"].split("|")), row
        else:
            introspect.resource_class(row["target"])
            known = {*tables.schema["resources"][row["type"]]["properties"], "value", "account"}
            assert row["by"] in REFERRED or set(parts(row["by"])) <= known, row
        assert not row["error_text"] or re.match(r"^[\w.]+( \(\d+\))?: .", row["error_text"]), row
        assert set(re.findall(r"\{(\w+)\}", row["error_text"])) <= {"value", "account"}, row


def test_dependencies_name_known_types(tables: Tables) -> None:
    for row in tables.table("dependencies.csv"):
        assert row["kind"] in {"blocks", "cascades", "implicit_child", "soft_delete"}, row
        assert row["subject"] in tables.types, row
        told = row["error_text"]
        if ":" in row["object"] and " " not in row["object"]:
            introspect.resource_class(row["object"])
            assert row["kind"] != "blocks" or told, row
            assert tables.cloud != "gcp" or row["object"] in tables.types, row
        assert tables.cloud != "gcp" or row["kind"] != "blocks" or told, row
        assert not told or re.match(r"^\w+( \(\d+\))?: .", told), row
        if row["via"]:
            assert tables.nodes(row["object"], row["via"]), row


def test_ties_need_a_reference_to_be_seen(tables: Tables) -> None:
    """A block or cascade on a type that never refers to the subject could not work."""
    told = BY_RULE | {(row["type"], row["target"]) for row in tables.table("references.csv")}
    for row in tables.table("dependencies.csv"):
        if row["kind"] in ("blocks", "cascades") and row["object"].count(":") == 2:
            assert (row["object"], row["subject"]) in told, row


def test_types_and_rules_agree(cloud: type[SimulatedAccount], tables: Tables) -> None:
    declared = set(tables.types) if tables.cloud == "gcp" else set(tables.types) & set(cloud.kinds)
    assert set(cloud.kinds) == declared
    assert set(cloud.functions) == set(tables.schema["functions"])
