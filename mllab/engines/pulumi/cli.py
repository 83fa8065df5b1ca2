"""The Pulumi CLI by the Automation API; the only file that imports it.

Programs run inline, in this process, so that the CLI needs no language host.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pulumi import automation as auto
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from mllab.engines.contract import Failure, StackTarget
from mllab.engines.pulumi import checkpoint, known_errors, locks, quiet
from mllab.engines.pulumi.binary import PINNED, Binary, Version
from mllab.engines.pulumi.deployment import Deployment
from mllab.engines.pulumi.events import Events
from mllab.engines.pulumi.process import Ended, Process, Watch
from mllab.engines.pulumi.workspace import Workspace
from mllab.errors import LabError, RunFailed

PATIENCE: Final = 120.0
"""Seconds of silence, with nothing in work, after which a command is taken for dead."""


def install(root: Path) -> None:
    """Download the pinned CLI into `root/bin` with Pulumi's own installer.

    Raises whatever the SDK does: of the network, of the installer's process, of the file system.
    """
    auto.PulumiCommand.install(root=str(root), version=VersionInfo.parse(PINNED))


class Verb(StrEnum):
    """A command of the CLI that runs the engine."""

    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    LOOK = "look"  # a refresh that leaves the state alone
    DESTROY = "destroy"


_CHANGING: Final = frozenset({Verb.UP, Verb.REFRESH, Verb.DESTROY})


class Cli:
    """All commands about one stack.

    Args:
        target: names of project and stack.
        place: where the CLI works.
        binary: the executable.
        parallel: how many operations run side by side.
        notify: told what a person should know at once.
        patience: see PATIENCE.
    """

    def __init__(
        self,
        target: StackTarget,
        place: Workspace,
        binary: Binary,
        *,
        parallel: int,
        notify: Callable[[str], None],
        patience: float = PATIENCE,
    ) -> None:
        self._target, self._place, self._binary = target, place, binary
        self._parallel, self._notify, self._patience = parallel, notify, patience
        self._process: Process | None = None

    def run(
        self, verb: Verb, program: Callable[[], Any], events: Events, flags: Sequence[str] = ()
    ) -> float:
        """Run the engine. Resources that fail are told by `events`, and are no error here.

        Args:
            flags: options of the command that the Automation API does not know.

        Returns:
            Seconds.

        Raises:
            LockedError: another run holds the stack.
            KeyboardInterrupt: somebody asked the run to stop, and it has.
            LabError: the engine could not do its work; with the hint where it is known.
        """
        quiet.servers()
        began = time.monotonic()
        watch = Watch(self._patience, lambda: events.busy, self._interrupt, self.kill)
        events.alive = watch.sign
        problem = ""
        try:
            with watch:
                self._with_stack(
                    lambda stack: self._engine(stack, verb, program, events),
                    self._say_stopping if verb in _CHANGING else _say_nothing,
                    flags,
                )
        except auto.ConcurrentUpdateError as error:
            url = self._place.backend.url
            raise locks.held(self._target.stack, _last(error), url) from error
        except (auto.CommandError, RuntimeError) as error:
            # RuntimeError: no summary came, because the engine gave up early.
            problem = str(error)
        if watch.fell_silent:
            silence = (
                f"Pulumi's engine said nothing for {self._patience:.0f} s and was ended; "
                "what it had recorded until then counts"
            )
            if not events.failures():  # they are the cause, and tell more
                raise RunFailed(
                    silence, hint=f"Look what exists:  mllab status {self._target.stack}"
                )
            events.warn(silence)
        elif self._process is not None and self._process.code < 0:
            raise RunFailed(
                f"Pulumi's engine was killed ({signal.Signals(-self._process.code).name}) in the "
                "middle of its work",
                hint="Run the command again: it looks first what became of what was in work.",
            )
        if problem and not events.failures() and not events.general:
            raise self._explained(verb, problem)
        if events.general and (
            known := known_errors.told("\n".join(events.general), *self._where(verb))
        ):
            raise known
        if failures := events.failures():
            # What was changed until then is told by the outcome.
            nothing_changed = verb not in {Verb.UP, Verb.DESTROY} or _of_providers(failures)
            if nothing_changed and (known := known_errors.shared(failures, *self._where(verb))):
                raise known
        return time.monotonic() - began

    def kill(self) -> None:
        """End the running command as `kill -9` does."""
        if self._process is not None:
            self._process.kill()

    def _interrupt(self) -> None:
        if self._process is not None:
            self._process.interrupt()

    def exists(self) -> bool:
        """True when the backend knows the stack."""
        folder, name = self._place.backend.folder, self._target.stack
        if folder is not None:
            return checkpoint.exists(folder, self._target.project, name)
        known = self._short("status", lambda stack: stack.workspace.list_stacks())
        return any(found.name.rpartition("/")[2] == name for found in known)

    def init(self) -> None:
        """Make the stack in the backend; Pulumi may add its own lines to the stack file."""
        self._short("up", lambda stack: stack.workspace.create_stack(stack.name))

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in clear."""
        found = self._short("status", lambda stack: stack.workspace.stack_outputs(stack.name))
        return {key: output.value for key, output in found.items()}

    def export(self, *, clear: bool = False) -> Deployment:
        """The recorded state, secrets encrypted unless asked for in clear."""
        # Not by `Stack.export_stack`, which asks for secrets in clear.
        words = ["stack", "export", "--stack", self._target.stack]
        words += ["--show-secrets"] if clear else []
        printed = self._short(
            "status",
            lambda stack: stack.workspace.pulumi_command.run(words, str(self._place.folder), {}),
        )
        return dict(json.loads(printed.stdout).get("deployment") or {})

    def import_(self, deployment: Deployment) -> None:
        """Put another state in place of the recorded one."""
        wanted = auto.Deployment(version=3, deployment=deployment)
        self._short("up", lambda stack: stack.import_stack(wanted))

    def _engine(
        self, stack: auto.Stack, verb: Verb, program: Callable[[], Any], events: Events
    ) -> object:
        how: Any = {"program": program, "on_event": events, "parallel": self._parallel}
        match verb:
            case Verb.PREVIEW:
                return stack.preview(**how)
            case Verb.UP:
                return stack.up(**how, continue_on_error=True)
            case Verb.REFRESH:
                return stack.refresh(**how)
            case Verb.LOOK:
                return stack.preview_refresh(**how)
            case Verb.DESTROY:
                return stack.destroy(**how, continue_on_error=True)

    def _with_stack(
        self,
        command: Callable[[auto.Stack], Any],
        on_stop: Callable[[], None] | None = None,
        flags: Sequence[str] = (),
    ) -> Any:
        """Run one command of the Automation API. Raises KeyboardInterrupt when it was to stop."""
        with self._place.environment() as environ:
            self._process = process = Process(self._binary.path, environ, on_stop)
            workspace = auto.LocalWorkspace(
                work_dir=str(self._place.folder),
                pulumi_command=_Command(self._process, self._binary.version, flags),
            )
            try:
                return command(_Stack(self._target.stack, workspace))
            finally:
                if process.interrupted:
                    raise KeyboardInterrupt

    def _short(self, verb: str, command: Callable[[auto.Stack], Any]) -> Any:
        """Run a command that does not run the engine; `verb` is what to type again."""
        try:
            return self._with_stack(command)
        except auto.ConcurrentUpdateError as error:
            url = self._place.backend.url
            raise locks.held(self._target.stack, _last(error), url) from error
        except auto.CommandError as error:
            raise self._explained(verb, str(error)) from error

    def _say_stopping(self) -> None:
        self._notify(
            "Stopping: what is in work is finished and recorded, nothing new begins. "
            "Press Ctrl-C once more to stop at once, and lose track of what is in work."
        )

    def _where(self, verb: str) -> tuple[str, str, Path | None, str]:
        """Stack, command, state file and cloud, as known errors are told."""
        folder, stack = self._place.backend.folder, self._target.stack
        file = folder and folder / ".pulumi" / "stacks" / self._target.project / f"{stack}.json"
        return stack, verb, file, self._target.cloud

    def _explained(self, verb: str, text: str) -> LabError:
        return known_errors.told(text, *self._where(verb)) or RunFailed(
            f"Pulumi's engine gave up:\n{text.strip()}"
        )


def _of_providers(failures: tuple[Failure, ...]) -> bool:
    """True when nothing could begin, because no provider could."""
    return all(failure.type.startswith("pulumi:providers:") for failure in failures)


def _say_nothing() -> None:
    """A run that changes nothing can be stopped without a word."""


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

    def __init__(self, process: Process, version: Version, flags: Sequence[str]) -> None:
        self._process, self.version, self._flags = process, VersionInfo(*version), flags

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> Any:
        words = [*args, *self._flags]
        ended: Ended = self._process.execute(words, cwd, additional_env, on_output, on_error)
        if ended.code:
            raise create_command_error(ended)  # type: ignore[arg-type]  # reads the same fields
        return ended


def _last(error: Exception) -> str:
    """The line that names the owner of a lock."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "created by" in line), lines[-1])
