"""Opens one stack for one command: its settings, its engine, its cloud and the time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mllab.clock import Clock, SimulatedClock
from mllab.errors import SettingsError, UsageError
from mllab.settings.limits import CLOUDS

if TYPE_CHECKING:
    from mllab.engines.contract import Engine
    from mllab.settings.lab import Lab
    from mllab.simulated.aws.cloud import SimulatedAws

HOME_VARIABLE: Final = "MLLAB_HOME"
MORNING: Final = time(9, tzinfo=UTC)
"""Time of day at which a simulated clock begins on a given day."""

INSTEAD: Final = {
    "preview": "pulumi preview -s {stack}",
    "up": "pulumi up -s {stack}",
    "outputs": "pulumi stack output -s {stack}",
    "status": "pulumi refresh --preview-only -s {stack}",
    "down": "pulumi destroy -s {stack}",
}
"""What does the same in a real cloud, with Pulumi's own command line."""


@dataclass(frozen=True)
class Session:
    """One stack, ready for a command.

    Args:
        root: the project's folder.
        lab: the settings; None where the file is gone or wrong and the command can do without.
        engine: knows the stack's state and reaches its cloud.
        clock: the engine's.
        cloud: the simulated cloud behind the engine; None for a real one.
        fault: why `lab` is None.
    """

    root: Path
    stack: str
    lab: Lab | None
    engine: Engine
    clock: Clock
    cloud: SimulatedAws | None = None
    fault: SettingsError | None = None

    @property
    def simulated(self) -> bool:
        """True when nothing real is reached."""
        return self.cloud is not None

    @property
    def declared(self) -> Lab:
        """The settings. Raises SettingsError where they are wrong."""
        if self.lab is None:
            raise self.fault or SettingsError([f"stack {self.stack} has no settings"])
        return self.lab

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before this session is used, one line each."""
        if self.fault is None:
            return ()
        return (f"the settings cannot be used, so what is recorded counts: {self.fault.faults[0]}",)

    @property
    def title(self) -> str:
        """`aws-course, simulated AWS us-east-1`."""
        where = f"{CLOUDS[self.lab.lab.cloud]} {self.lab.region}" if self.lab else "cloud"
        return f"{self.stack}, {'simulated ' if self.simulated else ''}{where}"

    def command(self, verb: str, rest: str = "") -> str:
        """A command to type next, for the same stack in the same cloud."""
        return f"mllab {verb} {self.stack}{' --simulate' if self.simulated else ''}{rest}"


def project() -> Path:
    """The project's folder, from the current one upwards. Raises UsageError."""
    from mllab.settings import files

    return files.project_root(Path.cwd())


def home(root: Path) -> Path:
    """Where simulated clouds and states live: `$MLLAB_HOME`, else `.mllab` in the project."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else root / ".mllab"


def state_file(home: Path, stack: str) -> Path:
    """Where the embedded engine keeps a stack's state."""
    return home / "state" / f"{stack}.json"


def clock_from(text: str | None) -> SimulatedClock:
    """A clock that stands at the given day, or at the present moment. Raises UsageError."""
    if text is None:
        return SimulatedClock(Clock().now())
    try:
        return SimulatedClock(datetime.combine(date.fromisoformat(text), MORNING))
    except ValueError as error:
        raise UsageError(
            f"--today: {text!r} is not a day", cure="Write it as YYYY-MM-DD, like 2027-01-11."
        ) from error


def open_declared(stack: str, verb: str, *, simulate: bool, today: str | None) -> Session:
    """A stack to be planned or changed: its settings must be right, its end not past.

    Raises:
        UsageError: no such stack, no such day, or a real cloud.
        SettingsError: all faults of the file.
    """
    from mllab.settings import files

    root, clock = project(), clock_from(today)
    path = files.find(root, stack)
    lab = files.load(path, today=clock.today())
    _refuse_real_cloud(stack, verb, simulate=simulate)
    return on_simulated_cloud(root, stack, lab, files.config(path), clock, home(root))


def open_existing(stack: str, verb: str, *, simulate: bool, today: str | None) -> Session:
    """A stack to be looked at or taken down: what exists counts.

    A wrong or lost file and a past end are no obstacle.

    Raises:
        UsageError: neither file nor state, no such day, or a real cloud.
    """
    from mllab.settings import files

    root, clock = project(), clock_from(today)
    lab: Lab | None = None
    fault: SettingsError | None = None
    config: Mapping[str, str] = {}
    try:
        path = files.find(root, stack)
        lab, config = files.load(path), files.config(path)
    except SettingsError as error:
        fault = error
    except UsageError as error:
        if not state_file(home(root), stack).exists():
            raise
        fault = SettingsError([error.message])
    _refuse_real_cloud(stack, verb, simulate=simulate)
    return on_simulated_cloud(root, stack, lab, config, clock, home(root), fault=fault)


def on_simulated_cloud(
    root: Path,
    stack: str,
    lab: Lab | None,
    config: Mapping[str, str],
    clock: SimulatedClock,
    home: Path,
    *,
    fault: SettingsError | None = None,
) -> Session:
    """A stack on the simulated cloud that lives in `home`, driven by the embedded engine."""
    from mllab.engines.contract import StackTarget
    from mllab.engines.embedded.engine import EmbeddedEngine
    from mllab.settings.files import PROJECT
    from mllab.simulated.aws.cloud import SimulatedAws

    cloud = SimulatedAws(home / "simulated" / "aws.db")
    target = StackTarget(
        project=PROJECT,
        stack=stack,
        cloud=lab.lab.cloud if lab else SimulatedAws.package,
        config=config,
        program=partial(_declare, lab),
        root=root,
    )
    engine = EmbeddedEngine(target, {cloud.package: cloud}, home, clock)
    return Session(root, stack, lab, engine, clock, cloud, fault)


def _declare(lab: Lab | None) -> None:
    from mllab import program

    if lab is None:
        raise UsageError("this stack has no settings to be brought up from")
    program.declare(lab)


def _refuse_real_cloud(stack: str, verb: str, *, simulate: bool) -> None:
    if not simulate:
        raise UsageError(
            f"mllab {verb} cannot reach a real cloud yet: the Pulumi engine is not wired in. "
            "Nothing was contacted.",
            cure=f"Rehearse it:            mllab {verb} {stack} --simulate\n"
            f"In your real account:   {INSTEAD[verb].format(stack=stack)}",
        )
