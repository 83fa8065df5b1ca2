"""A failure tells of one machine's quota; what is asked for must be enough for the whole lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.clouds.contract import Cloud
from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Failure, Op
from mllab.lifecycle.explain import explain
from mllab.lifecycle.quota import Account, Shortage, requests, shortages
from mllab.settings import files
from mllab.settings.lab import Lab

HINT_TEXT = "the quota CPUS in us-central1 must be at least 6 vCPUs; ask for it:\nask --value=6"


NODES = {
    "aws": {"L-3819A6DF": 16},
    "azure": {"Total Cluster LowPriority Regional vCPUs": 16},
    "gcp": {"custom_model_training_preemptible_nvidia_t4_gpus": 4},
}
"""What the four spot machines of each course's cluster count against."""


def failure(hint: str = HINT_TEXT, message: str = "no") -> Failure:
    return Failure("urn", "gcp:compute/instance:Instance", "n", Op.CREATE, message, "Q", hint, "")


def short(code: str, needed: float) -> Shortage:
    words = f"the quota {code} must be at least {needed:g}; ask for it:\nask --value={needed:g}"
    return Shortage(code, needed, 5, "vCPUs", words)


@pytest.mark.parametrize(
    ("code", "needed", "asked"),
    [
        ("CPUS", 60, ["ask --value=60"]),
        ("CPUS", 7, ["ask --value=7"]),
        ("CPUS", 6, ["ask --value=6"]),
        ("CPUS", 5, ["ask --value=6"]),  # the account's other labs need the rest
        ("PUS", 60, ["ask --value=6"]),
        ("GPUS_ALL_REGIONS", 60, ["ask --value=6"]),
    ],
)
def test_what_is_asked_for_is_enough_for_the_whole_lab(
    code: str, needed: float, asked: list[str]
) -> None:
    found = explain([failure()] * 3, [short(code, needed)])
    assert [line.strip() for line in found if "ask --" in line] == asked


def test_a_quota_is_asked_for_once_whatever_it_has_stopped() -> None:
    other = HINT_TEXT.replace("at least 6", "at least 4").replace("=6", "=4")
    found = explain([failure(), failure(other, "neither")], [short("CPUS", 60), short("GPUS", 9)])
    assert [line.strip() for line in found if "ask --" in line] == ["ask --value=60"]


def test_without_a_cure_there_is_nothing_to_ask_for() -> None:
    assert not [line for line in explain([failure("")], [short("CPUS", 60)]) if "ask" in line]


def lab(cloud: str) -> Lab:
    root = files.project_root(Path(__file__).parent)
    return files.load(files.find(root, f"{cloud}-course"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_request_counts_what_runs_already(cloud: str) -> None:
    course = lab(cloud)
    alone = {one.code: one.needed for one in shortages(course, Account(lambda _: 0, {}))}
    shared = shortages(course, Account(lambda _: 0, {"region": "here-1"}, lambda _: 100.0))
    assert {one.code: one.needed - 100 for one in shared} == alone
    for one in shared:
        assert f"{one.needed:g}" in one.request.splitlines()[-1]


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_an_account_whose_quotas_nobody_knows_is_asked_for_the_whole_lab(cloud: Cloud) -> None:
    course, code = lab(cloud.name), sorted(cloud.quota_refusals)[0]
    refused = Failure("urn", "t", "n", Op.CREATE, "no", code)
    asks = requests(course, [refused], {"region": "here-1"})
    needed = {one.code: one.needed for one in shortages(course, Account(lambda _: 0, {}))}
    assert needed
    needed |= NODES[cloud.name]
    assert len(asks) == len(needed)
    for ask, (code, amount) in zip(asks, needed.items(), strict=True):
        assert code in ask
        assert f"must be at least {amount:g} " in ask
    assert requests(course, [Failure("urn", "t", "n", Op.CREATE, "no", "Other")], {}) == ()


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_a_refusal_for_want_of_a_quota_has_a_hint(cloud: Cloud) -> None:
    assert cloud.quota_refusals
    for code in cloud.quota_refusals:
        assert "quota" in cloud.hints[code]


def test_a_request_to_google_says_whom_it_may_ask_back() -> None:
    for quota in CLOUDS["gcp"].quotas().values():
        told = CLOUDS["gcp"].request_quota(quota, 240, {"region": "r", "project": "p"})
        assert told.endswith("--email=$(gcloud config get account)")
