"""How long this machine was in use for the lab: a file that is always whole, and counts once.

Each look counts what is in use between the look before and now: so nothing is counted twice,
whatever is killed in between, and looks that were missed are made up for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mllab.engines.embedded import drafts
from mllab.local.keeper.instant import Instant
from mllab.local.keeper.plan import Plan

FILES: Final = ("ledger.json", "ledger.copy.json")
"""The same twice: a disk that lost the one may have the other."""
NO_PRICE: Final = "unknown"
_LOST: Final = "what was counted before could not be read"
_GAP = 3
"""So many looks missed in a row are a gap, as for the watchdog."""


@dataclass(frozen=True)
class Use:
    """Something that has this machine in use.

    Args:
        key: of this run of it, and of no other.
        began: None where it is not known. over: it has ended; ended: when, None where that is not
            known.
    """

    key: str
    began: datetime | None = None
    ended: datetime | None = None
    over: bool = False


@dataclass(frozen=True)
class Ledger:
    """What was counted.

    Args:
        looked: up to when. alive: what was in use then, and since when by `Instant.awake`.
        counted: what has ended and is still listed.
        seconds: by period and price. gaps: by period, why it was longer than that.
        told: by period, the highest percentage that was told.
    """

    looked: Instant | None = None
    alive: Mapping[str, float] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()
    seconds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    gaps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)

    def noting(self, period: str, why: str) -> Ledger:
        """The same, where a period was longer than is counted."""
        known = self.gaps.get(period, ())
        return self if why in known else replace(self, gaps={**self.gaps, period: (*known, why)})


def advance(
    ledger: Ledger, now: Instant, plan: Plan, uses: Iterable[Use], silent: str = ""
) -> Ledger:
    """Count what was in use since the last look.

    Args:
        uses: what runs, what ran at the last look, and what is listed though it has ended.
        silent: begins the keys of what nobody could be asked about; it counts as before.
    """
    start = _start(ledger, now)
    missed = not _same_boot(ledger, now) or now.awake - start > _GAP * plan.interval
    spans, gaps = [], []
    uses = list(uses)
    counted = {use.key for use in uses if use.over}
    alive = {
        key: since
        for key, since in ledger.alive.items()
        if silent and key.startswith(silent) and key not in counted
    }
    counted |= {key for key in ledger.counted if silent and key.startswith(silent)}
    spans += [(since, now.awake) for since in alive.values()]
    for use in uses:
        if use.key in ledger.counted:
            continue
        if not use.over:
            alive[use.key] = since = _since(use, ledger, now, start)
            spans.append((since, now.awake))
        elif use.ended or not missed:
            spans.append(_ended(use, ledger, now, start))
        else:
            # It ran until somebody killed it, or until the machine was switched off.
            begin = _began(use, ledger, now, start)
            spans.append((begin, min(begin + plan.interval, now.awake)))
            since_when = f"{ledger.looked.wall:%Y-%m-%d %H:%M}" if ledger.looked else "the start"
            gaps.append(f"nobody looked from {since_when} until {now.wall:%Y-%m-%d %H:%M} UTC")
    price = NO_PRICE if plan.usd_per_hour is None else repr(plan.usd_per_hour)
    seconds = {period: dict(prices) for period, prices in ledger.seconds.items()}
    first = max(start, min((begin for begin, _ in spans), default=now.awake))
    for period, low, high in _pieces(plan, now, first):
        prices = seconds.setdefault(period, {})
        prices[price] = prices.get(price, 0.0) + _covered(spans, low, high)
    done = replace(ledger, looked=now, alive=alive, counted=frozenset(counted), seconds=seconds)
    for why in gaps:
        done = done.noting(plan.period(plan.begins(now.wall)), why)
    return done


def _same_boot(ledger: Ledger, now: Instant) -> bool:
    return ledger.looked is None or now.follows(ledger.looked)


def _start(ledger: Ledger, now: Instant) -> float:
    """Where the last look is on the scale of `now.awake`: below 0 before this boot."""
    if ledger.looked is None:
        return -math.inf
    if now.follows(ledger.looked):
        return ledger.looked.awake
    return min(0.0, now.awake - (now.wall - ledger.looked.wall).total_seconds())


def _at(moment: datetime, ledger: Ledger, now: Instant, start: float) -> float:
    """Where a moment is on that scale; from the last look on, since the clock may jump."""
    if ledger.looked is None:
        return now.awake - (now.wall - moment).total_seconds()
    return start + (moment - ledger.looked.wall).total_seconds()


def _since(use: Use, ledger: Ledger, now: Instant, start: float) -> float:
    if use.key in ledger.alive and _same_boot(ledger, now):
        return ledger.alive[use.key]
    low = max(0.0, start)  # what runs has begun in this boot
    if use.began is None:
        return min(low, now.awake)
    return min(max(low, _at(use.began, ledger, now, start)), now.awake)


def _began(use: Use, ledger: Ledger, now: Instant, start: float) -> float:
    """Since when what has ended is to be counted."""
    if use.key in ledger.alive or use.began is None:
        return max(start, 0.0) if math.isinf(start) else start
    return min(max(start, _at(use.began, ledger, now, start)), now.awake)


def _ended(use: Use, ledger: Ledger, now: Instant, start: float) -> tuple[float, float]:
    """When it ran since the last look; as long as it can have been, where the clocks disagree."""
    begin = _began(use, ledger, now, start)
    if use.ended is None:
        return begin, now.awake
    high = min(_at(use.ended, ledger, now, start), now.awake)
    if begin < high:
        return begin, high
    if use.key in ledger.alive or use.began is None:
        return start, now.awake
    # Its own stamps tell how long, and that must be somewhere.
    return now.awake - max(0.0, (use.ended - use.began).total_seconds()), now.awake


def _pieces(plan: Plan, now: Instant, start: float) -> Iterator[tuple[str, float, float]]:
    """What was not looked at, by periods of the budget, the latest first."""
    high, moment = now.awake, now.wall
    while True:
        begins = plan.begins(moment)
        low = max(start, now.awake - (now.wall - begins).total_seconds())
        yield plan.period(begins), low, high
        if low <= start:
            return
        high, moment = low, begins - datetime.resolution


def _covered(spans: Iterable[tuple[float, float]], low: float, high: float) -> float:
    """Seconds between the two in which at least one of them was."""
    total, reached = 0.0, low
    for begin, end in sorted(spans):
        begin, end = max(begin, reached), min(end, high)
        if begin < end:
            total += end - begin
            reached = end
    return total


def read(folder: Path, plan: Plan, now: Instant) -> Ledger:
    """What was counted; where neither file can be read, nothing, which it says."""
    broken = False
    for path in (folder / name for name in FILES):
        try:
            return _parse(json.loads(path.read_bytes()))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            broken = True
    return Ledger().noting(plan.period(plan.begins(now.wall)), _LOST) if broken else Ledger()


def write(folder: Path, ledger: Ledger) -> None:
    """Put down what was counted. Raises OSError where it cannot be."""
    looked = ledger.looked
    raw = {
        "looked": looked and [looked.wall.isoformat(), looked.awake, looked.boot],
        "alive": dict(ledger.alive),
        "counted": sorted(ledger.counted),
        "seconds": {period: dict(prices) for period, prices in ledger.seconds.items()},
        "gaps": {period: list(why) for period, why in ledger.gaps.items()},
        "told": dict(ledger.told),
    }
    for name in FILES:
        with drafts.into(folder / name) as file:
            file.write(json.dumps(raw, indent=1).encode())


def _parse(raw: Any) -> Ledger:
    looked = raw["looked"]
    return Ledger(
        looked=looked and Instant(_moment(looked[0]), _number(looked[1]), str(looked[2])),
        alive={str(key): _number(since) for key, since in raw["alive"].items()},
        counted=frozenset(str(key) for key in raw["counted"]),
        seconds={
            str(period): {str(price): _number(one) for price, one in prices.items()}
            for period, prices in raw["seconds"].items()
        },
        gaps={str(period): tuple(map(str, why)) for period, why in raw["gaps"].items()},
        told={str(period): int(percent) for period, percent in raw["told"].items()},
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _number(value: Any) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{value!r} is no time")
    return number
