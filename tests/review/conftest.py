"""Reviews that several tests look at, made once."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mllab.lifecycle.review import run
from mllab.lifecycle.review.model import Report, StackReview
from tests.review import real_change
from tests.review.repository import LAB, Repository

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Every kind of change, one in each stack."""
    past = LAB.replace("2027-01-11", "2026-09-07").replace("2027-02-05", "2026-10-31")
    stacks = {
        "gone": LAB.replace("ann", "gus"),
        "mended": LAB.replace("gpu-small", "gpu-tiny"),
        "longer": past,
        "moved": LAB,
        "old": LAB.replace("seats:", "home_gb: 20\n    disk_gb: 120\n    seats:"),
        "over": past,
        "same": LAB,
        "size": LAB,
        "wrong": LAB,
    }
    made = Repository(tmp_path_factory.mktemp("review") / "labs", stacks)
    made.file("gone").unlink()
    made.file("old").rename(made.file("renamed"))
    made.file("added").write_text(
        LAB.replace("us-east-1", "us-west-2").replace("gpu-small", "cpu-small\n    kind: vm")
    )
    made.replace("stacks/Pulumi.longer.yaml", "2026-10-31", "2027-06-30")
    made.replace("stacks/Pulumi.mended.yaml", "gpu-tiny", "gpu-small")
    made.replace("stacks/Pulumi.moved.yaml", "us-east-1", "us-west-2")
    made.replace("stacks/Pulumi.over.yaml", "ann, bob, cleo", "ann, bob")
    made.replace("stacks/Pulumi.wrong.yaml", "keep: true", "keep: perhaps")
    made.replace("stacks/Pulumi.size.yaml", "gpu-small", "gpu-multi")
    made.replace("stacks/Pulumi.size.yaml", "bob, cleo", "bob")
    made.replace("stacks/Pulumi.size.yaml", "    keep: true\n", "")
    return made


@pytest.fixture(scope="session")
def report(repository: Repository) -> Report:
    return run.review(repository.folder, "main", TODAY)


@pytest.fixture
def stacks(report: Report) -> dict[str, StackReview]:
    return {one.stack: one for one in report.stacks}


@dataclass(frozen=True)
class Real:
    """What the program says of the change of `real_change`.

    Args:
        told: `report.json`. stacks: of it, by name. comment: `report.md`. page: `index.html`.
    """

    told: Any
    stacks: dict[str, Any]
    comment: str
    page: Path


@pytest.fixture(scope="session")
def real(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Real:
    labs = real_change.made(root, tmp_path_factory.mktemp("real") / "labs")
    out = tmp_path_factory.mktemp("out")
    words = ["review", "--base", "main", "--out", str(out), "--today", TODAY.isoformat()]
    done = subprocess.run(
        [sys.executable, "cli.py", *words], cwd=labs.folder, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr + done.stdout
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    stacks = {one["stack"]: one for one in told["stacks"]}
    comment = (out / "report.md").read_text(encoding="utf-8")
    return Real(told, stacks, comment, out / "index.html")
