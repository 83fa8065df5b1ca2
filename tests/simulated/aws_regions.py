"""Zones, and which of them offer which machine type: facts of the simulated AWS.

`python -m tests.simulated.aws_regions` writes `zones.csv` and `offerings.csv` anew from the
installed moto, a developers' extra, whose files are answers of DescribeAvailabilityZones and
DescribeInstanceTypeOfferings in each region. A region that moto has no offerings of stays out.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Final

from components import regions
from mllab.simulated.aws import places

FOLDER: Final = "ec2/resources/instance_type_offerings/availability-zone-id"


def main() -> None:
    """Write the tables of regions anew."""
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    source = f"moto {version('moto')}"
    zones, offers = [], []
    for region in regions.of("aws"):
        if not (found := _offered(region)):
            continue
        zones += [
            (region, zone.name, zone.zone_id, f"{source}, zones of one possible account")
            for zone in RegionsAndZonesBackend.zones[region]
        ]
        known = {zone.zone_id for zone in RegionsAndZonesBackend.zones[region]}
        offers += [
            (type, region, " ".join(sorted(found[type] & known)), f"{source}, {FOLDER}")
            for type in places.machines()
            if found.get(type, set()) & known
        ]
    _write(places.DATA / "zones.csv", ("region", "zone", "zone_id", "source"), zones)
    _write(
        places.DATA / "offerings.csv",
        ("type", "region", "zone_ids", "source"),
        sorted(offers, key=lambda row: list(places.machines()).index(row[0])),
    )


def _offered(region: str) -> Mapping[str, set[str]]:
    """Machine type -> ids of the zones that offer it; empty where moto has no such file."""
    file = files("moto").joinpath(FOLDER, f"{region}.json.gz")
    if not file.is_file():
        return {}
    found = json.loads(gzip.decompress(file.read_bytes()))
    pairs = sorted((offer["InstanceType"], offer["Location"]) for offer in found)
    return {
        type: {zone for _, zone in group} for type, group in groupby(pairs, lambda pair: pair[0])
    }


def _write(path: Path, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows([head, *rows])


if __name__ == "__main__":
    main()
