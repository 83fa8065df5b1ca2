"""A whole lab on either engine and a simulated account, while the engine's process dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn, Self, TypeVar

import components.aws  # noqa: F401 - here, so that the server of processes has it ready
from components.resource_types import HOLDS_DATA
from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import Engine, Outcome, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.engines.pulumi import binary
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from mllab.errors import LabError
from mllab.protocol.provider import Call, Made, Properties, ProviderFailure
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws

T = TypeVar("T")

STACK = "aws-course"
ROOT = Path(__file__).parents[2]
GRANTED = {"L-DB2E81BA": 64, "L-3819A6DF": 64}
"""Quotas for machines with a GPU, of which a new account has none."""


@dataclass
class Fate:
    """When the engine dies: at the n-th change that it asks the cloud for.

    Args:
        moment: 0 for never.
        after: the cloud has done it, and nobody hears of it; else it has not yet.
        kill: ends the engine.
    """

    moment: int = 0
    after: bool = False
    kill: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.changes = 0
        self._lock = threading.Lock()

    def meet(self, change: Callable[[], T]) -> T:
        """Do a change, unless death comes before it."""
        with self._lock:
            self.changes += 1
            now = self.changes == self.moment
        if now and not self.after:
            self._die()
        done = change()
        if now:
            self._die()
        return done

    def _die(self) -> NoReturn:
        self.kill()
        # The engine may live in another process; this call must not go on for a dead one.
        raise ProviderFailure("the engine is dead")


class Account(SimulatedAws):
    """An account whose changes can be the engine's last."""

    fate = Fate()

    @classmethod
    def opened(cls, home: Path, fate: Fate | None = None) -> Self:
        """The account in a folder."""
        made = cls(home / "aws.db", quotas=GRANTED)
        made.fate = fate or Fate()
        return made

    def create(self, call: Call, inputs: Properties) -> Made:
        if call.preview:
            return super().create(call, inputs)
        return self.fate.meet(lambda: SimulatedAws.create(self, call, inputs))

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        if call.preview:
            return super().update(call, id, old_outputs, news)
        change = partial(SimulatedAws.update, self, call, id, old_outputs, news)
        return self.fate.meet(change)

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        return self.fate.meet(lambda: SimulatedAws.delete(self, call, id, outputs))


class LabUnderTest(ABC):
    """The lab on one engine.

    Args:
        home: a folder of its own.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    @abstractmethod
    def engine(self, cloud: SimulatedAws) -> Engine:
        """A fresh engine, as every command makes one."""

    @abstractmethod
    def killed(self, verb: str, moment: int, *, after: bool) -> bool:
        """Run a verb that dies at the n-th change. False when it lived."""

    def do(self, verb: str, fate: Fate | None = None) -> Outcome:
        """Run a verb."""
        return act(self.engine(Account.opened(self.home, fate)), verb)


class EmbeddedLab(LabUnderTest):
    """On the embedded engine, which dies with a process of its own."""

    def engine(self, cloud: SimulatedAws) -> EmbeddedEngine:
        return EmbeddedEngine(_target(), {"aws": cloud}, self.home, _clock())

    def killed(self, verb: str, moment: int, *, after: bool) -> bool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        process = context.Process(target=_doomed, args=(self.home, verb, moment, after))
        process.start()
        process.join()
        return process.exitcode == -signal.SIGKILL


class PulumiLab(LabUnderTest):
    """On Pulumi's engine, which is a process of its own."""

    def engine(self, cloud: SimulatedAws) -> PulumiEngine:
        target, clock = _target(), _clock()
        place = SimulatedWorkspace(self.home / "place", target, {"aws": cloud}, clock)
        return PulumiEngine(target, place, binary.find(self.home), self.home, clock)

    def killed(self, verb: str, moment: int, *, after: bool) -> bool:
        fate = Fate(moment, after)
        engine = self.engine(Account.opened(self.home, fate))
        fate.kill = engine.cli.kill
        try:
            act(engine, verb)
        except LabError as error:
            return "was killed (SIGKILL)" in error.message
        return False


def act(engine: Engine, verb: str) -> Outcome:
    """`up`, or a `destroy` that names everything with data in it."""
    if verb == "up":
        return engine.up()
    entries = engine.state()["deployment"].get("resources") or []
    return engine.destroy(release=frozenset(e["urn"] for e in entries if e["type"] in HOLDS_DATA))


def _doomed(home: Path, verb: str, moment: int, after: bool) -> None:
    fate = Fate(moment, after, lambda: os.kill(os.getpid(), signal.SIGKILL))
    act(EmbeddedLab(home).engine(Account.opened(home, fate)), verb)


def _target() -> StackTarget:
    path = files.find(ROOT, STACK)
    declare = partial(program.declare, files.load(path))
    return StackTarget("mllab", STACK, "aws", files.config(path), declare, ROOT)


def _clock() -> SimulatedClock:
    return SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
