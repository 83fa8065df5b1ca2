"""What a lab on this machine took so far, and what is not known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from mllab.local import process, records
from mllab.local.keeper import instant, ledger
from mllab.local.keeper.instant import Instant
from mllab.local.keeper.ledger import NO_PRICE, Ledger
from mllab.local.keeper.plan import Plan
from mllab.local.service import Place

SETTINGS: Final = "keeper.json"
"""In the keeper's own folder: what it was told."""
KNOWN, AT_LEAST, UNKNOWN = "known", "at least", "unknown"


class Spent(NamedTuple):
    """What the present month, quarter or year of the budget took.

    Args:
        hours: that this machine was in use for the lab; None where nobody knows.
        usd: at the stated price; None without one.
        state: `known`, `at least` (there was more that nobody saw), or `unknown`.
    """

    hours: float | None
    usd: float | None
    state: str


def spent(lab: Path, keeper: str) -> Spent:
    """What the keeper of that name has counted."""
    place, now = Place(lab, keeper), instant.now()
    settings = records.read(place.run / SETTINGS)
    if not settings:
        return Spent(None, None, UNKNOWN)
    plan = Plan.of(settings)
    counted = ledger.read(place.run, plan, now)
    if counted.looked is None:
        return Spent(None, None, UNKNOWN)
    found = amounts(counted, plan, now)
    late = (now.wall - counted.looked.wall).total_seconds() > 3 * plan.interval
    if late and (counted.alive or any(process.running(Place(lab, one)) for one in plan.seats)):
        return found._replace(state=AT_LEAST)
    return found


def amounts(counted: Ledger, plan: Plan, now: Instant) -> Spent:
    """Hours and dollars of the period that `now` is in, as far as they are counted."""
    period = plan.period(plan.begins(now.wall))
    prices = counted.seconds.get(period, {})
    seconds = sum(prices.values())
    priced = {price: one for price, one in prices.items() if price != NO_PRICE}
    free = prices.get(NO_PRICE, 0.0)  # nobody said what they cost
    usd: float | None = sum(float(price) * one / 3600 for price, one in priced.items())
    if not usd and (free or plan.usd_per_hour is None):
        usd = None
    partly = counted.gaps.get(period) or (usd is not None and free)
    return Spent(seconds / 3600, usd, AT_LEAST if partly else KNOWN)
