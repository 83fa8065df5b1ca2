"""Where the jobs of Cloud Scheduler are, for a lab in a region that has no Cloud Scheduler.

A dated table (24 September 2026), since the service comes to regions one by one. A job calls
Compute Engine over its global address, so any region will do; where one lacks it, a near one is
taken. A region that has got it since may stay here.
Source: https://cloud.google.com/scheduler/docs/locations,
https://cloud.google.com/scheduler/docs/release-notes
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "africa-south1": "me-west1",
        "australia-southeast2": "australia-southeast1",
        "europe-north1": "europe-central2",
        "europe-north2": "europe-central2",
        "europe-southwest1": "europe-west1",
        "europe-west10": "europe-west3",
        "europe-west8": "europe-west6",
        "europe-west9": "europe-west1",
        "northamerica-south1": "us-central1",
        "southamerica-west1": "southamerica-east1",
        "us-east5": "us-east4",
        "us-south1": "us-central1",
    }
)
"""Region without Cloud Scheduler -> the one that its jobs are in."""


def location(region: str) -> str:
    """The region of the scheduler jobs of a lab."""
    return ELSEWHERE.get(region, region)
