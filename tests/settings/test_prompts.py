"""`mllab new` asks for what the lab's own cloud needs, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.errors import SettingsError
from mllab.settings import files
from mllab.stackfiles import new, prompts
from tests.settings.answers import KEY, LEAST, NOW, QUESTIONS

TYPED = {key: value for key, value in LEAST.items() if key != "lab.cloud"}
GCP = ["lab.cloud=gcp", "region=us-central1", "lab.owner=a@b.eu", "lab.ends=2027-02-05"]
ENOUGH = [*GCP, "budget.limit_usd=100"]


def asked_on(cloud: str, project: Path, answers: dict[str, str]) -> list[str]:
    """Keys of the questions that are put."""
    put: list[str] = []

    def ask(question: new.Question, fault: str) -> str:
        assert not fault, fault
        put.append(question.key)
        return {**TYPED, "lab.cloud": cloud, **answers}.get(question.key, "")

    prompts.write(project, "x", [], ask, NOW)
    return put


OWN = {
    "aws": ({}, set()),
    "azure": (
        {"region": "eastus", "azure.ssh_keys": KEY},
        {"azure.ssh_from", "azure.ssh_keys"},
    ),
    "gcp": (
        {"region": "us-central1", "project": "my-course-2027"},
        {"project", "gcp.billing_account"},
    ),
}


@pytest.mark.parametrize("cloud", OWN)
def test_each_cloud_is_asked_about_alone(cloud, project):
    answers, own = OWN[cloud]
    put = asked_on(cloud, project, answers)
    assert put[0] == "lab.cloud"
    assert {key for key in put if len(QUESTIONS[key].clouds) == 1} == own
    assert files.load(project / "stacks" / "Pulumi.x.yaml", now=NOW).lab.cloud == cloud


def test_without_questions_the_project_must_be_given(project):
    with pytest.raises(SettingsError) as caught:
        prompts.write(project, "x", ENOUGH, None, NOW)
    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["project"]
    assert "--set project=..." in caught.value.hint
    again = [*ENOUGH, "project=my-course-2027"]
    assert files.load(prompts.write(project, "x", again, None, NOW)).project == "my-course-2027"


def test_without_a_cloud_nothing_is_asked_that_only_one_has(project):
    with pytest.raises(SettingsError) as caught:
        prompts.write(project, "x", ENOUGH[1:], None, NOW)
    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["lab.cloud"]


def test_keys_may_be_written_as_in_a_file(project):
    given = [*ENOUGH[:1], "gcp:region=us-central1", *ENOUGH[2:], "gcp:project=my-course-2027"]
    lab = files.load(prompts.write(project, "x", [*given, "gcp:zone=us-central1-b"], None, NOW))
    assert (lab.region, lab.project, lab.zone) == (
        "us-central1",
        "my-course-2027",
        "us-central1-b",
    )


def test_another_clouds_setting_is_refused_before_any_question(project):
    def ask(question: new.Question, fault: str) -> str:
        raise AssertionError(question.key)

    with pytest.raises(SettingsError) as caught:
        prompts.write(project, "x", ["lab.cloud=aws", "azure.image=hpc"], ask, NOW)
    assert caught.value.faults == ("azure.image: is for labs on Azure only; take it out",)
