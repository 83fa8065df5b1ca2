"""One stack for one command: its settings, its engine, its cloud and the time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import mllab
from mllab.clock import Clock, SimulatedClock
from mllab.clouds.registry import PLACES
from mllab.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from mllab.engines.contract import Engine
    from mllab.session.realm import Realm
    from mllab.settings.lab import Lab

HOME_VARIABLE: Final = "MLLAB_HOME"
MORNING: Final = time(9, tzinfo=UTC)
"""Time of day at which a simulated clock begins on a given day."""

EMBEDDED, PULUMI = "embedded", "pulumi"
"""The engines, by name."""


@dataclass(frozen=True)
class Session:
    """One stack, ready for a command.

    Args:
        root: the project's folder.
        lab: the settings; None where the file is gone or wrong and the command can do without.
        engine: knows the stack's state and reaches its cloud.
        clock: the engine's.
        realm: where it lives.
        fault: why `lab` is None.
        remarks: what a person should know before this session is used, one line each.
        config: Pulumi's configuration of the stack, by full key.
    """

    root: Path
    stack: str
    lab: Lab | None
    engine: Engine
    clock: Clock
    realm: Realm
    fault: SettingsError | None = None
    remarks: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)

    def identify(self) -> str:
        """Whose account it is, refused before anything is planned where it is a wrong one; empty
        where it is nobody's. Raises what `Realm.identify` raises."""
        return self.realm.identify(self.engine.state())

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
            return self.remarks
        told = f"the settings cannot be used, so what is recorded counts: {self.fault.faults[0]}"
        return (told, *self.remarks)

    @property
    def title(self) -> str:
        """`aws-course, simulated AWS us-east-1`."""
        cloud = PLACES[self.lab.lab.cloud].title if self.lab else "cloud"
        region = f" {self.lab.region}" if self.lab and self.lab.region else ""
        return f"{self.stack}, {self.realm.prefix}{cloud}{region}"

    def command(self, verb: str, rest: str = "") -> str:
        """A command to type next, for the same stack in the same cloud, on the same engine."""
        return f"mllab {verb} {self.stack}{self.realm.options}{rest}"


def project() -> Path:
    """The project's folder, from the current one upwards.

    Raises:
        UsageError: there is none, or it is a checkout and another one's code runs.
    """
    from mllab.settings import files

    root = files.project_root(Path.cwd())
    own, here = (root / "mllab").resolve(), Path(mllab.__file__).resolve().parent
    if own != here and (root / "components" / "environment.py").is_file():
        raise UsageError(
            f"this is mllab of {here}, and {root} has components/ of its own, which it would not"
            " use; nothing was contacted",
            hint=f"Take its own environment:  {root}/.venv/bin/mllab   (make demo makes it)",
        )
    return root


def home(root: Path) -> Path:
    """Where clouds, states and passphrases live: `$MLLAB_HOME`, else `.mllab` in the project."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else root / ".mllab"


def clock_from(text: str | None) -> SimulatedClock:
    """A clock that stands at the given day, or at the present moment. Raises UsageError."""
    if text is None:
        return SimulatedClock(Clock().now())
    try:
        return SimulatedClock(datetime.combine(date.fromisoformat(text), MORNING))
    except ValueError as error:
        raise UsageError(
            f"--today: {text!r} is not a day", hint="Write it as YYYY-MM-DD, like 2027-01-11."
        ) from error
