"""List prices as a vendor tells them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Quote:
    """One price, as it is today.

    Args:
        use: of a machine, `vm`, `managed` or `job`; empty for anything else. item: as the price
            book calls it. unit, usd: of one. spot: of the machine as a spare one, where it is sold;
            nothing is known of that where not spot_told. source: where it is from, if not from the
            list as it stands.
    """

    use: str
    item: str
    unit: str
    usd: Decimal
    spot: Decimal | None = None
    spot_told: bool = True
    source: str = ""


@dataclass(frozen=True)
class Quotes:
    """What a vendor tells of one region.

    Args:
        source: where it was asked. asked: (use, item) of what was asked for; what has no quote is
            not listed, or not clear: `unclear`, (use, item) -> why.
    """

    source: str
    quotes: tuple[Quote, ...]
    asked: frozenset[tuple[str, str]]
    unclear: dict[tuple[str, str], str]
