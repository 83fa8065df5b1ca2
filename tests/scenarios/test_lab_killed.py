"""The engine dies at each step of a whole lab, and the next run puts everything right.

At every third step on the embedded engine, before it when its number is odd and after it when it is
even, and at some steps on Pulumi's engine. `EVERY_STEP=1` does both at every step on both engines,
which takes an hour.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path

import pytest

from mllab.engines.contract import Op
from tests.scenarios.lab_under_test import Account, EmbeddedLab, Fate, LabUnderTest, PulumiLab

STEPS = 69
"""Changes that the lab asks of the cloud from nothing to complete, and as many back."""

BOTH = [(step, after) for step in range(1, STEPS + 1) for after in (False, True)]
THIRD = [(step, step % 2 == 0) for step in [*range(1, STEPS, 3), STEPS]]
SOME = [(step, step % 16 == 0 or step == 1) for step in [1, *range(8, STEPS, 8), STEPS]]
ALL = bool(os.environ.get("EVERY_STEP"))


def _named(death: tuple[int, bool]) -> str:
    step, after = death
    return f"{'after' if after else 'before'}_{step}"


def test_steps_are_all_there_are(tmp_path: Path) -> None:
    fate = Fate()
    lab = EmbeddedLab(tmp_path)
    assert lab.do("up", fate).ok
    assert fate.changes == STEPS
    assert lab.do("destroy", fate).ok
    assert fate.changes == 2 * STEPS


@pytest.mark.parametrize("death", BOTH if ALL else THIRD, ids=_named)
def test_embedded(death: tuple[int, bool], tmp_path: Path) -> None:
    _live_on(EmbeddedLab(tmp_path), *death)


@pytest.mark.engine
@pytest.mark.filterwarnings(
    # The SDK's language server leaves its event loop open when the engine is gone.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("death", BOTH if ALL else SOME, ids=_named)
def test_pulumi(death: tuple[int, bool], cli: None, tmp_path: Path) -> None:
    _live_on(PulumiLab(tmp_path), *death)
    gc.collect()


def _live_on(lab: LabUnderTest, step: int, after: bool) -> None:
    cloud = Account.opened(lab.home)
    assert lab.killed("up", step, after=after)
    assert lab.engine(cloud).preview().pending

    up = lab.do("up")
    assert up.ok, up.failures
    twins = [urn for urn, number in Counter(r.urn for r in cloud.inventory()).items() if number > 1]
    assert [urn for urn in twins if urn] == []
    assert _in_cloud(cloud) == _recorded(lab, cloud)
    assert len(up.remaining) == STEPS
    assert lab.engine(cloud).preview().empty

    assert lab.killed("destroy", step, after=after)
    down = lab.do("destroy")
    assert down.ok, down.failures
    assert down.remaining == ()
    assert {s.op for s in down.steps} <= {Op.DELETE, Op.SAME}
    assert cloud.inventory() == []
    assert _recorded(lab, cloud) == set()


def _in_cloud(cloud: Account) -> set[tuple[str, str]]:
    return {(found.urn, found.id) for found in cloud.inventory() if found.urn}


def _recorded(lab: LabUnderTest, cloud: Account) -> set[tuple[str, str]]:
    deployment = lab.engine(cloud).state()["deployment"]
    assert not deployment.get("pending_operations")
    return {
        (entry["urn"], entry["id"])
        for entry in deployment.get("resources") or []
        if entry["custom"] and not entry["type"].startswith("pulumi:")
    }
