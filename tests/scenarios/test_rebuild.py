"""`up --rebuild SEAT` in every situation of a lab: its machine is new, all else stays."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mllab.engines.contract import Op, Outcome, Step
from mllab.errors import DataAtRisk, UsageError
from mllab.lifecycle import rebuild, status
from mllab.show.graph import graph
from mllab.simulated.faults import How, Rule
from tests.scenarios.living_lab import CLOUDS, ENGINES, MANAGED, QUOTAS, Change, LivingLab
from tests.settings.answers import KEY

MACHINE = "lab-notebook-s01"
ANEW = {Op.DELETE_REPLACED, Op.CREATE_REPLACEMENT}


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path, cloud: str, engine: str) -> LivingLab:
    """A lab that is up, with data in everything."""
    if engine == "pulumi":
        request.getfixturevalue("cli")
    lab = LivingLab(tmp_path / "project", cloud, engine)
    for code, value in QUOTAS.get(cloud, {}).items():
        lab.cloud.grant(code, value)
    _ok(lab.up())
    lab.fill()
    return lab


def _ok(outcome: Outcome | None) -> Outcome:
    assert outcome is not None
    assert outcome.ok, outcome.failures
    return outcome


def _anew(steps: tuple[Step, ...]) -> set[str]:
    """What was made anew, in full."""
    names = [step.name for step in steps if step.op in ANEW and step.custom]
    return {name for name in names if names.count(name) == 2}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_machine_is_made_anew_and_its_home_stays(lab: LivingLab) -> None:
    before = lab.data()
    plan = lab.plan(["s01"])
    (step,) = [s for s in plan.steps if s.name == MACHINE]
    assert (step.op, step.reason) == (Op.REPLACE, "asked for by --rebuild")
    assert not [s for s in plan.steps if s.loses], "nothing has to be named"
    outcome = _ok(lab.up(rebuild=["s01"]))
    made = _anew(outcome.steps)
    assert MACHINE in made
    assert all("-s01" in name for name in made), "nobody else is touched"
    assert lab.data() == before, "homes and all other data, with their protection"
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", ["gcp"])
def test_several_seats_together_with_another_change(lab: LivingLab) -> None:
    before = lab.data()
    lab.set({"notebook": {"seats": ["s01", "s02", "s03"], "idle_minutes": 90}})
    outcome = _ok(lab.up(rebuild=["s02", "s01", "s03"]))
    assert {MACHINE, "lab-notebook-s02"} <= _anew(outcome.steps)
    assert "lab-notebook-s03" not in _anew(outcome.steps), "it is new anyhow"
    now = lab.data()
    assert {name: now[name] for name in before} == before
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_one_that_failed_half_way_is_gone_on_with(lab: LivingLab) -> None:
    before = lab.data()
    lab.faults = (Rule(How.CAPACITY, "create", name=MACHINE),)
    outcome = lab.up(rebuild=["s01"])
    assert outcome is not None
    assert [failure.name for failure in outcome.failures] == [MACHINE]
    lab.faults = ()
    assert MACHINE in {s.name for s in _ok(lab.up()).steps if s.op is Op.CREATE_REPLACEMENT}
    assert lab.data() == before
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ["embedded"])
@pytest.mark.parametrize("cloud", ["aws"])
def test_one_that_was_killed_is_gone_on_with(lab: LivingLab) -> None:
    before = lab.data()

    def die(step: Step) -> None:
        if step.name == MACHINE and step.op is Op.CREATE_REPLACEMENT:
            raise KeyboardInterrupt

    machines = rebuild.machines(lab.session(), ["s01"])
    with pytest.raises(KeyboardInterrupt):
        lab.session().engine.up(die, rebuild=machines)
    _ok(lab.up())
    assert lab.data() == before
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ["embedded"])
@pytest.mark.parametrize("cloud", ["aws"])
def test_one_that_somebody_has_removed_is_made_and_not_made_twice(lab: LivingLab) -> None:
    (machine,) = rebuild.machines(lab.session(), ["s01"])
    entry = lab.entries()[machine]
    lab.cloud.remove(entry["type"], entry["id"])
    outcome = _ok(lab.up(rebuild=["s01"]))
    assert [s.op for s in outcome.steps if s.name == MACHINE] == [Op.CREATE]
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ["embedded"])
@pytest.mark.parametrize("cloud", ["azure"])
def test_a_seat_that_is_not_there_is_refused(lab: LivingLab, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lab has no such seat; did you mean s01") as refused:
        lab.plan(["s1"])
    assert refused.value.hint == "Seats: s01, s02"
    shutil.rmtree(tmp_path / "project" / "home" / "state")
    assert rebuild.machines(lab.session(), ["s01"]) == frozenset(), "nothing is recorded"
    assert {s.op for s in lab.plan(["s01"]).steps if s.custom} <= {Op.CREATE, Op.READ}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_managed_notebook_with_its_home_must_be_named(lab: LivingLab, cloud: str) -> None:
    lab.set(MANAGED[cloud])
    _ok(lab.up(["lab-notebook-s01-home", "lab-notebook-s02-home"]))
    if cloud == "azure":  # homes are on the workspace's share
        before = lab.data()
        assert MACHINE in _anew(_ok(lab.up(rebuild=["s01"])).steps)
        assert lab.data() == before
    else:
        with pytest.raises(DataAtRisk) as refused:
            lab.up(rebuild=["s01"])
        assert f" --rebuild s01 --delete-data {MACHINE}" in refused.value.hint
        assert _anew(_ok(lab.up([MACHINE], rebuild=["s01"])).steps) >= {MACHINE}
    assert lab.plan().empty


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_a_managed_notebook_of_before_is_not_made_anew_for_a_script(
    lab: LivingLab, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure ML takes one when an instance is made; Google changes it on one that exists."""
    lab.set(MANAGED[cloud])
    with monkeypatch.context() as before:
        script = {"azure": "_once", "gcp": "bucket_script"}[cloud]
        before.setattr(f"components.{cloud}.managed.{script}", lambda _: None)
        _ok(lab.up(["lab-notebook-s01-home", "lab-notebook-s02-home"]))
        assert lab.plan().empty
    plan = lab.plan()
    told = [line for line in plan.warnings if "new machines" in line]
    if cloud == "gcp":
        assert told == []
        changed = {s.name: s.op for s in plan.steps if s.name in {MACHINE, "lab-notebook-s02"}}
        assert changed == {MACHINE: Op.UPDATE, "lab-notebook-s02": Op.UPDATE}
        _ok(lab.up())
    else:
        assert plan.empty
        (line,) = told
        assert line.startswith(
            "LAB_BUCKET in notebooks and terminals: counts for new machines only (s01, s02 not"
            " yet): mllab up lab --simulate"
        )
        _ok(lab.up(rebuild=["s01", "s02"]))
    plan = lab.plan()
    assert plan.empty
    assert not [line for line in plan.warnings if "new machines" in line]


ONLY_NEW: dict[str, tuple[Change, str]] = {
    "aws": ({"aws": {"image": "ami-0123456789abcdef0"}}, "image (aws.image"),
    "azure": ({"azure": {"ssh_keys": [KEY]}}, "azure.ssh_keys"),
    "gcp": ({"gcp": {"image": "common-cu129-ubuntu-2204-nvidia-580"}}, "image (gcp.image"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_setting_for_new_machines_says_so_until_they_are_new(lab: LivingLab, cloud: str) -> None:
    change, words = ONLY_NEW[cloud]
    assert not [line for line in lab.plan().warnings if "new machines" in line]
    lab.set(change)
    plan = lab.plan()
    assert Op.REPLACE not in plan.counts()
    (told,) = [line for line in plan.warnings if "new machines" in line]
    assert told.startswith(f"{words}")
    assert "counts for new machines only (s01, s02 not yet): mllab up lab --simulate" in told
    assert told.endswith(" --rebuild s01")
    turned = replace(plan, resources=plan.resources[::-1])
    assert rebuild.counts_for_new(lab.session(), turned) == plan.for_new, "in one order"
    if cloud == "aws":  # no such image is published
        return
    _ok(lab.up(rebuild=["s01"]))
    (told,) = [line for line in lab.plan().warnings if "new machines" in line]
    assert "(s02 not yet)" in told
    _ok(lab.up(rebuild=["s02"]))
    assert not [line for line in lab.plan().warnings if "new machines" in line]


ENDS = "running work ends"
CLUSTER = {
    "aws": {"lab-cluster-nodes": ["jobs in work end after 30 minutes"]},
    "azure": {"lab-cluster-nodes": ["jobs in work end"]},
    "gcp": {},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_document_says_of_each_step_what_the_table_says(lab: LivingLab, cloud: str) -> None:
    change, words = ONLY_NEW[cloud]
    lab.set({**change, "notebook": {"size": "cpu-medium"}, "cluster": {"size": "cpu-medium"}})
    found = json.loads(json.dumps(graph(lab.plan(["s02"]), cloud, lab.session().engine.state())))
    means = {one["name"]: one["consequences"] for one in found["resources"] if one["consequences"]}
    assert means == {
        MACHINE: [f"restarts ({ENDS})"],
        "lab-notebook-s02": [f"is made anew (system disk lost, home stays; {ENDS})"],
        **CLUSTER[cloud],
    }
    unsure = {one["name"] for one in found["resources"] if one["uncertain"]}
    assert MACHINE not in unsure
    assert "lab-notebook-s02" not in unsure
    (later,) = found["summary"]["counts_for_new"]
    assert list(later) == ["what", "names", "seats", "urns", "command"]
    assert later["what"].startswith(words)
    assert (later["seats"], later["command"]) == (
        ["s01"],
        f"mllab up lab{lab.session().realm.options} --rebuild s01",
    )
    assert later["urns"] == [one["urn"] for one in found["resources"] if one["name"] == MACHINE]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", ["aws"])
def test_what_keeps_its_key_in_a_lab_that_became_strict_is_named(lab: LivingLab) -> None:
    homes = tuple(f"lab-notebook-{seat}-home" for seat in ("s01", "s02"))
    lab.set({"lab": {"profile": "strict"}})
    planned = lab.plan().for_new
    assert {one.what.partition(" (")[0]: one.names for one in planned} == {
        "key of the system disk": (MACHINE, "lab-notebook-s02"),
        "key of the home disk": homes,
        "key of the shared files": ("lab-storage-files",),
        "key of the images": ("lab-registry-images",),
    }
    assert [one.command.rpartition("--")[2] for one in planned] == ["rebuild s01", "", "", ""]
    lab.set({"notebook": {"seats": ["s01", "s02", "s03"]}})
    _ok(lab.up())
    plan, unknown = lab.plan(), {"kmsKeyId": {"$unknown": True}}
    assert plan.for_new == planned, "what is new has the lab's key"
    hidden = [replace(each, inputs={**each.inputs, **unknown}) for each in plan.resources]
    again = rebuild.counts_for_new(lab.session(), replace(plan, resources=tuple(hidden)))
    assert again == planned, "what nobody knows yet is not called another key"
    told = {rebuild.told(one) for one in planned}
    assert told <= set(status.look(lab.session()).warnings)
    _ok(lab.up(rebuild=["s01"]))
    left = {one.what.partition(" (")[0]: one.names for one in lab.plan().for_new}
    assert left["key of the system disk"] == ("lab-notebook-s02",)
    assert left["key of the home disk"] == homes, "it stays, and with it its key"
