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
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("package", CLOUDS if ALL else ["gcp"])  # it has secrets
def test_embedded(package: str, tmp_path: Path) -> None:
    _live(EmbeddedLab(package, tmp_path), [Death("write", ".journal", 28)], [])


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
    kills = _live(lab, deaths, reversed(deaths)) if ALL else _live(lab, deaths[:3], deaths[3:4])
    print(f"{lab.stack}, life {life}: {kills} kills")  # noqa: T201 - asked for with -s
    gc.collect()


def _live(lab: Lab, up: Iterable[Death], down: Iterable[Death]) -> int:
    """Bring a lab up and remove it, dying on the way, and look at it from all sides each time.

    Returns:
        How often it died.
    """
    kills = 0
    for verb, deaths in (("up", up), ("destroy", down)):
        for death in deaths:
            assert lab.killed(verb, death), f"{verb} has lived through {death}"
            kills += 1
            _opens(lab)
        if verb == "up":
            _brought_up(lab)
    done = lab.do("destroy")
    assert done.ok, done.failures
    assert done.remaining == ()
    assert {s.op for s in done.steps} <= {Op.DELETE, Op.SAME}
    assert _in_cloud(lab) == set()
    return kills


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
