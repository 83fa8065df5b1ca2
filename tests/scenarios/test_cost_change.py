"""What is before a change is what is recorded, on every cloud and engine."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from components.resource_types import ROWS
from mllab.engines.contract import Plan
from mllab.lifecycle import outlook
from mllab.lifecycle.outlook import NotReckoned
from tests.scenarios.living_lab import CLOUDS, ENGINES, MANAGED, QUOTAS, LivingLab
from tests.scenarios.living_lab import Change as Settings

NO_CLI = pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi CLI on PATH")
COLUMNS = ("asleep", "hour", "week", "day")

MORE: Settings = {
    "notebook": {"seats": ["s01", "s02", "s03"], "home_gb": 60},
    "cluster": {"max_nodes": 3, "size": "gpu-small"},
}
LESS: Settings = {
    "notebook": {"seats": ["s01", "s02"], "home_gb": 50},
    "cluster": {"max_nodes": 1, "size": "cpu-small"},
}


def looked(lab: LivingLab) -> tuple[outlook.Outlook, Plan]:
    session, plan = lab.planned()
    return outlook.of(session, plan), plan


def kept_and_billed(plan: Plan) -> list[str]:
    """Properties that a meter reads, and that a resource keeps as they were made: a plan says what
    the program says, so the difference would be one that no `up` makes."""
    return [
        f"{each.name}: {path}"
        for each in plan.resources
        for path in re.findall(
            r"\{\+?([^}]+)\}", ROWS[each.type].meter if each.type in ROWS else ""
        )
        for kept in each.options.get("ignoreChanges") or ()
        if path == kept or path.startswith(f"{kept}.")
    ]


@pytest.mark.parametrize(
    ("cloud", "engine"),
    [
        *((cloud, "embedded") for cloud in CLOUDS),
        pytest.param("gcp", "pulumi", marks=[*ENGINES[1].marks, NO_CLI]),
    ],
)
def test_before_is_what_is_recorded_and_after_what_is_declared(
    cloud: str, engine: str, tmp_path: Path
) -> None:
    """On Pulumi's engine for the cloud of which most comes from what is recorded."""
    lab = LivingLab(tmp_path, cloud, engine)
    new, plan = looked(lab)
    assert (new.change, new.why) == (None, ""), "nothing exists"
    assert not kept_and_billed(plan)
    lab.up()
    same, plan = looked(lab)
    assert plan.empty
    assert same.change is not None
    assert same.change.before.total() == same.change.after.total() == new.after.total()
    assert all(same.change.known(column) for column in COLUMNS)
    lab.set(MORE)
    there, _ = looked(lab)
    assert there.change is not None
    assert there.change.before.total() == new.after.total()
    assert there.change.difference("day") == there.after.total().day - new.after.total().day > 0
    if engine == "pulumi" or cloud != "gcp":
        return  # from here on nothing depends on them
    lab.up()
    lab.set(LESS)
    back, _ = looked(lab)
    assert back.change is not None
    for column in COLUMNS:
        assert back.change.difference(column) == -there.change.difference(column)
        assert back.change.known(column) == there.change.known(column)
    assert (back.change.lowers, there.change.lowers) == (False, False), "disks of nodes: unknown"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_managed_notebooks_cost_as_recorded_what_they_cost_as_declared(
    cloud: str, tmp_path: Path
) -> None:
    lab = LivingLab(tmp_path, cloud, "embedded")
    lab.set(MANAGED[cloud])
    for code, limit in QUOTAS.get(cloud, {}).items():
        lab.cloud.grant(code, limit)
    lab.up()
    same, plan = looked(lab)
    assert same.change is not None
    assert not kept_and_billed(plan)
    assert same.change.before.total() == same.change.after.total()
    assert all(same.change.known(column) for column in COLUMNS)


def test_what_is_recorded_and_does_not_tell_is_said_and_not_reckoned(tmp_path: Path) -> None:
    lab = LivingLab(tmp_path, "gcp", "embedded")
    lab.up()
    session, plan = lab.planned()
    after = outlook.of(session, plan).after
    state = session.engine.state()
    stack = next(e for e in state["deployment"]["resources"] if e["type"].endswith(":Stack"))

    class Told:
        def state(self) -> object:
            return state

    told = replace(session, engine=Told())  # type: ignore[arg-type]
    del stack["outputs"]["cluster"]["submit"]["machine_type"]
    with pytest.raises(NotReckoned, match="did not record the type"):
        outlook.recorded(told, after)
    found = outlook.of(told, plan)
    assert (found.change, "did not record" in found.why) == (None, True)
    del stack["outputs"]["cluster"]
    with pytest.raises(NotReckoned, match="no `up` of it has come to its end"):
        outlook.recorded(told, after)
    thing = next(e for e in state["deployment"]["resources"] if e["type"].startswith("gcp:"))
    begun = {**thing, "urn": f"{thing['urn']}-more"}
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": begun}]
    with pytest.raises(NotReckoned, match="1 resource of an interrupted run may exist"):
        outlook.recorded(told, after)
