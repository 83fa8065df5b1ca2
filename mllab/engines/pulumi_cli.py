"""Pulumi's own engine behind the contract, by the Automation API.

The only file that imports the Automation API. Programs run inline: the CLI needs no language host.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pulumi import automation as auto
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from components.holdings import HOLDS_DATA
from mllab.clock import Clock
from mllab.engines.contract import Holding, OnStep, Outcome, Plan, StackTarget, ignore
from mllab.engines.embedded import urns
from mllab.engines.pulumi import backups, binary, deployment, locks, troubles
from mllab.engines.pulumi.declared import Declared
from mllab.engines.pulumi.deployment import Deployment
from mllab.engines.pulumi.events import Events
from mllab.engines.pulumi.place import Place, RealPlace
from mllab.engines.pulumi.process import Ended, Process, Watch
from mllab.errors import LabError, LockedError, RunFailed

PATIENCE: Final = 120.0
"""Seconds of silence, with nothing in work, after which a command is taken for dead."""

Notify = Callable[[str], None]


class PulumiEngine:
    """One stack on Pulumi's engine.

    Args:
        target: the program and its configuration.
        place: where the CLI works.
        cli: the executable.
        home: `$MLLAB_HOME`, for backups.
        clock: dates backups and the age of locks.
        notify: told what a person should know at once.
        before_change: called before anything is changed, with the state; raises to refuse.
    """

    name = "pulumi"

    def __init__(
        self,
        target: StackTarget,
        place: Place,
        cli: binary.Binary,
        home: Path,
        clock: Clock,
        *,
        parallel: int = 16,
        notify: Notify = lambda _: None,
        before_change: Callable[[Mapping[str, Any]], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        self._target, self._place, self._cli = target, place, cli
        self._home, self._clock, self._parallel = home, clock, parallel
        self._notify, self._before_change = notify, before_change
        self._patience = patience
        self.running: Process | None = None
        """The CLI that works at this moment, for whoever must end it."""

    def preview(self, on_step: OnStep = ignore, *, release: frozenset[str] = frozenset()) -> Plan:
        """What `up` would do. A stack that does not exist yet is planned beside the real one."""
        if isinstance(self._place, RealPlace) and not self._exists():
            with self._place.scratch(self._target) as scratch:
                return self._beside(scratch).preview(on_step)
        if not self._exists():
            self._init()
        self._check_lock()
        before = self._export()
        declared = self._declared()
        events = Events(on_step, declared, "up", dry=True)
        self._run(
            "preview",
            events,
            lambda stack: stack.preview(
                parallel=self._parallel, program=declared.run, on_event=events
            ),
        )
        self._refuse_broken(events, declared)
        return Plan(
            self._target.stack,
            self.name,
            events.steps(),
            resources=declared.planned(events.found()),
            outputs=events.outputs,
            pending=tuple(entry["resource"]["urn"] for entry in deployment.pending(before)),
            warnings=tuple(events.warnings),
        )

    def up(self, on_step: OnStep = ignore, *, release: frozenset[str] = frozenset()) -> Outcome:
        """Make the cloud what the program declares."""
        if not self._exists():
            self._before_change({})
            self._init()
        warnings = self._prepare(release, on_step)
        declared = self._declared()
        events = Events(on_step, declared, "up", dry=False)
        seconds = self._run(
            "up",
            events,
            lambda stack: stack.up(
                parallel=self._parallel,
                program=declared.run,
                on_event=events,
                continue_on_error=True,
            ),
        )
        if declared.raised or (events.general and not events.failures()):
            self._refuse_broken(events, declared)
        return self._outcome(events, seconds, warnings)

    def refresh(self, on_step: OnStep = ignore, *, dry: bool = False) -> Outcome:
        """Read everything that is recorded, and record what is really there."""
        warnings = [self._check_lock()] if dry else self._prepare(frozenset(), on_step)
        events = Events(on_step, self._declared(), "refresh", dry=dry)

        def read(stack: auto.Stack) -> object:
            verb = stack.preview_refresh if dry else stack.refresh
            return verb(parallel=self._parallel, program=_nothing, on_event=events)

        return self._outcome(events, self._run("refresh", events, read), warnings)

    def destroy(
        self, on_step: OnStep = ignore, *, release: frozenset[str] = frozenset()
    ) -> Outcome:
        """Delete everything that is recorded."""
        warnings = self._prepare(release, on_step)
        events = Events(on_step, self._declared(), "destroy", dry=False)
        seconds = self._run(
            "down",
            events,
            lambda stack: stack.destroy(
                parallel=self._parallel,
                program=_nothing,
                on_event=events,
                continue_on_error=True,
            ),
        )
        return self._outcome(events, seconds, warnings)

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs; secrets in clear."""
        if not self._exists():
            return {}
        found = self._with_stack(lambda stack: stack.workspace.stack_outputs(stack.name))
        return {key: output.value for key, output in found.items()}

    def state(self) -> Mapping[str, Any]:
        """The deployment as `pulumi stack export` prints it."""
        return {"version": 3, "deployment": self._export() if self._exists() else {}}

    def holdings(self) -> tuple[Holding, ...]:
        """Every recorded resource that keeps data; on a real cloud nobody has counted it."""
        entries = deployment.resources(self._export() if self._exists() else {})
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

    # ---------------------------------------------------------------------- before a run

    def _prepare(self, release: frozenset[str], on_step: OnStep) -> list[str]:
        """Everything that must be right before something is changed; returns warnings."""
        warnings = [self._check_lock()]
        before = self._export()
        self._before_change({"version": 3, "deployment": before})
        if deployment.resources(before) or deployment.pending(before):
            text = json.dumps({"version": 3, "deployment": before})
            backups.save(self._home, self._target.stack, text, self._clock.now())
        if deployment.pending(before):
            warnings += self._recover(before, on_step)
            before = self._export()
        if release:
            self._import(deployment.released(before, release))
        return warnings

    def _recover(self, before: Deployment, on_step: OnStep) -> list[str]:
        """Find what an interrupted run made, take it into the state, and read everything again."""
        known = {entry["id"] for entry in deployment.resources(before) if entry.get("id")}
        made, warnings = [], []
        for operation in deployment.pending(before):
            entry = operation["resource"]
            name = urns.name_of(entry["urn"])
            if operation["type"] != "creating":
                warnings.append(f"{operation['type']} {name} was interrupted; it was read again")
            elif (found := self._place.find(entry, known)) is None:
                warnings.append(f"creating {name} was interrupted before anything was made")
            else:
                known.add(found["id"])
                made.append(found)
                warnings.append(f"{name} was found as {found['id']}: made by an interrupted run")
        self._import(deployment.settled(before, made))
        events = Events(ignore, self._declared(), "refresh", dry=False)
        self._run("refresh", events, lambda stack: stack.refresh(program=_nothing, on_event=events))
        for step in deployment.adopted(made):
            on_step(step)
        return warnings

    def _check_lock(self) -> str:
        folder = self._place.backend.folder
        if folder is None:
            return ""
        target = self._target
        return locks.clear_stale(folder, target.project, target.stack, self._clock.now())

    def _exists(self) -> bool:
        """True when the backend knows the stack."""
        folder = self._place.backend.folder
        if folder is not None:
            stacks = folder / ".pulumi" / "stacks" / self._target.project
            return any(stacks.glob(f"{self._target.stack}.json*"))
        known = self._with_stack(lambda stack: stack.workspace.list_stacks())
        return any(found.name.rpartition("/")[2] == self._target.stack for found in known)

    def _init(self) -> None:
        self._with_stack(lambda stack: stack.workspace.create_stack(stack.name))
        if isinstance(self._place, RealPlace):
            self._notify(
                f"Made the stack {self._target.stack} in {self._place.backend.url}. Pulumi may have "
                "added a line of its own to the stack file (encryptionsalt); keep it."
            )

    # ---------------------------------------------------------------------- the run itself

    def _run(self, verb: str, events: Events, command: Callable[[auto.Stack], object]) -> float:
        """Run one command; failed resources are no error here. Returns its seconds."""
        began = time.monotonic()
        watch = Watch(self._patience, lambda: events.busy, lambda: self._end())
        events.alive = watch.sign
        try:
            with watch:
                self._with_stack(command)
        except auto.ConcurrentUpdateError as error:
            raise locks.held(self._target.stack, _last(error)) from error
        except auto.CommandError as error:
            if watch.fell_silent:
                raise RunFailed(
                    f"Pulumi's engine said nothing for {self._patience:.0f} s and was ended; "
                    "what it had recorded until then counts",
                    cure=f"Look:  mllab status {self._target.stack}",
                ) from error
            if not events.failures() and not events.general:
                raise self._explained(verb, str(error)) from error
        except RuntimeError as error:
            # The Automation API misses the summary when the engine gives up early.
            if not events.failures() and not events.general:
                raise self._explained(verb, str(error)) from error
        if self.interrupted:
            raise KeyboardInterrupt
        if events.general and (known := self._known(verb, "\n".join(events.general))):
            raise known
        return time.monotonic() - began

    def _with_stack(self, command: Callable[[auto.Stack], Any]) -> Any:
        with self._place.surroundings() as environ:
            process = Process(self._cli.path, environ, self._notify)
            workspace = auto.LocalWorkspace(
                work_dir=str(self._place.folder),
                pulumi_command=_Command(process, self._cli.version),
            )
            self.running = process
            return command(_Stack(self._target.stack, workspace))

    @property
    def interrupted(self) -> bool:
        """True when the latest command was asked to stop."""
        return self.running is not None and self.running.interrupted

    def _end(self) -> None:
        if self.running is not None:
            self.running.kill()

    def _outcome(self, events: Events, seconds: float, warnings: list[str]) -> Outcome:
        after = self._export()
        return Outcome(
            self._target.stack,
            self.name,
            events.steps(),
            failures=events.failures(),
            outputs=deployment.stack_outputs(after),
            seconds=seconds,
            remaining=deployment.remaining(after),
            warnings=tuple(text for text in (*warnings, *events.warnings) if text),
        )

    def _refuse_broken(self, events: Events, declared: Declared) -> None:
        """Raise RunFailed for a program that raises, or inputs that are refused."""
        if declared.raised:
            error, place = declared.raised
            if isinstance(error, LabError):
                raise error
            raise RunFailed(f"{place or 'the program'}: {error}") from error
        failures = events.failures()
        if failures or events.general:
            lines = [f"{f.source or f.name}: {f.name} ({f.type}): {f.message}" for f in failures]
            cure = next((failure.cure for failure in failures if failure.cure), "")
            raise RunFailed("\n".join(lines or events.general), cure=cure)

    def _known(self, verb: str, text: str) -> LabError | None:
        return troubles.told(text, self._target.stack, verb)

    def _explained(self, verb: str, text: str) -> LabError:
        return self._known(verb, text) or RunFailed(f"Pulumi's engine gave up:\n{text.strip()}")

    # ---------------------------------------------------------------------- the state

    def _export(self) -> Deployment:
        try:
            found = self._with_stack(lambda stack: stack.export_stack())
        except auto.ConcurrentUpdateError as error:
            raise LockedError(_last(error)) from error
        except auto.CommandError as error:
            raise self._explained("status", str(error)) from error
        return dict(found.deployment or {})

    def _import(self, found: Deployment) -> None:
        wanted = auto.Deployment(version=3, deployment=found)
        self._with_stack(lambda stack: stack.import_stack(wanted))

    def _declared(self) -> Declared:
        return Declared(self._target.program, self._target.root)

    def _beside(self, place: Place) -> PulumiEngine:
        return PulumiEngine(
            self._target,
            place,
            self._cli,
            self._home,
            self._clock,
            parallel=self._parallel,
            notify=self._notify,
            patience=self._patience,
        )


class _Stack(auto.Stack):
    """Without the further commands that select a stack first, and collect results after `up`."""

    def __init__(self, name: str, workspace: auto.LocalWorkspace) -> None:
        self.name, self.workspace, self._mode = name, workspace, StackInitMode.SELECT

    def outputs(self) -> auto.OutputMap:
        return {}

    def info(self, show_secrets: bool | None = None) -> Any:
        return object()


class _Command(auto.PulumiCommand):
    """The CLI as the Automation API calls it."""

    def __init__(self, process: Process, version: binary.Version) -> None:
        self._process, self.version = process, VersionInfo(*version)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> Any:
        ended: Ended = self._process.execute(args, cwd, additional_env, on_output, on_error)
        if ended.code:
            raise create_command_error(ended)  # type: ignore[arg-type]  # reads the same fields
        return ended


def _nothing() -> None:
    """The program of a command that runs none, so that no language host is asked for."""


def _last(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "created by" in line), lines[-1])
