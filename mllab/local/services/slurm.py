"""Queue: jobs in a Slurm of this user's own, first come, first served.

A job that waits for a GPU does not hold up those that need none, which it does in the other queue.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from mllab.local import marked, slurm
from mllab.local.job_files import read, write
from mllab.local.service import Lack, Launch, Place, Settings
from mllab.local.services.queue import Queue, refuse
from mllab.protocol.provider import ProviderFailure

_WHERE = "slurm.json"
"""In the queue's own folder: the folder that Slurm was unpacked into when the queue was made."""


class Slurm(Queue):
    """Implements `mllab.local.service.Service`; settings as of the other queue."""

    kind: ClassVar[str] = "slurm"
    program: ClassVar[str] = "mllab.local.slurm_process"

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """As of the other queue; Slurm, and what it needs of the system."""
        return (*super().lacks(settings), *slurm.lacks(os.environ.get(slurm.VARIABLE)))

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """As of the other queue. Raises ProviderFailure where the lab's path is too long for it."""
        if not slurm.sockets_fit(place):
            raise ProviderFailure(
                f"{place.run} is too long a path for a socket",
                hint="Have labs in a shorter folder (MLLAB_HOME), or set the queue to `processes`.",
            )
        launch = super().prepare(place, port, settings)
        root = os.environ.get(slurm.VARIABLE) or (read(place.run / _WHERE) or {}).get("root", "")
        write(place.run / _WHERE, {"root": root})
        return replace(launch, env={**launch.env, slurm.VARIABLE: root}, grace=15.0)

    def retire(self, place: Place) -> None:
        """As of the other queue; and what Slurm has started for jobs, which bears no marks."""
        super().retire(place)
        # Without its daemons it waits for them for minutes, and SIGTERM does not end that.
        refuse(place, marked.end(lambda: slurm.steps(place), 0.0))


SERVICE = Slurm()
