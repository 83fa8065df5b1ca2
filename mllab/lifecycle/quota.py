"""Whether an account's quotas are enough for a lab."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import catalog
from components.catalog import UnknownSize
from mllab.clouds import registry
from mllab.engines.contract import Op, Plan
from mllab.session.realm import Limit
from mllab.wording import role

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
    return _short(lab, limit, len(lab.notebook.seats))


def shortages_of(plan: Plan, lab: Lab, limit: Limit) -> tuple[Shortage, ...]:
    """What the notebooks lack that a plan makes while it takes some away.

    One that was made runs, so all of these run at the same time, whatever the others do. Those that
    are no longer declared go after that, so where they count against the same quota it should be
    good for both. Nothing where none goes: then nothing is lost by a try.
    """
    machines = registry.of(lab.lab.cloud).power
    steps = [s for s in plan.steps if s.type in machines and role(s.urn) == "notebook"]
    made = sum(step.op in {Op.CREATE, Op.REPLACE} for step in steps)
    goes = [step for step in steps if step.op in {Op.DELETE, Op.REPLACE}]
    if not made or not goes or not _short(lab, limit, made):
        return ()
    beside = sum(step.op is Op.DELETE and _counts_alike(lab, step.urn) for step in goes)
    return _short(lab, limit, made + beside)


def _counts_alike(lab: Lab, urn: str) -> bool:
    """True for an old notebook that counts against the quota of the new ones."""
    kind = "managed" if ":ManagedNotebook$" in urn else "vm"
    wanted = lab.notebook
    try:
        old = catalog.machine(lab.lab.cloud, wanted.size, kind)
    except UnknownSize:  # a vendor's name, which is of one kind alone
        return False
    return old.quota == catalog.machine(lab.lab.cloud, wanted.size, wanted.kind).quota


def _short(lab: Lab, limit: Limit, seats: int) -> tuple[Shortage, ...]:
    units = {quota.code: quota.unit for quota in registry.of(lab.lab.cloud).quotas().values()}
    found = (
        Shortage(code, needed, limit(code), units[code])
        for code, needed in _needs(lab, seats).items()
    )
    return tuple(each for each in found if each.needed > each.limit)


def _needs(lab: Lab, seats: int) -> Mapping[str, float]:
    """Limit -> how much of it so many seats and the cluster take; a machine may count against
    several."""
    cloud, needs = registry.of(lab.lab.cloud), Counter[str]()
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
