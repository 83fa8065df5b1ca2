"""What Compute Engine refuses to change in place, and what it follows."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import GPU_FAMILY, PLENTY, Project

STOPS = {"allowStoppingForUpdate": True}


def made(project: Project, type: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A machine, by its id, and its inputs."""
    inputs = {**project.gpu_machine(project.subnet(project.network()), type, **more), **STOPS}
    return project.create(tokens.INSTANCE, inputs).id, inputs


def boot(size: int) -> dict[str, Any]:
    return {"bootDisk": {"initializeParams": {"image": GPU_FAMILY, "size": size, "type": "pd-ssd"}}}


def test_a_system_disk_grows(project: Project) -> None:
    id, inputs = made(project, "g2-standard-4")
    project.update(tokens.INSTANCE, id, {**inputs, **boot(90)})
    (disk,) = project.ids(tokens.DISK)
    assert project.shown(tokens.DISK, disk)["size"] == 90


def test_a_system_disk_cannot_shrink(project: Project) -> None:
    id, inputs = made(project, "g2-standard-4")
    assert project.not_updated(tokens.INSTANCE, id, {**inputs, **boot(59)}) == (
        "invalid: Invalid value for field 'sizeGb': '59'. Disk cannot be made smaller: its"
        " size is 60 GB."
    )
    project.update(tokens.INSTANCE, id, {**inputs, **boot(90)})
    assert "its size is 90 GB" in project.not_updated(tokens.INSTANCE, id, {**inputs, **boot(60)})


def test_a_system_disk_grows_within_the_quota() -> None:
    project = Project(quotas={**PLENTY, "SSD_TOTAL_GB": 100})
    id, inputs = made(project, "g2-standard-4")
    assert "SSD_TOTAL_GB" in project.not_updated(tokens.INSTANCE, id, {**inputs, **boot(101)})
    project.update(tokens.INSTANCE, id, {**inputs, **boot(100)})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("g2-standard-4", "a2-highgpu-1g"),
        ("a2-highgpu-1g", "a2-ultragpu-1g"),
        ("a2-ultragpu-1g", "e2-standard-4"),
        ("e2-standard-4", "g2-standard-4"),
    ],
)
def test_gpus_that_come_with_a_machine_type_cannot_become_others(
    before: str, after: str, project: Project
) -> None:
    id, inputs = made(project, before)
    words = project.not_updated(tokens.INSTANCE, id, {**inputs, "machineType": after})
    assert words.startswith(f"badRequest: Cannot change the machine type from {before} to")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("g2-standard-4", "g2-standard-48"),
        ("g2-standard-4", "e2-standard-4"),
        ("e2-standard-4", "e2-standard-8"),
    ],
)
def test_a_machine_changes_within_its_series(before: str, after: str, project: Project) -> None:
    id, inputs = made(project, before)
    project.update(tokens.INSTANCE, id, {**inputs, "machineType": after})
    assert project.shown(tokens.INSTANCE, id)["machineType"] == after


def test_an_address_that_comes_with_another_subnet_moves_the_card(project: Project) -> None:
    network = project.network()
    here, there = project.subnet(network), project.subnet(network, "10.20.0.0/20", "other")
    inputs = {**project.machine(here), **STOPS}
    id = project.create(tokens.INSTANCE, inputs).id
    for subnet, address, replaced in (
        (here, "10.10.0.9", True),
        (there, "10.20.0.9", False),
    ):
        card = {"subnetwork": subnet, "accessConfigs": [{}], "networkIp": address}
        found = project.diff(tokens.INSTANCE, id, {**inputs, "networkInterfaces": [card]})
        assert found.replaces is replaced, address


def test_iops_of_a_hyperdisk_change_in_place(project: Project) -> None:
    inputs = {"type": "hyperdisk-balanced", "size": 50, "provisionedIops": 3000}
    id = project.create(tokens.DISK, inputs).id
    assert not project.diff(tokens.DISK, id, {**inputs, "provisionedIops": 4000}).replaces


def test_cloud_scheduler_is_not_everywhere(project: Project) -> None:
    job = {"schedule": "0 0 * * *", "httpTarget": {"uri": "https://compute.googleapis.com/"}}
    assert project.refused(tokens.SCHEDULE, {**job, "region": "europe-west9"}) == (
        "INVALID_ARGUMENT: Location 'europe-west9' is not a valid location. Use"
        " ListLocations to list valid locations."
    )
    project.create(tokens.SCHEDULE, {**job, "region": "europe-west1"})


def test_a_managed_notebook_restarts_for_another_machine_alone(project: Project) -> None:
    """What is labelled anew, or gets a larger disk, goes on."""
    inputs = {"location": "us-central1-a", "gceSetup": {"machineType": "e2-standard-4"}}
    id = project.create(tokens.NOTEBOOK, inputs, "managed").id
    began = [one.began for one in project.whole.intervals()]
    larger = {"machineType": "e2-standard-4", "dataDisks": {"diskSizeGb": "200"}}
    project.update(tokens.NOTEBOOK, id, {**inputs, "labels": {"a": "b"}, "gceSetup": larger})
    assert [(one.began, one.ended) for one in project.whole.intervals()] == [(began[0], None)]
    project.update(tokens.NOTEBOOK, id, {**inputs, "gceSetup": {"machineType": "e2-standard-8"}})
    assert [one.kind for one in project.whole.intervals()] == ["e2-standard-4", "e2-standard-8"]


@pytest.mark.parametrize(("disk", "size"), [("bootDisk", "149"), ("dataDisks", "99")])
def test_disks_of_a_managed_notebook_cannot_shrink(project: Project, disk: str, size: str) -> None:
    inputs = {"location": "us-central1-a"}
    id = project.create(tokens.NOTEBOOK, inputs, "managed").id
    words = project.not_updated(
        tokens.NOTEBOOK, id, {**inputs, "gceSetup": {disk: {"diskSizeGb": size}}}
    )
    assert f"sizeGb': '{size}'. Disk cannot be made smaller" in words
