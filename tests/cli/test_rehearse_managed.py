"""The life of a lab with the cloud's own notebooks, from the answers to `new` on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.stackfiles import prompts
from tests.cli.conftest import Run
from tests.cli.scripted import make_project

PLACES = {"azure": ("region=eastus",), "gcp": ("region=us-central1", "project=my-own-project")}


@pytest.mark.parametrize("cloud", PLACES)
def test_every_act_is_as_expected(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str
) -> None:
    folder = make_project(tmp_path / "own", {})
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = ("lab.owner=a@example.edu", "lab.ends=2027-02-05", "budget.limit_usd=100")
    kind = ("notebook.kind=managed", f"lab.cloud={cloud}", *PLACES[cloud])
    prompts.write(folder, "lab", (*given, *kind), None, datetime(2027, 1, 11, tzinfo=UTC))
    done = run("rehearse", "lab", "-v", "--today", "2027-01-11")
    assert done.code == 0, done.out
    assert "seen 1 stopped; nothing to do" in " ".join(done.out.split())
