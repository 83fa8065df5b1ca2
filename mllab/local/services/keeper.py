"""The keeper of a lab: stops what is idle or late, and counts what this machine is used for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import mllab
from mllab.local import records
from mllab.local.keeper.plan import Plan
from mllab.local.keeper.spent import SETTINGS
from mllab.local.service import Lack, Launch, Place, Service, Settings


class Keeper:
    """Settings: `seats`, names of their servers; `queue`, of its server, or empty; `idle_minutes`,
    `max_hours`, `stop_at`, `time_zone`, `ends`, `limit_usd`, `per`, `warn_percent` as in a stack
    file; `usd_per_hour` of this machine in use, or null; `interval_seconds` between two looks.
    """

    kind: ClassVar[str] = "keeper"
    listens: ClassVar[bool] = False

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """Nothing: it is Python alone."""
        return []

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """Write down what it is to keep to; one that runs reads it at its next look."""
        Plan.of(settings)  # it must be possible
        run = records.make_folder(place)
        records.write(run / SETTINGS, dict(settings))
        return Launch(
            argv=(sys.executable, "-P", "-m", "mllab.local.keeper", str(place.lab), place.name),
            cwd=run,
            env={"PYTHONPATH": str(Path(mllab.__file__).parents[1])},
            files=(SETTINGS,),
        )

    def retire(self, place: Place) -> None:
        """Nothing of it outlives its process."""

    def address(self, place: Place, port: int) -> str:
        """Nobody opens it."""
        return ""


SERVICE: Final[Service] = Keeper()
