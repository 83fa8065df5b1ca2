"""Whether an account's quotas are enough for a lab."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from components import catalog
from mllab.clouds import registry
from mllab.engines.contract import Failure, Op, Plan, Step
from mllab.session.realm import Limit
from mllab.wording import role

if TYPE_CHECKING:
    from mllab.settings.lab import Lab


MAKING: Final = frozenset({Op.CREATE, Op.REPLACE})

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

    The cluster's machines are asked for on every cloud: jobs need them, and a request takes days.

    Args:
        failures: of a run. where: see `Account`.
    """
    cloud = registry.of(lab.lab.cloud)
    if not any(failure.code in cloud.quota_refusals for failure in failures):
        return ()
    unknown = Account(lambda _: -1, where=where)
    needs = _needs(lab, len(lab.notebook.seats), cluster=True)
    return tuple(one.request for one in short_of(needs, lab, unknown))


@dataclass(frozen=True)
class Replacement:
    """Machines that a plan takes away, and those that it makes for them.

    Args:
        what: is taken away, in words. going: urns of what is gone before it is made anew.
        new: how many notebooks are made beside the others. anew: how many are made anew, each when
            the old one is gone. cluster: it is made, too.
    """

    what: str
    going: tuple[str, ...]
    new: int
    anew: int
    cluster: bool = False


def replacement(plan: Plan) -> Replacement | None:
    """What a plan makes while it takes machines away; None where it does not.

    Where none goes nothing is lost by a try. A cluster is a machine where its vendor counts it as
    one; those of AWS Batch and Vertex AI are made without any.
    """
    steps, cluster = machines(plan, "notebook"), machines(plan, "cluster")
    ops = Counter(step.op for step in steps)
    notebooks_go = ops[Op.REPLACE] or (ops[Op.CREATE] and ops[Op.DELETE])
    cluster_goes = any(step.op is Op.REPLACE for step in cluster)
    if not notebooks_go and not cluster_goes:
        return None
    gone = ["notebooks"] * bool(notebooks_go) + ["the cluster"] * cluster_goes
    return Replacement(
        what=" and ".join(gone),
        going=tuple(step.urn for step in (*steps, *cluster) if step.op is Op.REPLACE),
        new=ops[Op.CREATE],
        anew=ops[Op.REPLACE],
        cluster=any(step.op in MAKING for step in cluster),
    )


def machines(plan: Plan, of: str) -> list[Step]:
    """A plan's steps of machines of a role."""
    return [s for s in plan.steps if registry.is_machine(s.type) and role(s.urn) == of]


def needs_of_all(lab: Lab) -> Mapping[str, float]:
    """Limit -> how much a lab takes of it when all its notebooks run, and no job does."""
    idle = registry.of(lab.lab.cloud).counts_idle_nodes
    return _needs(lab, len(lab.notebook.seats), cluster=idle)


def needs_of(change: Replacement, lab: Lab) -> Mapping[str, float]:
    """Limit -> how much what replaces machines takes of it, beside all that does not go before."""
    return _needs(lab, change.new, change.anew, cluster=change.cluster)


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


def _needs(lab: Lab, new: int, anew: int = 0, *, cluster: bool) -> Mapping[str, float]:
    """Limit -> how much of it notebooks and the cluster take; a machine may count against several.

    One that is made anew keeps its home, unless that is a part of it, and an address that is a
    resource of its own.
    """
    cloud, needs, wanted = registry.of(lab.lab.cloud), Counter[str](), lab.notebook
    notebook = catalog.machine(cloud.name, wanted.size, wanted.kind)
    for code, units in notebook.counted():
        needs[code] += units * (new + anew)
    if cloud.disk_quota:
        homes = new + (anew if wanted.kind == "managed" else 0)
        needs[cloud.disk_quota] += wanted.disk_gb * (new + anew) + wanted.home_gb * homes
    if cloud.address_quota and lab.own.public_addresses(wanted.kind):
        needs[cloud.address_quota] += new + (0 if cloud.address_stays else anew)
    if cluster:
        node = catalog.machine(cloud.name, lab.cluster.size, "job")
        for code, units in node.counted(spot=lab.cluster.spot):
            needs[code] += units * lab.cluster.max_nodes
    return needs
