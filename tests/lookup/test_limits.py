"""What a real account grants is asked before notebooks are taken away, and what it does not tell is
said. The answers have the form that each vendor documents; that the account grants what it tells is
not shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from mllab.accounts import vendor_cli
from mllab.accounts.aws.client import Client
from mllab.accounts.responses import QueryFailed
from mllab.accounts.vendor_cli import Answer
from mllab.clouds.registry import CLOUDS, open_account
from mllab.engines.contract import Op, Plan
from mllab.errors import LabError, RunFailed
from mllab.lifecycle import granted
from mllab.session.realm import RealRealm
from mllab.settings import files
from tests.cli.scripted import MACHINE, step
from tests.lookup.conftest import ROOT

GPU, NOTEBOOKS = "L-DB2E81BA", "ml.t3.large for notebook instance usage"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Any]], list[str]]:
    """Answers of `az` and `gcloud`, by how a question begins; returns what was asked."""

    def answering(answers: Mapping[str, Any]) -> list[str]:
        asked: list[str] = []

        def ask(*words: str, environ: object = None) -> Answer:
            asked.append(" ".join(words))
            for begin, answer in answers.items():
                if asked[-1].startswith(begin):
                    return Answer(0, json.dumps(answer), "")
            return Answer(1, "", "ERROR: no such question")

        monkeypatch.setattr(vendor_cli, "ask", ask)
        return asked

    return answering


def test_aws_tells_by_code_and_sagemaker_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {
        "ec2": [
            {"Quotas": [{"QuotaCode": "L-1", "QuotaName": "another", "Value": 9.0}]},
            {"Quotas": [{"QuotaCode": GPU, "QuotaName": "Running G", "Value": 8.0}]},
        ],
        "sagemaker": [
            {"Quotas": [{"QuotaCode": "L-ABC", "QuotaName": NOTEBOOKS, "Value": 2.0}]},
        ],
    }

    def ask(self: Client, service: str, operation: str, args: Mapping[str, str]) -> Any:
        assert (service, operation) == ("service-quotas", "list_service_quotas")
        return pages[args["ServiceCode"]]

    monkeypatch.setattr(Client, "ask", ask)
    monkeypatch.setattr(Client, "names", {"region": "us-east-1"})
    account = open_account("aws", {"aws:region": "us-east-1"})
    wanted = {GPU: "ec2", NOTEBOOKS: "sagemaker", "L-untold": "ec2"}
    assert account.limits(wanted) == {GPU: 8.0, NOTEBOOKS: 2.0}


def test_azure_tells_machines_and_addresses_in_its_own_spelling(said: Any) -> None:
    asked = said(
        {
            "az account get-access-token": {"subscription": "s"},
            "az account show": {"id": "s", "user": {"name": "ann@example.edu"}},
            "az vm list-usage": [
                {"limit": "10", "currentValue": "0", "name": {"value": "cores"}},
                {"limit": "4", "name": {"value": "Standard NCASv3_T4 Family"}},
            ],
            "az network list-usages": [{"limit": 10, "name": {"value": "PublicIPAddresses"}}],
        }
    )
    account = open_account("azure-native", {"azure-native:location": "eastus"})
    quotas = CLOUDS["azure"].quotas()
    codes = ("cores", "StandardNCASv3_T4Family", "PublicIPAddresses", "Clusters")
    told = account.limits({code: quotas[code].service for code in codes})
    assert told == {"cores": 10.0, "StandardNCASv3_T4Family": 4.0, "PublicIPAddresses": 10.0}
    assert all("--location eastus" in words for words in asked if "list-usage" in words)


def test_google_tells_those_of_the_region_and_of_the_project(said: Any) -> None:
    said(
        {
            "gcloud auth": "",
            "gcloud compute project-info describe": {
                "quotas": [{"metric": "GPUS_ALL_REGIONS", "limit": 1.0, "usage": 0.0}]
            },
            "gcloud compute regions describe us-central1": {
                "quotas": [{"metric": "CPUS", "limit": 24.0}, {"metric": "OTHER", "limit": 1.0}]
            },
        }
    )
    account = open_account("gcp", {"gcp:project": "p", "gcp:region": "us-central1"})
    wanted = {"CPUS": "compute", "GPUS_ALL_REGIONS": "compute", "custom_x": "aiplatform"}
    assert account.limits(wanted) == {"CPUS": 24.0, "GPUS_ALL_REGIONS": 1.0}


@pytest.mark.parametrize("package", ["azure-native", "gcp"])
def test_without_a_region_nobody_can_tell(said: Any, package: str) -> None:
    said({})
    with pytest.raises(QueryFailed, match="do not say"):
        open_account(package, {"gcp:project": "p"}).limits({"CPUS": "compute"})


# ------------------------------------------------------------ before notebooks are taken


def refused(limits: Callable[[Mapping[str, str]], Mapping[str, float]], *ops: Op) -> list[str]:
    """What is noted where the lab's GPU machine is made anew in an account that answers so."""
    path = files.find(ROOT, "aws-course")
    lab = files.load(path)
    account = SimpleNamespace(limits=limits)
    session: Any = SimpleNamespace(
        stack="aws-course",
        declared=lab,
        config=files.config(path),
        engine=SimpleNamespace(state=lambda: {}),
        realm=RealRealm(account, lambda _: ""),  # type: ignore[arg-type]
        command=lambda verb, options="": f"mllab {verb} aws-course",
    )
    notes: list[str] = []
    plan = Plan("aws-course", "pulumi", tuple(step(op, MACHINE) for op in ops))
    granted.refuse_short(session, plan, SimpleNamespace(note=notes.append))  # type: ignore[arg-type]
    return notes


def test_a_machine_that_the_quota_cannot_replace_stays() -> None:
    asked: list[Mapping[str, str]] = []

    def limits(services: Mapping[str, str]) -> Mapping[str, float]:
        asked.append(services)
        return {GPU: 0.0}

    with pytest.raises(RunFailed, match=f"{GPU}: 4 vCPUs needed at the same time, 0 granted"):
        refused(limits, Op.REPLACE)
    assert asked == [{GPU: "ec2"}]


def test_one_that_it_can_replace_may_go() -> None:
    assert refused(lambda _: {GPU: 4.0}, Op.REPLACE) == []


@pytest.mark.parametrize("op", [Op.CREATE, Op.DELETE, Op.UPDATE])
def test_nobody_is_asked_where_none_is_made_anew(op: Op) -> None:
    def limits(_: Mapping[str, str]) -> Mapping[str, float]:
        raise AssertionError("asked")

    assert refused(limits, op) == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({}, "the account does not tell"),
        (QueryFailed("AWS does not answer"), "AWS does not answer"),
        (LabError("no login", hint="log in"), "no login"),
    ],
)
def test_what_the_account_does_not_tell_is_said_and_not_called_enough(
    answer: Any, why: str
) -> None:
    def limits(_: Mapping[str, str]) -> Mapping[str, float]:
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    assert refused(limits, Op.REPLACE) == [
        "not checked: whether the quota is enough for the notebooks that replace others, "
        f"{GPU} ({why})"
    ]
