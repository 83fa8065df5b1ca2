"""Regions of the clouds, a dated table, so that a wrong one is found without asking the cloud.

Source: botocore 1.44.5, `data/endpoints.json`, partition `aws`, read on 2026-11-20. EC2, Batch,
EFS, ECR, SSM and EventBridge Scheduler are in all of them. An account must enable some first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

AWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "af-south-1": "Cape Town",
        "ap-east-1": "Hong Kong",
        "ap-east-2": "Taipei",
        "ap-northeast-1": "Tokyo",
        "ap-northeast-2": "Seoul",
        "ap-northeast-3": "Osaka",
        "ap-south-1": "Mumbai",
        "ap-south-2": "Hyderabad",
        "ap-southeast-1": "Singapore",
        "ap-southeast-2": "Sydney",
        "ap-southeast-3": "Jakarta",
        "ap-southeast-4": "Melbourne",
        "ap-southeast-5": "Malaysia",
        "ap-southeast-6": "New Zealand",
        "ap-southeast-7": "Thailand",
        "ca-central-1": "Canada",
        "ca-west-1": "Calgary",
        "eu-central-1": "Frankfurt",
        "eu-central-2": "Zurich",
        "eu-north-1": "Stockholm",
        "eu-south-1": "Milan",
        "eu-south-2": "Spain",
        "eu-west-1": "Ireland",
        "eu-west-2": "London",
        "eu-west-3": "Paris",
        "il-central-1": "Tel Aviv",
        "me-central-1": "United Arab Emirates",
        "me-south-1": "Bahrain",
        "mx-central-1": "Mexico",
        "sa-east-1": "Sao Paulo",
        "us-east-1": "Northern Virginia",
        "us-east-2": "Ohio",
        "us-west-1": "Northern California",
        "us-west-2": "Oregon",
    }
)

_REGIONS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"aws": AWS})

_EXAMPLES: Final = {"aws": "us-east-1"}

# How the names of other places look; the first that fits explains the mistake.
_PARTITION: Final = r"cn-north(west)?-\d|us-gov-\w+-\d|(us|eu)-iso\w+-\w+-\d|eusc-\w+-\w+-\d"
_AZURE: Final = (
    r"[a-z]*(us|europe|asia|india|canada|brazil|japan|korea|australia|africa|france|germany|norway"
    r"|sweden|switzerland|uk|uae|italy|poland|spain)[a-z]*\d?"
)
_FOREIGN: Final = (
    (re.compile(_PARTITION), "in another AWS partition, with accounts and ARNs of its own"),
    (re.compile(r"[a-z]{2}-[a-z]+-\d[a-z]"), "an availability zone"),
    (re.compile(r"[a-z]+-[a-z]+\d{1,2}(-[a-z])?"), "the name of a Google Cloud region"),
    (re.compile(_AZURE), "the name of an Azure region"),
)


class UnknownRegion(ValueError):
    """A region that the cloud does not have; the message names the nearest."""


def check(cloud: str, region: str) -> str:
    """The region itself if the cloud has it.

    Raises:
        UnknownRegion: it has not; the message says what the name looks like, and the nearest.
    """
    known = _REGIONS[cloud]
    if region in known:
        return region
    plain = region.strip().lower()
    whose = next((words for pattern, words in _FOREIGN if pattern.fullmatch(plain)), "")
    pool = [name for name in known if plain.startswith(name)]  # a zone names its region
    near = pool or get_close_matches(plain, known, n=2, cutoff=0.85)
    if near:
        hint = f"did you mean {' or '.join(f'{name} ({known[name]})' for name in near)}?"
    else:
        example = f"give a region of {cloud}, like {_EXAMPLES[cloud]}"
        hint = example if whose else f"known: {', '.join(known)}"
    raise UnknownRegion(f"is {whose or f'not a region of {cloud}'}; {hint}")
