"""The table of machines keeps its promises and agrees with the installed SDK."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from components import catalog
from components.catalog import SIZES, Machine, UnknownSize, machine, sizes, types

# What each size promises on every cloud: GPUs, and at least so much memory on each.
PROMISES = {
    "cpu-small": (0, 0),
    "cpu-medium": (0, 0),
    "gpu-small": (1, 16),
    "gpu-medium": (1, 24),
    "gpu-large": (1, 80),
    "gpu-multi": (4, 16),
}


def sdk(file: str) -> str:
    """Text of a file of pulumi_aws; importing it would take seconds."""
    found = importlib.util.find_spec("pulumi_aws")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / file).read_text("utf-8")


def test_what_is_often_out_of_stock_has_a_fallback():
    """gpu-large has none: the only other card of its class counts against another quota."""
    assert [size for size in sizes("aws") if not machine("aws", size).fallbacks] == ["gpu-large"]


def test_every_size_is_promised_and_offered():
    assert set(sizes("aws")) == set(SIZES) == set(PROMISES)


@pytest.mark.parametrize("size", PROMISES)
def test_a_size_is_what_it_promises(size):
    gpus, memory = PROMISES[size]
    found = machine("aws", size)
    assert (found.gpus, bool(found.gpu)) == (gpus, gpus > 0)
    assert found.gpu_memory_gib >= memory
    assert found.type in types("aws")


@pytest.mark.parametrize("size", PROMISES)
def test_a_fallback_is_not_smaller_and_counts_against_the_same_quota(size):
    """A job that fills the first machine must fit on every other."""
    first = machine("aws", size)
    assert len(set(first.fallbacks) | {first.type}) == len(first.fallbacks) + 1
    for name in first.fallbacks:
        other = machine("aws", name)
        assert other.vcpus == first.vcpus
        assert other.memory_gib >= first.memory_gib
        assert other.gpus == first.gpus
        assert other.gpu_memory_gib >= first.gpu_memory_gib
        assert (other.quota, other.spot_quota) == (first.quota, first.spot_quota)


@pytest.mark.parametrize("name", types("aws"))
def test_a_type_by_name_has_no_fallback_and_its_family_s_quota(name):
    found = machine("aws", name)
    assert found.type == name
    assert found.fallbacks == ()
    family = {"m": "L-1216C47A", "g": "L-DB2E81BA", "p": "L-417A185B"}
    assert found.quota == family[name[0]]
    assert (found.gpus > 0) == (name[0] != "m") == (found.gpu_memory_gib > 0) == (found.gpu != "")
    assert re.fullmatch(r"L-[0-9A-F]{8}", found.spot_quota)
    assert found.spot_quota != found.quota


def test_types_that_image_or_batch_refuse_are_not_offered():
    families = {name.partition(".")[0] for name in types("aws")}
    assert not {
        family for family in families if re.match(r"t\d|p[23]|g6f|gr6f|g5g|[a-z]\d+g", family)
    }


def test_the_sdk_knows_every_type():
    known = set(re.findall(r'= "([a-z0-9-]+\.[a-z0-9-]+)"', sdk("ec2/_enums.py")))
    assert len(known) > 500
    assert set(types("aws")) <= known


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("gpu-smal", "is unknown on aws; did you mean gpu-small? sizes: cpu-small, cpu-medium, "),
        ("GPU-Large", "did you mean gpu-large?"),
        ("g5.xlrage", "did you mean g5.xlarge? types that the Deep Learning image and AWS Batch"),
        ("zzz", "is unknown on aws; sizes: cpu-small, "),
        ("", "is unknown on aws; sizes: "),
        ("t3.large", "types that the Deep Learning image and AWS Batch both take: m6i.large, "),
    ],
)
def test_an_unknown_size_is_told_with_the_list_and_the_nearest(size, words):
    with pytest.raises(UnknownSize) as caught:
        machine("aws", size)
    assert words in str(caught.value)
    assert "gpu-multi" in str(caught.value)


@pytest.mark.parametrize("ask", [sizes, types, lambda cloud: machine(cloud, "gpu-small")])
def test_a_cloud_without_a_table_is_told(ask):
    with pytest.raises(UnknownSize, match="no machine is known for 'mars', only for aws"):
        ask("mars")


def test_the_table_is_frozen():
    with pytest.raises(AttributeError):
        machine("aws", "gpu-small").vcpus = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        catalog.SIZES["x"] = "y"  # type: ignore[index]
    assert isinstance(machine("aws", "gpu-small"), Machine)
