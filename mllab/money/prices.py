"""The price book: list prices in US dollars, each with its date and source.

The tables are explained in `data/README.md`. A price of one region is never used for another. Those
in the project's own folder `prices/`, which `mllab prices refresh` writes, count before those that
ship with mllab; of two of the same thing the one of the later day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

from mllab.errors import UsageError
from mllab.money import table
from mllab.money.table import Row
from mllab.settings import files

_DATA: Final = Path(__file__).parent / "data"

FOLDER: Final = "prices"
"""Of a project's own prices."""

EVERYWHERE: Final = "*"
"""Stands for all regions."""

MONTH: Final = Decimal(730)
"""Hours, as the clouds reckon."""

HOURS: Final[Mapping[str, Decimal]] = {
    "hour": Decimal(1),
    "hour per zone": Decimal(1),
    "GiB-hour": Decimal(1),
    "day": Decimal(24),
    "GB-month": MONTH,
    "GiB-month": MONTH,
    "disk-month": MONTH,
    "job-month": MONTH,
    "version-month": MONTH,
    "alarm-month": MONTH,
    "key-month": MONTH,
}
"""Units that time is part of -> its hours. All others count events or bytes."""


EVENTS: Final[Mapping[str, int]] = {
    "1000 requests": 1_000,
    "1000 operations": 1_000,
    "10 000 operations": 10_000,
}
"""Units of many requests -> how many."""

_BOTH: Final = ("cloud", "region", "as_of", "source")
_SPOT: Final = ("spot_low", "spot_high")
"""Columns of both tables, and of machines that are sold by the hour at changing prices."""

_Flat = tuple[str, str, str]
Key = TypeVar("Key")


@dataclass(frozen=True)
class Price:
    """One row of a table.

    Args:
        item: what it is for, `EBS gp3 storage` or a machine type.
        usd: of one unit. unit: `hour`, `GB-month`, `1000 requests`.
        as_of: its date; None: nobody wrote it down.
        source: where it was read.
        spot: the lowest and highest price of spot machines that was seen; no forecast.
    """

    item: str
    usd: Decimal
    unit: str
    as_of: date | None
    source: str
    spot: tuple[Decimal, Decimal] | None = None

    @property
    def weak(self) -> bool:
        """It was reckoned from a ratio that only other machines are known to have."""
        return self.source.startswith("derived (weak)")

    def over(self, hours: Decimal) -> Decimal | None:
        """Of so many hours; None where time is no part of the unit."""
        unit = HOURS.get(self.unit)
        return None if unit is None else self.usd * hours / unit  # divided last: nothing is lost

    def each(self) -> Decimal:
        """Of one request, where the unit is many of them."""
        return self.usd / EVENTS.get(self.unit, 1)

    def age(self, today: date) -> int | None:
        """In days; None for a price without a date."""
        return (today - self.as_of).days if self.as_of else None


class Stated(Price):
    """A price that the stack file states; it is as old as the question."""

    def age(self, today: date) -> int | None:
        """See `Price.age`."""
        return 0


def stated(usd: float) -> Price:
    """What an hour costs by the stack file."""
    return Stated("hour of this machine", Decimal(str(usd)), "hour", None, "the stack file")


def machine(cloud: str, region: str, use: str, name: str) -> Price | None:
    """One hour of a machine, with what GPUs it has.

    Args:
        use: `vm`, `managed` or `job`, as in `components.catalog`.
        name: the vendor's; an attached GPU is part of it: `n1-standard-4+nvidia-tesla-t4`.

    Returns:
        None where no price is known: it may not be sold there.
    """
    return _machines().get((cloud, region, use, name.lower()))


def flat(cloud: str, region: str, item: str) -> Price | None:
    """Anything but machines; None where no price is known.

    Args:
        item: upper and lower case, spaces, hyphens and underscores do not count.
    """
    found = _flat()
    return found.get((cloud, region, _plain(item))) or found.get((cloud, EVERYWHERE, _plain(item)))


def of(cloud: str, region: str) -> dict[tuple[str, str], Price]:
    """What is known of one region: (use, item) -> price; the use of anything but machines is
    empty."""
    here = (cloud, region)
    machines = {(key[2], row.item): row for key, row in _machines().items() if key[:2] == here}
    return machines | {("", row.item): row for key, row in _flat().items() if key[:2] == here}


def sold(cloud: str, item: str, use: str = "") -> tuple[str, ...]:
    """The regions in which a price of it is known, of a machine where its use is given."""
    return _sold(own(), cloud, item, use)


@cache
def _sold(own: Path | None, cloud: str, item: str, use: str) -> tuple[str, ...]:
    if use:
        return tuple(
            region
            for known, region, purpose, name in _machines()
            if (known, purpose, name) == (cloud, use, item.lower())
        )
    plain = _plain(item)
    return tuple(region for known, region, name in _flat() if (known, name) == (cloud, plain))


def _plain(item: str) -> str:
    return item.lower().translate({ord(sign): None for sign in " -_"})


def own() -> Path | None:
    """The folder of the project's own prices; None outside a project."""
    return _own(Path.cwd())


@cache
def _own(folder: Path) -> Path | None:
    try:
        return files.project_root(folder) / FOLDER
    except UsageError:
        return None


def forget() -> None:
    """The tables may have changed: read them anew when they are asked."""
    for known in (_all_machines, _all_flat, _sold, _own):
        known.cache_clear()


def check() -> None:
    """Read all tables. Raises LabError for the first line that no price can be read from."""
    _machines()
    _flat()


def _machines() -> Mapping[tuple[str, str, str, str], Price]:
    return _all_machines(own())


@cache
def _all_machines(own: Path | None) -> Mapping[tuple[str, str, str, str], Price]:
    name, columns = "machine_prices.csv", (*_BOTH, "use", "name", "usd_hour", *_SPOT)
    shipped = table.read(_DATA / name, f"mllab/money/data/{name}", columns, _machine)
    return _with_own(shipped, name, columns, _machine, own)


def _machine(row: Row) -> tuple[tuple[str, str, str, str], Price] | None:
    if not row["usd_hour"]:
        return None
    day, usd = table.day(row, "as_of"), table.amount(row, "usd_hour")
    price = Price(row["name"], usd, "hour", day, row["source"], _spot(row))
    return (row["cloud"], row["region"], row["use"], row["name"].lower()), price


def _flat() -> Mapping[_Flat, Price]:
    return _all_flat(own())


@cache
def _all_flat(own: Path | None) -> Mapping[_Flat, Price]:
    name, columns = "flat_prices.csv", (*_BOTH, "item", "unit", "usd")
    of = partial(_item, units={})
    shipped = table.read(_DATA / name, f"mllab/money/data/{name}", columns, of)
    units = {(cloud, item): price.unit for (cloud, _, item), price in shipped.items()}
    return _with_own(shipped, name, columns, partial(_item, units=units), own)


def _item(row: Row, units: Mapping[tuple[str, str], str]) -> tuple[_Flat, Price] | None:
    """What a row says; it is by the unit that others of the same item are by.

    Args:
        units: by cloud and item; empty for the table that sets them.
    """
    if not row["usd"]:
        return None
    key, unit = (row["cloud"], row["region"], _plain(row["item"])), row["unit"]
    if units:
        known = units.get((key[0], key[2]))
        unit = table.one_of(row, "unit", {known} if known else set(units.values()))
    day, usd = table.day(row, "as_of"), table.amount(row, "usd")
    return key, Price(row["item"], usd, unit, day, row["source"])


def _with_own(
    shipped: dict[Key, Price],
    name: str,
    columns: Collection[str],
    of: Callable[[Row], tuple[Key, Price] | None],
    own: Path | None,
) -> Mapping[Key, Price]:
    """Prices that ship with mllab, and the project's own in the place of those that are older."""
    found = dict(shipped)
    if own is not None and (own / name).exists():
        for key, price in table.read(own / name, f"{own.name}/{name}", columns, of).items():
            if key not in found or (price.as_of or date.min) >= (found[key].as_of or date.min):
                found[key] = price
    return found


def _spot(row: Row) -> tuple[Decimal, Decimal] | None:
    if not (row["spot_low"] and row["spot_high"]):
        return None
    return table.amount(row, "spot_low"), table.amount(row, "spot_high")
