"""Machine sizes on every cloud, for every use; facts and their sources are in `data/`.

No SDK is imported here.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from components.clouds import TITLES

_DATA: Final = Path(__file__).parent / "data"

USES: Final[Mapping[str, str]] = MappingProxyType(
    {"vm": "a notebook machine", "managed": "a managed notebook", "job": "a cluster's machine"}
)
"""What a machine is for, in words. Each may take other types, and count against other quotas."""

SIZES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cpu-small": "no GPU, at least 2 vCPUs",
        "cpu-medium": "no GPU, at least 4 vCPUs",
        "gpu-small": "one GPU with at least 16 GB",
        "gpu-medium": "one GPU with at least 24 GB",
        "gpu-large": "one GPU of the 80 GB class",
        "gpu-multi": "four GPUs in one machine",
    }
)
"""The sizes that every cloud knows, with what they promise, smallest first."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine type of one cloud, for one use.

    Args:
        type: the vendor's name. name: the table's, with a GPU that is attached:
            `n1-standard-4+nvidia-tesla-t4`. vcpus, memory_gib: per machine.
        gpu: model, empty without. gpus: how many. gpu_memory_gib: per GPU, nominal.
        accelerator: Google Cloud's name of the GPU where one must be given: attached to an N1
            machine (`nvidia-tesla-t4`), or named in the API of a managed service
            (`NVIDIA_TESLA_T4`); empty where the type brings its GPU.
        quota, spot_quota: the vendor's name of the limit it counts against; empty: no spot.
        units: how much of that limit one machine takes: vCPUs, GPUs or machines.
        totals: (name, units) of limits over several kinds of machines that it counts against, too.
        fallbacks: other types of the same class, to be tried when this one is out of stock.
    """

    type: str
    name: str
    vcpus: int
    memory_gib: int
    quota: str
    spot_quota: str
    units: int
    gpu: str = ""
    gpus: int = 0
    gpu_memory_gib: int = 0
    accelerator: str = ""
    totals: tuple[tuple[str, int], ...] = ()
    fallbacks: tuple[str, ...] = ()

    def counted(self, *, spot: bool = False) -> tuple[tuple[str, int], ...]:
        """Limit -> units that one counts against; spot machines have one pool of their own."""
        return (
            ((self.spot_quota, self.units),) if spot else ((self.quota, self.units), *self.totals)
        )


class UnknownSize(ValueError):
    """A size that the table does not hold; the message lists what it holds and the nearest name."""


def clouds() -> tuple[str, ...]:
    """The clouds that have a table."""
    return tuple(dict.fromkeys(cloud for cloud, _ in _machines()))


def sizes(cloud: str, use: str = "vm") -> tuple[str, ...]:
    """Names of the sizes on a cloud, smallest first.

    Raises:
        UnknownSize: no machine is known for that cloud.
    """
    _known(cloud)
    return tuple(_sizes()[cloud, use])


def types(cloud: str, use: str = "vm") -> tuple[str, ...]:
    """The vendor's machine types that may be given instead of a size.

    On Google Cloud a GPU that is attached to a machine is part of the name:
    `n1-standard-4+nvidia-tesla-t4`.

    Raises:
        UnknownSize: no machine is known for that cloud.
    """
    return tuple(_known(cloud)[cloud, use])


def machine(cloud: str, size: str, use: str = "vm") -> Machine:
    """The machine of a size, or of a vendor's machine type that the table knows.

    A type that is asked for by name has no fallbacks: who names it wants this one.

    Args:
        use: one of USES.
    Raises:
        UnknownSize: the table holds neither; the message lists the sizes and the nearest name.
    """
    known, named = _known(cloud)[cloud, use], _sizes()[cloud, use]
    if size in named:
        first, *others = named[size]
        return replace(known[first], fallbacks=tuple(others))
    if size in known:
        return known[size]
    raise UnknownSize(_unknown(cloud, size, use))


def nearest(cloud: str, like: Machine, use: str = "vm") -> str:
    """The name on a cloud that comes closest to a machine of another one, or of another use."""

    def distance(name: str) -> tuple[float, ...]:
        one = _machines()[cloud, use][name]
        pairs = (
            (one.gpus, like.gpus),
            (one.gpu_memory_gib, like.gpu_memory_gib),
            (one.vcpus, like.vcpus),
            (one.memory_gib, like.memory_gib),
        )
        # What has too little comes last, then the one with the least too much.
        return tuple(
            here - wanted if here >= wanted else 1e6 + wanted - here for here, wanted in pairs
        )

    return min(types(cloud, use), key=distance)


def _unknown(cloud: str, size: str, use: str) -> str:
    """Why a name is no machine here: another cloud's, of another use, or misspelled."""
    known, named = types(cloud, use), sizes(cloud, use)
    listed = f"give a size: {', '.join(named)}; or a machine type like {known[0]}"
    elsewhere = [place for place, machines in _machines().items() if size in machines]
    if elsewhere:
        where, what = elsewhere[0]  # no name is in two clouds
        near = nearest(cloud, _machines()[where, what][size], use)
        only = f"on {TITLES[cloud]} only for {USES[what]}"
        whose = only if where == cloud else f"a machine of {TITLES[where]}"
        return f"is {whose}; for {USES[use]} the nearest is {near}; {listed}"
    attached = [name for name in known if name.partition("+")[0] == size]
    near_types = attached[:1] or get_close_matches(size, known, n=1)
    pool = known if set(size) & set("._+") or near_types else named
    near_names = near_types or get_close_matches(size.lower(), pool, n=1)
    hint = f"; did you mean {near_names[0]}?" if near_names else ";"
    if pool is known:
        listed = f"give one of {', '.join(known)}; or a size: {', '.join(named)}"
    return f"is unknown on {TITLES[cloud]} for {USES[use]}{hint} {listed}"


def _known(cloud: str) -> Mapping[tuple[str, str], Mapping[str, Machine]]:
    if cloud not in clouds():
        raise UnknownSize(f"no machine is known for {cloud!r}, only for {', '.join(clouds())}")
    return _machines()


@cache
def _machines() -> Mapping[tuple[str, str], Mapping[str, Machine]]:
    """(cloud, use) -> name -> machine."""
    found: dict[tuple[str, str], dict[str, Machine]] = {}
    for row in _rows("machines.csv"):
        totals = (pair.rpartition(":") for pair in row["totals"].split("|") if pair)
        one = Machine(
            type=row["name"].partition("+")[0],
            name=row["name"],
            vcpus=int(row["vcpus"]),
            memory_gib=int(row["memory_gib"]),
            quota=row["quota"],
            spot_quota=row["spot_quota"],
            units=int(row["units"]),
            gpu=row["gpu"],
            gpus=int(row["gpus"] or 0),
            gpu_memory_gib=int(row["gpu_memory_gib"] or 0),
            accelerator=row["accelerator"],
            totals=tuple((name, int(units)) for name, _, units in totals),
        )
        for use in row["uses"].split():
            found.setdefault((row["cloud"], use), {})[row["name"]] = one
    return MappingProxyType(found)


@cache
def _sizes() -> Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]:
    """(cloud, use) -> size -> names of the machine and of its fallbacks."""
    found: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
    for row in _rows("sizes.csv"):
        for use in row["uses"].split():
            found.setdefault((row["cloud"], use), {})[row["size"]] = tuple(row["machines"].split())
    return MappingProxyType(found)


def _rows(file: str) -> list[dict[str, str]]:
    with (_DATA / file).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
