"""Reviews that several tests look at, made once."""

from __future__ import annotations

from datetime import date

import pytest

from mllab.lifecycle.review import run
from mllab.lifecycle.review.model import Report, StackReview
from tests.review.repository import LAB, Repository

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Every kind of change, one in each stack."""
    stacks = {
        "gone": LAB.replace("ann", "gus"),
        "mended": LAB.replace("gpu-small", "gpu-tiny"),
        "moved": LAB,
        "old": LAB.replace("seats:", "home_gb: 20\n    disk_gb: 120\n    seats:"),
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
    made.replace("stacks/Pulumi.mended.yaml", "gpu-tiny", "gpu-small")
    made.replace("stacks/Pulumi.moved.yaml", "us-east-1", "us-west-2")
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
