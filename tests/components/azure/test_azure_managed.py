"""A managed notebook is a compute instance that stops by itself in two ways."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from components.catalog import machine
from mllab.engines.contract import Resource
from tests.components.azure.azure_account import GROUP, GROUP_ID, committed, refusal, variant
from tests.components.render import Rendered

COMPUTE = "machinelearningservices:Compute"


def managed(name: str = "azure-course", **changes: Any) -> Rendered:
    return variant(name, kind="managed", **changes)


def instances(rendered: Rendered) -> list[Resource]:
    return [each for each in rendered.of(COMPUTE) if "-notebook-" in each.name]


def test_every_seat_is_an_instance_in_the_clusters_workspace() -> None:
    rendered = managed(seats=("ana", "bo"), notebook=machine("azure", "gpu-small", "managed"))
    workspace = rendered.one("machinelearningservices:Workspace").inputs["workspaceName"]
    found = instances(rendered)
    assert [each.name for each in found] == [f"azure-course-notebook-{s}" for s in ("ana", "bo")]
    for each in found:
        assert each.inputs["workspaceName"] == workspace
        assert each.inputs["resourceGroupName"] == GROUP
        assert each.inputs["properties"]["computeType"] == "ComputeInstance"
        properties = each.inputs["properties"]["properties"]
        assert properties["vmSize"] == "Standard_NC4as_T4_v3"
        assert properties["sshSettings"] == {"sshPublicAccess": "Disabled"}
        assert properties["applicationSharingPolicy"] == "Personal"
        assert properties["computeInstanceAuthorizationType"] == "personal"
    assert not rendered.of("compute:VirtualMachine")
    assert not rendered.of("compute:Disk")


def test_trap_idle_shutdown_fails_so_there_must_be_a_daily_stop_as_well() -> None:
    (found,) = instances(managed(idle_minutes=45, stop_at=time(20, 5)))
    assert found.inputs["properties"]["properties"]["idleTimeBeforeShutdown"] == "PT45M"
    assert refusal(managed, stop_at=None) == (
        "mllab:notebook.kind managed needs mllab:notebook.stop_at on Azure, because the idle"
        " shutdown of a compute instance alone is known to fail"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"idle_minutes": 90},
        {"stop_at": time(22)},
        {"lab": {"time_zone": "Asia/Tokyo"}},
        {"lab": {"ends": date(2027, 2, 12), "owner": "other@example.edu"}},
    ],
)
def test_trap_other_limits_and_tags_would_take_the_instance_with_all_that_is_on_it(
    changed: dict[str, Any],
) -> None:
    """What differs is ignored, or is none of the instance's."""
    (before,), (after,) = instances(managed()), instances(managed(**changed))
    ignored = before.options["ignoreChanges"]
    properties = "properties.properties"
    assert ignored == [
        f"{properties}.idleTimeBeforeShutdown",
        f"{properties}.setupScripts",  # see test_rebuild.py
        "tags",
    ]

    def counts(each: Resource) -> dict[str, Any]:
        inner = dict(each.inputs["properties"]["properties"])
        del inner["idleTimeBeforeShutdown"]
        properties = {**each.inputs["properties"], "properties": inner}
        return {**each.inputs, "properties": properties, "tags": None}

    assert counts(before) == counts(after)


def test_trap_an_identity_with_few_rights_keeps_an_instance_awake() -> None:
    assert not [each for each in instances(managed()) if "identity" in each.inputs]


def test_trap_an_instance_cannot_be_changed_so_it_is_replaced_and_the_old_one_goes_first() -> None:
    for each in instances(managed()):
        assert each.options["replaceOnChanges"] == ["properties"]
        assert each.options["deleteBeforeReplace"] is True


def test_trap_names_of_instances_are_taken_in_the_whole_region() -> None:
    seats = ("ana", "bo", "s" * 20)
    found = instances(managed(seats=seats, lab={"name": "a" * 30}))
    names = {each.inputs["computeName"] for each in found}
    assert len(names) == len(seats)
    for name in names:
        assert 3 <= len(name) <= 24
        assert name[0].isalpha()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    (one,) = instances(managed(seats=("ana",)))
    (other,) = instances(managed("azure-tiny", seats=("ana",), files=True))
    assert one.inputs["computeName"] != other.inputs["computeName"]


def test_trap_an_instance_mounts_its_notebooks_with_the_key() -> None:
    assert refusal(managed, files=False) == (
        "mllab:notebook.kind managed needs mllab:storage.files: true on Azure, because a compute"
        " instance mounts its notebooks with the storage account's key"
    )


@pytest.mark.parametrize("minutes", [14, 4321])
def test_refuses_an_idle_time_that_azure_does_not_take(minutes: int) -> None:
    assert refusal(managed, idle_minutes=minutes) == (
        f"mllab:notebook.idle_minutes is {minutes}; a compute instance takes 15 to 4320"
    )


def test_workspace_and_cluster_are_the_same_with_both_kinds() -> None:
    def shared(rendered: Rendered) -> dict[str, Any]:
        return {r.urn: r.inputs for r in rendered.custom() if "-notebook-" not in r.name}

    assert shared(managed()) == shared(committed())


def test_seats_tell_what_to_type() -> None:
    rendered = managed()
    (seat,) = rendered.registered["mllab:azure:ManagedNotebook"]["seats"].values()
    assert seat["id"] == f"{GROUP_ID}/azure-course-notebook-shared"
    assert seat.keys() == {"id", "connect", "token", "start", "stop"}
