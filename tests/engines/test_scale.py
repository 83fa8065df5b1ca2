"""Work grows with the number of resources and no faster: counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mllab.engines import embedded
from tests.engines.bench import Bench, options
from tests.scenarios.toy import Group, Thing

ENGINE = str(Path(embedded.__file__).parent)


def shelves(count: int, **inputs: Any) -> Callable[[], None]:
    """Groups of a net and three things that need it."""

    def program() -> None:
        for number in range(count):
            opts = options(parent=Group(f"g{number}"))
            net = Thing(f"n{number}", inputs, opts)
            for name in "abc":
                Thing(f"{name}{number}", {"needs": [net.id]}, opts)

    return program


def calls(work: Callable[[], object]) -> int:
    """How many functions of the engine a piece of work calls."""
    count = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        if event == "call" and frame.f_code.co_filename.startswith(ENGINE):
            count += 1

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def life(folder: Path, count: int) -> dict[str, int]:
    bench = Bench(folder)
    bench.cloud.path = Path("/dev/null")
    bench.program = shelves(count, size=1)
    found = {"preview": calls(bench.engine.preview), "up": calls(bench.engine.up)}
    found["again"] = calls(bench.engine.up)
    bench.program = shelves(count, size=2)
    found["update"] = calls(bench.engine.up)
    found["refresh"] = calls(bench.engine.refresh)
    bench.program = shelves(count // 2, size=2)
    found["halve"] = calls(bench.engine.up)
    found["destroy"] = calls(bench.engine.destroy)
    return found


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], dict[str, int]]:
    return life(tmp_path_factory.mktemp("small"), 10), life(tmp_path_factory.mktemp("big"), 40)


@pytest.mark.parametrize(
    "verb", ["preview", "up", "again", "update", "refresh", "halve", "destroy"]
)
def test_four_times_the_resources_are_four_times_the_work(
    lives: tuple[dict[str, int], dict[str, int]], verb: str
) -> None:
    small, big = lives[0][verb], lives[1][verb]
    assert small > 40
    assert big < 4.2 * small


def test_a_thousand_resources_live_and_die(bench: Bench) -> None:
    bench.cloud.path = Path("/dev/null")
    assert bench.up(shelves(200)).ok
    assert len(bench.cloud.things) == 800
    assert bench.engine.destroy().ok
    assert bench.cloud.things == {}
