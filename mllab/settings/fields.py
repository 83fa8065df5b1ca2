"""Kinds of settings: how a value of a stack file is read, and what is said when it cannot be.

Each kind takes what the file holds and what `pulumi config set --path` makes of it (a number may
come as text), and refuses the rest with the limit and its reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from components import tags

_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,29})")
_NUMBER: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,29})(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
# Pulumi writes an unquoted date back as `2027-01-11 00:00:00 +0000 UTC`, and hands it over so.
_DAY: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00:00(?:Z| \+0000 UTC)?)?", re.ASCII
)
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(
    rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
)
_ZONE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+|UTC")


class Section(BaseModel):
    """One section of the stack file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def fault(words: str) -> PydanticCustomError:
    """An error whose words reach the user as they are, followed by the value that was got."""
    return PydanticCustomError("fault", "{words}", {"words": words})


def absent(words: str, at: str = "") -> PydanticCustomError:
    """The same for a value that is missing, so that there is none to repeat.

    Args:
        at: the setting of the section that is meant, where the whole section is looked at.
    """
    return PydanticCustomError("absent", "{words}", {"words": words, "at": at})


def nearest(value: Any, known: Collection[str]) -> str:
    """`; did you mean x?`, or nothing."""
    near = get_close_matches(value, known, n=1) if isinstance(value, str) else []
    return f"; did you mean {near[0]}?" if near and len(value) <= 100 else ""


@dataclass(frozen=True)
class Whole:
    """A whole number. The reasons complete the sentence `must be at least 5, ...`."""

    low: int
    high: int
    why_low: str
    why_high: str

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"

    def __call__(self, value: Any) -> int:
        number = self._read(value)
        if number < self.low:
            raise fault(f"must be at least {self.low}, {self.why_low}")
        if number > self.high:
            raise fault(f"must be at most {self.high}, {self.why_high}")
        return number

    @staticmethod
    def _read(value: Any) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        if isinstance(value, float) and math.isfinite(value) and value == int(value):
            return int(value)  # 1e3 is the same number as 1000
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise fault("must be a whole number in plain digits, without a unit")


@dataclass(frozen=True)
class Money:
    """An amount in US dollars."""

    low: float
    high: float
    why_low: str
    why_high: str

    def __str__(self) -> str:
        return f"{self.low:.15g} to {self.high:.15g}"

    def __call__(self, value: Any) -> float:
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value != value:  # NaN is not even itself; isnan() fails on large integers
            raise fault("must be an amount in US dollars, as a plain number without $")
        if value < self.low:
            raise fault(f"must be at least {self.low:.15g}, {self.why_low}")
        if value > self.high:
            raise fault(f"must be at most {self.high:.15g}, {self.why_high}")
        return float(value)


@dataclass(frozen=True)
class Choice:
    """One of a few words. `refused`: words that are known but not possible, with what to do."""

    words: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return ", ".join(self.words)

    def __call__(self, value: Any) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        if isinstance(value, str) and value in self.refused:
            raise fault(self.refused[value])
        hint = nearest(value, self.words) if len(self.words) > 1 else ""
        raise fault(f"must be {self.listed}{hint}")

    @property
    def listed(self) -> str:
        """`aws, azure or gcp`."""
        return " or ".join((*filter(None, [", ".join(self.words[:-1])]), self.words[-1]))


@dataclass(frozen=True)
class Pattern:
    """Text of an alphabet; `words` describe it and give the reason."""

    regex: str
    words: str

    def __str__(self) -> str:
        return self.words

    def __call__(self, value: Any) -> str:
        if isinstance(value, str) and re.fullmatch(self.regex, value):
            return value
        raise fault(f"must be {self.words}")


def whole(low: int, high: int, why_low: str, why_high: str) -> BeforeValidator:
    """A whole number, see Whole."""
    return BeforeValidator(Whole(low, high, why_low, why_high))


def money(low: float, high: float, why_low: str, why_high: str) -> BeforeValidator:
    """An amount in US dollars, see Money."""
    return BeforeValidator(Money(low, high, why_low, why_high))


def choice(*words: str, refused: Mapping[str, str] | None = None) -> BeforeValidator:
    """One of a few words, see Choice."""
    return BeforeValidator(Choice(words, refused or {}))


def text(regex: str, words: str) -> BeforeValidator:
    """Text of an alphabet, see Pattern."""
    return BeforeValidator(Pattern(regex, words))


def length(low: int, high: int, why_low: str, why_high: str) -> AfterValidator:
    """How many things a list may name."""

    def check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(values) < low:
            raise fault(f"must name at least {low}, {why_low}")
        if len(values) > high:
            raise fault(f"must name at most {high}, {why_high}; there are {len(values)}")
        return values

    return AfterValidator(check)


def is_email(value: Any) -> bool:
    """Whether a value has the form of an e-mail address."""
    return isinstance(value, str) and len(value) <= 254 and _EMAIL.fullmatch(value) is not None


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    raise fault("must be true or false")


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str) and (parts := _DAY.fullmatch(value)):
        try:
            day = date(int(parts[1]), int(parts[2]), int(parts[3]))
        except ValueError as exc:
            raise fault(f"must be a day of the calendar: {exc}") from exc
        if not 2000 <= day.year <= 2099:
            raise fault("must be a day from 2000 to 2099, any other year is a slip")
        return day
    raise fault('must be a day, written year-month-day like "2027-02-05"')


def _time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (parts := _TIME.fullmatch(value)):
        return time(int(parts[1]), int(parts[2]))
    raise fault('must be a time of the 24-hour day in quotes, like "20:00"')


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


def zone(value: Any) -> ZoneInfo | None:
    """The time zone of that name; None if there is none."""
    try:
        if isinstance(value, str) and len(value) <= 50 and _ZONE.fullmatch(value):
            return ZoneInfo(value)
    except (OSError, KeyError, ValueError):  # a folder, no such zone, no zone file
        pass
    return None


def _time_zone(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 50:
        raise fault("must be an IANA time zone, like Europe/Copenhagen")
    if found := zone(value):
        return found.key
    hint = nearest(value, [zone for zone in available_timezones() if _ZONE.fullmatch(zone)])
    raise fault(f"must be an IANA time zone like Europe/Copenhagen, or UTC{hint}")


def _listed(value: Any) -> tuple[Any, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    raise fault("must be a list, like [a, b]")


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = [str(value) for at, value in enumerate(values) if value in values[:at]]
    if twice:
        raise fault(f"must name each only once; twice: {', '.join(sorted(set(twice)))}")
    return values


def _rising(values: tuple[int, ...]) -> tuple[int, ...]:
    if list(values) != sorted(values):
        raise fault("must rise from left to right, in the order in which the alerts come")
    return values


Switch = Annotated[bool, BeforeValidator(_switch)]
Day = Annotated[date, BeforeValidator(_day)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Email = Annotated[str, BeforeValidator(_email)]
Owner = Annotated[str, BeforeValidator(_owner)]
TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Listed = BeforeValidator(_listed)
Unique = AfterValidator(_unique)
Rising = AfterValidator(_rising)
