"""What a review says of a project's own waivers: those that come and go, and those in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mllab.errors import SettingsError
from mllab.lifecycle.review import run
from mllab.rules import accepted
from mllab.show.review.markdown import comment
from mllab.show.review.page import page
from tests.review.repository import Repository

TODAY = date(2027, 1, 11)
RULE = "azure-nothing-from-the-internet"
HEADER = "rule,stack,resource,until,reason\n"
ROW = f"{RULE},open,open-network-*,2027-06-30,<b>for a week</b>\n"


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Repository:
    text = (root / "stacks" / "Pulumi.azure-tiny.yaml").read_text("utf-8")
    return Repository(tmp_path / "labs", {"open": text.replace("203.0.113.0/24", "128.0.0.0/1")})


def test_what_is_newly_accepted_is_told_though_no_lab_changes(repository: Repository) -> None:
    before = run.review(repository.folder, "main", TODAY)
    assert before.exit_code == 1
    (repository.folder / "waivers.csv").write_text(HEADER + ROW)
    report = run.review(repository.folder, "main", TODAY)
    assert report.exit_code == 0
    told = f"waivers.csv: now accepts {RULE} for open-network-* of open until 2027-06-30: "
    assert report.notes == [f"{told}<b>for a week</b>"]
    assert "waivers.csv" in report.head.uncommitted
    assert told.replace("*", "\\*") in comment(report)
    assert "<b>" not in comment(report) + page(report)
    repository.commit("accept")
    (repository.folder / "waivers.csv").write_text(HEADER)
    repository.replace("stacks/Pulumi.open.yaml", "128.0.0.0/1", "203.0.113.0/24")
    report = run.review(repository.folder, "main", TODAY)
    assert report.exit_code == 0
    assert report.notes[0].startswith(f"waivers.csv: no longer accepts {RULE}")


def test_one_that_a_change_makes_needless_fails_and_one_in_force_is_listed(
    repository: Repository,
) -> None:
    (repository.folder / "waivers.csv").write_text(HEADER + ROW)
    repository.commit("accept")
    repository.replace("stacks/Pulumi.open.yaml", "128.0.0.0/1", "64.0.0.0/2")
    report = run.review(repository.folder, "main", TODAY)
    assert report.exit_code == 0
    assert "Waivers in force: 1" in comment(report)
    assert "(waivers.csv:2, until 2027-06-30)" in comment(report)
    assert "Waivers in force: 1" in page(report)
    repository.replace("stacks/Pulumi.open.yaml", "64.0.0.0/2", "203.0.113.0/24")
    report = run.review(repository.folder, "main", TODAY)
    (lab,) = report.stacks
    (spare,) = (one for one in lab.findings if one.fails)
    assert (spare.state, spare.source) == ("new", "waivers.csv:2")
    assert report.exit_code == 1


def test_a_wrong_file_ends_the_review(repository: Repository) -> None:
    (repository.folder / "waivers.csv").write_text(HEADER + ROW.replace("2027-06-30", "later"))
    with pytest.raises(SettingsError, match=r"waivers.csv:2: until: must be a day"):
        run.review(repository.folder, "main", TODAY)


def test_of_many_rows_that_differ_the_first_are_told(tmp_path: Path) -> None:
    rows = "".join(ROW.replace("open,", f"s{number},") for number in range(accepted.TOLD + 5))
    (tmp_path / "waivers.csv").write_text(HEADER + rows)
    told = accepted.changes(tmp_path / "none", tmp_path)
    assert len(told) == accepted.TOLD + 1
    assert told[-1] == "waivers.csv: 5 more rows differ"
