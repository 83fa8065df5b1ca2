"""Quotas of Google Cloud: GPUs in all regions, GPUs of a model, vCPUs, disks, addresses."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.gcp.cloud import SimulatedGcp
from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import PLENTY, PROJECT, ZONE, Project

T4 = [{"type": "nvidia-tesla-t4", "count": 1}]
SPOT = {
    "provisioningModel": "SPOT",
    "preemptible": True,
    "automaticRestart": False,
    "onHostMaintenance": "TERMINATE",
}
GPU = {"onHostMaintenance": "TERMINATE"}


def exceeded(code: str, limit: str, where: str) -> str:
    return f"QUOTA_EXCEEDED: Quota '{code}' exceeded.  Limit: {limit} {where}."


def project_with(**limits: float) -> Project:
    return Project(quotas={**PLENTY, **limits})


def subnet(project: Project) -> str:
    return project.subnet(project.network())


def test_a_new_project_has_no_gpu_in_any_region() -> None:
    project = Project(quotas={})
    inputs = project.gpu_machine(subnet(project))
    assert project.refused(tokens.INSTANCE, inputs) == exceeded(
        "GPUS_ALL_REGIONS", "0.0", "globally"
    )
    assert project.refusal(tokens.INSTANCE, inputs).hint == (
        "the quota GPUS_ALL_REGIONS of the project must be at least 1 GPUs; ask for it, which "
        "takes Google hours to days:\n"
        f"gcloud beta quotas preferences create --project={PROJECT} "
        "--service=compute.googleapis.com --quota-id=GPUS-ALL-REGIONS-per-project "
        "--preferred-value=1 --email=$(gcloud config get account)"
    )


def test_a_granted_quota_holds_for_good_and_the_next_one_is_found() -> None:
    project = Project(quotas={})
    inputs = project.gpu_machine(subnet(project), "a2-highgpu-1g")
    project.whole.grant("GPUS_ALL_REGIONS", 4)
    assert project.refused(tokens.INSTANCE, inputs) == exceeded(
        "NVIDIA_A100_GPUS", "0.0", "in region us-central1"
    )
    assert "--dimensions=region=us-central1" in project.refusal(tokens.INSTANCE, inputs).hint
    project.whole.grant("NVIDIA_A100_GPUS", 1)
    assert project.create(tokens.INSTANCE, inputs).id


def test_an_unknown_quota_is_named() -> None:
    with pytest.raises(KeyError, match="no quota T4; known are GPUS_ALL_REGIONS"):
        SimulatedGcp(None, quotas={"T4": 1})


@pytest.mark.parametrize(
    ("limit", "where", "inputs"),
    [
        ("NVIDIA_T4_GPUS", "in region us-central1", {"guestAccelerators": T4}),
        ("GPUS_ALL_REGIONS", "globally", {"guestAccelerators": T4}),
        ("IN_USE_ADDRESSES", "in region us-central1", {}),
    ],
)
def test_one_more_than_the_limit_is_refused(limit: str, where: str, inputs: dict[str, Any]) -> None:
    project = project_with(**{limit: 1})
    net = subnet(project)
    machine = project.machine(net, "n1-standard-4", scheduling=GPU, **inputs)
    first = project.create(tokens.INSTANCE, machine, "first").id
    assert project.refused(tokens.INSTANCE, machine, "second") == exceeded(limit, "1.0", where)
    project.delete(tokens.INSTANCE, first)
    assert project.create(tokens.INSTANCE, machine, "second").id


def test_vcpus_count_per_region_and_only_while_a_machine_runs() -> None:
    project = project_with(CPUS=4)
    net = subnet(project)
    first = project.instance(net, "e2-standard-4")
    words = exceeded("CPUS", "4.0", "in region us-central1")
    assert project.refused(tokens.INSTANCE, project.machine(net)) == words
    inputs = {"network": project.ids(tokens.NETWORK)[0], "ipCidrRange": "10.20.0.0/20"}
    there = project.create(tokens.SUBNET, {**inputs, "region": "us-east1"}, "far").id
    assert project.create(tokens.INSTANCE, {**project.machine(there), "zone": "us-east1-b"}).id
    project.whole.stop(first)
    assert project.create(tokens.INSTANCE, project.machine(net), "second").id


def test_the_own_share_of_a_machine_does_not_count_against_it() -> None:
    project = project_with(CPUS=4)
    net = subnet(project)
    machine = project.instance(net, "e2-standard-2", allowStoppingForUpdate=True)
    larger = {"allowStoppingForUpdate": True, "zone": ZONE}
    bigger = project.machine(net, "e2-standard-4", **larger)
    name = project.shown(tokens.INSTANCE, machine)["name"]
    assert project.update(tokens.INSTANCE, machine, {**bigger, "name": name})
    largest = project.machine(net, "e2-standard-8", **larger)
    assert project.not_updated(tokens.INSTANCE, machine, {**largest, "name": name}) == exceeded(
        "CPUS", "4.0", "in region us-central1"
    )


def test_spot_machines_take_from_the_usual_quota_until_they_have_their_own() -> None:
    project = project_with(PREEMPTIBLE_NVIDIA_L4_GPUS=0, NVIDIA_L4_GPUS=1)
    net = subnet(project)
    spot = project.machine(net, "g2-standard-4", scheduling=SPOT)
    project.create(tokens.INSTANCE, spot, "first")
    assert project.refused(tokens.INSTANCE, spot, "second") == exceeded(
        "NVIDIA_L4_GPUS", "1.0", "in region us-central1"
    )
    granted = project_with(PREEMPTIBLE_NVIDIA_L4_GPUS=1, NVIDIA_L4_GPUS=0)
    net = subnet(granted)
    assert granted.create(tokens.INSTANCE, granted.machine(net, "g2-standard-4", scheduling=SPOT))
    assert granted.refused(tokens.INSTANCE, granted.gpu_machine(net), "usual") == exceeded(
        "NVIDIA_L4_GPUS", "0.0", "in region us-central1"
    )


def test_disks_count_by_their_kind() -> None:
    project = project_with(SSD_TOTAL_GB=100, DISKS_TOTAL_GB=100)
    disk = project.create(tokens.DISK, {"type": "pd-balanced", "size": 60}, "first").id
    words = exceeded("SSD_TOTAL_GB", "100.0", "in region us-central1")
    assert project.refused(tokens.DISK, {"type": "pd-ssd", "size": 50}) == words
    assert project.create(tokens.DISK, {"type": "pd-standard", "size": 100}, "slow").id
    name = project.shown(tokens.DISK, disk)["name"]
    grown = {"type": "pd-balanced", "name": name}
    assert project.update(tokens.DISK, disk, {**grown, "size": 100})
    assert project.not_updated(tokens.DISK, disk, {**grown, "size": 101}) == words


def test_the_boot_disk_of_a_machine_counts() -> None:
    project = project_with(SSD_TOTAL_GB=100)
    net = subnet(project)
    project.instance(net)
    assert project.refused(tokens.INSTANCE, project.machine(net), "second") == exceeded(
        "SSD_TOTAL_GB", "100.0", "in region us-central1"
    )


def test_a_managed_notebook_counts_as_a_machine() -> None:
    project = project_with(NVIDIA_L4_GPUS=1)
    net = subnet(project)
    setup = {"machineType": "g2-standard-4", "networkInterfaces": [{"subnet": net}]}
    inputs = {"location": ZONE, "gceSetup": setup}
    project.create(tokens.NOTEBOOK, inputs, "managed")
    words = exceeded("NVIDIA_L4_GPUS", "1.0", "in region us-central1")
    assert project.refused(tokens.INSTANCE, project.gpu_machine(net)) == words
    assert project.refused(tokens.NOTEBOOK, inputs, "another") == words


def test_what_a_managed_notebook_takes_up_is_told_until_it_goes() -> None:
    project = project_with()
    setup = {"machineType": "g2-standard-4", "networkInterfaces": [{"subnet": subnet(project)}]}
    made = project.create(tokens.NOTEBOOK, {"location": ZONE, "gceSetup": setup}, "managed").id
    here = {"NVIDIA_L4_GPUS": 1, "GPUS_ALL_REGIONS": 1, "SSD_TOTAL_GB": 250, "IN_USE_ADDRESSES": 1}
    assert {**project.whole.used("us-central1", ())} == here
    assert {**project.whole.used("europe-west1", ())} == {"GPUS_ALL_REGIONS": 1}
    assert {**project.whole.used("us-central1", [made])} == {}
    name = project.shown(tokens.NOTEBOOK, made)["name"]
    project.whole.stop(f"projects/{PROJECT}/zones/{ZONE}/instances/{name}")
    assert {**project.whole.used("us-central1", ())} == {"SSD_TOTAL_GB": 250}


@pytest.mark.parametrize("limit", [249, 250])
def test_the_disks_of_a_managed_notebook_count_together(limit: int) -> None:
    project = project_with(SSD_TOTAL_GB=limit)
    setup = {"machineType": "e2-standard-4", "networkInterfaces": [{"subnet": subnet(project)}]}
    inputs = {"location": ZONE, "gceSetup": setup}
    if limit == 250:
        assert project.create(tokens.NOTEBOOK, inputs, "managed").id
    else:
        words = exceeded("SSD_TOTAL_GB", "249.0", "in region us-central1")
        assert project.refused(tokens.NOTEBOOK, inputs, "managed") == words


def test_networks_are_limited() -> None:
    project = project_with(NETWORKS=2)  # one is the default one
    project.network()
    inputs = {"autoCreateSubnetworks": False}
    assert project.refused(tokens.NETWORK, inputs, "more") == exceeded(
        "NETWORKS", "2.0", "globally"
    )
