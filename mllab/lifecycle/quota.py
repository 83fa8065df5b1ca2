"""Whether an account's quotas are enough for a lab."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import catalog
from mllab.clouds import registry
from mllab.session.realm import Limit

if TYPE_CHECKING:
    from mllab.settings.lab import Lab


@dataclass(frozen=True)
class Shortage:
    """A quota that is too small.

    Args:
        code: the vendor's name of it. needed, limit: in `unit`, at the same time.
    """

    code: str
    needed: float
    limit: float
    unit: str

    @property
    def in_all(self) -> str:
        """What to ask for, in words."""
        return f"the whole lab needs {self.needed:g} {self.unit} of {self.code}: ask for that"

    def more_than(self, cure: str) -> bool:
        """True when a cure asks for this quota, but not for as much as is needed."""
        asked = re.search(rf"(?<!\w){re.escape(self.code)}(?!\w).*? at least (\d+)", cure)
        return asked is not None and float(asked[1]) < self.needed


def shortages(lab: Lab, limit: Limit) -> tuple[Shortage, ...]:
    """What a lab lacks when all its notebooks run; empty when every quota is enough.

    Args:
        limit: tells the account's limit for a code.
    """
    units = {quota.code: quota.unit for quota in registry.of(lab.lab.cloud).quotas().values()}
    found = (
        Shortage(code, needed, limit(code), units[code]) for code, needed in _needs(lab).items()
    )
    return tuple(each for each in found if each.needed > each.limit)


def _needs(lab: Lab) -> Mapping[str, float]:
    """Limit -> how much of it the lab takes; a machine may count against several."""
    cloud, seats, needs = registry.of(lab.lab.cloud), len(lab.notebook.seats), Counter[str]()
    notebook = catalog.machine(cloud.name, lab.notebook.size, lab.notebook.kind)
    for code, units in ((notebook.quota, notebook.units), *notebook.totals):
        needs[code] += units * seats
    if cloud.disk_quota:
        needs[cloud.disk_quota] += (lab.notebook.disk_gb + lab.notebook.home_gb) * seats
    if cloud.address_quota and lab.own.public_addresses(lab.notebook.kind):
        needs[cloud.address_quota] += seats
    if cloud.counts_idle_nodes:
        node = catalog.machine(cloud.name, lab.cluster.size, "job")
        own = node.spot_quota if lab.cluster.spot else node.quota
        totals = () if lab.cluster.spot else node.totals  # spot machines have one pool of their own
        for code, units in ((own, node.units), *totals):
            needs[code] += units * lab.cluster.max_nodes
    return needs
