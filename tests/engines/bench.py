"""A stack on the toy cloud, for tests that look into the embedded engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi

from mllab.clock import SimulatedClock
from mllab.engines.contract import Outcome, Plan, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine, SealForPulumi
from mllab.protocol.provider import Provider
from tests.scenarios.toy import Cloud, Fault, Thing, Toy

BEGIN = datetime(2027, 1, 11, 9, tzinfo=UTC)
HERE = Path(__file__).parent


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it and go on."""


class Bench:
    """One stack: cloud, home and clock stay, programs change.

    Args:
        folder: for everything on disk.
        config: Pulumi configuration.
        provider: makes the toy's provider; replaced where a test needs another one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        config: Mapping[str, str] | None = None,
        provider: Callable[[Cloud], Provider] = Toy,
        stack: str = "dev",
        parallel: int = 16,
    ) -> None:
        self.home = folder
        self.cloud = Cloud(folder / "cloud")
        self.clock = SimulatedClock(BEGIN)
        self.config = dict(config or {})
        self.provider, self.stack, self.parallel = provider, stack, parallel
        self.program: Callable[[], object] = lambda: None
        self.seal: SealForPulumi | None = None

    @property
    def engine(self) -> EmbeddedEngine:
        """A fresh engine, as every command makes one."""
        target = StackTarget("toys", self.stack, "toy", self.config, self.program, HERE)
        providers = {"toy": self.provider(self.cloud)}
        return EmbeddedEngine(target, providers, self.home, self.clock, self.parallel, self.seal)

    @property
    def state(self) -> Path:
        return self.home / "state" / f"{self.stack}.json"

    def preview(self, program: Callable[[], object] | None = None) -> Plan:
        """Plan a program; without one the program before."""
        self.program = program or self.program
        return self.engine.preview()

    def up(self, program: Callable[[], object] | None = None, *faults: Fault) -> Outcome:
        """Bring a program up; without one the program before."""
        self.program = program or self.program
        self.cloud.faults = list(faults)
        return self.engine.up()

    def resources(self) -> dict[str, dict[str, Any]]:
        """Entries of the state by logical name; of two generations the one that is not to be
        deleted.
        """
        entries = self.engine.state()["deployment"]["resources"]
        entries = sorted(entries, key=lambda entry: not entry.get("delete", False))
        return {entry["urn"].rsplit("::", 1)[1]: entry for entry in entries}

    def calls(self, on: str) -> list[str]:
        """Names of the resources that an operation was called for."""
        return [name for what, name in self.cloud.calls if what == on]


def done(result: Plan | Outcome) -> list[str]:
    """`op name` of every custom step, with its status where it is not the usual one."""
    usual = "planned" if isinstance(result, Plan) else "done"
    return [
        f"{step.op} {step.name}" + ("" if step.status == usual else f" {step.status}")
        for step in result.steps
        if step.custom
    ]


def things(*names: str, **inputs: Any) -> Callable[[], None]:
    """A program of independent things."""

    def program() -> None:
        for name in names:
            Thing(name, dict(inputs))

    return program


def chain(*names: str, **inputs: Any) -> Callable[[], None]:
    """A program in which each thing needs the one before."""

    def program() -> None:
        before: Thing | None = None
        for name in names:
            needs = {"needs": [before.id]} if before else {}
            before = Thing(name, {**needs, **inputs})

    return program


def options(**given: Any) -> pulumi.ResourceOptions:
    """Resource options, short."""
    return pulumi.ResourceOptions(**given)


def line(of: Callable[..., object], plus: int) -> str:
    """`file:line` of a line of a function in this folder, counted from its `def`."""
    return f"{Path(of.__code__.co_filename).name}:{of.__code__.co_firstlineno + plus}"


def twins(bench: Bench) -> list[str]:
    """Logical names of which the cloud holds more than one."""
    counts = Counter(thing["logical"] for thing in bench.cloud.things.values())
    return [name for name, number in counts.items() if number > 1]
