"""The process dies at every single change of the cloud, before and after it, and once more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.bench import Bench, Killed, twins
from tests.scenarios.toy import Thing, Toy


def first() -> None:
    """Something of everything: what the next program updates, replaces, deletes, keeps."""
    net = Thing("net", {"fixed": "x"})
    Thing("disk", {"name": "disk", "fixed": "x", "needs": [net.id]})
    Thing("vm", {"size": 1, "needs": [net.id]})
    Thing("gone", {"needs": [net.id]})


def second() -> None:
    net = Thing("net", {"fixed": "y"})
    Thing("disk", {"name": "disk", "fixed": "y", "needs": [net.id]})
    Thing("vm", {"size": 2, "needs": [net.id]})
    Thing("new", {"needs": [net.id]})


MOMENTS = 8
"""One more than the calls that change the cloud on the way from the first program to the second."""


class Mortal(Toy):
    """A provider under which the process dies at the n-th change, before or after it."""

    countdown = 0
    after = False

    def configured(self, config):  # type: ignore[no-untyped-def]
        return Mortal(self.cloud, **config)

    def _maybe(self, change: Callable[[], object]) -> object:
        Mortal.countdown -= 1
        if Mortal.countdown == 0 and not Mortal.after:
            raise Killed
        result = change()
        if Mortal.countdown == 0:
            raise Killed
        return result

    def create(self, call, inputs):  # type: ignore[no-untyped-def]
        if call.preview:
            return super().create(call, inputs)
        return self._maybe(lambda: Toy.create(self, call, inputs))

    def update(self, call, id, old_outputs, news):  # type: ignore[no-untyped-def]
        if call.preview:
            return super().update(call, id, old_outputs, news)
        return self._maybe(lambda: Toy.update(self, call, id, old_outputs, news))

    def delete(self, call, id, outputs):  # type: ignore[no-untyped-def]
        return self._maybe(lambda: Toy.delete(self, call, id, outputs))


def die_at(bench: Bench, moment: int, *, after: bool, verb: str = "up") -> bool:
    """Run a verb that dies at the n-th change. False when it lived."""
    Mortal.countdown, Mortal.after = moment, after
    try:
        getattr(bench.engine, verb)()
    except Killed:
        return True
    finally:
        Mortal.countdown = 0
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
def test_death_at_any_change_of_an_up(tmp_path: Path, moment: int, after: bool) -> None:
    bench = Bench(tmp_path, provider=Mortal)
    bench.up(first)
    bench.program = second
    died = die_at(bench, moment, after=after)
    assert died == (moment < MOMENTS)
    bench.preview()
    assert bench.up().ok
    logical = sorted(thing["logical"] for thing in bench.cloud.things.values())
    assert logical == ["disk", "net", "new", "vm"]
    recorded = {e["id"] for e in bench.resources().values() if e["type"].startswith("toy:")}
    assert recorded == set(bench.cloud.things)
    assert bench.preview().empty
    assert all(not entry.get("delete") for entry in bench.resources().values())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", range(1, 6))
@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_death_at_any_delete_leaves_nothing_behind(
    tmp_path: Path, moment: int, after: bool, verb: str
) -> None:
    bench = Bench(tmp_path, provider=Mortal)
    bench.up(first)
    bench.program = lambda: None
    died = die_at(bench, moment, after=after, verb=verb)
    assert died == (moment < 5)
    assert getattr(bench.engine, verb)().ok
    assert bench.cloud.things == {}
    assert not [e for e in bench.resources().values() if e["type"].startswith("toy:")]


@pytest.mark.parametrize("again", range(1, 4))
@pytest.mark.parametrize("moment", range(1, MOMENTS))
def test_death_in_the_run_after_a_death(tmp_path: Path, moment: int, again: int) -> None:
    bench = Bench(tmp_path, provider=Mortal)
    bench.up(first)
    bench.program = second
    die_at(bench, moment, after=True)
    die_at(bench, again, after=True)
    assert bench.up().ok
    assert twins(bench) == []
    assert len(bench.cloud.things) == 4
    assert bench.preview().empty
