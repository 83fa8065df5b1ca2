"""The data of the simulated Google Cloud are true to the installed SDK, whole, and agree."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from components import catalog, regions
from mllab.clouds.gcp import GCP
from mllab.simulated import facts, introspect, names
from mllab.simulated.gcp import places
from mllab.simulated.gcp.cloud import SimulatedGcp
from mllab.simulated.gcp.functions import FUNCTIONS, PUBLISHED
from tests.simulated.gcp.project import Project
from tests.simulated.samples import samples

DATA = places.DATA
SCHEMA = json.loads((DATA / "schema.json").read_text(encoding="utf-8"))
TYPES = sorted(SCHEMA["resources"])
CONFIDENCE = {"high", "medium", "low"}
REPLACE = re.compile(r"always|never\b.*|on_add_or_remove|if:.+|rejected:.+")
BASE = {"project", "region", "zone", "location", "projectNumber", "effectiveLabels", "pulumiLabels"}


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FACTS = list(facts.spread(DATA))


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
    fresh = introspect.text_of("gcp")
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
            assert condition in SimulatedGcp.kinds[row["type"]].conditions, row


def test_every_condition_stands_in_the_data() -> None:
    told = {(row["type"], row["value"].removeprefix("if:")) for row in of("replace")}
    for token, kind in SimulatedGcp.kinds.items():
        assert all((token, condition) in told for condition in kind.conditions), token


def test_names_and_patterns_can_be_applied() -> None:
    for row in of("name_pattern"):
        re.compile(row["value"])
    for row in of("name_max"):
        assert int(row["value"]) > 0
    for row in of("name"):
        assert "input" in nodes(row["type"], row["property"])[-1]


def test_defaults_have_the_type_of_their_property() -> None:
    python = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "map": dict,
        "object": dict,
    }
    for row in of("default"):
        node = nodes(row["type"], row["property"])[-1]
        assert "input" in node, row
        assert isinstance(json.loads(row["value"]), python[node["type"]]), row


def test_sets_are_lists() -> None:
    assert all(nodes(r["type"], r["property"])[-1]["type"] == "array" for r in of("set"))


@pytest.mark.parametrize("type", TYPES)
def test_every_output_that_is_always_there_is_made(type: str) -> None:
    known = facts.load(DATA)[type]
    made = {*known.defaults, *known.computed, *known.ruled, *BASE}
    if known.auto or SimulatedGcp.kinds[type].names_itself:  # type: ignore[attr-defined]
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
        known = {*properties, *BASE, "id"}
        assert all(part in known for part in parts(template)), (name, template)


def test_references_name_known_types_and_properties() -> None:
    for row in table("references.csv"):
        assert nodes(row["type"], row["property"]), row
        for name in row["by"].split("|"):
            assert nodes(row["target"], name), row
        assert not row["error_text"] or re.match(r"^[\w.]+: .", row["error_text"]), row
        assert set(re.findall(r"\{(\w+)\}", row["error_text"])) <= {"value", "account"}, row


def test_dependencies_name_known_types() -> None:
    for row in table("dependencies.csv"):
        assert row["kind"] in {"blocks", "cascades", "implicit_child", "soft_delete"}, row
        assert row["subject"] in TYPES, row
        if row["object"].startswith("gcp:"):
            assert row["object"] in TYPES, row
        if row["kind"] == "blocks":
            assert re.match(r"^\w+( \(\d+\))?: .", row["error_text"]), row
        if row["via"]:
            assert nodes(row["object"], row["via"]), row


def test_ties_need_a_reference_to_be_seen() -> None:
    """A block or cascade on a type that never refers to the subject could not work."""
    told = {(row["type"], row["target"]) for row in table("references.csv")}
    for row in table("dependencies.csv"):
        if row["kind"] in ("blocks", "cascades") and row["object"].startswith("gcp:"):
            assert (row["object"], row["subject"]) in told, row


def test_types_and_rules_agree() -> None:
    assert set(SimulatedGcp.kinds) == set(TYPES)
    assert set(FUNCTIONS) == set(SCHEMA["functions"])


def test_every_type_has_a_sample() -> None:
    assert {token for _, token, _ in samples(Project)} == set(TYPES)


def test_every_type_needs_a_known_api() -> None:
    apis = {service for service in places.service_of().values() if service}
    assert apis <= places.services().keys()
    assert {agent.service for agent in places.agents()} <= places.services().keys()
    assert {agent.comes for agent in places.agents()} == {"enable", "identity", "first use"}


def test_machine_types_agree_with_the_catalogue_of_the_components() -> None:
    for use in ("vm", "managed"):
        for name in catalog.types("gcp", use):
            machine = catalog.machine("gcp", name, use)
            there = places.machines()[machine.type]
            assert (there.vcpus, there.memory_gib) == (machine.vcpus, machine.memory_gib), name
            model = places.accelerators().get(machine.accelerator or there.accelerator)
            assert (model.gpu if model else "") == machine.gpu, name
            assert there.attaches or there.gpus == machine.gpus, name
            limits = (model.quota, model.spot_quota) if model else (there.quota, there.spot_quota)
            assert machine.quota == limits[0], name
            assert machine.spot_quota in ("", limits[1]), name


def test_everything_counts_against_known_quotas() -> None:
    for machine in places.machines().values():
        assert {machine.quota, machine.spot_quota} - {""} <= GCP.quotas().keys()
    for model in places.accelerators().values():
        assert {model.quota, model.spot_quota} <= GCP.quotas().keys()
    for use in catalog.USES:
        for name in catalog.types("gcp", use):
            machine_ = catalog.machine("gcp", name, use)
            codes = {machine_.quota, machine_.spot_quota, *(code for code, _ in machine_.totals)}
            assert codes - {""} <= GCP.quotas().keys(), (use, name)


def test_regions_agree_with_those_of_the_components() -> None:
    assert places.regions().keys() == regions.of("gcp").keys()
    for row in table("offerings.csv"):
        letters = {zone.rpartition("-")[2] for zone in places.zones(row["region"])}
        assert set(row["zones"].split()) <= letters, row
    assert {row["accelerator"] for row in table("offerings.csv")} <= places.accelerators().keys()


def test_a_new_project_has_no_gpu() -> None:
    assert GCP.quotas()["GPUS_ALL_REGIONS"].default == 0
    assert GCP.quotas()["custom_model_training_nvidia_t4_gpus"].default == 0


def test_images_have_a_date_and_no_two_the_same_family() -> None:
    assert all(PUBLISHED.search(image.name) for image in places.images())
    families = Counter((image.project, image.family) for image in places.images())
    assert max(families.values()) == 1
    assert all(tier > 0 for tier, _ in places.file_tiers().values())
