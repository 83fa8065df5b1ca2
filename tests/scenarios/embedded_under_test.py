"""Plays scenarios on the embedded engine."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import NoReturn

from mllab.clock import SimulatedClock
from mllab.engines.contract import StackTarget, ignore
from mllab.engines.embedded.engine import EmbeddedEngine
from tests.scenarios.death import Death, Reaper
from tests.scenarios.model import Stage
from tests.scenarios.run import EngineUnderTest, command
from tests.scenarios.toy import Cloud, Fault, Toy


class EmbeddedUnderTest(EngineUnderTest):
    """The engine lives in this process; stages that kill it run in a process of their own.

    Args:
        blocking: the provider says that its calls wait, so that the engine uses threads.
    """

    name = "embedded"

    def __init__(self, home: Path, *, blocking: bool = False) -> None:
        super().__init__(home)
        self._blocking = blocking

    def engine(self, target: StackTarget, cloud: Cloud) -> EmbeddedEngine:
        return _engine(target, cloud, self.home, blocking=self._blocking)

    def kill_and_run(self, target: StackTarget, cloud: Cloud, stage: Stage) -> bool:
        return self.die(target, cloud, stage)

    def die(
        self, target: StackTarget, cloud: Cloud, stage: Stage, death: Death | None = None
    ) -> bool:
        """Run a stage whose faults kill the engine, or a death in writing; true when it died."""
        faults, home, blocking = cloud.faults, self.home, self._blocking
        doomed = _Doomed(target, cloud.path, faults, home, stage, blocking, death)
        process = _processes().Process(target=doomed)
        process.start()
        process.join()
        return process.exitcode == -signal.SIGKILL


@dataclass
class _Doomed:
    """One stage in a process that does not survive it."""

    target: StackTarget
    cloud: Path
    faults: list[Fault]
    home: Path
    stage: Stage
    blocking: bool
    death: Death | None = None

    def __call__(self) -> None:
        cloud = Cloud(self.cloud, self.faults, kill=_kill)
        engine = _engine(self.target, cloud, self.home, blocking=self.blocking)
        if self.death:
            Reaper(self.death)
        command(engine, self.stage, ignore)


def _engine(target: StackTarget, cloud: Cloud, home: Path, *, blocking: bool) -> EmbeddedEngine:
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    return EmbeddedEngine(target, {"toy": Toy(cloud, blocking=blocking)}, home, clock)


def _kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def _processes() -> ForkServerContext:
    """Processes that start from a server with everything imported, so that a kill costs little."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context
