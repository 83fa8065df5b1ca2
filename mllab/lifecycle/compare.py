"""The same lab elsewhere: on every other cloud, and in the cheapest regions of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from components import regions
from mllab.clock import SimulatedClock
from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Plan
from mllab.errors import LabError, SettingsError
from mllab.lifecycle import cost
from mllab.money import estimate
from mllab.money.estimate import Estimate, Line
from mllab.session.session import Session
from mllab.session.simulated import regions as simulated_regions
from mllab.settings import files
from mllab.stackfiles import convert

REGIONS: Final = 3
"""So many other regions of the lab's own cloud are shown."""


@dataclass(frozen=True)
class Place:
    """A lab somewhere else.

    Args:
        cloud, region: where; no region: none is in the same place.
        priced: what it costs there; None: it cannot be there, or nobody knows what it consists of.
        left: what does not carry over, or must be looked at. why: there is no price.
    """

    cloud: str
    region: str
    priced: Estimate | None = None
    left: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """What a lab costs elsewhere.

    Args:
        places: other clouds, then regions of its own: those where all is known that is known where
            the lab is, cheapest first, then those where least is missing. compared: how many are
            of the first sort. unknown: of the second. lacking: what has no price there, in how
            many regions.
    """

    places: tuple[Place, ...]
    compared: int
    unknown: int
    lacking: Counter[str]


def elsewhere(session: Session, plan: Plan, priced: Estimate, usage: Path | None) -> Elsewhere:
    """A lab on other clouds, where it is in the same place, and in its own cloud's regions.

    Every lab that is returned was declared anew from the file that `mllab new --from` would write.
    """
    own = session.declared.lab.cloud
    others = [_other(session, cloud, usage) for cloud in CLOUDS if cloud != own]
    ranked, unknown, lacking = _ranked(session, plan, priced)
    tried = (_converted(session, own, region, usage) for region in ranked)
    near = list(islice((place for place in tried if place.priced), REGIONS))
    near.sort(key=lambda place: _rank(place.priced, priced))
    return Elsewhere((*others, *near), len(ranked) - unknown, unknown, lacking)


def _ranked(session: Session, plan: Plan, priced: Estimate) -> tuple[list[str], int, Counter[str]]:
    """Other regions, by pricing the same resources there; in how many less is known, and what.

    What is not known where the lab is counts nowhere. A sum that lacks something is not held
    against one that does not: such a region comes later, by what the rest costs here.
    """
    lab, today = cost.known(session.declared), session.clock.today()
    usage, here = session.declared.usage, {line.charge.item for line in priced.missing}
    found, unknown, lacking = {}, 0, Counter[str]()
    for region in regions.of(lab.cloud):
        if region == lab.region or region not in simulated_regions(lab.cloud):
            continue
        there = estimate.of(plan.resources, replace(lab, region=region), today, usage)
        if less := {line.charge.item for line in there.missing} - here:
            unknown += 1
            lacking.update(less)
        found[region] = _rank(there, priced)
    return sorted(found, key=lambda region: (*found[region], region)), unknown, lacking


def _rank(there: Estimate | None, here: Estimate) -> tuple[bool, Decimal, bool, Decimal]:
    """What orders places: an unknown price makes none cheaper than one without.

    What is missing there, and known here, weighs as much as it costs here.
    """
    assert there is not None
    missing = {line.charge.item for line in here.missing}
    less = {line.charge.item for line in there.missing} - missing

    def comparable(line: Line) -> bool:
        return line.charge.item not in missing

    gap = here.total(lambda line: line.charge.item in less).week
    return bool(less), gap, bool(there.missing), there.total(comparable).week


def _other(session: Session, cloud: str, usage: Path | None) -> Place:
    """The lab on another cloud: in the same place, or in the region that examples name."""
    place = _converted(session, cloud, None, usage)
    if place.region:
        return place
    there = _converted(session, cloud, regions.example(cloud), usage)
    return replace(there, left=(place.why.partition(";")[0], *there.left))


def _converted(session: Session, cloud: str, region: str | None, usage: Path | None) -> Place:
    """The lab in another place, as the file describes it that would be written for it."""
    lab, stack, now = session.declared, session.stack, session.clock.now()
    source = files.find(session.root, stack)
    where: str = region or ""
    left: tuple[str, ...] = ()
    try:
        converted = convert.convert(source.read_bytes(), lab, stack, cloud, region, now)
        left = converted.left
        with TemporaryDirectory() as folder:
            path = Path(folder) / source.name
            path.write_text(converted.text, encoding="utf-8")
            where = where or files.config(path)[CLOUDS[cloud].config_keys["region"]]
            made, plan = cost.rendered(session.root, path, SimulatedClock(now), usage)
    except SettingsError as error:  # the path is of a file that is gone
        faults = [fault.split(": ", 1)[-1] for fault in error.faults]
        left = tuple(line for line in left if line not in faults)
        return Place(cloud, where, left=left, why="; ".join(faults))
    except LabError as error:
        return Place(cloud, where, left=left, why=error.message)
    return Place(cloud, where, cost.of(made, plan), left)
