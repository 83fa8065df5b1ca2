"""Plays a scenario on an engine and compares what is seen with what the scenario says."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mllab.engines.contract import (
    Engine,
    Failure,
    Outcome,
    Plan,
    StackTarget,
    Status,
    Step,
)
from mllab.errors import LabError, LockedError
from tests.scenarios.compare import differences
from tests.scenarios.model import Declared, Scenario, Stage
from tests.scenarios.program import Program
from tests.scenarios.toy import Cloud, Fault

PROJECT = "toys"


@dataclass
class Seen:
    """What a stage did.

    Args:
        events: every step as it was reported while the command ran.
        killed: the engine died, so that nothing but cloud and state can tell what happened.
    """

    events: list[Step] = field(default_factory=list)
    steps: tuple[Step, ...] = ()
    failures: tuple[Failure, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pending: tuple[str, ...] | None = None
    remaining: tuple[str, ...] | None = None
    raises: str = ""
    others: str = ""
    killed: bool = False
    cloud: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)


class EngineUnderTest(ABC):
    """One engine with one home folder, on which scenarios are played."""

    name: str

    def __init__(self, home: Path) -> None:
        self.home = home

    @abstractmethod
    def engine(self, target: StackTarget, cloud: Cloud) -> Engine:
        """The engine for one stage; `cloud` is what its provider drives."""

    @abstractmethod
    def kill_and_run(self, target: StackTarget, cloud: Cloud, stage: Stage) -> bool:
        """Run a stage whose faults kill the engine; true when it died by that."""

    def close(self, engine: Engine) -> None:  # noqa: B027 - most engines hold nothing
        """Give back what an engine holds."""


def play(scenario: Scenario, name: str, under_test: EngineUnderTest) -> StackTarget:
    """Run all stages; the first that differs raises AssertionError with every difference.

    Returns:
        The stack as the last stage had it.
    """
    path = under_test.home / f"{name}.cloud"
    declare: list[Declared] = []
    outputs: dict[str, Any] = {}
    config: dict[str, str] = {}
    stack = target(name, Program(declare, outputs))
    before = Seen()
    for number, stage in enumerate(scenario.stages, start=1):
        declare = declare if stage.declare is None else stage.declare
        outputs = outputs if stage.outputs is None else stage.outputs
        config = config if stage.config is None else stage.config
        stack = target(name, Program(declare, outputs), config)
        seen = run(under_test, stack, Cloud(path), stage)
        expected = stage.expected(under_test.name)
        found = differences(expected, seen, _secrets(declare, outputs))
        if stage.do in ("preview", "refresh dry"):
            if _resources(before) != _resources(seen):
                found.append("the state was changed")
            if before.cloud != seen.cloud and not stage.meddle:
                found.append("the cloud was changed")
        before = seen
        if found:
            raise AssertionError(
                f"{name}, stage {number} ({stage.do}) on {under_test.name}:\n  - "
                + "\n  - ".join(found)
                + "\n"
                + describe(seen)
            )
    return stack


def target(stack: str, program: Program, config: Mapping[str, str] | None = None) -> StackTarget:
    """The stack of one scenario."""
    return StackTarget(PROJECT, stack, "toy", config or {}, program, Path(__file__).parent)


def _resources(seen: Seen) -> list[Any]:
    return list(seen.state.get("deployment", {}).get("resources") or [])


def run(under_test: EngineUnderTest, target: StackTarget, cloud: Cloud, stage: Stage) -> Seen:
    """One stage."""
    for name, change in stage.meddle.items():
        for id in cloud.named(name):
            thing = cloud.things[id]
            cloud.put(
                id,
                None if change == "gone" else {**thing, "inputs": {**thing["inputs"], **change}},
            )
    cloud.faults = [Fault(f.on, f.name, f.do, f.message) for f in stage.faults]
    seen = Seen()
    if any(fault.do.startswith("kill") for fault in stage.faults):
        seen.killed = under_test.kill_and_run(target, cloud, stage)
        cloud = Cloud(cloud.path)
    engine = under_test.engine(target, cloud)
    try:
        if not seen.killed:
            cloud.meanwhile = lambda: _run_another(under_test, target, cloud, seen)
            _observe(engine, stage, seen)
        seen.state = json.loads(json.dumps(engine.state()))
    finally:
        under_test.close(engine)
    seen.cloud = dict(cloud.things)
    return seen


def command(engine: Engine, stage: Stage, on_step: Callable[[Step], None]) -> Plan | Outcome:
    """Call the verb of a stage."""
    if stage.do in ("refresh", "refresh dry"):
        return engine.refresh(on_step, dry=stage.do == "refresh dry")
    asked = stage.release or stage.rebuild
    urns = engine.state()["deployment"].get("resources") or [] if asked else []
    release, rebuild = (
        frozenset(r["urn"] for r in urns if r["urn"].rsplit("::", 1)[1] in names)
        for names in (stage.release, stage.rebuild)
    )
    if stage.do == "destroy":
        return engine.destroy(on_step, release=release)
    verb = engine.up if stage.do == "up" else engine.preview
    return verb(on_step, release=release, rebuild=rebuild)


def _observe(engine: Engine, stage: Stage, seen: Seen) -> None:
    try:
        result = command(engine, stage, seen.events.append)
    except LabError as error:
        seen.raises = f"{type(error).__name__}: {error}"
        return
    seen.steps, seen.outputs, seen.warnings = result.steps, result.outputs, result.warnings
    if isinstance(result, Plan):
        seen.pending = result.pending
        return
    seen.failures = result.failures
    if stage.do == "destroy":
        seen.remaining = result.remaining


def _run_another(
    under_test: EngineUnderTest, target: StackTarget, cloud: Cloud, seen: Seen
) -> None:
    """A second run of the same stack while the first is at work."""
    engine = under_test.engine(target, Cloud(cloud.path.with_suffix(".other")))
    try:
        engine.up()
        seen.others = "nothing: it ran"
    except LockedError as error:
        seen.others = f"LockedError: {error}"
    finally:
        under_test.close(engine)


def _secrets(declare: Sequence[Declared], outputs: Mapping[str, Any]) -> set[str]:
    """The texts that the program of a stage declares as secret."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, Mapping):
            if value.keys() == {"$secret"} and "${" not in value["$secret"]:
                found.add(value["$secret"])
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    look([declared.inputs for declared in declare])
    look(outputs)
    return found


def describe(seen: Seen) -> str:
    """Everything seen, as text for the person who reads the failure."""
    lines = [f"seen: killed={seen.killed} raises={seen.raises!r} others={seen.others!r}"]
    lines += [f"  {e.status} {e.op} {e.name}" for e in seen.events]
    lines += [
        f"  step {s.status} {s.op} {s.name} {[(c.kind, c.path, c.replaces) for c in s.changes]}"
        for s in seen.steps
    ]
    lines += [f"  failure {f.op} {f.name}: {f.message}" for f in seen.failures]
    lines += [f"  warning {warning}" for warning in seen.warnings]
    lines.append(f"  outputs {json.dumps(dict(seen.outputs))}")
    lines += [f"  cloud {id}: {json.dumps(thing)}" for id, thing in seen.cloud.items()]
    deployment = seen.state.get("deployment", {})
    lines += [f"  state {json.dumps(resource)}" for resource in deployment.get("resources", [])]
    lines += [
        f"  pending {p['type']} {p['resource']['urn']}"
        for p in deployment.get("pending_operations") or []
    ]
    counts = Counter(s.op for s in seen.steps if s.status is Status.DONE)
    return "\n".join(lines) if len(lines) < 200 else f"{len(lines)} lines; {dict(counts)}"
