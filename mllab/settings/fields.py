"""Kinds of settings: how a value in a stack file becomes a Python value, and what is said when it cannot.

Every kind accepts what the file holds and what `pulumi config set --path` makes of it (a number may come as text), and
refuses everything else with the limit and its reason. A limit stands here or in the model, nowhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from components import tags

_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
# Pulumi writes an unquoted date back as `2027-01-11 00:00:00 +0000 UTC` and hands it over like that.
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00:00(?:Z| \+0000 UTC)?)?")
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_ZONE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+|UTC")
_DIGITS: Final = (
    30  # more than any number here has; longer ones are refused before they are converted
)


def fault(text: str) -> PydanticCustomError:
    """An error whose text reaches the user as it is, followed by the value that was got."""
    return PydanticCustomError("fault", "{text}", {"text": text})


@dataclass(frozen=True)
class Whole:
    """A whole number between two limits. `why_low` and `why_high` complete the sentence `must be at least 5, ...`."""

    low: int
    high: int
    why_low: str
    why_high: str

    def __call__(self, value: Any) -> int:
        number = self._read(value)
        if number < self.low:
            raise fault(f"must be at least {self.low}, {self.why_low}")
        if number > self.high:
            raise fault(f"must be at most {self.high}, {self.why_high}")
        return number

    @staticmethod
    def _read(value: Any) -> int:
        if isinstance(value, str) and len(value) <= _DIGITS and _INTEGER.fullmatch(value):
            return int(value)
        if isinstance(value, float) and math.isfinite(value) and value == int(value):
            return int(value)  # 1e3, and every number above 2**53 that came through JSON
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise fault("must be a whole number, written with plain digits and without a unit")


@dataclass(frozen=True)
class Money:
    """An amount of money between two limits, in US dollars."""

    low: float
    high: float
    why_low: str
    why_high: str

    def __call__(self, value: Any) -> float:
        if isinstance(value, str) and len(value) <= _DIGITS and _NUMBER.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise fault("must be an amount in US dollars, written as a plain number")
        if value < self.low:
            raise fault(f"must be at least {self.low:g}, {self.why_low}")
        if value > self.high:
            raise fault(f"must be at most {self.high:g}, {self.why_high}")
        return float(value)


@dataclass(frozen=True)
class Choice:
    """One of a few words. `refused`: words that are known but not possible, with the reason and the alternative."""

    words: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, value: Any) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        if isinstance(value, str) and value in self.refused:
            raise fault(self.refused[value])
        options = (
            self.words[0]
            if len(self.words) == 1
            else f"{', '.join(self.words[:-1])} or {self.words[-1]}"
        )
        raise fault(f"must be {options}{nearest(value, self.words)}")


@dataclass(frozen=True)
class Pattern:
    """Text of a given alphabet; `words` describe it and give the reason."""

    regex: str
    words: str

    def __call__(self, value: Any) -> str:
        if isinstance(value, str) and re.fullmatch(self.regex, value):
            return value
        raise fault(f"must be {self.words}")


def nearest(value: Any, known: tuple[str, ...] | set[str]) -> str:
    """`; did you mean x?` or nothing."""
    near = (
        get_close_matches(value, known, n=1) if isinstance(value, str) and len(value) <= 100 else []
    )
    return f"; did you mean {near[0]}?" if near else ""


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise fault("must be true or false")


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        value = value.isoformat(" ")
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, str) and (parts := _DAY.fullmatch(value)):
        try:
            day = date(int(parts[1]), int(parts[2]), int(parts[3]))
        except ValueError as exc:
            raise fault(f"must be a day of the calendar ({exc})") from exc
        if not 2000 <= day.year <= 2099:
            raise fault("must be a day from 2000-01-01 to 2099-12-31, anything else is a slip")
        return day
    raise fault('must be a day written year-month-day, like "2027-02-05"')


def _time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (parts := _TIME.fullmatch(value)):
        return time(int(parts[1]), int(parts[2]))
    raise fault('must be a time of day in 24 hours, in quotes, like "20:00"')


def is_email(value: Any) -> bool:
    """Whether a value has the form of an e-mail address."""
    return isinstance(value, str) and len(value) <= 254 and _EMAIL.fullmatch(value) is not None


def _email(value: Any) -> str:
    if is_email(value):
        return str(value)
    raise fault("must be an e-mail address, like instructor@example.edu")


def _owner(value: Any) -> str:
    address = _email(value)
    try:
        tags.encode_owner(address)
    except ValueError as exc:
        raise fault(str(exc)) from exc
    return address


def _time_zone(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 50 and _ZONE.fullmatch(value):
        try:
            return ZoneInfo(value).key
        except (OSError, KeyError, ValueError):  # not found, or no zone file
            raise fault(
                f"is not a known time zone{nearest(value, available_timezones())}"
            ) from None
    known = available_timezones() if isinstance(value, str) else set()
    raise fault(
        "must be an IANA time zone like Europe/Copenhagen, or UTC; abbreviations do not tell summer time"
        f"{nearest(value, known)}"
    )


def _listed(value: Any) -> tuple[Any, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    raise fault("must be a list, like [a, b]")


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    for at, value in enumerate(values):
        if value in values[:at]:
            raise fault(f"must name each only once, {value!r} stands there twice")
    return values


def _rising(values: tuple[int, ...]) -> tuple[int, ...]:
    if list(values) != sorted(values):
        raise fault("must rise from left to right, so that the file reads like the alerts come")
    return values


def length(low: int, high: int, why_low: str, why_high: str) -> AfterValidator:
    """A check of how many there are."""

    def check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(values) < low:
            raise fault(f"must name at least {low}, {why_low}")
        if len(values) > high:
            raise fault(f"must name at most {high}, {why_high} (there are {len(values)})")
        return values

    return AfterValidator(check)


Switch = Annotated[bool, BeforeValidator(_switch)]
Day = Annotated[date, BeforeValidator(_day)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Email = Annotated[str, BeforeValidator(_email)]
Owner = Annotated[str, BeforeValidator(_owner)]
TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Listed = BeforeValidator(_listed)
Unique = AfterValidator(_unique)
Rising = AfterValidator(_rising)
