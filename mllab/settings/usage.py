"""What people do in a typical week, and what they keep: costs are reckoned with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from mllab.settings.fields import Section, Whole, fault

HOURS: Final = 168
"""Of a week."""

_PLAIN: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_LARGE: Final = "more is probably a typing error"


@dataclass(frozen=True)
class Amount(Whole):
    """A number from 0 on, exact; see Whole. None stays None: nobody says it."""

    def __call__(self, value: Any) -> Any:
        return None if value is None else super().__call__(value)

    @staticmethod
    def _read(value: Any) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
        if isinstance(value, str | float) and _PLAIN.fullmatch(str(value)):
            return Decimal(str(value))
        raise fault("must be a number in plain digits, without a unit")


def _upto(high: int, why: str = _LARGE) -> BeforeValidator:
    return BeforeValidator(Amount(0, high, "an amount is never negative", why))


Hours = Annotated[Decimal, _upto(HOURS, "a week has no more")]
Gigabytes = Annotated[Decimal, _upto(1_000_000)]
Unsaid = Annotated[Decimal | None, _upto(1_000_000_000)]


class Usage(Section):
    """What `mllab cost` takes for a typical week; nothing in the cloud follows it."""

    seat_hours: Hours = Field(
        default=Decimal(8), description="Hours that each notebook runs in a typical week."
    )
    node_hours: Annotated[Decimal, _upto(100 * HOURS, "a week has no more")] = Field(
        default=Decimal(4),
        description="Hours of machines for jobs in a typical week, all machines together.",
    )
    bucket_gb: Gigabytes = Field(default=Decimal(20), description="GB kept in the bucket.")
    files_gb: Gigabytes = Field(default=Decimal(20), description="GB kept as shared files.")
    images_gb: Gigabytes = Field(default=Decimal(5), description="GB of container images kept.")
    internet_gb: Unsaid = Field(
        default=None,
        description="GB that leave the cloud in a typical week; without it they are not priced.",
    )
    writes: Unsaid = Field(
        default=None,
        description="Objects written or listed in the bucket in a typical week; without it they are"
        " not priced.",
    )
    reads: Unsaid = Field(
        default=None,
        description="Objects read from the bucket in a typical week; without it they are not"
        " priced.",
    )
    logs_gb: Unsaid = Field(
        default=None,
        description="GB of log lines in a typical week; without it they are not priced.",
    )

    @property
    def unsaid(self) -> tuple[str, ...]:
        """The settings that stand at their defaults, in order."""
        return tuple(name for name in type(self).model_fields if name not in self.model_fields_set)
