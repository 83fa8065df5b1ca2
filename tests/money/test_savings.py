"""The change that saves most: what it says is what the changed lab costs, and no data is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from components import catalog
from mllab.lifecycle import cost, savings
from mllab.money.estimate import Estimate
from mllab.session.session import Session
from tests.matrix.changes import merged
from tests.matrix.trial import ENOUGH
from tests.scenarios.living_lab import CLOUDS, MANAGED, Change, LivingLab, lost

LARGE: Change = {
    "notebook": {"size": "gpu-medium", "seats": ["s01", "s02"]},
    "cluster": {"size": "gpu-medium", "max_nodes": 4},
}
MADE_ANEW = [("aws", "managed"), ("azure", "managed"), ("gcp", "managed"), ("gcp", "vm")]
"""Labs in which another size could take something away."""


def lab_of(folder: Path, cloud: str, kind: str) -> LivingLab:
    lab = LivingLab(folder, cloud, "embedded")
    for code in lab.cloud.limits():
        lab.cloud.grant(code, ENOUGH)
    lab.set(merged(LARGE, MANAGED[cloud] if kind == "managed" else {}))
    return lab


def priced(lab: LivingLab) -> tuple[Session, Estimate]:
    session = lab.session()
    return session, cost.of(session, session.engine.preview())


def setting(key: str, value: str) -> Change:
    section, _, name = key.partition(".")
    return {section: {name: int(value) if value.isdigit() else value}}


@pytest.mark.parametrize(("cloud", "kind"), [(cloud, "vm") for cloud in CLOUDS] + MADE_ANEW[:1])
def test_what_a_change_saves_is_what_the_changed_lab_costs_less(
    cloud: str, kind: str, tmp_path: Path
) -> None:
    lab = lab_of(tmp_path, cloud, kind)
    session, before = priced(lab)
    first: dict[str, str] = {}
    for key, value in savings.changes(session.declared):
        first.setdefault(key, value)
    assert set(first) == {"notebook.size", "cluster.size", savings.NODES}
    for key, value in first.items():
        other = lab.copied(tmp_path / key)
        other.set(setting(key, value))
        _, after = priced(other)
        reckoned = savings.with_change(session, before, key, value)
        assert reckoned.total() == after.total(), key
        assert _items(reckoned) == _items(after)


def _items(found: Estimate) -> list[tuple[str, str]]:
    return sorted((line.charge.item, line.why) for line in found.lines)


@pytest.mark.parametrize(("cloud", "kind"), MADE_ANEW)
def test_no_data_is_lost_on_a_lab_that_lives(cloud: str, kind: str, tmp_path: Path) -> None:
    lab = lab_of(tmp_path, cloud, kind)
    assert lab.up()
    lab.fill()
    session, before = priced(lab)
    saving = savings.best(session, before)
    assert saving
    assert saving.week > 0
    assert (saving.key == "cluster.size") == (kind == "managed" and cloud != "azure")
    lab.set(setting(saving.key, saving.value))
    assert not lost(lab.plan())
    _, after = priced(lab)
    assert before.total().week - after.total().week == saving.week


def test_what_has_no_price_saves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    session, plan = cost.declared("gcp-lab", "2026-11-30")
    before = cost.of(session, plan)
    unpriced = savings.with_change(session, before, "cluster.size", "a2-highgpu-1g")
    assert unpriced.total().week < before.total().week
    assert savings._saving(session, before, "cluster.size", "a2-highgpu-1g") is None


def test_what_the_settings_refuse_is_not_offered(root: Path, tmp_path: Path) -> None:
    lab = lab_of(tmp_path, "aws", "vm")
    lab.set({"usage": {"node_hours": 500}})  # three machines or more
    session, before = priced(lab)
    assert (savings.NODES, "2") in savings.changes(session.declared)
    assert savings._saving(session, before, savings.NODES, "2") is None


@pytest.mark.parametrize("use", ["vm", "managed", "job"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_another_machine_has_at_least_as_much_of_everything(cloud: str, use: str) -> None:
    known = [catalog.machine(cloud, name, use) for name in catalog.types(cloud, use)]
    for wanted in known:
        for other in known:
            as_much = (other.gpus == wanted.gpus) and all(
                (
                    other.vcpus >= wanted.vcpus,
                    other.memory_gib >= wanted.memory_gib,
                    other.gpu_memory_gib >= wanted.gpu_memory_gib,
                )
            )
            assert savings._has(cloud, other.name, use, wanted) == as_much, (wanted, other)
