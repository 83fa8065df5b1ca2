"""What a review cannot begin with, and what to type then."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mllab.errors import LabError, UsageError
from mllab.lifecycle.review import run
from mllab.lifecycle.review.job import Job
from mllab.lifecycle.review.revisions import Repository as Git
from mllab.lifecycle.review.run import review
from mllab.money import prices
from mllab.show.review.markdown import comment
from tests.review.conftest import TODAY
from tests.review.repository import LAB, Repository

WRITES = (
    "import json, sys, pathlib\npathlib.Path(json.load(sys.stdin)['out']).write_text(json.dumps("
)


@pytest.fixture
def labs(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "labs", {"one": LAB})


def test_a_folder_without_git_or_commits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no git repository with a commit") as refused:
        Git(tmp_path)
    assert "git init" in refused.value.hint


def test_an_unknown_revision_is_refused_by_name(labs: Repository) -> None:
    for name in ("nowhere", "--all", "HEAD~7"):
        with pytest.raises(UsageError, match=f"--base {name}: git knows no such revision"):
            Git(labs.folder).base(name)


def test_without_a_branch_to_compare_with_one_is_asked_for(labs: Repository) -> None:
    labs.git("branch", "--move", "elsewhere")
    with pytest.raises(UsageError, match="no branch that the present one") as refused:
        Git(labs.folder).base(None)
    assert "mllab review --base REV" in refused.value.hint


def test_the_base_is_where_the_branch_left(labs: Repository) -> None:
    left = labs.git("rev-parse", "HEAD").strip()
    labs.git("checkout", "--quiet", "-b", "change")
    labs.file("two").write_text(LAB)
    labs.commit("two")
    labs.git("checkout", "--quiet", "main")
    labs.file("three").write_text(LAB)
    labs.commit("three")
    labs.git("checkout", "--quiet", "change")
    found = Git(labs.folder).base(None)
    assert (found.name, found.commit) == ("main", left)
    assert Git(labs.folder).differing(left, ("stacks",)) == ["stacks/Pulumi.two.yaml"]


def test_histories_without_a_common_commit_are_refused(labs: Repository) -> None:
    labs.git("checkout", "--quiet", "--orphan", "other")
    labs.commit("other")
    with pytest.raises(UsageError, match="no commit in common"):
        Git(labs.folder).base("main")


def test_a_shallow_clone_says_what_fetches_the_rest(labs: Repository, tmp_path: Path) -> None:
    labs.git("checkout", "--quiet", "-b", "change")
    labs.file("two").write_text(LAB)
    labs.commit("two")
    words = ["git", "clone", "--quiet", "--depth=1", "--branch=change", "--no-single-branch"]
    subprocess.run([*words, labs.folder.as_uri(), tmp_path / "shallow"], check=True)
    shallow = Git(tmp_path / "shallow")
    for name in ("origin/main", "HEAD~1"):
        with pytest.raises(UsageError) as refused:
            shallow.base(name)
        assert "git fetch --unshallow" in refused.value.hint
        assert "fetch-depth: 0" in refused.value.hint


def test_a_project_below_the_top_of_its_repository_is_found(tmp_path: Path) -> None:
    labs = Repository(tmp_path / "all" / "labs", {"one": LAB})
    (labs.folder / ".git").rename(tmp_path / "all" / ".git")
    labs.commit("moved")
    git = Git(labs.folder)
    with git.checked_out(git.base("main").commit) as base:
        assert (base / "stacks" / "Pulumi.one.yaml").read_text() == LAB


def test_projects_without_stacks_are_no_failure(tmp_path: Path) -> None:
    empty = Repository(tmp_path / "labs", {})
    report = review(empty.folder, "main", TODAY)
    assert report.notes == ["There is no stack file, neither here nor in the base."]
    assert (report.stacks, report.exit_code) == ([], 0)


def test_packages_that_differ_are_told_where_nothing_else_does(labs: Repository) -> None:
    (labs.folder / "requirements.txt").write_text("pulumi-aws==7.1.0\n")
    labs.commit("packages")
    labs.git("checkout", "--quiet", "-b", "newer")
    (labs.folder / "requirements.txt").write_text("pulumi-aws==7.2.0\n")
    report = review(labs.folder, "main", TODAY)
    told = "requirements.txt differs; both were rendered with the packages of this run."
    assert report.notes == [told]
    assert [one.status for one in report.stacks] == ["unchanged"]
    assert f"\n> {told}" in comment(report)


def test_a_damaged_price_table_is_named_with_its_line(
    labs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prices._DATA
    for name in ("machine_prices.csv", "flat_prices.csv"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    lines = (tmp_path / "flat_prices.csv").read_text().splitlines(keepends=True)
    lines[6] = lines[6].replace("0", "O").replace(",", ";", 3)
    (tmp_path / "flat_prices.csv").write_text("".join(lines))
    monkeypatch.setattr(prices, "_DATA", tmp_path)
    prices.forget()
    with pytest.raises(LabError, match=r"mllab/money/data/flat_prices\.csv:7: must have 9 col"):
        review(labs.folder, "main", TODAY)
    monkeypatch.undo()
    prices.forget()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named"),
        ("", "it ended with 0"),
        (WRITES + "{}", "'version'"),
        (WRITES + "{'version': 99, 'stacks': {}}", "its code speaks version 99 of the exchange"),
        (WRITES + "{'version': 1, 'stacks': {}}", "'one'"),
    ],
)
def test_a_base_whose_code_fails_is_said_and_stops_nothing(
    tmp_path: Path, code: str, said: str
) -> None:
    script = tmp_path / "base" / run._RENDER
    script.parent.mkdir(parents=True)
    script.write_text(code and (code if code.startswith("import n") else f"{code}))"))
    job = Job(tmp_path, tmp_path / "base", "one", "one", "changed", tmp_path, TODAY, code=True)
    told = run._rendered([job], tmp_path / "base", tmp_path)
    assert list(told) == ["one"]
    assert said in told["one"]["error"]


def test_a_process_works_in_its_project_whose_own_prices_count(tmp_path: Path) -> None:
    root = tmp_path / "base"
    root.mkdir()
    script = tmp_path / "where.py"
    script.write_text(WRITES + "str(pathlib.Path.cwd())))")
    assert run._process([str(script)], root, {"root": str(root)}, tmp_path / "out") == str(root)
