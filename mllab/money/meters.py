"""What a resource is billed by: the `meter` column of `components/<cloud>/types.csv`.

A meter is `free: <why>`, or parts with `; ` between them:

    <when> <item> [* <quantity>] [@ {path}] [if {path}=<value>]

`when` is `always` (also while nobody works), `running` (while the machine runs), `node` (for each
machine of the cluster while it runs) or `usage` (by what is done with it). `item` is one of the
price book; `machine <use> <type>` is a machine (of several types the most expensive), and
`disk <kind> <GB>` a disk that is sold in steps.
`@ {path}` is where the lab itself states a price by the hour, which no price book has.
`{path}` is a value of the resource's inputs, `{+path}` one with a plus sign before it, or nothing
where there is none; `$name` is what a typical week has of it, in the whole lab.

A machine behind a NAT pays a 32nd of what the gateway costs at most
(https://cloud.google.com/nat/pricing), which is too much for labs of more machines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from components import catalog
from components.resource_types import ROWS
from mllab.money import prices
from mllab.money.prices import Price

_FREE: Final = "free: "
_PART: Final = re.compile(
    r"(?P<when>always|running|node|usage) (?P<item>.+?)(?: \* (?P<quantity>\S+))?"
    r"(?: @ \{(?P<stated>[^}]+)\})?"
    r"(?: if \{(?P<path>[^}]+)\}(?P<sign>!?=)(?P<value>\S+))?"
)
_PATH: Final = re.compile(r"\{(\+?)([^}]+)\}")


class When(StrEnum):
    """When something is billed."""

    ALWAYS = "always"
    RUNNING = "running"
    NODE = "node"
    USAGE = "usage"


@dataclass(frozen=True)
class Charge:
    """One thing that one resource is billed by.

    Args:
        urn: of the resource; empty where none stands for it. machine: it is one.
        item: what is billed, as the price book calls it.
        quantity: of the price's unit; by the day, hour or month as that says.
        price: None: not known in this region.
        said: name of the assumption that the quantity is, where somebody has made it.
        sold: regions in which it is known.
    """

    urn: str
    when: When
    item: str
    quantity: Decimal
    price: Price | None
    sold: tuple[str, ...] = ()
    machine: bool = False
    said: str = ""


def free(type: str) -> str:
    """Why a type costs nothing; empty where it may cost something, or nobody knows."""
    meter = ROWS[type].meter if type in ROWS else ""
    return meter.removeprefix(_FREE) if meter.startswith(_FREE) else ""


def charges(
    urn: str, type: str, inputs: Mapping[str, Any], region: str, use: Mapping[str, Decimal | None]
) -> Iterator[Charge]:
    """What a resource is billed by.

    Args:
        type: one that no meter is known for is billed by something of which no price is known.
        inputs: as the program gives them.
        use: assumptions by name; None: nobody has made it.

    Raises:
        ValueError: a meter is not written as above.
    """
    row = ROWS.get(type)
    if row is None or not row.meter:
        yield Charge(urn, When.ALWAYS, type, Decimal(1), None)
        return
    for part in row.meter.split("; ") if not free(type) else ():
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError(f"{type}: {part!r} is no meter")
        decides = _at(inputs, found["path"]) if found["path"] else None
        known = not isinstance(decides, Mapping)
        if found["path"] and known and (str(decides) == found["value"]) != (found["sign"] == "="):
            continue
        when, amount = When(found["when"]), found["quantity"] or "1"
        if found["stated"]:
            told = _at(inputs, found["stated"])
            stated = prices.stated(told) if isinstance(told, int | float) else None
            yield Charge(urn, when, found["item"], Decimal(1), stated)
            continue
        item = _filled(found["item"], inputs)
        said = amount[1:] if amount.startswith("$") and use[amount[1:]] is not None else ""
        if amount.startswith("$"):
            amount = str(use[said]) if said else "1"
        told = _filled(amount, inputs)
        if not known or item is None or told is None:  # the run will know
            yield Charge(urn, when, found["item"], Decimal(1), None)
            continue
        quantity, (kind, _, rest) = Decimal(told), item.partition(" ")
        if kind == "machine":
            purpose, _, names = rest.partition(" ")
            types = [_named(row.cloud, purpose, name) for name in names.split("|")]
            yield from machines(urn, when, row.cloud, region, purpose, types)
            continue
        item = _step(*rest.split(" ")) if kind == "disk" else item
        price = prices.flat(row.cloud, region, item)
        yield Charge(urn, when, item, quantity, price, prices.sold(row.cloud, item), said=said)


def node(cloud: str, region: str, name: str) -> Charge:
    """A machine of a cluster that no resource tells of."""
    (charge,) = machines("", When.NODE, cloud, region, "job", [_named(cloud, "job", name)])
    return charge


def machines(
    urn: str, when: When, cloud: str, region: str, use: str, names: Sequence[str]
) -> Iterator[Charge]:
    """One machine, of whichever type is dearest; each type whose price nobody knows beside it."""
    charges = [
        Charge(
            urn,
            when,
            name,
            Decimal(1),
            prices.machine(cloud, region, use, name),
            prices.sold(cloud, name, use),
            machine=True,
        )
        for name in names
    ]
    priced = [(one.price.usd, one) for one in charges if one.price]
    if priced:
        yield max(priced, key=lambda pair: pair[0])[1]
    yield from (one for one in charges if one.price is None)


def _named(cloud: str, use: str, name: str) -> str:
    """As the tables call it: a service may write a GPU otherwise, or name one of the type's own."""
    kind, plus, gpu = name.partition("+")
    whole, known = f"{kind}{plus}{gpu.lower().replace('_', '-')}", catalog.types(cloud, use)
    return kind if whole not in known and kind in known else whole


def _filled(text: str, inputs: Mapping[str, Any]) -> str | None:
    """A text with the values that it names; None where one is not there, or not known yet."""
    values = []
    for plus, path in _PATH.findall(text):
        said = _at(inputs, path)
        if isinstance(said, list):
            said = "|".join(map(str, said))
        if isinstance(said, Mapping) or (said is None and not plus):
            return None
        values.append("" if said is None else f"{plus}{said}")
    return _PATH.sub("{}", text).format(*values)


def _at(inputs: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(inputs, list):
            inputs = inputs[int(key)] if int(key) < len(inputs) else None
        else:
            inputs = inputs.get(key) if isinstance(inputs, Mapping) else None
    return inputs


def _step(kind: str, size: str) -> str:
    """The smallest disk that is sold and large enough."""
    steps = ((int(row["gb"]), row["item"]) for row in _steps() if row["kind"] == kind)
    fitting = [step for step in steps if step[0] >= int(size)]
    return min(fitting)[1] if fitting else f"{kind} disk of {size} GB"


@cache
def _steps() -> tuple[dict[str, str], ...]:
    path = Path(__file__).parent / "data" / "disk_steps.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
