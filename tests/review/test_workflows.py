"""The workflows have no more rights than they need, and the comment is posted once.

Not proved here: what GitHub makes of them. `gh` is a stand-in that answers as its API does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mllab.show.review.markdown import LIMIT, MARKER

FILES = (
    ".github/workflows/review.yml",
    ".github/workflows/review-comment.yml",
    ".github/actions/review/action.yml",
)

GH = """#!/usr/bin/env bash
set -euo pipefail
printf '%s\\n' "$*" >>"$SAID"
case "$*" in
  *"/pulls -f state=open"*) cat "$HERE/pulls.json" ;;
  "run download"*) cp -r "$HERE/artifact" review ;;
  *"--paginate"*) cat "$HERE/comments.json" ;;
  *"--input body.json"*) cp body.json "$HERE/posted.json" ;;
  *) exit 64 ;;
esac
"""

SHELLCHECK = Path(sys.executable).with_name("shellcheck")

Post = Callable[..., subprocess.CompletedProcess[str]]


def loaded(root: Path, file: str) -> Any:
    return YAML(typ="safe").load((root / file).read_text(encoding="utf-8"))


def test_what_runs_the_pull_request_may_only_read(root: Path) -> None:
    review = loaded(root, FILES[0])
    assert review["permissions"] == {"contents": "read"}
    assert list(review["on"]) == ["pull_request"]
    assert all("permissions" not in job for job in review["jobs"].values())
    for file in FILES:
        assert "secrets." not in (root / file).read_text()


def test_what_may_comment_runs_nothing_of_the_pull_request(root: Path) -> None:
    comment = loaded(root, FILES[1])
    assert list(comment["on"]) == ["workflow_run"]
    assert comment["permissions"] == {}
    (job,) = comment["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert all("uses" not in step for step in job["steps"])
    assert all("${{" not in step["run"] for step in job["steps"]), "a value would be run"


def test_actions_are_pinned_to_commits(root: Path) -> None:
    for file in FILES:
        for used in re.findall(r"uses: (\S+)", (root / file).read_text()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), f"{file}: {used}"


def test_the_scripts_hold_to_what_shellcheck_asks(root: Path, tmp_path: Path) -> None:
    for number, file in enumerate(FILES):
        told = loaded(root, file)
        steps = [
            s for job in told.get("jobs", {"": told.get("runs")}).values() for s in job["steps"]
        ]
        for place, step in enumerate(step for step in steps if "run" in step):
            script = tmp_path / f"{number}-{place}.sh"
            script.write_text(f"#!/usr/bin/env bash\n{step['run']}")
            done = subprocess.run([SHELLCHECK, script], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout


@pytest.fixture
def post(root: Path, tmp_path: Path) -> Post:
    """Run the script of the comment, beside a `gh` that answers from files."""
    if shutil.which("jq") is None:
        pytest.skip("needs jq, which GitHub's runners have")
    (step,) = loaded(root, FILES[1])["jobs"]["comment"]["steps"]
    here = tmp_path / "github"
    (here / "artifact").mkdir(parents=True)
    (here / "bin").mkdir()
    (here / "bin" / "gh").write_text(GH)
    (here / "bin" / "gh").chmod(0o755)

    def run(report: str, pulls: Any, comments: Any) -> subprocess.CompletedProcess[str]:
        (here / "artifact" / "report.md").write_text(report)
        (here / "pulls.json").write_text(json.dumps(pulls))
        (here / "comments.json").write_text(json.dumps(comments))
        own = {"REPO": "o/r", "RUN": "7", "SHA": "abc", "OWNER": "o", "BRANCH": "b"}
        return subprocess.run(
            ["bash", "-c", step["run"]],
            cwd=tmp_path,
            env={
                **own,
                "PATH": f"{here / 'bin'}:{os.environ['PATH']}",
                "MARKER": step["env"]["MARKER"],
                "HERE": str(here),
                "SAID": str(here / "said"),
            },
            capture_output=True,
            text=True,
        )

    return run


OPEN = [{"number": 5, "head": {"sha": "abc"}}]
MINE = {"id": 9, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nold"}
OTHERS = {"id": 8, "user": {"login": "mallory"}, "body": f"{MARKER}\nmine"}


def test_a_first_report_is_a_new_comment_and_the_next_takes_its_place(
    post: Post, tmp_path: Path
) -> None:
    report = f'{MARKER}\n**mllab review: `$(x)` "y"**\n'
    for comments, said in (
        ([OTHERS], "api --method POST repos/o/r/issues/5/comments --input body.json"),
        ([OTHERS, MINE], "api --method PATCH repos/o/r/issues/comments/9 --input body.json"),
    ):
        shutil.rmtree(tmp_path / "review", ignore_errors=True)
        done = post(report, OPEN, comments)
        assert done.returncode == 0, done.stderr
        assert said in (tmp_path / "github" / "said").read_text()
        assert json.loads((tmp_path / "github" / "posted.json").read_text()) == {"body": report}


def test_text_that_is_no_report_is_not_posted(post: Post, tmp_path: Path) -> None:
    for text in ("Buy this\n", MARKER + "\n" + "x" * LIMIT):
        shutil.rmtree(tmp_path / "review", ignore_errors=True)
        assert post(text, OPEN, []).returncode == 1
        assert not (tmp_path / "github" / "posted.json").exists()


def test_a_report_of_an_older_commit_is_left_alone(post: Post, tmp_path: Path) -> None:
    done = post(f"{MARKER}\n", [{"number": 5, "head": {"sha": "def"}}], [])
    assert done.returncode == 0
    assert "No open pull request" in done.stdout
    assert not (tmp_path / "github" / "posted.json").exists()


@pytest.mark.parametrize("code", [0, 1, 2])
@pytest.mark.parametrize("written", [True, False], ids=["a report", "no report"])
def test_the_action_shows_what_there_is_and_ends_as_the_review_does(
    root: Path, tmp_path: Path, code: int, written: bool
) -> None:
    (step,) = (
        one for one in loaded(root, FILES[2])["runs"]["steps"] if "MLLAB" in one.get("env", {})
    )
    program = tmp_path / "mllab"
    report = f"mkdir -p out && echo {MARKER!r} >out/report.md\n" if written else ""
    program.write_text(f'#!/usr/bin/env bash\necho "$*" >said\n{report}exit {code}\n')
    program.chmod(0o755)
    own = {"MLLAB": str(program), "BASE": "abc", "OUT": "out", "GITHUB_STEP_SUMMARY": "summary"}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],  # as GitHub runs `shell: bash`
        cwd=tmp_path,
        env={**own, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert (tmp_path / "said").read_text() == "review --base abc --out out\n"
    assert (tmp_path / "summary").exists() == written
