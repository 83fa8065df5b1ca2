"""What replaces a machine is refused: the old one stays, the state stays readable, and a second try
goes through.

AWS with Pulumi's engine lost both: it deleted the machine that a schedule in its state still stood
on, and never read that state again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from components import catalog
from mllab.clouds import registry
from mllab.errors import RunFailed
from mllab.simulated.faults import How, Rule
from tests.scenarios.living_lab import CLOUDS, ENGINES, MANAGED, LivingLab

STOPS = (
    "aws:scheduler/schedule:Schedule",
    "azure-native:logic:Workflow",
    "gcp:cloudscheduler/job:Job",
)
NOTEBOOKS = "ml.t3.large for notebook instance usage"
"""Of this quota of AWS a new account has none."""
CLUSTER_ALL = "Total Cluster Dedicated Regional vCPUs"
CLUSTER_SPOT = "Total Cluster LowPriority Regional vCPUs"
CLUSTER_GPU = catalog.machine("azure", "gpu-medium", "job").quota


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_the_quota_cannot_replace_is_not_touched(tmp_path: Path, cloud: str) -> None:
    lab = _lab(tmp_path, cloud, "embedded")
    there = {(record.type, record.id) for record in lab.cloud.inventory()}
    code = catalog.machine(cloud, "cpu-small", "managed").quota
    lab.cloud.grant(code, 0)
    lab.set(MANAGED[cloud])
    with pytest.raises(RunFailed, match="nothing was changed") as refused:
        lab.up()
    assert f"{code}: " in refused.value.message
    granted = re.findall(r"--grant ('[^']+'|\S+)", refused.value.hint)
    assert {(record.type, record.id) for record in lab.cloud.inventory()} == there

    lab.session().realm.grant([word.strip("'") for word in granted])
    done = lab.up()
    assert done is not None
    assert done.ok, done.failures


@pytest.mark.parametrize(
    ("spot", "change", "code"),
    [
        (False, {"size": "gpu-medium"}, CLUSTER_GPU),
        (False, {"spot": True}, CLUSTER_SPOT),
        (True, {"spot": False}, CLUSTER_ALL),
    ],
)
def test_a_cluster_that_the_quota_cannot_replace_is_not_touched(
    tmp_path: Path, spot: bool, change: Mapping[str, object], code: str
) -> None:
    """Azure alone deletes a cluster to make another, and refuses it for machines that do not run.

    Of AWS Batch and Vertex AI only the machines of jobs that run count, so that nothing is refused
    when a cluster is made.
    """
    lab = _lab(tmp_path, "azure", "embedded", spot=spot)
    lab.cloud.grant(code, 0)
    there = {(record.type, record.id) for record in lab.cloud.inventory()}
    lab.set({"cluster": change})
    words = "the cluster would go, and what is to be made would be refused; nothing was changed"
    with pytest.raises(RunFailed, match=words) as refused:
        lab.up()
    assert f"{code}: " in refused.value.message
    assert {(record.type, record.id) for record in lab.cloud.inventory()} == there

    granted = re.findall(r"--grant ('[^']+'|\S+)", refused.value.hint)
    lab.session().realm.grant([word.strip("'") for word in granted])
    done = lab.up()
    assert done is not None
    assert done.ok, done.failures


def test_the_quota_of_the_cluster_that_goes_is_for_the_one_that_comes(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "azure", "embedded", spot=False)
    node = catalog.machine("azure", "cpu-small", "job")
    lab.cloud.grant(CLUSTER_ALL, node.units)
    lab.set({"cluster": {"size": "cpu-medium"}})
    larger = catalog.machine("azure", "cpu-medium", "job")
    words = f"{CLUSTER_ALL}: {larger.units} vCPUs needed at the same time, {node.units} granted"
    with pytest.raises(RunFailed, match=words):
        lab.up()
    lab.cloud.grant(CLUSTER_ALL, larger.units)
    done = lab.up()
    assert done is not None
    assert done.ok, done.failures


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_the_other_seats_use_counts(tmp_path: Path, cloud: str) -> None:
    lab = _lab(tmp_path, cloud, "embedded", "s01", "s02")
    machine = catalog.machine(cloud, "cpu-small", "vm")
    lab.cloud.grant(machine.quota, 2 * machine.units - 1)
    there = set(_machine(lab).values())
    words = f"{machine.quota}: {2 * machine.units} .* needed at the same time"
    with pytest.raises(RunFailed, match=words):
        lab.up(rebuild=["s01"])
    [other] = _ids(lab, "lab-notebook-s02").values()
    lab.cloud.stop(other)
    if cloud == "azure":  # there a machine counts that is deallocated, too
        with pytest.raises(RunFailed, match=words):
            lab.up(rebuild=["s01"])
        lab.cloud.grant(machine.quota, 2 * machine.units)
    assert set(_machine(lab).values()) == there
    done = lab.up(rebuild=["s01"])
    assert done is not None
    assert done.ok, done.failures


def test_spare_machines_count_against_their_own_quota_where_there_is_one(tmp_path: Path) -> None:
    lab = LivingLab(tmp_path / "project", "gcp", "embedded")
    lab.set({"notebook": {"seats": ["s01"]}, "gcp": {"spot": True}})
    machine = catalog.machine("gcp", "cpu-small", "vm")
    lab.cloud.grant(machine.spot_quota, machine.units)
    first = lab.up()
    assert first is not None
    assert first.ok, first.failures
    lab.cloud.grant(machine.quota, 0)
    lab.cloud.grant(machine.spot_quota, machine.units - 1)
    with pytest.raises(RunFailed, match=f"{machine.spot_quota}: {machine.units} .* needed"):
        lab.up(rebuild=["s01"])
    lab.cloud.grant(machine.spot_quota, machine.units)
    again = lab.up(rebuild=["s01"])
    assert again is not None
    assert again.ok, again.failures


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_what_the_zone_does_not_offer_replaces_nothing(tmp_path: Path, kind: str) -> None:
    """Of AWS the plan itself asks it; which size a location of Azure lacks its data do not tell."""
    place = {"gcp:region": "us-west1", "gcp:zone": "us-west1-c"}
    lab = _lab(tmp_path, "gcp", "embedded", kind=kind, place=place)
    for code in ("GPUS_ALL_REGIONS", "NVIDIA_L4_GPUS", "NVIDIA_T4_GPUS"):
        lab.cloud.grant(code, 1)
    there = {(record.type, record.id) for record in lab.cloud.inventory()}
    lab.set({"notebook": {"size": "gpu-small"}})
    homes = ["lab-notebook-s01"] if kind == "managed" else []
    words = "n1-standard-4 with .*t4 in us-west1-c: not offered, us-west1 offers it in us-west1-a, "
    with pytest.raises(RunFailed, match=re.compile(words, re.I)) as refused:
        lab.up(homes, rebuild=["s01"])
    assert "offered in us-west1-c are cpu-small, cpu-medium, gpu-medium" in refused.value.hint
    assert {(record.type, record.id) for record in lab.cloud.inventory()} == there

    lab.set({"notebook": {"size": "gpu-medium"}})
    done = lab.up(homes, rebuild=["s01"])
    assert done is not None
    assert done.ok, done.failures


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_change_that_takes_no_notebook_away_may_be_tried(tmp_path: Path, cloud: str) -> None:
    """The rest of the lab comes up, and what fails is told with its own words."""
    lab = _lab(tmp_path, cloud, "embedded")
    lab.cloud.grant(catalog.machine(cloud, "cpu-small", "vm").quota, 0)
    lab.set({"notebook": {"seats": ["s01", "s02"]}, "budget": {"limit_usd": 700}})
    refused = lab.up()
    assert refused is not None
    assert [failure.name for failure in refused.failures] == ["lab-notebook-s02"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_managed_notebook_that_is_refused(
    request: pytest.FixtureRequest, tmp_path: Path, cloud: str, engine: str
) -> None:
    if engine == "pulumi":
        request.getfixturevalue("cli")
    lab = _lab(tmp_path, cloud, engine)
    if cloud == "aws":
        lab.cloud.grant(NOTEBOOKS, 1)
    old = set(_machine(lab).values())
    assert len(old) == 2, "the machine and its home"
    stops = _stops(lab)
    assert stops

    lab.set(MANAGED[cloud])
    lab.faults = (Rule(How.CAPACITY, op="create", name="lab-notebook-s01", times=None),)
    for _ in range(2):
        refused = lab.up()
        assert refused is not None
        [failure] = refused.failures
        assert failure.name == "lab-notebook-s01"
        assert failure.hint == registry.of(cloud).hints[failure.code] != ""
        assert any("nothing is deleted" in warning for warning in refused.warnings)
        assert old <= {record.id for record in lab.cloud.inventory()}
        assert old <= set(_machine(lab).values())
        assert stops.items() <= _stops(lab).items(), "what stops the old machine is as it was"

    lab.faults = ()
    done = lab.up()
    assert done is not None
    assert done.ok, done.failures
    assert not old & {record.id for record in lab.cloud.inventory()}
    assert lab.plan().empty
    left = lab.down()
    assert (left.things, left.unseen) == ((), None)


def _lab(
    folder: Path,
    cloud: str,
    engine: str,
    *seats: str,
    kind: str = "vm",
    place: Mapping[str, str] = MappingProxyType({}),
    spot: bool = True,
) -> LivingLab:
    """One that is up, with one seat where none are named, and keeps nothing.

    Args:
        place: keys of the provider's configuration. spot: of the cluster's machines.
    """
    lab = LivingLab(folder / "project", cloud, engine)
    lab.set({"": place, **(MANAGED[cloud] if kind == "managed" else {})})
    lab.set({"storage": {"keep": False}, "notebook": {"seats": [*seats] or ["s01"]}})
    lab.set({"cluster": {"spot": spot}})
    first = lab.up()
    assert first is not None
    assert first.ok, first.failures
    return lab


def _stops(lab: LivingLab) -> dict[str, str]:
    """Urn to inputs of what stops the notebooks from outside."""
    return {
        str(record.urn): json.dumps(record.inputs, sort_keys=True)
        for record in lab.cloud.inventory()
        if record.type in STOPS and "-notebook-" in str(record.urn)
    }


def _machine(lab: LivingLab) -> dict[str, str]:
    """Urn to id of the seat's machine and home."""
    return _ids(lab, "lab-notebook-s01", "lab-notebook-s01-home")


def _ids(lab: LivingLab, *names: str) -> dict[str, str]:
    return {
        urn: entry["id"] for urn, entry in lab.entries().items() if urn.rpartition("::")[2] in names
    }
