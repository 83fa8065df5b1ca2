"""Whether the account's quota is enough for a lab's notebooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from components import catalog
from mllab.settings.lab import Lab


@dataclass(frozen=True)
class Shortage:
    """A quota that is too small.

    Args:
        code: the vendor's. needed, limit: in the quota's unit, vCPUs running at the same time.
    """

    code: str
    needed: float
    limit: float


def shortage(lab: Lab, limit: Callable[[str], float]) -> Shortage | None:
    """What the notebooks lack when all of them run; None when the quota is enough.

    Args:
        limit: tells the account's limit for a code.
    """
    machine = catalog.machine(lab.lab.cloud, lab.notebook.size)
    needed = machine.vcpus * len(lab.notebook.seats)
    here = limit(machine.quota)
    return Shortage(machine.quota, needed, here) if needed > here else None
