"""Data leaves a living lab when it is named, and only then: each way in which a setting takes some.

Seats, shared files, the kind of notebook, the size of the home disk, three clouds, both engines.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from components.resource_types import HOLDS_DATA
from mllab.engines.contract import Op, Outcome
from mllab.errors import DataAtRisk
from tests.scenarios.living_lab import CLOUDS, ENGINES, MANAGED, QUOTAS, Change, LivingLab, lost

FILES_OFF: dict[str, Change] = {
    "aws": {"storage": {"files": False}},
    "azure": {"storage": {"files": False}},
    "gcp": {"storage": {"files": False}, "gcp": {"filestore": None}},
}
HOMES = {"lab-notebook-s01-home", "lab-notebook-s02-home"}


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path, cloud: str, engine: str) -> LivingLab:
    """A lab that is up, with data in everything."""
    if engine == "pulumi":
        request.getfixturevalue("cli")
    lab = LivingLab(tmp_path / "project", cloud, engine)
    for name in lab.cloud.missing():
        lab.cloud.switch_on(name)
    for code, value in QUOTAS.get(cloud, {}).items():
        lab.cloud.grant(code, value)
    _up(lab)
    lab.fill()
    return lab


@pytest.mark.parametrize("kind", ["vm", "managed"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_protected_can_be_named(tmp_path: Path, cloud: str, kind: str) -> None:
    """Nothing else could ever be removed. Profile `strict` protects most."""
    lab = LivingLab(tmp_path / "project", cloud, "embedded")
    lab.set({"lab": {"profile": "strict"}, **(MANAGED[cloud] if kind == "managed" else {})})
    found = {r.type for r in lab.plan().resources if r.options.get("protect")}
    assert found
    assert found <= HOLDS_DATA.keys()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_seats_files_and_disks(lab: LivingLab, cloud: str) -> None:
    _change(lab, {"notebook": {"seats": ["s01"]}}, {"lab-notebook-s02-home"})
    _change(lab, {"notebook": {"seats": ["s03"]}}, {"lab-notebook-s01-home"})
    _change(lab, FILES_OFF[cloud], {"lab-storage-files"})
    if cloud == "gcp":  # on the others a disk cannot shrink, not even by a new one
        _change(lab, {"notebook": {"home_gb": 40}}, {"lab-notebook-s03-home"})
    _change(lab, {"registry": {"keep_images": 5}, "budget": {"limit_usd": 700}}, set())

    held = {holding.name for holding in lab.session().engine.holdings()}
    there = _seen(lab)
    for named in ((), sorted(held)[1:]):
        with pytest.raises(DataAtRisk):
            lab.down(named)
        assert _seen(lab) == there
    left = lab.down(sorted(held))
    assert (left.things, left.unseen) == ((), None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_kinds(lab: LivingLab, cloud: str) -> None:
    vm = lab.settings()
    _change(lab, MANAGED[cloud], HOMES)
    # The homes of Azure's are in the workspace's share, which stays.
    own = cloud != "azure"
    if cloud == "aws":  # Google Cloud refuses it
        smaller: Change = {"notebook": {"home_gb": 20}}
        _change(lab, smaller, {"lab-notebook-s01", "lab-notebook-s02"})
    _change(lab, {"notebook": {"seats": ["s01"]}}, {"lab-notebook-s02"} if own else set())
    lab.path.write_text(vm)
    _change(lab, {"notebook": {"seats": ["s01"]}}, {"lab-notebook-s01"} if own else set())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_keep_switched_off(lab: LivingLab) -> None:
    """It counts from the run on in which somebody named what goes."""
    change: Change = {"storage": {"keep": False}, "notebook": {"seats": ["s01"]}}
    _change(lab, change, {"lab-notebook-s02-home"}, protected=False)
    lab.set({"notebook": {"seats": ["s03"]}})
    assert lost(lab.plan()) == {"lab-notebook-s01-home"}
    _up(lab)
    assert "lab-notebook-s01-home" not in lab.data()


def _change(lab: LivingLab, change: Change, losing: set[str], *, protected: bool = True) -> None:
    """Change settings: what is lost must be named, each, and then it goes alone."""
    lab.set(change)
    before, there = lab.data(), _seen(lab)
    assert lost(lab.plan()) == losing
    named = sorted(losing)
    for some in [named[:number] for number in range(len(named))]:
        with pytest.raises(DataAtRisk) as refused:
            lab.up(some)
        assert f"--delete-data {named[-1]}" in refused.value.hint
    assert (lab.data(), _seen(lab)) == (before, there), "a plan and a refusal change nothing"
    outcome = _up(lab, *named)
    gone = {step.name for step in outcome.steps if step.op in {Op.DELETE, Op.DELETE_REPLACED}}
    assert losing <= gone
    now = lab.data()
    stay = {name: now.get(name, ("", False))[0] for name in before.keys() - losing}
    assert stay == {name: before[name][0] for name in stay}
    if protected:
        lasting = before.keys() & now.keys()
        assert {n: now[n][1] for n in lasting} == {n: before[n][1] for n in lasting}
    assert lab.plan().empty


def _up(lab: LivingLab, *named: str) -> Outcome:
    outcome = lab.up(named)
    assert outcome is not None
    assert outcome.ok, outcome.failures
    return outcome


def _seen(lab: LivingLab) -> set[tuple[str, str]]:
    """The account, from outside."""
    return {(record.type, record.id) for record in lab.cloud.inventory()}
