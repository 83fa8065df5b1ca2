"""Regions: the table agrees with the installed SDK, and a wrong one is explained."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from components import regions


def test_the_table_is_the_sdk_s_without_other_partitions():
    found = importlib.util.find_spec("pulumi_aws")
    assert found is not None
    assert found.origin is not None
    text = (Path(found.origin).parent / "_enums.py").read_text("utf-8")
    listed = set(re.findall(r'= "([a-z-]+-\d)"', text.partition("class Region")[2]))
    assert set(regions.AWS) == {
        name for name in listed if not re.match(r"cn-|eusc-|us-gov-|us-iso|eu-iso", name)
    }
    assert len(regions.AWS) > 30


@pytest.mark.parametrize("region", regions.AWS)
def test_a_region_is_itself(region):
    assert regions.check("aws", region) == region


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ("us-east-11", "is not a region of aws; did you mean us-east-1 (Northern Virginia)"),
        ("US-EAST-1", "is not a region of aws; did you mean us-east-1 (Northern Virginia)?"),
        ("us-east-1\n", "did you mean us-east-1 (Northern Virginia)?"),
        ("mars", "is not a region of aws; known: af-south-1, "),
        ("", "is not a region of aws; known: af-south-1, "),
        ("us-east-1f", "is an availability zone; did you mean us-east-1 (Northern Virginia)?"),
        ("us-central1", "is the name of a Google Cloud region; "),
        ("europe-west4-a", "is the name of a Google Cloud region; give a region of aws, like"),
        ("northeurope", "is the name of an Azure region; give a region of aws, like us-east-1"),
        ("eastus2", "is the name of an Azure region; "),
        ("us-gov-west-1", "is in another AWS partition, with accounts and ARNs of its own; "),
        ("us-isob-east-1", "is in another AWS partition"),
        ("eusc-de-east-1", "is in another AWS partition"),
        ("cn-northwest-1", "is in another AWS partition"),
    ],
)
def test_a_wrong_region_is_explained(region, words):
    with pytest.raises(regions.UnknownRegion) as caught:
        regions.check("aws", region)
    assert words in str(caught.value)
