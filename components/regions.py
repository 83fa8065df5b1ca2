"""Regions of the clouds, a dated table, so that a wrong one is found without asking the cloud.

The table and its sources are in `data/`. An account must enable some regions first.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from components.clouds import REGIONS, TITLES

_TABLE: Final = Path(__file__).parent / "data" / "regions.csv"

# How names look that are in no table.
_FOREIGN: Final = (
    (
        re.compile(r"cn-north(west)?-\d|us-gov-\w+-\d|(us|eu)-iso\w+-\w+-\d|eusc-\w+-\w+-\d"),
        "in another AWS partition, with accounts and ARNs of its own",
    ),
    (
        re.compile(r"china(north|east)\d?|us(gov|dod)[a-z]+"),
        "in another Azure cloud, with accounts of its own",
    ),
    (re.compile(r"[a-z]{2}-[a-z]+-\d[a-z]"), "an availability zone of AWS"),
    (re.compile(r"[a-z]+-[a-z]+\d{1,2}-[a-z]"), "a zone of Google Cloud"),
)


class UnknownRegion(ValueError):
    """A region that the cloud does not have; the message names the nearest."""


@cache
def of(cloud: str) -> Mapping[str, str]:
    """The regions of a cloud: name -> place. Empty for a cloud without a table."""
    with _TABLE.open(encoding="utf-8", newline="") as text:
        rows = csv.DictReader(text)
        return MappingProxyType(
            {row["name"]: row["place"] for row in rows if row["cloud"] == cloud}
        )


def example(cloud: str) -> str:
    """A region that many take."""
    return REGIONS[cloud]


def nearest(cloud: str, region: str, among: Sequence[str]) -> str:
    """The one of some regions that is the least way from another, by their places on the globe.

    Args:
        among: at least one; those that are in no table come last, and all do where the other is in
            none.
    """
    known, places = of(cloud), _places()
    here = known.get(region)

    def away(name: str) -> tuple[float, str]:
        if here is None or name not in known:
            return math.inf, name
        (a, b, c), (x, y, z) = places[here], places[known[name]]
        return -(a * x + b * y + c * z), name  # the cosine of the angle between them

    return min(among, key=away)


@cache
def _places() -> Mapping[str, tuple[float, float, float]]:
    """Places -> where they are, on a globe of radius 1."""
    found = {}
    with (_TABLE.parent / "places.csv").open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            north, east = (math.radians(float(row[key])) for key in ("latitude", "longitude"))
            flat = math.cos(north)
            found[row["place"]] = flat * math.cos(east), flat * math.sin(east), math.sin(north)
    return found


def called(cloud: str, words: str) -> str:
    """The region that a person means: `Frankfurt`, `East US`, `US-EAST-1`.

    Returns:
        The words as they are where no region is meant, or more than one.
    """
    found = _meant(cloud, words.strip().lower())
    return found[0] if len(found) == 1 else words


def check(cloud: str, region: str) -> str:
    """The region itself if the cloud has it.

    Raises:
        UnknownRegion: it has not; the message says whose it is, and the nearest.
    """
    known = of(cloud)
    if region in known:
        return region
    plain = region.strip().lower()
    whose = _whose(cloud, plain)
    zone = re.fullmatch(r"(.+\d)-?[a-z]", plain)  # it names its region
    named = [name for name in (plain, zone[1] if zone else "") if name in known]
    near = named[:1] or _meant(cloud, plain) or _misspelled(cloud, plain)
    title = TITLES.get(cloud, cloud)
    if near:
        hint = f"did you mean {' or '.join(f'{name} ({known[name]})' for name in near)}?"
    else:
        give = f"give a region of {title}, like {example(cloud)}"
        hint = give if whose else f"known: {', '.join(known)}"
    raise UnknownRegion(f"is {whose or f'not a region of {title}'}; {hint}")


def _meant(cloud: str, plain: str) -> list[str]:
    """The regions in a place, or with a name, that is written another way."""
    known = of(cloud)
    ways = (
        [name for name in known if name == "".join(plain.split())],
        [name for name, place in known.items() if place.lower() == plain],
        [name for name, place in known.items() if len(plain) > 3 and plain in place.lower()],
    )
    return next(filter(None, ways), [])


def _misspelled(cloud: str, plain: str) -> list[str]:
    """The regions whose name or place is nearly that."""
    known = of(cloud)
    near = get_close_matches(plain, known, n=2, cutoff=0.85)
    places = get_close_matches(plain, [place.lower() for place in known.values()], 2, 0.85)
    return near or [name for name, place in known.items() if place.lower() in places]


def _whose(cloud: str, plain: str) -> str:
    """What a name is instead; empty if nothing is known about it."""
    for other, title in TITLES.items():
        if other != cloud and plain in of(other):
            return f"a region of {title} ({of(other)[plain]})"
    return next((words for pattern, words in _FOREIGN if pattern.fullmatch(plain)), "")
