"""Pulumi's own engine behind the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.resource_types import HOLDS_DATA
from mllab.clock import Clock
from mllab.engines import reasons
from mllab.engines.contract import (
    NO_URNS,
    Holding,
    OnStep,
    Outcome,
    Plan,
    StackTarget,
    Step,
    Urns,
    ignore,
)
from mllab.engines.pulumi import backups, deployment, repair
from mllab.engines.pulumi.binary import Binary
from mllab.engines.pulumi.cli import PATIENCE, Cli, Verb
from mllab.engines.pulumi.declared import Declared
from mllab.engines.pulumi.deployment import Deployment
from mllab.engines.pulumi.events import Events
from mllab.engines.pulumi.failures import refuse_broken
from mllab.engines.pulumi.recovery import recover
from mllab.engines.pulumi.release import Release, refused
from mllab.engines.pulumi.snapshot import Snapshot, unchanged
from mllab.engines.pulumi.workspace import RealWorkspace, Workspace
from mllab.errors import LabError
from mllab.protocol import urns


class PulumiEngine:
    """One stack on Pulumi's engine.

    Args:
        target: the program and its configuration.
        place: where the CLI works.
        binary: the executable.
        home: `$MLLAB_HOME`, for backups.
        clock: dates backups.
        notify: told what a person should know at once.
        before_change: called before anything is changed, with the state; raises to refuse.
        patience: seconds of silence after which a command is taken for dead.
    """

    name = "pulumi"

    def __init__(
        self,
        target: StackTarget,
        place: Workspace,
        binary: Binary,
        home: Path,
        clock: Clock,
        *,
        parallel: int = 16,
        notify: Callable[[str], None] = lambda _: None,
        before_change: Callable[[Mapping[str, Any]], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        self._target, self._place, self._home, self._clock = target, place, home, clock
        self._notify, self._before_change = notify, before_change
        self._binary, self._parallel, self._patience = binary, parallel, patience
        self.cli = Cli(target, place, binary, parallel=parallel, notify=notify, patience=patience)
        self._release = Release(self.cli, home, target.stack)
        self._snapshot = Snapshot(self.cli)

    def preview(
        self, on_step: OnStep = ignore, *, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Plan:
        """What `up` would do. A stack that does not exist yet is planned beside the real ones."""
        warning = self._repair()
        if not self.cli.exists():
            if isinstance(self._place, RealWorkspace):
                with self._place.scratch(self._target) as scratch:
                    beside = self._beside(scratch)
                    beside.cli.init()
                    return beside.preview(on_step)
            self.cli.init()
            self.forget()
        before = self._snapshot.read()
        declared = Declared(self._target, dry=True)
        events = Events(on_step, declared, "up", dry=True, rebuild=rebuild)
        flags = ["--ignore-protect"] if release else []
        self.cli.run(Verb.PREVIEW, declared.run, events, flags + _replacing(rebuild))
        guarded = refused(events.steps(), before, declared.resources, release) if release else ()
        refuse_broken(events, declared, (*events.failures(), *guarded), always=True)
        return Plan(
            self._target.stack,
            self.name,
            events.steps(),
            resources=declared.planned(events.found()),
            outputs=events.outputs,
            pending=tuple(begun["resource"]["urn"] for begun in deployment.pending(before)),
            warnings=_spoken(warning, *events.warnings),
        )

    def up(
        self, on_step: OnStep = ignore, *, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Outcome:
        """Make the cloud what the program declares."""
        ready = self._prepare(on_step, release)
        declared = Declared(self._target, ready.recorded)
        events = Events(on_step, declared, "up", dry=False, adopted=ready.adopted, rebuild=rebuild)
        try:
            seconds = self.cli.run(Verb.UP, declared.run, events, _replacing(rebuild))
        finally:
            self._put_back(declared)
        refuse_broken(events, declared, events.failures())
        return self._outcome(events, seconds, ready, declared)

    def refresh(self, on_step: OnStep = ignore, *, dry: bool = False) -> Outcome:
        """Read everything that is recorded, and record what is really there."""
        ready = _Ready((self._repair(),)) if dry else self._prepare(on_step)
        events = self._events_of(on_step, "refresh", ready, dry=dry)
        try:
            seconds = self.cli.run(Verb.LOOK if dry else Verb.REFRESH, _nothing, events)
        finally:
            if not (dry or unchanged(events.steps(), self._snapshot.read())):
                self.forget()
        return self._outcome(events, seconds, ready)

    def destroy(self, on_step: OnStep = ignore, *, release: Urns = NO_URNS) -> Outcome:
        """Delete everything that is recorded."""
        ready = self._prepare(on_step, release)
        events = self._events_of(on_step, "destroy", ready)
        try:
            seconds = self.cli.run(Verb.DESTROY, _nothing, events)
        finally:
            self._put_back(Declared(self._target))
        return self._outcome(events, seconds, ready)

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs; secrets in clear."""
        self._make_readable()
        return self.cli.outputs() if self.cli.exists() else {}

    def state(self) -> Mapping[str, Any]:
        """The deployment as `pulumi stack export` prints it."""
        self._make_readable()
        return _whole(self._snapshot.read())

    def forget(self) -> None:
        """Others may have changed what is recorded: read it anew when it is asked for."""
        self._snapshot.forget()

    def export(self, *, clear: bool = False) -> Mapping[str, Any]:
        """The same; secrets in clear if asked."""
        self._make_readable()
        return _whole(self.cli.export(clear=clear) if self.cli.exists() else {})

    def holdings(self) -> tuple[Holding, ...]:
        """Every recorded resource that keeps data, with what it holds if that can be told."""
        if repaired := self._repair():  # what another run makes or takes meanwhile is not told
            self._notify(repaired)
        entries = deployment.resources(self._snapshot.read())
        return tuple(
            Holding(
                urn=entry["urn"],
                type=entry["type"],
                name=urns.name_of(entry["urn"]),
                what=HOLDS_DATA[entry["type"]],
                amount=self._place.contents(entry),
            )
            for entry in entries
            if entry["type"] in HOLDS_DATA and not entry.get("external") and not entry.get("delete")
        )

    def _prepare(self, on_step: OnStep, release: Urns = NO_URNS) -> _Ready:
        """Everything that must be right before something is changed."""
        ready = _Ready((self._repair(),))
        if not self.cli.exists():
            self._before_change(_whole({}))
            self.cli.init()
            self.forget()
            if isinstance(self._place, RealWorkspace):
                self._notify(
                    f"Made the stack {self._target.stack} in {self._place.backend.url}. Pulumi may "
                    "have added a line of its own to the stack file (encryptionsalt): keep it."
                )
        before = self._snapshot.read()
        self._before_change(_whole(before))
        if deployment.resources(before) or deployment.pending(before):
            text = json.dumps(_whole(before))
            backups.save(self._home, self._target.stack, text, self._clock.now())
        if deployment.pending(before):
            self.forget()
            before = self._snapshot.read()  # as it is now: what is imported takes its place
            ready.steps, warnings = recover(self.cli, self._target, self._place, before)
            self.forget()
            ready.warnings += warnings
            for step in ready.steps:
                on_step(step)
        if self._release.put_back():
            self.forget()
        if release:
            self.forget()
            self._release.lift(self._snapshot.read(), release)
            self.forget()
        before = self._snapshot.read()
        ready.recorded = tuple(entry["urn"] for entry in deployment.resources(before))
        return ready

    def _repair(self) -> str:
        if repaired := repair.before_work(self._place, self._target):
            self.forget()
        return repaired

    def _make_readable(self) -> None:
        if repaired := repair.before_a_look(self._place, self._target):
            self.forget()
            self._notify(repaired)

    def _put_back(self, declared: Declared) -> None:
        """Protect again what is left, whatever became of the run, and hide no error of its own."""
        self.forget()
        try:
            self._make_readable()  # the run may have been killed
            self._release.put_back(declared.resources)
        except LabError as error:
            self._notify(f"What was named is protected again by the next run: {error.message}")

    def _outcome(
        self, events: Events, seconds: float, ready: _Ready, declared: Declared | None = None
    ) -> Outcome:
        """What came of a run. `declared`: what its program said, if it had one."""
        after = self._snapshot.read()
        left = declared.left_alone(deployment.resources(after)) if declared else []
        return Outcome(
            self._target.stack,
            self.name,
            (*ready.steps, *events.steps()),
            failures=events.failures(),
            outputs=deployment.stack_outputs(after),
            seconds=seconds,
            remaining=deployment.remaining(after),
            warnings=_spoken(
                *ready.warnings, *events.warnings, reasons.left_alone(left) if left else ""
            ),
        )

    def _events_of(self, on_step: OnStep, verb: str, ready: _Ready, *, dry: bool = False) -> Events:
        """The events of a command that runs no program."""
        return Events(on_step, Declared(self._target), verb, dry=dry, adopted=ready.adopted)

    def _beside(self, place: Workspace) -> PulumiEngine:
        return PulumiEngine(
            self._target,
            place,
            self._binary,
            self._home,
            self._clock,
            parallel=self._parallel,
            notify=self._notify,
            patience=self._patience,
        )


@dataclass
class _Ready:
    """A stack that may be changed now.

    Args:
        warnings: what there is to say about its lock, and about an interrupted run.
        steps: what was adopted.
        recorded: urns of the state.
    """

    warnings: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    recorded: tuple[str, ...] = ()

    @property
    def adopted(self) -> frozenset[str]:
        return frozenset(step.urn for step in self.steps)


def _whole(found: Deployment) -> dict[str, Any]:
    return {"version": 3, "deployment": found}


def _spoken(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _replacing(rebuild: Urns) -> list[str]:
    """The options of `preview` and `up` that replace what is recorded under these urns."""
    return [word for urn in sorted(rebuild) for word in ("--replace", urn)]


def _nothing() -> None:
    """The program of a command that runs none, so that no language host is asked for."""
