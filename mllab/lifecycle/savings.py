"""The one change of a setting that would save most: tried by pricing the lab with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from components import catalog
from components.resource_types import HOLDS_DATA
from mllab.money import estimate, meters
from mllab.money.estimate import Estimate, Line, cents
from mllab.money.meters import Charge
from mllab.protocol.urns import type_of
from mllab.session.session import Session
from mllab.settings import check
from mllab.settings.files import PROJECT, USAGE
from mllab.settings.lab import Lab

NODES: Final = "cluster.max_nodes"


@dataclass(frozen=True)
class Saving:
    """A change, and what it saves in US dollars.

    Args:
        key: of the setting. value, instead: what it becomes, and what it is. week, day: less in a
            typical week, and at most a day.
    """

    key: str
    value: str
    instead: str
    week: Decimal
    day: Decimal


def best(session: Session, priced: Estimate) -> Saving | None:
    """The change that saves most in a typical week, or at most a day where none does.

    Only what the settings take is looked at, what leaves all data where it is, and what has no
    price less than before: an unknown price is no saving. A lab with the change is not declared
    anew, which would take longer than all the rest: nothing but machines and their number differs.
    """
    found = [
        saving
        for change in changes(session.declared)
        if (saving := _saving(session, priced, *change)) and cents(max(saving.week, saving.day)) > 0
    ]
    return max(found, key=lambda one: (one.week, one.day), default=None)


def changes(lab: Lab) -> Iterator[tuple[str, str]]:
    """Settings and what could stand there: the next smaller size, another machine that has as much,
    half the machines for jobs."""
    cloud = lab.lab.cloud
    for key, size, use in (
        ("notebook.size", lab.notebook.size, lab.notebook.kind),
        ("cluster.size", lab.cluster.size, "job"),
    ):
        now = catalog.machine(cloud, size, use)
        sizes = catalog.sizes(cloud, use)
        below = [
            name
            for name in (sizes[: sizes.index(size)] if size in sizes else ())
            if (one := catalog.machine(cloud, name, use)).name != now.name
            and bool(one.gpus) == bool(now.gpus)
        ]
        as_much = (name for name in catalog.types(cloud, use) if _has(cloud, name, use, now))
        yield from ((key, name) for name in (*below[-1:], *as_much) if name != size)
    if lab.cluster.max_nodes > 1:
        yield NODES, str(lab.cluster.max_nodes // 2)


def _has(cloud: str, name: str, use: str, wanted: catalog.Machine) -> bool:
    one = catalog.machine(cloud, name, use)
    return one.gpus == wanted.gpus and all(
        getattr(one, fact) >= getattr(wanted, fact)
        for fact in ("vcpus", "memory_gib", "gpu_memory_gib")
    )


def _saving(session: Session, priced: Estimate, key: str, value: str) -> Saving | None:
    """What a change saves; None where it is refused, would lose data, or leaves less known."""
    lab = session.declared
    section, _, name = key.partition(".")
    if not _allowed(session, priced, section, name, value):
        return None
    changed = with_change(session, priced, key, value)
    before, after = ({line.charge.item for line in one.missing} for one in (priced, changed))
    if not after <= before:
        return None
    old, new = priced.total(), changed.total()
    instead = str(getattr(getattr(lab, section), name))
    return Saving(key, value, instead, old.week - new.week, old.day - new.day)


def with_change(session: Session, priced: Estimate, key: str, value: str) -> Estimate:
    """The estimate of a lab with one of `changes`."""
    today, known = session.clock.today(), priced.lab
    if key == NODES:
        known = replace(known, most=int(value))
        return estimate.again(priced, today, known, lambda line: (line.charge,))
    role = key.partition(".")[0]
    use = session.declared.notebook.kind if role == "notebook" else "job"
    one = catalog.machine(known.cloud, value, use)
    names = (one.name, *(one.fallbacks if use == "job" else ()))
    seen: set[str] = set()

    def other(line: Line) -> Iterable[Charge]:
        if line.role != role or not line.charge.machine:
            return (line.charge,)
        if (urn := line.charge.urn) in seen:  # one of several types that it may be
            return ()
        seen.add(urn)
        return meters.machines(urn, line.charge.when, known.cloud, known.region, use, names)

    return estimate.again(priced, today, known, other)


def _allowed(session: Session, priced: Estimate, section: str, name: str, value: str) -> bool:
    """Whether the settings take a change, and no data is on the machines that it replaces."""
    machines = (
        line.charge.urn for line in priced.lines if line.role == section and line.charge.machine
    )
    if any(urn and type_of(urn) in HOLDS_DATA for urn in machines):
        return False
    full = f"{PROJECT}:{section}"
    given = json.loads(session.config.get(full) or "{}")
    week = priced.use.model_dump_json(exclude_unset=True)
    values = {**session.config, full: json.dumps({**given, name: value}), USAGE: week}
    return check.lab(session.stack, values, None)[0] is not None
