"""Whether an account's quota is enough for a lab's notebooks; raising it where it is simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import catalog
from mllab.errors import UsageError

if TYPE_CHECKING:
    from mllab.settings.lab import Lab
    from mllab.simulated.account import SimulatedAccount

LARGEST = 1_000_000
"""Largest quota that can be asked for; no account has more."""


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


def grant(cloud: SimulatedAccount, wishes: Sequence[str]) -> None:
    """Raise quotas of a simulated account, as its support would.

    Args:
        wishes: `L-DB2E81BA=8` each.

    Raises:
        UsageError: no such quota, or no number; then none is raised.
    """
    pairs = [_pair(wish) for wish in wishes]
    try:
        for code, _ in pairs:
            cloud.quota(code)
    except KeyError as error:
        raise UsageError(f"--grant: {error.args[0]}") from error
    for code, value in pairs:
        cloud.grant(code, value)


def _pair(wish: str) -> tuple[str, float]:
    code, _, value = wish.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= LARGEST:
        raise UsageError(
            f"--grant {wish}: must be CODE=NUMBER with a number of 0 to {LARGEST}",
            cure="For example: --grant L-DB2E81BA=8",
        )
    return code, number
