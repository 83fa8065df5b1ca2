"""Whether an account's quotas are enough for a lab; raising them where they are simulated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import catalog
from mllab.errors import UsageError

if TYPE_CHECKING:
    from mllab.settings.lab import Lab
    from mllab.simulated.account import SimulatedAccount

LARGEST = 1_000_000
"""Largest quota that can be asked for; no account has more."""


# Azure Machine Learning counts machines that a cluster may have, not only those that run: a cluster
# larger than the quota is refused when it is made.
# Source: https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
_COUNTS_IDLE_NODES = ("azure",)


_SSD = "SSD_TOTAL_GB"
"""Google Cloud's limit of balanced and SSD disks together, in a region."""

_ADDRESSES = {"azure": "PublicIPAddresses", "gcp": "IN_USE_ADDRESSES"}
"""Limits of public addresses in a region. On AWS the addresses of machines have none."""


@dataclass(frozen=True)
class Shortage:
    """A quota that is too small.

    Args:
        code: the vendor's name of it. needed, limit: in the quota's unit, at the same time.
    """

    code: str
    needed: float
    limit: float

    @property
    def unit(self) -> str:
        """What the quota counts, in words."""
        if self.code == _SSD:
            return "GB"
        if self.code in _ADDRESSES.values():
            return "public addresses"
        if "GPU" in self.code.upper():
            return "GPUs"
        return "notebook instances" if self.code.startswith("ml.") else "vCPUs"

    @property
    def in_all(self) -> str:
        """What to ask for, in words."""
        return f"the whole lab needs {self.needed:g} {self.unit} of {self.code}: ask for that"

    def more_than(self, cure: str) -> bool:
        """True when a cure asks for this quota, but not for as much as is needed."""
        asked = re.search(rf"(?<!\w){re.escape(self.code)}(?!\w).*? at least (\d+)", cure)
        return asked is not None and float(asked[1]) < self.needed


def shortages(lab: Lab, limit: Callable[[str], float]) -> tuple[Shortage, ...]:
    """What a lab lacks when all its notebooks run; empty when every quota is enough.

    Args:
        limit: tells the account's limit for a code.
    """
    found = (Shortage(code, needed, limit(code)) for code, needed in _needs(lab).items())
    return tuple(each for each in found if each.needed > each.limit)


def _needs(lab: Lab) -> Mapping[str, float]:
    """Limit -> how much of it the lab takes; a machine may count against several."""
    cloud, needs = lab.lab.cloud, Counter[str]()
    notebook = catalog.machine(cloud, lab.notebook.size, lab.notebook.kind)
    for code, units in ((notebook.quota, notebook.units), *notebook.totals):
        needs[code] += units * len(lab.notebook.seats)
    if cloud == "gcp":
        disks = lab.notebook.disk_gb + lab.notebook.home_gb
        needs[_SSD] += disks * len(lab.notebook.seats)
    if _has_addresses(lab):
        needs[_ADDRESSES[cloud]] += len(lab.notebook.seats)
    if cloud in _COUNTS_IDLE_NODES:
        node = catalog.machine(cloud, lab.cluster.size, "job")
        own = node.spot_quota if lab.cluster.spot else node.quota
        totals = () if lab.cluster.spot else node.totals  # spot machines have one pool of their own
        for code, units in ((own, node.units), *totals):
            needs[code] += units * lab.cluster.max_nodes
    return needs


def _has_addresses(lab: Lab) -> bool:
    """True where each notebook has a public address that counts."""
    match lab.lab.cloud:
        case "azure":
            return lab.notebook.kind == "vm"
        case "gcp":
            return lab.gcp.egress == "external"
        case _:
            return False


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
