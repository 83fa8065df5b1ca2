"""What follows from ids and what counts for every type is told once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components.resource_types import ROWS, TypeRow
from mllab.clouds.registry import CLOUDS
from mllab.simulated import facts, schema

FOLDERS = {cloud: Path(facts.__file__).parent / cloud / "data" for cloud in CLOUDS}
every_cloud = pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
SIMULATED = {type: row for type, row in ROWS.items() if row.cloud in FOLDERS}
every_row = pytest.mark.parametrize("row", SIMULATED.values(), ids=SIMULATED)


def of(row: TypeRow) -> facts.TypeFacts:
    return facts.load(FOLDERS[row.cloud])[row.type]


def inputs(folder: Path, type: str) -> set[str]:
    properties = schema.load(folder / "schema.json").properties(type) or {}
    return {name for name, node in properties.items() if "input" in node}


def parts(row: TypeRow) -> set[str]:
    """Inputs in the id, and the physical name."""
    known = of(row)
    template = known.computed.get("id") or row.own["id"]
    named = {*re.findall(r"[{$](\w+)", template), known.name, f"{known.name}Prefix"}
    return named & inputs(FOLDERS[row.cloud], row.type)


@every_row
def test_another_id_is_another_resource(row: TypeRow) -> None:
    for name in parts(row) - of(row).fixed.keys():
        rule = of(row).replace[name]
        assert rule == "always" or rule.startswith("never ("), name


@every_cloud
def test_no_row_restates_what_follows(folder: Path) -> None:
    for row in facts.rows(folder / "facts.csv"):
        if row["fact"] == "replace" and row["value"] == "always" and row["type"] != facts.EVERY:
            assert row["property"] not in parts(ROWS[row["type"]]), row


@every_cloud
def test_a_row_for_every_type_counts_where_the_property_is(folder: Path) -> None:
    everywhere = [r for r in facts.rows(folder / "facts.csv") if r["type"] == facts.EVERY]
    assert everywhere
    for row in everywhere:
        told = {
            each["type"]
            for each in facts.spread(folder)
            if (each["property"], each["fact"]) == (row["property"], row["fact"])
        }
        assert len(told) > 2, "for fewer it is no rule"
        for type in schema.load(folder / "schema.json").types:
            node = (schema.load(folder / "schema.json").properties(type) or {}).get(
                row["property"], {}
            )
            way = "output" if row["fact"] == "computed" else "input"
            assert (type in told) == (way in node), (type, row)


def test_a_rule_for_every_type_is_carried_out() -> None:
    aws = facts.load(FOLDERS["aws"])
    assert aws["aws:ec2/vpc:Vpc"].replace["region"] == "always"
    assert "region" not in aws["aws:iam/role:Role"].replace, "it takes no region"
    gcp = facts.load(FOLDERS["gcp"])
    assert gcp["gcp:storage/bucket:Bucket"].defaults["deletionPolicy"] == "DELETE"


def test_ids_in_azure_are_paths_and_tell_the_type() -> None:
    disk = facts.load(FOLDERS["azure"])["azure-native:compute:Disk"]
    assert disk.computed["id"] == (
        "/subscriptions/{account}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Compute/disks/{diskName}"
    )
    assert disk.computed["type"] == "Microsoft.Compute/disks"
    assert disk.computed["azureApiVersion"] == ROWS["azure-native:compute:Disk"].own["version"]
    assert disk.replace["resourceGroupName"] == disk.replace["diskName"] == "always"


def test_a_label_is_no_name() -> None:
    budget = facts.load(FOLDERS["gcp"])["gcp:billing/budget:Budget"]
    assert budget.replace["displayName"].startswith("never")
    assert budget.replace["billingAccount"] == "always"
