"""What a change makes dearer or cheaper."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from mllab.money.estimate import IN, Estimate, Sums
from mllab.money.meters import When


@dataclass(frozen=True)
class Change:
    """A lab as it is and as it will be, by the same price book; turned round, the signs turn."""

    before: Estimate
    after: Estimate

    def difference(self, column: str) -> Decimal:
        """After less before in a column of `Sums`; what is not known is in neither."""
        return Decimal(getattr(self.after.total(), column) - getattr(self.before.total(), column))

    def outdated(self, column: str) -> Decimal:
        """The same of what prices that are too old, or have no date, would add."""
        return Decimal(getattr(self.after.outdated, column) - getattr(self.before.outdated, column))

    def known(self, column: str) -> bool:
        """Whether the two differences are the whole one: what has no price at all is the same on
        both sides, so it makes none."""
        return unpriced(self.before, column) == unpriced(self.after, column)

    @property
    def adds_nothing_unpriced(self) -> bool:
        """Nothing has no price at all that does not have one now, too."""
        return unpriced(self.after, "day") <= unpriced(self.before, "day")

    @property
    def lowers(self) -> bool:
        """It makes nothing dearer for sure, and something cheaper."""
        columns = ("asleep", "day")
        found = [self.difference(column) + self.outdated(column) for column in columns]
        return self.known("day") and max(found) <= 0 and min(found) < 0


def unpriced(estimate: Estimate, column: str) -> Counter[tuple[object, ...]]:
    """What has not even an old price: how many of which, and of machines for jobs at most."""
    return Counter(
        (
            line.charge.item,
            line.charge.when,
            line.charge.quantity,
            estimate.lab.most if line.charge.when is When.NODE and column == "day" else 1,
        )
        for line in estimate.missing
        if column in IN[line.charge.when] and line.outdated == Sums()
    )
