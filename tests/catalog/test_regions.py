"""Regions: the table agrees with the installed SDK, and a wrong one is explained."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from components import regions

COUNTS = {"aws": 34, "azure": 56, "gcp": 43}
EVERY = [(cloud, region) for cloud in COUNTS for region in regions.of(cloud)]


def test_the_table_of_aws_is_the_sdk_s_without_other_partitions():
    found = importlib.util.find_spec("pulumi_aws")
    assert found is not None
    assert found.origin is not None
    text = (Path(found.origin).parent / "_enums.py").read_text("utf-8")
    listed = set(re.findall(r'= "([a-z-]+-\d)"', text.partition("class Region")[2]))
    assert set(regions.of("aws")) == {
        name for name in listed if not re.match(r"cn-|eusc-|us-gov-|us-iso|eu-iso", name)
    }


def test_every_cloud_has_its_table():
    assert {cloud: len(regions.of(cloud)) for cloud in COUNTS} == COUNTS
    assert regions.of("mars") == {}
    assert all(regions.of(cloud)[regions.example(cloud)] for cloud in COUNTS)


def test_no_region_is_in_two_clouds():
    """Else nobody could say whose it is."""
    assert len({region for _, region in EVERY}) == len(EVERY)


@pytest.mark.parametrize("cloud", COUNTS)
def test_a_region_is_itself(cloud):
    assert [regions.check(cloud, name) for name in regions.of(cloud)] == list(regions.of(cloud))


@pytest.mark.parametrize(
    ("cloud", "region", "words"),
    [
        ("aws", "us-east-11", "is not a region of AWS; did you mean us-east-1 (Northern Virginia)"),
        ("aws", "US-EAST-1", "is not a region of AWS; did you mean us-east-1 (Northern Virginia)?"),
        ("aws", "us-east-1\n", "did you mean us-east-1 (Northern Virginia)?"),
        ("aws", "mars", "is not a region of AWS; known: af-south-1, "),
        ("aws", "", "is not a region of AWS; known: af-south-1, "),
        ("aws", "us-east-1f", "is an availability zone of AWS; did you mean us-east-1 (Northern"),
        ("aws", "ap-southeast-1a", "did you mean ap-southeast-1 (Singapore)?"),
        ("aws", "us-central1", "is a region of Google Cloud (Iowa); "),
        ("aws", "europe-west4-a", "is a zone of Google Cloud; give a region of AWS, like us-east"),
        ("aws", "northeurope", "is a region of Azure (Ireland); give a region of AWS, like us"),
        ("aws", "eastus2", "is a region of Azure (Virginia); "),
        ("aws", "us-gov-west-1", "is in another AWS partition, with accounts and ARNs of its own"),
        ("aws", "us-isob-east-1", "is in another AWS partition"),
        ("aws", "eusc-de-east-1", "is in another AWS partition"),
        ("aws", "cn-northwest-1", "is in another AWS partition"),
        ("azure", "East US 2", "is not a region of Azure; did you mean eastus2 (Virginia)?"),
        ("azure", "usgovvirginia", "is in another Azure cloud, with accounts of its own"),
        ("azure", "chinaeast2", "is in another Azure cloud"),
        ("azure", "us-east-1", "is a region of AWS (Northern Virginia); give a region of Azure"),
        ("azure", "us-east4", "is a region of Google Cloud (Northern Virginia); "),
        ("gcp", "us-central1-a", "is a zone of Google Cloud; did you mean us-central1 (Iowa)?"),
        ("gcp", "us-east-1", "is a region of AWS (Northern Virginia); did you mean us-east1"),
        ("gcp", "eastus", "is a region of Azure (Virginia); give a region of Google Cloud, like "),
        ("gcp", "europe-west", "is not a region of Google Cloud; did you mean europe-west"),
    ],
)  # fmt: skip
def test_a_wrong_region_is_explained(cloud, region, words):
    with pytest.raises(regions.UnknownRegion) as caught:
        regions.check(cloud, region)
    assert words in str(caught.value)


@pytest.mark.parametrize("cloud", COUNTS)
def test_every_place_is_somewhere(cloud: str) -> None:
    assert set(regions.of(cloud).values()) <= regions._places().keys()


@pytest.mark.parametrize(
    ("cloud", "region", "among", "near"),
    [
        ("aws", "ap-east-1", ["sa-east-1", "ap-southeast-2", "ap-east-2"], "ap-east-2"),
        (
            "gcp",
            "europe-central2",
            ["me-central2", "us-central1", "europe-west10"],
            "europe-west10",
        ),
        ("azure", "norwayeast", ["eastus", "westeurope", "uksouth"], "westeurope"),
        ("aws", "ap-northeast-1", ["us-west-2", "eu-west-1"], "us-west-2"),  # over the Pacific
        ("aws", "eu-west-1", ["*", "ap-south-1"], "ap-south-1"),
        ("aws", "nowhere-1", ["us-east-2", "us-east-1"], "us-east-1"),
    ],
)
def test_the_nearest_is_the_least_way_on_the_globe(
    cloud: str, region: str, among: list[str], near: str
) -> None:
    """By a map; distances from GeoNames."""
    assert regions.nearest(cloud, region, among) == near
