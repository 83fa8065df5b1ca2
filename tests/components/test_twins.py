"""The same file means the same on every cloud: its outputs, and one cloud's own switches."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from components.environment import ROLES
from mllab import program
from mllab.clouds.registry import CLOUDS
from mllab.settings import files
from tests.components.cloud_labs import ROOT
from tests.components.twins import LABS, declared

SIZES = ("course", "lab", "tiny")  # the tiny ones have neither GPU nor files
STACKS = tuple(f"{cloud}-{size}" for cloud in CLOUDS for size in SIZES)
SDKS = {"aws": "pulumi_aws", "azure": "pulumi_azure_native", "gcp": "pulumi_gcp"}

FORMATS = {
    "storage.uri": {
        "aws": r"s3://[a-z0-9.-]+",
        "azure": r"https://[a-z0-9]+\.blob\.core\.windows\.net/[a-z0-9-]+",
        "gcp": r"gs://[a-z0-9._-]+",
    },
    "registry.uri": {
        "aws": r"\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9./-]+",
        "azure": r"[a-z0-9]+\.azurecr\.io/[a-z0-9./-]+",
        "gcp": r"[a-z0-9-]+-docker\.pkg\.dev/[a-z0-9-]+/[a-z0-9./-]+",
    },
}


def shape(value: Any) -> Any:
    """Keys and kinds of values, the values left out; a list is of one kind."""
    if isinstance(value, dict):
        words = {"argv": "words"} if "argv" in value else {}  # of which there may be none
        return {key: shape(inner) for key, inner in value.items()} | words
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return "number" if isinstance(value, (int, float)) else type(value).__name__


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_all_outputs_have_the_same_keys_and_kinds(cloud: str, size: str) -> None:
    here, twin = (dict(declared(f"{each}-{size}").outputs) for each in (cloud, "aws"))
    assert here.keys() == twin.keys() == {*ROLES, "lab"}
    for outputs in (here, twin):
        submit = outputs["cluster"] = dict(outputs["cluster"])
        common = {"kind", "argv", "stdin", "region", "image", "gpus", "vcpus", "max_seconds"}
        submit["submit"] = {key: submit["submit"][key] for key in common}
        outputs["storage"] = {**outputs["storage"], "mounts": outputs["storage"]["mounts"][:1]}
        outputs["lab"] = {key: value for key, value in outputs["lab"].items() if key != "zone"}
    if size == "tiny":  # without files only Google Cloud has something to mount, its bucket
        assert bool(here["storage"]["mounts"]) == (cloud == "gcp")
        here["storage"]["mounts"] = []
    assert shape(here) == shape(twin)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_managed_notebooks_have_the_outputs_of_machines(cloud: str) -> None:
    managed, machines = (declared(f"{cloud}-course", kind) for kind in ("managed", "vm"))
    assert shape(managed.outputs) == shape(machines.outputs)
    assert f"mllab:{cloud}:ManagedNotebook" in managed.registered
    assert f"mllab:{cloud}:Notebook" not in managed.registered


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_kind_of_notebooks_picks_their_class(cloud: str) -> None:
    """Nothing is bound to managed ones: image and keys are for machines."""
    chosen = LABS[cloud].cloud(kind="managed").notebook
    assert chosen.__name__ == "ManagedNotebook"  # type: ignore[attr-defined]
    assert bound(chosen) == {}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("key", FORMATS)
def test_addresses_have_the_form_of_their_cloud(key: str, stack: str) -> None:
    role, _, name = key.partition(".")
    cloud = stack.partition("-")[0]
    assert re.fullmatch(FORMATS[key][cloud], declared(stack).outputs[role][name])


@pytest.mark.parametrize("stack", STACKS)
def test_what_was_asked_for_is_said(stack: str) -> None:
    lab, said = files.load(files.find(ROOT, stack)), declared(stack).outputs
    assert said["cluster"]["max_nodes"] == lab.cluster.max_nodes
    assert said["cluster"]["submit"]["max_seconds"] == lab.cluster.max_job_hours * 3600
    assert said["budget"]["limit_usd"] == lab.budget.limit_usd
    assert said["budget"]["notify"] == list(lab.budget.notify)
    assert said["notebook"]["seats"].keys() == set(lab.notebook.seats)
    assert said["lab"]["cloud"] == lab.lab.cloud
    assert said["lab"]["region"] == lab.region
    kinds = [mount["kind"] for mount in said["storage"]["mounts"]]
    assert len(kinds) == lab.storage.files + (lab.lab.cloud == "gcp")


# ---------------------------------------- one cloud's own switches, and only its SDK


def bound(role: Callable[..., Any]) -> dict[str, Any]:
    """The switches that a class was given beforehand."""
    return role.keywords if isinstance(role, partial) else {}


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy"
SWITCHES: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "aws": (
        {"image": "ami-0123456789abcdef0", "own_costs_only": True},
        {"notebook": {"image": "ami-0123456789abcdef0"}, "budget": {"own_costs_only": True}},
    ),
    "azure": (
        {"image": "hpc", "ssh_from": ["203.0.113.7/32"], "ssh_keys": [KEY], "budget": False},
        {
            "network": {"ssh_from": ("203.0.113.7/32",)},
            "notebook": {"image": "hpc", "ssh_keys": (KEY,)},
            "budget": {"enabled": False, "today": None},
        },
    ),
    "gcp": (
        {
            "image": "some-family",
            "egress": "nat",
            "billing_account": "012345-6789AB-CDEF01",
            "filestore": True,
            "spot": True,
            "secure_boot": False,
        },
        {
            "network": {"egress": "nat", "zone": "us-central1-f"},
            "notebook": {"image": "some-family", "spot": True, "secure_boot": False},
            "budget": {"billing_account": "012345-6789AB-CDEF01", "project": "my-course-2027"},
        },
    ),
}


@pytest.mark.parametrize("cloud", SWITCHES)
def test_every_switch_reaches_the_class_it_is_meant_for(cloud: str) -> None:
    given, wanted = SWITCHES[cloud]
    values = files.config(files.find(ROOT, f"{cloud}-course"))
    values |= {f"mllab:{cloud}": json.dumps(given)}
    if cloud == "gcp":
        values["gcp:zone"] = "us-central1-f"
    lab = files.from_config(f"{cloud}-course", values)
    assert (
        getattr(lab, cloud).model_fields_set
        == set(given)
        == set(type(getattr(lab, cloud)).model_fields)
    )
    chosen = program.cloud(lab)
    assert chosen.name == cloud
    assert {role: bound(getattr(chosen, role)) for role in ROLES} == {
        role: wanted.get(role, {}) for role in ROLES
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_lab_imports_only_the_sdk_of_its_cloud(cloud: str) -> None:
    code = (
        "import sys; from pathlib import Path; from mllab import program;"
        " from mllab.settings import files;"
        f" lab = files.load(files.find(Path({str(ROOT)!r}), '{cloud}-course'));"
        " assert not {'pulumi_aws', 'pulumi_azure_native', 'pulumi_gcp'} & set(sys.modules);"
        " program.cloud(lab); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {sdk for sdk in SDKS.values() if sdk in loaded} == {SDKS[cloud]}
