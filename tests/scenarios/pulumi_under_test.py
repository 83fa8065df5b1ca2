"""Plays scenarios on the engine of Pulumi's CLI, as `mllab --engine pulumi` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mllab.clock import SimulatedClock
from mllab.engines.contract import StackTarget, ignore
from mllab.engines.pulumi import binary
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from mllab.errors import LabError
from tests.scenarios.model import Stage
from tests.scenarios.run import EngineUnderTest, command
from tests.scenarios.toy import Cloud, Toy

PATIENCE = 20.0
"""Seconds; one scenario makes the engine hang, and waits for so long."""


class PulumiUnderTest(EngineUnderTest):
    """The engine is a process of its own, so that killing it leaves the test alive."""

    name = "pulumi"

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._binary = binary.find(home)

    def engine(self, target: StackTarget, cloud: Cloud) -> PulumiEngine:
        clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
        place = SimulatedWorkspace(self.home / "place", target, {"toy": Toy(cloud)}, clock)
        return PulumiEngine(target, place, self._binary, self.home, clock, patience=PATIENCE)

    def kill_and_run(self, target: StackTarget, cloud: Cloud, stage: Stage) -> bool:
        engine = self.engine(target, cloud)
        dead: list[bool] = []

        def kill() -> None:
            engine.cli.kill()
            dead.append(True)

        cloud.kill = kill
        try:
            command(engine, stage, ignore)
        except LabError:
            return bool(dead)
        return False


def take_over(engine: PulumiEngine, exported: Mapping[str, Any]) -> None:
    """`pulumi stack import` of a state that another engine wrote.

    The secrets provider stays that of this stack: without one Pulumi's engine cannot seal what the
    state has in clear.
    """
    engine.cli.init()
    kept = engine.cli.export()
    providers = {k: kept[k] for k in kept if k == "secrets_providers"}
    engine.cli.import_({**exported["deployment"], **providers})
