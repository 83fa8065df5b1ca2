"""A committed stack on a simulated account of its cloud, under the embedded engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mllab import program
from mllab.clock import SimulatedClock
from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Op, Outcome, Plan, StackTarget, Status
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.faults import Faults
from mllab.simulated.store import Record
from tests.simulated.caller import MORNING


class Life:
    """One lab on one account, whose settings and quotas can change; plenty of every quota at first.

    Args:
        home: where the account and the engine's state are.
        stack: the name of a committed stack.
    """

    def __init__(self, root: Path, home: Path, stack: str, faults: Faults | None = None) -> None:
        path = files.find(root, stack)
        self.lab = files.load(path)
        name = self.lab.lab.cloud
        self._home, self._faults = home, faults
        self._target = StackTarget("mllab", stack, name, files.config(path), self.declare, root)
        self.plenty = {code: 10_000.0 for code in CLOUDS[name].quotas()}
        self.quota(self.plenty)
        for switch in self.cloud.missing():
            self.cloud.switch_on(switch)

    def declare(self) -> None:
        program.declare(self.lab, MORNING.date())

    def quota(self, quotas: Mapping[str, float]) -> None:
        """Open the account anew, with these quotas."""
        name = self.lab.lab.cloud
        account: type[SimulatedAccount] = import_module(f"mllab.simulated.{name}.cloud").ACCOUNT
        self.cloud = account(self._home / f"{name}.db", quotas=quotas, faults=self._faults)
        providers = {self.cloud.package: self.cloud}
        self.engine = EmbeddedEngine(self._target, providers, self._home, SimulatedClock(MORNING))

    def change(self, section: str, **values: Any) -> None:
        """Change settings."""
        changed = getattr(self.lab, section).model_copy(update=values)
        self.lab = self.lab.model_copy(update={section: changed})

    def all(self, type: str) -> dict[str, Record]:
        """What was declared of a type and exists, by logical name."""
        found = (each for each in self.cloud.inventory() if each.type == type and each.urn)
        return {record.urn.rpartition("::")[2]: record for record in found}

    def only(self, type: str) -> Record:
        """The one thing of a type that was declared."""
        (found,) = self.all(type).values()
        return found

    def named(self) -> frozenset[str]:
        """All that must be named before it goes."""
        return frozenset(holding.urn for holding in self.engine.holdings())

    def down(self) -> Outcome:
        return self.engine.destroy(release=self.named())


def ops(outcome: Outcome | Plan) -> Counter[tuple[Op, Status]]:
    """How often which step came to which end, components left out."""
    return Counter((step.op, step.status) for step in outcome.steps if step.custom)
