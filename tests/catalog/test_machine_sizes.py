"""The table of machines keeps its promises on every cloud, for every use."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import re
from pathlib import Path

import pytest

from components import catalog
from components.catalog import SIZES, USES, Machine, UnknownSize, machine, nearest, sizes, types

CLOUDS = ("aws", "azure", "gcp")
PLACES = list(itertools.product(CLOUDS, USES))
SDKS = {"aws": "pulumi_aws", "gcp": "pulumi_gcp"}

# What each size promises on every cloud: vCPUs, GPUs, and memory on each of them, at least.
PROMISES = {
    "cpu-small": (2, 0, 0),
    "cpu-medium": (4, 0, 0),
    "gpu-small": (4, 1, 16),
    "gpu-medium": (4, 1, 24),
    "gpu-large": (12, 1, 80),
    "gpu-multi": (48, 4, 16),
}

# The vendor's name of every limit: (cloud, use) -> pattern. A machine without one cannot be
# held against an account before it is asked for.
QUOTAS = {
    ("aws", "vm"): r"L-[0-9A-F]{8}",
    ("aws", "job"): r"L-[0-9A-F]{8}",
    ("aws", "managed"): r"ml\.[a-z0-9.]+ for notebook instance usage",
    ("azure", "vm"): r"[Ss]tandard\w+Family",
    ("azure", "managed"): r"Standard \w+ Family Cluster Dedicated vCPUs",
    ("azure", "job"): r"Standard \w+ Family Cluster Dedicated vCPUs",
    ("gcp", "vm"): r"CPUS|NVIDIA_(T4|L4|A100|A100_80GB)_GPUS",
    ("gcp", "managed"): r"CPUS|NVIDIA_(T4|L4|A100|A100_80GB)_GPUS",
    ("gcp", "job"): r"custom_model_training_(cpus|nvidia_(t4|l4|a100|a100_80gb)_gpus)",
}


def sdk(package: str, file: str) -> str:
    """Text of a file of an SDK; importing it would take seconds."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / file).read_text("utf-8")


def shape(one: Machine) -> tuple[int, ...]:
    return one.vcpus, one.memory_gib, one.gpus, one.gpu_memory_gib


def every() -> list[tuple[str, str, str]]:
    return [(cloud, use, name) for cloud, use in PLACES for name in types(cloud, use)]


# ---------------------------------------- size x cloud x use


@pytest.mark.parametrize("size", PROMISES)
@pytest.mark.parametrize(("cloud", "use"), PLACES)
def test_a_size_is_what_it_promises(cloud, use, size):
    vcpus, gpus, memory = PROMISES[size]
    found = machine(cloud, size, use)
    assert found.vcpus >= vcpus
    assert (found.gpus, bool(found.gpu)) == (gpus, gpus > 0)
    assert found.gpu_memory_gib >= memory
    assert re.fullmatch(QUOTAS[cloud, use], found.quota)


@pytest.mark.parametrize(("cloud", "use"), PLACES)
def test_every_size_is_promised_and_offered(cloud, use):
    assert sizes(cloud, use) == tuple(SIZES) == tuple(PROMISES)


@pytest.mark.parametrize(("cloud", "use"), PLACES)
def test_a_larger_size_is_not_smaller(cloud, use):
    for small, large in [("cpu-small", "cpu-medium"), ("gpu-small", "gpu-medium")]:
        one, other = machine(cloud, small, use), machine(cloud, large, use)
        assert (other.vcpus, other.gpu_memory_gib) >= (one.vcpus, one.gpu_memory_gib)


@pytest.mark.parametrize("size", PROMISES)
@pytest.mark.parametrize(("cloud", "use"), PLACES)
def test_a_fallback_is_not_smaller_and_counts_against_the_same_quota(cloud, use, size):
    """A job that fills the first machine must fit on every other."""
    first = machine(cloud, size, use)
    assert len(set(first.fallbacks) | {first.type}) == len(first.fallbacks) + 1
    for name in first.fallbacks:
        other = machine(cloud, name, use)
        assert other.vcpus == first.vcpus
        assert other.memory_gib >= first.memory_gib
        assert other.gpus == first.gpus
        assert other.gpu_memory_gib >= first.gpu_memory_gib
        assert (other.quota, other.spot_quota) == (first.quota, first.spot_quota)


def test_only_the_queue_of_aws_can_try_another_machine():
    """gpu-large has none there: the only other card of its class counts against another quota."""
    there = {(c, u, s) for c, u in PLACES for s in PROMISES if machine(c, s, u).fallbacks}
    assert {(cloud, use) for cloud, use, _ in there} == {("aws", "vm"), ("aws", "job")}
    assert {size for _, use, size in there if use == "job"} == set(PROMISES) - {"gpu-large"}


# ---------------------------------------- every machine


@pytest.mark.parametrize(("cloud", "use", "name"), every())
def test_a_machine_by_name_is_whole(cloud, use, name):
    found = machine(cloud, name, use)
    assert found.type == name.partition("+")[0]
    assert found.fallbacks == ()
    assert re.fullmatch(QUOTAS[cloud, use], found.quota)
    assert found.spot_quota != found.quota
    assert bool(found.spot_quota) == ((use, cloud) == ("managed", "azure") or use != "managed")
    assert (found.gpus > 0) == (found.gpu_memory_gib > 0) == (found.gpu != "")
    wanted = {"aws": found.vcpus if use != "managed" else 1, "azure": found.vcpus}
    counts_gpus = "gpus" in found.quota.lower()
    assert found.units == wanted.get(cloud, found.gpus if counts_gpus else found.vcpus)
    assert all(units > 0 for _, units in found.totals)


@pytest.mark.parametrize(("use", "name"), [(use, name) for c, use, name in every() if c == "gcp"])
def test_google_is_told_the_gpu_where_it_must_be(use, name):
    """Compute Engine attaches one to N1 alone; the managed services want every one named."""
    found = machine("gcp", name, use)
    if use == "vm":
        assert found.accelerator == name.partition("+")[2]
        assert (found.type.startswith("n1-")) == bool(found.accelerator)
    else:
        assert bool(re.fullmatch(r"NVIDIA_[A-Z0-9_]+", found.accelerator)) == (found.gpus > 0)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_other_cloud_needs_the_gpu_named(cloud):
    named = {
        name for use in USES for name in types(cloud, use) if machine(cloud, name, use).accelerator
    }
    assert bool(named) == (cloud == "gcp")


def test_no_machine_is_in_two_clouds():
    """Else nobody could say whose it is."""
    names = {cloud: {name for use in USES for name in types(cloud, use)} for cloud in CLOUDS}
    assert sum(map(len, names.values())) == len(set.union(*names.values()))


def test_types_that_image_or_batch_refuse_are_not_offered():
    families = {name.partition(".")[0] for name in types("aws")}
    assert not {
        family for family in families if re.match(r"t\d|p[23]|g6f|gr6f|g5g|[a-z]\d+g", family)
    }


def test_the_sdk_knows_every_type_of_ec2():
    known = set(re.findall(r'= "([a-z0-9-]+\.[a-z0-9-]+)"', sdk("pulumi_aws", "ec2/_enums.py")))
    assert len(known) > 500
    assert set(types("aws")) == set(types("aws", "job"))
    assert set(types("aws")) <= known


def test_the_services_list_every_managed_machine():
    api = pytest.importorskip("botocore.session").get_session().get_service_model("sagemaker")
    assert set(types("aws", "managed")) <= set(api.shape_for("InstanceType").enum)


@pytest.mark.parametrize("file", ["machines.csv", "sizes.csv", "regions.csv"])
def test_no_row_stands_there_twice(file):
    path = Path(catalog.__file__).parent / "data" / file
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    keys = [
        (row["cloud"], use, row.get("size") or row["name"])
        for row in rows
        for use in row.get("uses", "-").split()
    ]
    assert len(keys) > 30
    assert len(set(keys)) == len(keys)
    assert not [row for row in rows if None in row or None in row.values()]


# ---------------------------------------- what is refused


@pytest.mark.parametrize(
    ("cloud", "size", "use", "words"),
    [
        ("aws", "gpu-smal", "vm", "for a notebook machine; did you mean gpu-small? give a size: "),
        ("aws", "GPU-Large", "vm", "did you mean gpu-large?"),
        ("aws", "g5.xlrage", "job", "did you mean g5.xlarge? give one of m6i.large, m7i.large, "),
        ("aws", "zzz", "vm", "is unknown on AWS for a notebook machine; give a size: cpu-small, "),
        ("gcp", "", "managed", "is unknown on Google Cloud for a managed notebook; give a size: "),
        ("aws", "x9.large", "vm", "give one of m6i.large, "),
        ("azure", "Standard_NC4as_T4_v4", "vm", "did you mean Standard_NC4as_T4_v3?"),
        ("aws", "ml.g5.xlarge", "vm", "is on AWS only for a managed notebook; for a notebook"
         " machine the nearest is g5.xlarge; give a size"),
        ("azure", "Standard_D4s_v5", "job", "a cluster's machine the nearest is Standard_D4ds_v4"),
        ("gcp", "g4dn.xlarge", "vm", "is a machine of AWS; for a notebook machine the nearest is"
         " n1-standard-4+nvidia-tesla-t4"),
        ("azure", "g2-standard-4", "job", "is a machine of Google Cloud; for a cluster's machine"
         " the nearest is Standard_NC24ads_A100_v4"),
        ("gcp", "n1-standard-4", "vm", "did you mean n1-standard-4+nvidia-tesla-t4?"),
    ],
)  # fmt: skip
def test_an_unknown_size_is_told_with_the_list_and_the_nearest(cloud, size, use, words):
    with pytest.raises(UnknownSize) as caught:
        machine(cloud, size, use)
    assert words in str(caught.value)
    assert "gpu-multi" in str(caught.value)


@pytest.mark.parametrize(("cloud", "use"), PLACES)
def test_the_nearest_to_a_machine_is_itself_and_never_lacks_a_gpu(cloud, use):
    for name in types(cloud, use):
        like = machine(cloud, name, use)
        assert shape(machine(cloud, nearest(cloud, like, use), use)) == shape(like)
    for other, what in PLACES:
        for size in PROMISES:
            like = machine(other, size, what)
            found = machine(cloud, nearest(cloud, like, use), use)
            assert found.gpus == like.gpus
            assert found.gpu_memory_gib >= min(like.gpu_memory_gib, 80)


@pytest.mark.parametrize("ask", [sizes, types, lambda cloud: machine(cloud, "gpu-small")])
def test_a_cloud_without_a_table_is_told(ask):
    with pytest.raises(UnknownSize, match="no machine is known for 'mars', only for aws, azure"):
        ask("mars")


def test_the_table_is_frozen():
    with pytest.raises(AttributeError):
        machine("aws", "gpu-small").vcpus = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        catalog.SIZES["x"] = "y"  # type: ignore[index]
    assert isinstance(machine("aws", "gpu-small"), Machine)
