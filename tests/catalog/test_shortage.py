"""Quotas that a lab needs, on every cloud, before anything is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mllab.clouds.registry import CLOUDS
from mllab.lifecycle.quota import Account, Replacement, Shortage, needs_of, shortages
from mllab.settings import files
from mllab.settings.lab import Lab

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy"
PLACES = {
    "aws": {"aws:region": "us-east-1"},
    "azure": {"azure-native:location": "eastus", "mllab:azure": {"ssh_keys": [KEY]}},
    "gcp": {"gcp:region": "us-central1", "gcp:project": "my-course-2027"},
}
MANAGED = {"azure": {"azure-native:location": "eastus"}}


def lab(
    cloud: str,
    notebook: dict[str, Any],
    cluster: dict[str, Any] | None = None,
    place: dict[str, Any] | None = None,
) -> Lab:
    managed = notebook.get("kind") == "managed"
    values = {
        **(place or (MANAGED.get(cloud, PLACES[cloud]) if managed else PLACES[cloud])),
        "mllab:lab": {"cloud": cloud, "owner": "a@b.eu", "ends": "2027-02-05"},
        "mllab:budget": {"limit_usd": 9},
        "mllab:notebook": notebook,
        "mllab:cluster": cluster or {"size": "cpu-small", "max_nodes": 1},
    }
    handed = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    return files.from_config("x", handed)


def needed(wanted: Lab) -> dict[str, float]:
    """What is asked for where every quota is 0."""
    return {each.code: each.needed for each in shortages(wanted, Account(lambda code: 0, {}))}


SAGEMAKER = " for notebook instance usage"
GPUS, SSD = "GPUS_ALL_REGIONS", "SSD_TOTAL_GB"
USED, MADE = "IN_USE_ADDRESSES", "PublicIPAddresses"
TWO = {"size": "gpu-small", "seats": ["ann", "bob"]}
FOUR = {"size": "gpu-multi"}
LOW = "Total Cluster LowPriority Regional vCPUs"
ALL = "Total Cluster Dedicated Regional vCPUs"
T4, CPU = (f"Standard {name} Family Cluster Dedicated vCPUs" for name in ("NCASv3_T4", "DDSv4"))


@pytest.mark.parametrize(
    ("cloud", "notebook", "cluster", "needs"),
    [
        ("aws", TWO, None, {"L-DB2E81BA": 8}),
        ("aws", {**TWO, "kind": "managed"}, None, {f"ml.g4dn.xlarge{SAGEMAKER}": 2}),
        ("gcp", TWO, None, {"NVIDIA_T4_GPUS": 2, GPUS: 2, "CPUS": 8, SSD: 300, USED: 2}),
        ("gcp", FOUR, None, {"NVIDIA_L4_GPUS": 4, GPUS: 4, SSD: 150, USED: 1}),
        ("gcp", {"size": "cpu-small"}, None, {"CPUS": 2, SSD: 150, USED: 1}),
        ("azure", TWO, None, {"StandardNCASv3_T4Family": 8, "cores": 8, LOW: 2, MADE: 2}),
        (
            "azure",
            {**TWO, "kind": "managed"},
            {"size": "gpu-small", "max_nodes": 3, "spot": False},
            {T4: 20, ALL: 20},
        ),
        (
            "azure",
            {"kind": "managed", "size": "cpu-small"},
            {"size": "gpu-small", "max_nodes": 3},
            {CPU: 2, ALL: 2, LOW: 12},
        ),
    ],
)  # fmt: skip
def test_a_lab_needs_what_its_machines_count_against(cloud, notebook, cluster, needs):
    assert needed(lab(cloud, notebook, cluster)) == needs


@pytest.mark.parametrize(
    ("cloud", "kind", "change", "needs"),
    [
        ("gcp", "vm", (0, 2), {"NVIDIA_T4_GPUS": 2, GPUS: 2, "CPUS": 8, SSD: 200, USED: 2}),
        ("gcp", "managed", (0, 2), {"NVIDIA_T4_GPUS": 2, GPUS: 2, "CPUS": 8, SSD: 300, USED: 2}),
        ("gcp", "vm", (1, 1), {"NVIDIA_T4_GPUS": 2, GPUS: 2, "CPUS": 8, SSD: 250, USED: 2}),
        ("azure", "vm", (0, 2), {"StandardNCASv3_T4Family": 8, "cores": 8}),
        ("azure", "vm", (1, 1), {"StandardNCASv3_T4Family": 8, "cores": 8, MADE: 1}),
        ("azure", "managed", (0, 2), {T4: 8, ALL: 8}),
        ("azure", "managed", (0, 2, True), {T4: 8, ALL: 8, LOW: 2}),
    ],
)
def test_what_is_made_anew_keeps_its_home_and_its_address(cloud, kind, change, needs):
    new, anew, *cluster = change
    replaced = Replacement("notebooks", (), new, anew, *cluster)
    found = needs_of(replaced, lab(cloud, {**TWO, "kind": kind}))
    assert {code: amount for code, amount in found.items() if amount} == needs


def test_machines_without_an_address_of_their_own_need_none():
    nat = {**PLACES["gcp"], "mllab:gcp": {"egress": "nat"}}
    assert USED not in needed(lab("gcp", TWO, place=nat))


def test_a_quota_that_is_just_enough_is_enough():
    limits = {"NVIDIA_T4_GPUS": 2, "GPUS_ALL_REGIONS": 2, "CPUS": 7, SSD: 300, USED: 2}
    [short] = shortages(lab("gcp", TWO), Account(limits.__getitem__, {}))
    assert replace(short, request="") == Shortage("CPUS", 8, 7, "vCPUs")
    assert shortages(lab("gcp", TWO), Account({**limits, "CPUS": 8}.__getitem__, {})) == ()


def test_a_limit_that_nobody_knows_is_no_zero_and_no_yes():
    with pytest.raises(KeyError, match="NVIDIA_T4_GPUS"):
        shortages(lab("gcp", TWO), Account({"CPUS": 9}.__getitem__, {}))


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("L-DB2E81BA", "vCPUs"),
        ("GPUS_ALL_REGIONS", "GPUs"),
        ("custom_model_training_nvidia_l4_gpus", "GPUs"),
        ("ml.g5.xlarge for notebook instance usage", "notebook instances"),
        (ALL, "vCPUs"),
        (SSD, "GB"),
        (USED, "public addresses"),
        (MADE, "public addresses"),
    ],
)
def test_a_shortage_says_what_it_counts(code, unit):
    units = [cloud.quotas()[code].unit for cloud in CLOUDS.values() if code in cloud.quotas()]
    assert units == [unit]
