"""Which zones of a region have a kind of machine, and which of them is a seat's.

A dated table, since no look-up knows of GPUs.
Source: skypilot-catalog `catalogs/v8/gcp/vms.csv` (commit 006059e): rows of n2-standard-64, for
machines without a GPU, of the GPUs T4 and L4, of a2-highgpu-1g and a2-ultragpu-1g. A zone that is
newer is named in `gcp:zone`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from components.catalog import Machine
from components.contracts import Unsupported

PLAIN: Final = "no GPU"

_REGIONS: Final = """
    africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1
    asia-south2 asia-southeast1 asia-southeast2 australia-southeast1 australia-southeast2
    europe-central2 europe-north1 europe-southwest1 europe-west10 europe-west12 europe-west2
    europe-west3 europe-west4 europe-west6 europe-west8 europe-west9 me-central1 me-central2
    me-west1 northamerica-northeast1 northamerica-northeast2 southamerica-east1 southamerica-west1
    us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4
"""


def _letters(table: str) -> Mapping[str, str]:
    words = table.split()
    return MappingProxyType(dict(zip(words[::2], words[1::2], strict=True)))


_ZONES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        PLAIN: MappingProxyType(
            dict.fromkeys(_REGIONS.split(), "abc")
            | {"us-central1": "abcf", "us-east1": "bcd", "europe-west1": "bcd"}
        ),
        "T4 16 GB": _letters("""
            asia-east1 ac asia-east2 ac asia-northeast1 ac asia-northeast3 bc asia-south1 ab
            asia-southeast1 abc asia-southeast2 ab australia-southeast1 ac europe-central2 bc
            europe-west1 bcd europe-west2 ab europe-west3 b europe-west4 abc me-west1 bc
            northamerica-northeast1 c southamerica-east1 abc us-central1 abcf us-east1 bcd
            us-east4 abc us-west1 ab us-west2 bc us-west3 b us-west4 ab
        """),
        "L4 24 GB": _letters("""
            asia-east1 abc asia-northeast1 abc asia-northeast3 ab asia-south1 abc
            asia-southeast1 abc europe-west1 bc europe-west2 ab europe-west3 ab europe-west4 abc
            europe-west6 bc me-central2 ac northamerica-northeast1 bc northamerica-northeast2 ab
            us-central1 abc us-east1 bcd us-east4 ac us-west1 abc us-west4 ac
        """),
        "A100 40 GB": _letters("""
            asia-northeast1 ac asia-northeast3 ab asia-southeast1 abc europe-west4 ab me-west1 ac
            us-central1 abcf us-east1 b us-west1 b us-west3 b us-west4 b
        """),
        "A100 80 GB": _letters("""
            asia-southeast1 c europe-west4 a us-central1 ac us-east4 c us-east5 ab
        """),
    }
)


def plain(region: str) -> list[str]:
    """The zones of a region that have machines at all, sorted.

    Raises:
        Unsupported: the table does not know the region.
    """
    if letters := _ZONES[PLAIN].get(region):
        return [f"{region}-{letter}" for letter in letters]
    raise Unsupported(
        f"the zones of {region} are not known; name one: pulumi config set gcp:zone {region}-a"
    )


def offered(machine: Machine, region: str, zone: str | None) -> list[str]:
    """The zones of a region where a machine can be had, sorted; only `zone` where it is given.

    Raises:
        Unsupported: the region has none, or the table does not know; says where there are some.
    """
    if zone:
        return [zone]
    kind = f"{machine.gpu} {machine.gpu_memory_gib} GB" if machine.gpus else PLAIN
    known = _ZONES.get(kind, {})
    if letters := known.get(region):
        return [f"{region}-{letter}" for letter in letters]
    what = f"{machine.type} with {kind}" if machine.gpus else machine.type
    raise Unsupported(
        f"no zone of {region} is known to offer {what}; known are {', '.join(known) or 'none'}."
        " Choose another mllab:notebook.size or another gcp:region; or, if you know a zone that"
        f" has it: pulumi config set gcp:zone {region}-a"
    )


def choose(seat: str, found: Sequence[str]) -> str:
    """The zone of a seat, by its name alone: other seats come and go without moving it.

    Each zone draws a number for the seat and the highest wins: a new zone, too, moves few seats.
    """
    return max(found, key=lambda zone: hashlib.sha256(f"{seat} {zone}".encode()).digest())


def follow(seat: str, zone: str, found: Sequence[str], machine: Machine, named: str | None) -> str:
    """The zone that the home disk of a seat is in, for the machine to follow it there.

    Args:
        found: where the machine can be had. named: `gcp:zone`.
    Raises:
        Unsupported: it cannot follow.
    """
    if named not in (None, zone):
        raise Unsupported(
            f"the home disk of seat {seat} is in {zone}, and a disk cannot move: set gcp:zone to"
            f" {zone} or take it out, or save what is on the disk and give the seat another name"
        )
    if zone not in found:
        raise Unsupported(
            f"the home disk of seat {seat} is in {zone}, where {machine.type} is not offered, and a"
            " disk cannot move: choose a mllab:notebook.size that is offered there, or save what"
            " is on the disk and give the seat another name"
        )
    return zone
