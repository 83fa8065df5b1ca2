"""A lab without a budget says so wherever an amount would stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.scripted import make_project

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy"
HEAD = 'config:\n  mllab:lab: {cloud: %s, owner: a@example.edu, ends: "2027-02-05"}\n'
AMOUNT = "  mllab:budget: {limit_usd: 100}\n"
AZURE = f"""{HEAD % "azure"}{AMOUNT}  azure-native:location: eastus
  mllab:azure: {{ssh_keys: ["{KEY}"], budget: SWITCH}}
"""
GCP = f"""{HEAD % "gcp"}{AMOUNT}  gcp:region: us-central1
  gcp:project: my-own-project
  mllab:gcp: {{billing_account: SWITCH}}
"""
DAY = ("--today", "2027-01-11")


@pytest.mark.parametrize(
    ("text", "switch", "said"),
    [
        (AZURE, "true", "100 USD per month"),
        (AZURE, "false", "no budget"),
        (GCP, "012345-6789AB-CDEF01", "100 USD per month"),
        (GCP, "null", "no budget"),
    ],
)
def test_check_names_an_amount_only_where_it_counts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, switch: str, said: str
) -> None:
    monkeypatch.chdir(make_project(tmp_path / "money", {"lab": text.replace("SWITCH", switch)}))
    done = run("check", "lab", *DAY)
    assert done.code == 0, done.err
    assert f", {said}, ends 2027-02-05" in " ".join(done.out.split())


def test_the_plan_says_it_once_with_the_hint(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_project(tmp_path / "money", {"lab": GCP.replace("SWITCH", "null")}))
    shown = run("preview", "lab", "--simulate", *DAY)
    [note] = [line for line in shown.out.splitlines() if line.startswith("note: ")]
    assert note.count("lab-budget") == 1
    assert "there is no budget" in note
    assert "billing_account: " in " ".join(shown.out.split())
