"""A new Google Cloud project has to be switched on by a person, and both ways in say how."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.scripted import make_project

DAY = ("--today", "2027-01-11")
BY_HAND = (
    "gcloud services enable serviceusage.googleapis.com cloudresourcemanager.googleapis.com"
    " --project=my-own-project"
)
LAB = """\
config:
  gcp:region: us-central1
  gcp:project: my-own-project
  mllab:lab: {cloud: gcp, owner: a@example.edu, ends: "2027-02-05"}
  mllab:notebook: {size: cpu-small}
  mllab:cluster: {size: cpu-small, max_nodes: 1}
  mllab:storage: {keep: false}
  mllab:budget: {limit_usd: 100}
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(make_project(tmp_path / "own", {"lab": LAB}))
    monkeypatch.delenv("MLLAB_HOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return "lab"


def test_a_rehearsal_shows_what_to_switch_on(run: Run, lab: str) -> None:
    done = run("rehearse", "-v", lab, *DAY)
    said = " ".join(done.out.split())
    assert done.code == 0, done.out
    assert "2 up, in a new account: ok" in said
    assert BY_HAND in said
    assert "10 of 10 acts as expected" in said


def test_the_first_up_is_refused_until_it_is_on(run: Run, lab: str) -> None:
    words = ("up", lab, "--simulate", "--yes", *DAY)
    refused = run(*words)
    assert refused.code == 1
    assert BY_HAND in " ".join(refused.err.split())
    on = [f"--grant={name}.googleapis.com" for name in ("serviceusage", "cloudresourcemanager")]
    assert " ".join(on).replace("=", " ") in refused.err
    assert run(*words, on[0]).code == 1
    assert run(*words, on[1]).code == 0
