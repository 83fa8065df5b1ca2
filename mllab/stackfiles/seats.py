"""Seats as a person gives them to `mllab new`: one by one, from one to another, or how many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mllab.errors import SettingsError
from mllab.settings.limits import MOST_SEATS

KEY: Final = "notebook.seats"
FORM: Final = "ann, bob; or s01..s60; or how many"

_RANGE: Final = re.compile(r"(.*?)([0-9]{1,9})\s*\.\.\s*(.*?)([0-9]{1,9})")


def named(parts: Sequence[str]) -> list[str]:
    """The names of all seats, in order.

    Args:
        parts: `ann`; `s01..s60`, or `s01..60` for short; a number alone for `s01`, `s02`, ...
    Raises:
        SettingsError: more seats than a lab has, or from one to another that is before it.
    """
    if len(parts) == 1 and parts[0].isdecimal():
        number = int(parts[0][:9])
        return list(_counted("s", 1, number, max(2, len(str(number))))) if number else []
    return [seat for part in parts for seat in _each(part)]


def _each(part: str) -> Iterator[str]:
    found = _RANGE.fullmatch(part)
    if found is None:
        yield part
        return
    word, first, again, last = found.groups()
    if again not in ("", word):
        raise SettingsError([f"{KEY}: {part}: begins with {word!r} and ends with {again!r}"])
    if int(first) > int(last):
        raise SettingsError([f"{KEY}: {part}: ends before it begins"])
    yield from _counted(word, int(first), int(last), len(first))


def _counted(word: str, first: int, last: int, width: int) -> Iterator[str]:
    if last - first >= MOST_SEATS:
        raise SettingsError([f"{KEY}: {last - first + 1} seats are too many; {MOST_SEATS} at most"])
    return (f"{word}{number:0{width}}" for number in range(first, last + 1))
