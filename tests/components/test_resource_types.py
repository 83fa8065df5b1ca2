"""One row for each type that components declare, and none for what nobody declares."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from typing import Any

import pytest

from components.resource_types import ROWS, of_cloud
from mllab.clouds.registry import CLOUDS, by_hand
from mllab.simulated import schema
from tests.components.azure import azure_account
from tests.components.cloud_labs import ROOT
from tests.components.gcp import gcp_account
from tests.components.twins import declared

SIZES = ("course", "lab", "tiny")  # what a course, a strict lab and the smallest have
ROLES = {"", "budget", "network", "notebook"}
NOBODY = {"aws:iam/policy:Policy", "gcp:projects/serviceIdentity:ServiceIdentity"}
"""What things refer to that components declare: a simulated cloud has them, no lab does."""
SWITCHED: dict[str, list[tuple[Any, Any]]] = {
    "azure": [(azure_account.variant, {"ssh_from": ()})],  # Bastion Developer
    "gcp": [(gcp_account.variant, {"egress": "nat"})],
}
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)
every_row = pytest.mark.parametrize("type", ROWS)
every_simulated_row = pytest.mark.parametrize(
    "type", [row.type for row in ROWS.values() if row.cloud in CLOUDS]
)


@cache
def emitted(cloud: str) -> frozenset[str]:
    """Types of everything that any settings make a component declare."""
    labs = [declared(f"{cloud}-{size}") for size in SIZES]
    labs.append(declared(f"{cloud}-course", "managed"))
    labs += [variant(switches=switches) for variant, switches in SWITCHED.get(cloud, ())]
    return frozenset(r.type for lab in labs for r in lab.custom() if "pulumi:" not in r.type)


@every_cloud
def test_every_declared_type_has_a_row_and_nothing_else_has(cloud: str) -> None:
    assert {row.type for row in of_cloud(cloud)} - NOBODY == emitted(cloud)


@every_cloud
def test_a_table_is_whole_and_in_order(cloud: str) -> None:
    with (ROOT / "components" / cloud / "types.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    types = [row["type"] for row in rows]
    assert types == sorted(set(types)), "each type once, in the order of the alphabet"
    for row in rows:
        assert None not in {*row, *row.values()}, row
        assert row["type"].startswith(f"{CLOUDS[cloud].package}:")


@every_row
def test_a_row_has_durations_with_a_source(type: str) -> None:
    row = ROWS[type]
    assert min(row.create_s, row.update_s, row.delete_s) >= 0
    assert row.create_s > 0
    assert row.source.strip()


@every_simulated_row
def test_paths_in_a_row_are_those_of_its_type(type: str) -> None:
    row = ROWS[type]
    known = schema.load(ROOT / "mllab" / "simulated" / row.cloud / "data" / "schema.json")
    properties = known.properties(type)
    assert properties is not None
    if row.power not in ("", "unknown"):
        assert "output" in properties[row.power.split(".")[0]]
    path, given, _ = row.by_hand.partition("=")
    assert not given or "input" in properties[path]


@every_simulated_row
def test_data_is_deleted_by_the_switch_that_the_provider_has(type: str) -> None:
    row = ROWS[type]
    known = schema.load(ROOT / "mllab" / "simulated" / row.cloud / "data" / "schema.json")
    switches = {"forceDestroy", "forceDelete"} & (known.properties(type) or {}).keys()
    assert {row.emptied_by} - {""} == (switches if row.holds else set())


@every_cloud
def test_a_rehearsal_knows_what_to_do_by_hand(cloud: str) -> None:
    marks = by_hand(cloud)
    assert marks.opened != marks.removed
    assert {marks.opened, marks.removed} <= emitted(cloud)
    assert Counter(bool(row.by_hand) for row in of_cloud(cloud))[True] == 2


@every_cloud
def test_every_type_is_found_in_an_account_or_is_a_setting(cloud: str) -> None:
    """Whatever was interrupted can be looked for; a setting is made again."""
    for row in of_cloud(cloud):
        if row.type not in NOBODY:
            assert bool(row.own["id"]) != row.setting, row.type


def test_every_role_in_a_row_is_one_of_a_lab() -> None:
    assert {row.own.get("role", "") for row in ROWS.values()} == ROLES
