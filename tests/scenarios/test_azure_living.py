"""An Azure lab in its usual state: machines stopped. What is changed then is not refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.contract import Op
from mllab.errors import UsageError
from mllab.simulated.azure.rules import tokens
from tests.scenarios.living_lab import ENGINES, MANAGED, Change, LivingLab

NOTEBOOKS = (tokens.MACHINE, tokens.COMPUTE)
GPU: Change = {"notebook": {"size": "gpu-small", "seats": ["ana"]}}


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path, kind: str, engine: str) -> LivingLab:
    """A lab with a GPU that was up, and whose machines stopped."""
    if engine == "pulumi":
        request.getfixturevalue("cli")
    lab = LivingLab(tmp_path / "project", "azure", engine)
    for code in lab.cloud.limits():
        lab.cloud.grant(code, 1000)
    lab.set(GPU)
    if kind == "managed":
        lab.set(MANAGED["azure"])
    _up(lab)
    for urn, entry in lab.entries().items():
        if entry["type"] in NOTEBOOKS and "-notebook-" in urn:
            lab.cloud.stop(entry["id"])
    return lab


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_a_course_is_extended_and_other_limits_set_while_nobody_works(lab: LivingLab) -> None:
    ids = _notebooks(lab)
    lab.set({"lab": {"ends": "2027-02-12"}})
    _up(lab)
    lab.set({"notebook": {"idle_minutes": 90, "stop_at": "22:00", "time_zone": "Asia/Tokyo"}})
    plan = lab.plan()
    gone = [s.name for s in plan.steps if s.op in {Op.REPLACE, Op.DELETE} and s.type in NOTEBOOKS]
    assert gone == []
    _up(lab)
    assert _notebooks(lab) == ids
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ENGINES[:1])
@pytest.mark.parametrize("kind", ["vm"])
def test_another_image_counts_for_new_machines_alone(lab: LivingLab) -> None:
    before = lab.entries()
    lab.set({"azure": {"image": "ubuntu"}})
    assert lab.plan().empty
    lab.set({"notebook": {"seats": ["ana", "bo"]}})
    _up(lab)
    machines = {
        urn.rpartition("::")[2]: entry["inputs"]["storageProfile"]["imageReference"]["offer"]
        for urn, entry in lab.entries().items()
        if entry["type"] == tokens.MACHINE
    }
    assert machines == {
        "lab-notebook-ana": "ubuntu-hpc",
        "lab-notebook-bo": "ubuntu-24_04-lts",
    }
    (machine,) = [urn for urn, entry in before.items() if entry["type"] == tokens.MACHINE]
    assert lab.entries()[machine]["inputs"] == before[machine]["inputs"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["vm"])
def test_a_disk_grows_beyond_4_tib_while_its_machine_is_stopped_alone(lab: LivingLab) -> None:
    (machine,) = [one for one in lab.cloud.inventory() if one.type == tokens.MACHINE]
    lab.cloud.start(machine.id)
    lab.set({"notebook": {"home_gb": 4096}})
    _up(lab)
    before = _inputs(lab)
    lab.set({"notebook": {"home_gb": 5000}})
    with pytest.raises(UsageError, match=r"-home: diskSizeGB 4096 -> 5000: a disk grows beyond"):
        lab.up()
    assert _inputs(lab) == before
    lab.cloud.stop(machine.id)
    _up(lab)
    assert lab.plan().empty


def _inputs(lab: LivingLab) -> dict[str, object]:
    return {urn: entry.get("inputs") for urn, entry in lab.entries().items()}


def _notebooks(lab: LivingLab) -> dict[str, str]:
    """Name -> id of what Azure made, and since when it is there."""
    return {
        record.name: f"{record.uid} {record.since}"
        for record in lab.cloud.inventory()
        if record.type in NOTEBOOKS
    }


def _up(lab: LivingLab) -> None:
    outcome = lab.up()
    assert outcome is not None
    assert outcome.failures == ()
