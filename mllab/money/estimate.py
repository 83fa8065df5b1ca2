"""Sums of what a lab is billed by. Unknown is never added, and never zero: it is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from components import regions
from mllab.engines.contract import Resource
from mllab.money import meters
from mllab.money.meters import Charge, When
from mllab.money.prices import MONTH, Price
from mllab.settings.usage import Usage
from mllab.wording import role

OLD_DAYS: Final = 90
"""A price of that age is warned of."""

TOO_OLD_DAYS: Final = 365
"""A price of that age is no longer added."""

HOUR: Final = Decimal(1)
WEEK: Final = Decimal(168)
DAY: Final = Decimal(24)


IN: Final = {
    When.ALWAYS: ("asleep", "week", "day"),
    When.RUNNING: ("hour", "week", "day"),
    When.NODE: ("hour", "week", "day"),
    When.USAGE: ("week", "day"),
}
"""The columns of `Sums` in which something counts."""


@dataclass(frozen=True)
class Lab:
    """What the sums need to know of a lab besides its resources.

    Args:
        cloud, region: where it is. seats: of its notebooks. node: type of the cluster's machines,
            for a cloud in which no resource stands for them; empty on this machine. most: how many
            may run at once. spot: spare ones are taken; their price is no budget, so what they cost
            by list is added.
    """

    cloud: str
    region: str
    seats: int
    node: str
    most: int
    spot: bool


@dataclass(frozen=True)
class Sums:
    """What something costs, in US dollars; the parts of which no price is known are left out.

    Args:
        asleep: a month in which nobody works. hour: an hour of all notebooks in use, and of one
            machine for jobs.
        week: the week that `Usage` describes. day: the most that one day can cost; all that goes
            to the internet and all requests of a week are in it.
    """

    asleep: Decimal = Decimal(0)
    hour: Decimal = Decimal(0)
    week: Decimal = Decimal(0)
    day: Decimal = Decimal(0)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.asleep + other.asleep,
            self.hour + other.hour,
            self.week + other.week,
            self.day + other.day,
        )


@dataclass(frozen=True)
class Line:
    """One charge, and what it comes to.

    Args:
        name, role: of the resource. sums: nothing where it cannot be added. why: it cannot; empty
            where it can. outdated: what it came to when its price was new, where that is too old.
    """

    name: str
    role: str
    charge: Charge
    sums: Sums = Sums()
    why: str = ""
    outdated: Sums = Sums()


@dataclass(frozen=True)
class Estimate:
    """What a lab costs.

    Args:
        lines: in the order of the program. free: how many resources cost nothing. bounded: a
            resource limits how many machines for jobs run at once; else the account's quota does.
        oldest: date of the oldest price that is added; None where none has a date.
    """

    lab: Lab
    use: Usage
    lines: tuple[Line, ...]
    free: int
    bounded: bool
    oldest: date | None

    def part(self, wanted: Callable[[Line], bool]) -> Estimate:
        """The estimate of some lines."""
        return replace(self, lines=tuple(line for line in self.lines if wanted(line)))

    def total(self, wanted: Callable[[Line], bool] = lambda _: True) -> Sums:
        """The sum of some lines."""
        return sum((line.sums for line in self.lines if wanted(line)), Sums())

    def known(self, column: str, of: str = "") -> bool:
        """Whether nothing is missing in a column of `Sums`, of one role or of all."""
        counts = {name for name, when in IN.items() if column in when}
        return not any(line.charge.when in counts for line in self.missing if of in {"", line.role})

    @property
    def missing(self) -> tuple[Line, ...]:
        """What should be in the sums and is not."""
        return tuple(one for one in self.lines if one.why and not _unsaid(one.charge))

    @property
    def outdated(self) -> Sums:
        """What prices that are too old, or have no date, would add."""
        return sum((line.outdated for line in self.lines), Sums())

    @property
    def roles(self) -> tuple[str, ...]:
        """Those that have a line, in alphabetical order: programs run as they come."""
        return tuple(sorted({line.role for line in self.lines}))

    def of_role(self, role: str) -> Sums:
        """The sum of a role's lines."""
        return self.total(lambda line: line.role == role)

    @property
    def usage(self) -> tuple[Line, ...]:
        """What is billed by events, of which nobody has said the number; not in the sums."""
        return tuple(line for line in self.lines if _unsaid(line.charge))

    @property
    def unused(self) -> tuple[str, ...]:
        """What the usage says, and this lab is billed for nothing by."""
        taken = {line.charge.said for line in self.lines}
        return tuple(
            name
            for name in type(self.use).model_fields
            if name in self.use.model_fields_set
            and getattr(self.use, name)
            and name not in {"seat_hours", "node_hours", *taken}
        )


def of(resources: Iterable[Resource], lab: Lab, today: date, use: Usage) -> Estimate:
    """What a lab costs that consists of these resources.

    Args:
        resources: as a plan has them. today: prices are as old as that.
    """
    amounts: dict[str, Decimal | None] = dict(use)
    lines: list[Line] = []
    said: set[tuple[str, str]] = set()
    free = 0
    for one in resources:
        if not one.custom or one.type.startswith("pulumi:"):
            continue
        found = tuple(meters.charges(one.urn, one.type, one.inputs, lab.region, amounts))
        free += not found
        # What is said of the whole lab is billed once, whichever resource it comes from.
        once = [each for each in found if not each.said or (each.item, each.said) not in said]
        said |= {(each.item, each.said) for each in once}
        lines += [_line(one.name, role(one.urn), each, lab, use, today) for each in once]
    bounded = any(line.charge.when is When.NODE and line.charge.machine for line in lines)
    if not bounded and lab.node:
        # The service makes them with a disk each, which it bills as well.
        disk = Charge("", When.NODE, "disk of a machine for jobs", Decimal(1), None)
        for charge in (meters.node(lab.cloud, lab.region, lab.node), disk):
            lines.append(_line("machines for jobs", "cluster", charge, lab, use, today))
    added = [line.charge.price for line in lines if not line.why]
    dates = [price.as_of for price in added if price and price.as_of]
    return Estimate(lab, use, tuple(lines), free, bounded or not lab.node, min(dates, default=None))


def again(
    estimate: Estimate, today: date, lab: Lab, other: Callable[[Line], Iterable[Charge]]
) -> Estimate:
    """An estimate with other charges in the place of some; what it consists of stays the same.

    Args:
        lab: what is known of it then. other: the charges that a line becomes; its own, if it stays.
    """
    lines = tuple(
        _line(line.name, line.role, charge, lab, estimate.use, today)
        for line in estimate.lines
        for charge in other(line)
    )
    return replace(estimate, lab=lab, lines=lines)


def cents(amount: Decimal) -> Decimal:
    """Rounded as bills are."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _line(name: str, role: str, charge: Charge, lab: Lab, use: Usage, today: date) -> Line:
    price, why = charge.price, _why_not(charge, lab)
    if why or price is None:
        return Line(name, role, charge, why=why)
    sums, age = _sums(charge, price, lab, use), price.age(today)
    if age is None:
        return Line(name, role, charge, why="its price has no date", outdated=sums)
    if age < 0:
        return Line(name, role, charge, why=f"its price is of {price.as_of}, after {today}")
    if age > TOO_OLD_DAYS:
        why = f"its price is of {price.as_of}, more than {TOO_OLD_DAYS} days ago"
        return Line(name, role, charge, why=why, outdated=sums)
    return Line(name, role, charge, sums)


def _why_not(charge: Charge, lab: Lab) -> str:
    """Why there is nothing to add; empty where there is."""
    price = charge.price
    if _unsaid(charge):
        return "billed by what is done" if price else "billed by what is done; no price is known"
    if price is None:
        if not charge.sold:
            return "no price is known in any region"
        near = regions.nearest(lab.cloud, lab.region, charge.sold)
        return f"no price is known in {lab.region}; the nearest is of {near}"
    if charge.when is When.USAGE:
        return ""
    return "" if price.over(MONTH) is not None else f"it is billed by {price.unit}"


def _unsaid(charge: Charge) -> bool:
    return charge.when is When.USAGE and not charge.said


def _sums(charge: Charge, price: Price, lab: Lab, use: Usage) -> Sums:
    def of(hours: Decimal) -> Decimal:
        return charge.quantity * (price.over(hours) or 0)

    match charge.when:
        case When.ALWAYS:
            return Sums(asleep=of(MONTH), week=of(WEEK), day=of(DAY))
        case When.USAGE:
            events = charge.quantity * price.each()
            return Sums(week=events, day=events)
        case When.RUNNING:
            return Sums(hour=of(HOUR), week=of(use.seat_hours), day=of(DAY))
        case _:
            return Sums(hour=of(HOUR), week=of(use.node_hours), day=of(DAY * lab.most))
