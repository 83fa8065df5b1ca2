"""Whether an account's quotas are enough for a lab."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import catalog
from mllab.clouds import registry
from mllab.engines.contract import Failure, Op, Plan, Step
from mllab.session.realm import Limit
from mllab.wording import role

if TYPE_CHECKING:
    from mllab.settings.lab import Lab


Used = Callable[[str], float]
"""How much of a quota is in use already."""


@dataclass(frozen=True)
class Shortage:
    """A quota that is too small.

    Args:
        code: the vendor's name of it. needed, limit: in `unit`, at the same time; `needed` is for
            what is to be made and what is in use already, `used`.
        request: what to ask for, in words and as a command.
    """

    code: str
    needed: float
    limit: float
    unit: str
    request: str = ""
    used: float = 0

    def covers(self, hint: str) -> bool:
        """True when a hint asks for this quota, for one machine, and for no more than is needed."""
        asked = re.search(rf"(?<!\w){re.escape(self.code)}(?!\w).*? at least (\d+)", hint)
        return asked is not None and float(asked[1]) <= self.needed


@dataclass(frozen=True)
class Account:
    """What is known of an account's quotas.

    Args:
        limit: of a code. where: configuration keys' names -> values; see `Cloud.request_quota`.
        used: what is in use of a code, and stays so.
    """

    limit: Limit
    where: Mapping[str, str]
    used: Used = lambda _: 0


def shortages(lab: Lab, account: Account) -> tuple[Shortage, ...]:
    """What a lab lacks when all its notebooks run; empty when every quota is enough."""
    return short_of(needs_of_all(lab), lab, account)


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


@dataclass(frozen=True)
class Replacement:
    """Notebooks that a plan takes away, and those that it makes for them.

    Args:
        new: how many are made beside the others. anew: urns of those that are made anew, each when
            the old one is gone. cluster: it is made, too.
    """

    new: int
    anew: tuple[str, ...]
    cluster: bool = False


def replacement(plan: Plan) -> Replacement | None:
    """What a plan makes while it takes notebooks away; None where it does not.

    Where none goes nothing is lost by a try.
    """
    steps = notebooks(plan)
    ops = Counter(step.op for step in steps)
    if not ops[Op.REPLACE] and not (ops[Op.CREATE] and ops[Op.DELETE]):
        return None
    return Replacement(
        new=ops[Op.CREATE],
        anew=tuple(step.urn for step in steps if step.op is Op.REPLACE),
        cluster=any(
            registry.is_machine(step.type)
            and role(step.urn) == "cluster"
            and step.op in {Op.CREATE, Op.REPLACE}
            for step in plan.steps
        ),
    )


def notebooks(plan: Plan) -> list[Step]:
    """A plan's steps of machines that are notebooks."""
    return [s for s in plan.steps if registry.is_machine(s.type) and role(s.urn) == "notebook"]


def needs_of_all(lab: Lab) -> Mapping[str, float]:
    """Limit -> how much a lab takes of it when all its notebooks run."""
    return _needs(lab, len(lab.notebook.seats))


def needs_of(change: Replacement, lab: Lab) -> Mapping[str, float]:
    """Limit -> how much what replaces notebooks takes of it, beside all that does not go before."""
    return _needs(lab, change.new, len(change.anew), cluster=change.cluster)


def codes(needs: Mapping[str, float], lab: Lab) -> tuple[str, ...]:
    """The limits to ask for, to know whether the needs are met."""
    return (*needs, *_spare(lab).values())


def short_of(needs: Mapping[str, float], lab: Lab, account: Account) -> tuple[Shortage, ...]:
    """The quotas that are too small for what is needed, and for what is in use already.

    Spare machines count against their own limit where one was granted, else against the usual one:
    https://cloud.google.com/compute/resource-usage#preemptible_quotas.
    """
    cloud = registry.of(lab.lab.cloud)
    for usual, spare in _spare(lab).items():
        if 0 < account.limit(spare) < math.inf:
            needs = {spare if code == usual else code: each for code, each in needs.items()}
    quotas = {quota.code: quota for quota in cloud.quotas().values()}
    sums = {code: needed + account.used(code) for code, needed in needs.items() if needed}
    return tuple(
        Shortage(
            code,
            needed,
            account.limit(code),
            quotas[code].unit,
            cloud.request_quota(quotas[code], needed, account.where),
            account.used(code),
        )
        for code, needed in sums.items()
        if needed > account.limit(code)
    )


def _spare(lab: Lab) -> Mapping[str, str]:
    """The limit of usual machines -> that of spare ones, where notebooks are such."""
    machine = catalog.machine(lab.lab.cloud, lab.notebook.size, lab.notebook.kind)
    spare = lab.own.spot_notebooks and machine.spot_quota
    return {machine.quota: machine.spot_quota} if spare else {}


def _needs(lab: Lab, new: int, anew: int = 0, *, cluster: bool = True) -> Mapping[str, float]:
    """Limit -> how much of it notebooks and the cluster take; a machine may count against several.

    One that is made anew keeps its home, unless that is a part of it, and an address that is a
    resource of its own.
    """
    cloud, needs, wanted = registry.of(lab.lab.cloud), Counter[str](), lab.notebook
    notebook = catalog.machine(cloud.name, wanted.size, wanted.kind)
    for code, units in ((notebook.quota, notebook.units), *notebook.totals):
        needs[code] += units * (new + anew)
    if cloud.disk_quota:
        homes = new + (anew if wanted.kind == "managed" else 0)
        needs[cloud.disk_quota] += wanted.disk_gb * (new + anew) + wanted.home_gb * homes
    if cloud.address_quota and lab.own.public_addresses(wanted.kind):
        needs[cloud.address_quota] += new + (0 if cloud.address_stays else anew)
    if cluster and cloud.counts_idle_nodes:
        node = catalog.machine(cloud.name, lab.cluster.size, "job")
        own = node.spot_quota if lab.cluster.spot else node.quota
        totals = () if lab.cluster.spot else node.totals  # spot machines have one pool of their own
        for code, units in ((own, node.units), *totals):
            needs[code] += units * lab.cluster.max_nodes
    return needs
