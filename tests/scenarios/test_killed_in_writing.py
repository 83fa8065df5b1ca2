"""The engine dies at what it writes, and every verb opens what it leaves.

The toy's engine dies at everything that it does to its files. Of a lab on each cloud some deaths
are in the ordinary suite; `EVERY_STEP=1` dies at every record on the embedded engine, and more than
100 times on Pulumi's, which takes an hour.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from components.resource_types import HOLDS_DATA
from mllab.engines.contract import Op
from tests.scenarios.death import Death
from tests.scenarios.embedded_under_test import EmbeddedUnderTest
from tests.scenarios.lives import CLOUDS, EmbeddedLab, Lab, PulumiLab
from tests.scenarios.model import Declared, Stage
from tests.scenarios.program import Program
from tests.scenarios.run import target
from tests.scenarios.toy import Cloud

ALL = bool(os.environ.get("EVERY_STEP"))

DONE_TO = {
    "open": (".lock", ".journal", ".json", ".key"),
    "link": (".lock",),
    "write": (".journal",),
    "rename": (".json", ".key"),
    "remove": (".lock", ".journal"),
}
"""What the embedded engine does to files in its folder, and to drafts of them."""

TORN = (
    ("write", ".json.attrs"),  # they are empty
    ("renameat", ".json"),  # they are those of a state that never came
    ("write", ".json.bak.attrs"),
    ("renameat", ".json.bak"),
    ("openat", ".json.attrs"),
    ("close", ".json.attrs"),
    ("renameat", ""),
    ("unlinkat", ""),
)
"""What Pulumi does for each record; of locks and logs the names are made up."""

IN_UP, IN_REBUILD = Death("write", ".journal", 28), Death("write", ".journal", 7)
"""In the middle of each."""

SECRET = Declared.model_validate({"name": "safe", "inputs": {"password": {"$secret": "hunter2"}}})
PLAIN = [Declared.model_validate({"name": name, "inputs": {"size": 1}}) for name in ("a", "b", "c")]


class ToyStack:
    """A stack on the toy cloud; its engine dies with a process of its own."""

    def __init__(self, home: Path) -> None:
        self._engine, self._cloud = EmbeddedUnderTest(home), home / "toys"

    def die(self, death: Death, *declared: Declared) -> bool:
        """Bring it up and die; False when it lived."""
        stage = Stage(do="up")
        return self._engine.die(self._target(*declared), Cloud(self._cloud), stage, death)

    def lives_on(self, *declared: Declared) -> None:
        """Everything that looks can look, and the next run leaves one of each and no draft."""
        engine = self._engine.engine(self._target(*declared), Cloud(self._cloud))
        engine.state()
        engine.outputs()
        engine.holdings()
        engine.preview()
        assert engine.up().ok
        assert engine.preview().empty
        cloud = Cloud(self._cloud)
        names = [thing["logical"] for thing in cloud.things.values()]
        assert sorted(names) == sorted(each.name for each in declared)
        state = self._engine.home / "state"
        left = {path.name for path in state.iterdir()} - {"dying.json", "dying.key", "backups"}
        assert left == set()

    def _target(self, *declared: Declared):  # type: ignore[no-untyped-def]
        return target("dying", Program(list(declared), {}))


@pytest.mark.parametrize(
    ("what", "file"), [(what, file) for what, files in DONE_TO.items() for file in files]
)
def test_toy_at_everything_it_does_to_its_files(what: str, file: str, tmp_path: Path) -> None:
    deaths = 0
    for nth in count(1):
        stack = ToyStack(tmp_path / f"{nth}")
        stack.die(Death("remove", ".journal", 2), *PLAIN)  # something is there, and a journal
        died = stack.die(Death(what, file, nth), SECRET, *PLAIN)
        stack.lives_on(SECRET, *PLAIN)
        if not died:
            break
        deaths += 1
    assert deaths


@pytest.mark.parametrize("package", CLOUDS)
def test_embedded(package: str, tmp_path: Path) -> None:
    _live(EmbeddedLab(package, tmp_path), [IN_UP], [IN_REBUILD], [])


@pytest.mark.skipif(not ALL, reason="EVERY_STEP=1 dies at every record")
@pytest.mark.parametrize("package", CLOUDS)
def test_embedded_at_every_record(package: str, tmp_path: Path) -> None:
    for nth in count(1):
        lab = EmbeddedLab(package, tmp_path / f"{nth}")
        died = lab.killed("up", Death("write", ".journal", nth))
        _opens(lab)
        _brought_up(lab)
        if not died:
            break
        shutil.rmtree(lab.home)
    data = _data(lab)
    for nth in count(1):
        died = lab.killed("rebuild", Death("write", ".journal", nth))
        _opens(lab)
        _brought_up(lab)
        assert _data(lab) == data
        if not died:
            break


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace, which kills at a call")
@pytest.mark.filterwarnings(
    # The SDK's language server leaves its event loop open when the engine is gone.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("life", range(4 if ALL else 1))
@pytest.mark.parametrize("package", CLOUDS)
def test_pulumi(package: str, life: int, cli: None, tmp_path: Path) -> None:
    chance = random.Random(f"{package} {life}")
    deaths = [Death(*kind, chance.randint(1, 9)) for kind in TORN]
    chance.shuffle(deaths)
    lab = PulumiLab(package, tmp_path)
    early = [replace(death, nth=1 + death.nth % 4) for death in deaths]  # a rebuild is short
    chosen = (deaths, early, deaths[::-1]) if ALL else (deaths[:3], early[4:5], deaths[3:4])
    kills = _live(lab, *chosen)
    print(f"{lab.stack}, life {life}: {kills} kills")  # noqa: T201 - asked for with -s
    gc.collect()


def _live(lab: Lab, up: Sequence[Death], rebuild: Sequence[Death], down: Sequence[Death]) -> int:
    """Bring a lab up, make its machine anew and remove it all, dying on the way.

    It is looked at from all sides each time, and what people keep outlives the machine.

    Returns:
        How often it died.
    """
    for death in up:
        _dies(lab, "up", death)
    _brought_up(lab)
    data = _data(lab)
    for death in rebuild:
        _dies(lab, "rebuild", death)
        _brought_up(lab)
        assert _data(lab) == data
    for death in down:
        _dies(lab, "destroy", death)
    done = lab.do("destroy")
    assert done.ok, done.failures
    assert done.remaining == ()
    assert {s.op for s in done.steps} <= {Op.DELETE, Op.SAME}
    assert _in_cloud(lab) == set()
    return len(up) + len(rebuild) + len(down)


def _dies(lab: Lab, verb: str, death: Death) -> None:
    assert lab.killed(verb, death), f"{verb} has lived through {death}"
    _opens(lab)


def _opens(lab: Lab) -> None:
    """Every verb that only looks can look."""
    for look in ("state", "outputs", "holdings", "preview"):
        getattr(lab.engine(), look)()


def _brought_up(lab: Lab) -> None:
    up = lab.do("up")
    assert up.ok, up.failures
    urns = Counter(found.urn for found in lab.cloud.inventory() if found.urn)
    assert [urn for urn, number in urns.items() if number > 1] == [], "made twice"
    assert _in_cloud(lab) == _recorded(lab)
    assert lab.engine().preview().empty
    assert lab.engine().outputs()


def _data(lab: Lab) -> set[tuple[str, str]]:
    return {(type, id) for type, id in _recorded(lab) if type in HOLDS_DATA}


# By their ids: two roles may switch on the same service, which is one thing in the cloud.
def _in_cloud(lab: Lab) -> set[tuple[str, str]]:
    return {(found.type, found.id) for found in lab.cloud.inventory() if found.urn}


def _recorded(lab: Lab) -> set[tuple[str, str]]:
    deployment = lab.engine().state()["deployment"]
    assert not deployment.get("pending_operations")
    return {
        (entry["type"], entry["id"])
        for entry in deployment.get("resources") or []
        if entry["custom"] and not entry["type"].startswith("pulumi:")
    }
