"""Whether an account's quotas are enough for a lab."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import catalog
from components.catalog import UnknownSize
from mllab.clouds import registry
from mllab.engines.contract import Failure, Op, Plan
from mllab.session.realm import Limit
from mllab.wording import role

if TYPE_CHECKING:
    from mllab.settings.lab import Lab


Used = Callable[[str], float]
"""How much of a quota others of the account take up already."""


@dataclass(frozen=True)
class Shortage:
    """A quota that is too small.

    Args:
        code: the vendor's name of it. needed, limit: in `unit`, at the same time; `needed` is for
            the whole lab and what runs in the account already.
        request: what to ask for, in words and as a command.
    """

    code: str
    needed: float
    limit: float
    unit: str
    request: str = ""

    def covers(self, hint: str) -> bool:
        """True when a hint asks for this quota, for one machine, and for no more than is needed."""
        asked = re.search(rf"(?<!\w){re.escape(self.code)}(?!\w).*? at least (\d+)", hint)
        return asked is not None and float(asked[1]) <= self.needed


@dataclass(frozen=True)
class Account:
    """What is known of an account's quotas.

    Args:
        limit: of a code. where: configuration keys' names -> values; see `Cloud.request_quota`.
        used: what others than the lab take up of a code.
    """

    limit: Limit
    where: Mapping[str, str]
    used: Used = lambda _: 0


def shortages(lab: Lab, account: Account) -> tuple[Shortage, ...]:
    """What a lab lacks when all its notebooks run; empty when every quota is enough."""
    return _short(lab, account, len(lab.notebook.seats))


def requests(lab: Lab, failures: Iterable[Failure], where: Mapping[str, str]) -> tuple[str, ...]:
    """What to ask an account for whose quotas nobody has looked at; empty where none is too small.

    Args:
        failures: of a run. where: see `Account`.
    """
    cloud = registry.of(lab.lab.cloud)
    if not any(failure.code in cloud.quota_refusals for failure in failures):
        return ()
    unknown = Account(lambda _: -1, where=where)
    return tuple(one.request for one in shortages(lab, unknown))


def shortages_of(plan: Plan, lab: Lab, account: Account) -> tuple[Shortage, ...]:
    """What the notebooks lack that a plan makes while it takes some away.

    One that was made runs, so all of these run at the same time, whatever the others do. Those that
    are no longer declared go after that, so where they count against the same quota it should be
    good for both. Nothing where none goes: then nothing is lost by a try.
    """
    steps = [s for s in plan.steps if registry.is_machine(s.type) and role(s.urn) == "notebook"]
    made = sum(step.op in {Op.CREATE, Op.REPLACE} for step in steps)
    goes = [step for step in steps if step.op in {Op.DELETE, Op.REPLACE}]
    if not made or not goes or not _short(lab, account, made):
        return ()
    beside = sum(step.op is Op.DELETE and _counts_alike(lab, step.urn) for step in goes)
    return _short(lab, account, made + beside)


def _counts_alike(lab: Lab, urn: str) -> bool:
    """True for an old notebook that counts against the quota of the new ones."""
    kind = "managed" if ":ManagedNotebook$" in urn else "vm"
    wanted = lab.notebook
    try:
        old = catalog.machine(lab.lab.cloud, wanted.size, kind)
    except UnknownSize:  # a vendor's name, which is of one kind alone
        return False
    return old.quota == catalog.machine(lab.lab.cloud, wanted.size, wanted.kind).quota


def _short(lab: Lab, account: Account, seats: int) -> tuple[Shortage, ...]:
    cloud = registry.of(lab.lab.cloud)
    quotas = {quota.code: quota for quota in cloud.quotas().values()}
    needs = {code: needed + account.used(code) for code, needed in _needs(lab, seats).items()}
    return tuple(
        Shortage(
            code,
            needed,
            account.limit(code),
            quotas[code].unit,
            cloud.request_quota(quotas[code], needed, account.where),
        )
        for code, needed in needs.items()
        if needed > account.limit(code)
    )


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
