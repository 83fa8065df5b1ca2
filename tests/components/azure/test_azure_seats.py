"""Seats come and go without touching each other; machines are made anew only when they must be."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import machine
from tests.components.azure.azure_account import committed, loaded, rebuilt, variant
from tests.components.render import Rendered

KEY = loaded().azure.ssh_keys[0]
MACHINE = "azure-course-notebook-shared"
GPU, CPU = machine("azure", "gpu-small"), machine("azure", "cpu-small")
OWN = {
    "vm": ("home", "address", "interface", "power", "daily"),
    "managed": (),
}


def shape(rendered: Rendered) -> dict[str, Any]:
    """Everything but order and place of declaration."""
    return {
        r.urn: (r.inputs, r.parent, r.dependencies, r.property_dependencies, r.options)
        for r in rendered.resources.values()
    }


@pytest.mark.parametrize("kind", ["vm", "managed"])
@pytest.mark.parametrize("gone", ["ana", "cy"])
def test_removing_a_seat_leaves_everything_else_as_it_is(gone: str, kind: str) -> None:
    seats = ("ana", "bo", "cy")
    before = shape(variant(seats=seats, kind=kind))
    after = shape(variant(seats=tuple(s for s in seats if s != gone), kind=kind))
    removed = {urn.split("::")[-1] for urn in before.keys() - after.keys()}
    name = f"azure-course-notebook-{gone}"
    assert removed == {name, *(f"{name}-{what}" for what in OWN[kind])}
    assert after == {urn: before[urn] for urn in after}


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_order_of_the_seats_means_nothing(kind: str) -> None:
    one, other = (variant(seats=seats, kind=kind) for seats in (("ana", "bo"), ("bo", "ana")))
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"notebook": CPU}, {"notebook": GPU}, id="a GPU without drivers"),
        pytest.param({"files": False}, {"files": True}, id="files that it was not told to mount"),
        pytest.param({"files": True}, {"files": False}, id="files that are gone"),
    ],
)
def test_a_machine_that_cannot_become_what_is_asked_is_made_anew(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    before, after = {"keep": False, **before}, {"keep": False, **after}
    assert MACHINE in rebuilt(before, after)
    assert f"{MACHINE}-home" not in rebuilt(before, after)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"notebook": machine("azure", "gpu-large")}, id="another GPU"),
        pytest.param({"idle_minutes": 30, "max_hours": 3}, id="limits"),
        pytest.param({"image": "ubuntu", "ssh_keys": (KEY, KEY)}, id="what Azure cannot change"),
        pytest.param({"disk_gb": 500, "home_gb": 500, "max_nodes": 9}, id="larger disks"),
    ],
)
def test_a_machine_that_can_stay_stays(after: dict[str, Any]) -> None:
    assert rebuilt({}, after) == []


def test_trap_name_disk_and_interface_serve_one_machine_at_a_time() -> None:
    box = committed().one("compute:VirtualMachine")
    assert box.options["deleteBeforeReplace"] is True
    assert box.options["ignoreChanges"] == [
        *("osProfile", "storageProfile.imageReference", "securityProfile")
    ]
