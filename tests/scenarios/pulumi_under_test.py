"""Plays scenarios on the real Pulumi engine."""

from __future__ import annotations

from datetime import UTC, datetime

from mllab.clock import SimulatedClock
from mllab.engines.contract import Engine, StackTarget, ignore
from mllab.errors import RunFailed
from tests.scenarios.model import Stage
from tests.scenarios.pulumi_engine import PulumiEngine
from tests.scenarios.run import EngineUnderTest, command
from tests.scenarios.toy import Cloud, Toy


class PulumiUnderTest(EngineUnderTest):
    """The engine is a process of its own, so that killing it leaves the test alive."""

    name = "pulumi"

    def engine(self, target: StackTarget, cloud: Cloud) -> PulumiEngine:
        clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
        return PulumiEngine(target, {"toy": Toy(cloud)}, self.home, clock)

    def kill_and_run(self, target: StackTarget, cloud: Cloud, stage: Stage) -> bool:
        engine = self.engine(target, cloud)
        dead: list[bool] = []

        def kill() -> None:
            engine.kill()
            dead.append(True)

        cloud.kill = kill
        try:
            command(engine, stage, ignore)
        except RunFailed:
            # The lock stays, as after any `kill -9`; whoever runs next has to see that it is stale.
            engine.clear_lock()
        finally:
            engine.close()
        return bool(dead)

    def close(self, engine: Engine) -> None:
        assert isinstance(engine, PulumiEngine)
        engine.close()
