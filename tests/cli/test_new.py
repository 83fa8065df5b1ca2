"""`new`, `list` and `check`: work on files, before anything exists."""

from __future__ import annotations

import json
import shlex
from datetime import time
from pathlib import Path

import pytest

from mllab.session.local_state import state_file
from mllab.settings import files
from tests.cli.conftest import Run, Sit
from tests.cli.scripted import LAB

DAY = ("--today", "2027-01-01")
ANSWERS = {
    "lab.cloud": "aws",
    "lab.owner": "b@example.edu",
    "lab.ends": "2027-03-01",
    "region": "us-east-1",
    "budget.limit_usd": "200",
}


def given(**more: str) -> list[str]:
    pairs = {**ANSWERS, **{key.replace("__", "."): value for key, value in more.items()}}
    return [word for key, value in pairs.items() for word in ("--set", f"{key}={value}")]


def test_new_from_options_writes_a_lab(run: Run, project: Path) -> None:
    said = run("new", "mine", *given(notebook__seats="ann, bob"), *DAY)
    assert said.code == 0
    assert "stacks/Pulumi.mine.yaml" in said.out
    lab = files.load(project / "stacks" / "Pulumi.mine.yaml")
    assert lab.notebook.seats == ("ann", "bob")
    assert lab.budget.limit_usd == 200


def test_new_never_overwrites(run: Run, project: Path, at_terminal: Sit) -> None:
    asked = at_terminal([])
    before = (project / "stacks" / "Pulumi.lab.yaml").read_bytes()
    said = run("new", "lab", *given(), *DAY)
    assert said.code == 2
    assert "exists already" in said.err
    assert asked == []
    assert (project / "stacks" / "Pulumi.lab.yaml").read_bytes() == before


def test_new_without_a_terminal_names_all_that_is_missing(run: Run, project: Path) -> None:
    said = run("new", "mine", "--set", "lab.cloud=aws", *DAY)
    assert said.code == 2
    for key in ("lab.owner", "budget.limit_usd"):
        assert f"{key}: must be given" in said.err
        assert f"--set {key}=..." in said.err
    assert not (project / "stacks" / "Pulumi.mine.yaml").exists()


def test_new_tells_every_wrong_answer_at_once(run: Run, project: Path) -> None:
    wrong = given(lab__owner="nobody", budget__limit_usd="-3", notebook__size="huge")
    said = run("new", "mine", *wrong, *DAY)
    assert said.code == 2
    for key in ("lab.owner", "budget.limit_usd", "notebook.size"):
        assert f"{key}: " in said.err
    assert not (project / "stacks" / "Pulumi.mine.yaml").exists()


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ("notebook.sice=gpu-small", "notebook.size"),
        ("notebook.size", "KEY=VALUE"),
        ("=x", "KEY=VALUE"),
    ],
)
def test_an_answer_to_no_question_is_refused_before_any_is_put(
    run: Run, at_terminal: Sit, pair: str, told: str
) -> None:
    asked = at_terminal([])
    said = run("new", "mine", "--set", pair, *DAY)
    assert said.code == 2
    assert told in said.err
    assert asked == []


def test_new_repeats_what_was_right_in_a_command_that_then_works(run: Run, project: Path) -> None:
    told = given(lab__ends="soon", notebook__seats="ann, 9")
    said = run("new", "mine", *told, *DAY)
    assert said.code == 2
    again = shlex.split(said.err.splitlines()[-1])
    assert again[:3] == ["mllab", "new", "mine"]
    assert "lab.ends=soon" not in again
    assert again[-4:] == ["--set", "lab.ends=...", "--set", "notebook.seats=..."]
    filled = [*again[1:-4], "--set", "lab.ends=2027-03-01", "--set", "notebook.seats=ann"]
    assert run(*filled, *DAY).code == 0, said.err
    lab = files.load(project / "stacks" / "Pulumi.mine.yaml")
    assert (lab.lab.owner, lab.notebook.seats) == ("b@example.edu", ("ann",))


def test_the_example_of_new_works_as_it_stands(run: Run, project: Path) -> None:
    shown = " ".join(run("new", "--help").out.split())
    examples = shown.partition("Without questions: mllab ")[2]
    example, _, others = examples.partition(". The same lab on another cloud: mllab ")
    other, _, again = others.partition(". Again, for the next term: mllab ")
    assert example.startswith("new ")
    assert run(*shlex.split(example), *DAY).code == 0
    lab = project / "stacks" / "Pulumi.lab.yaml"
    lab.rename(lab.with_name("Pulumi.aws-course.yaml"))
    assert run(*shlex.split(other), *DAY).code == 0
    assert run(*shlex.split(again), *DAY).code == 0
    assert files.names(project) == ["autumn", "aws-course", "gcp-course-2", "my-course"]


def test_new_takes_values_and_the_region_as_files_write_them(run: Run, project: Path) -> None:
    words = [word.replace("region=", "aws:region=") for word in given(lab__ends='"2027-03-01"')]
    assert run("new", "mine", *words, "--set", "notebook.stop_at='20:00'", *DAY).code == 0
    lab = files.load(project / "stacks" / "Pulumi.mine.yaml")
    assert (lab.region, str(lab.lab.ends), lab.notebook.stop_at) == (
        "us-east-1",
        "2027-03-01",
        time(20),
    )


def test_new_says_before_any_question_that_no_lab_can_have_the_name(
    run: Run, project: Path, at_terminal: Sit
) -> None:
    assert run("new", "your_course", *given(lab__name="my-course"), *DAY).code == 0
    asked = at_terminal([])
    said = run("new", "my_course", *DAY)
    assert said.code == 2
    assert "'my_course' cannot be the name of a lab" in said.err
    assert "--set lab.name=my-course" in said.err
    assert asked == []


def test_new_asks_and_asks_again_until_the_answer_is_good(
    run: Run, project: Path, at_terminal: Sit
) -> None:
    some = [
        word
        for key, value in ANSWERS.items()
        if key != "lab.owner"
        for word in ("--set", f"{key}={value}")
    ]
    asked = at_terminal(["nobody", "c@example.edu"] + [""] * 20)
    said = run("new", "mine", *some, *DAY)
    assert said.code == 0, said.err
    assert [text.strip() for text in asked[:2]] == ["lab.owner", "lab.owner"]
    assert not any("lab.cloud" in text for text in asked)
    assert "nobody" in said.err
    assert files.load(project / "stacks" / "Pulumi.mine.yaml").lab.owner == "c@example.edu"


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "x" * 200, "-a b"])
def test_new_takes_only_names_that_a_stack_can_have(run: Run, project: Path, name: str) -> None:
    before = sorted(project.rglob("*"))
    assert run("new", *given(), *DAY, "--", name).code == 2
    assert sorted(project.rglob("*")) == before


def test_list_shows_every_stack_and_which_are_wrong(run: Run, project: Path) -> None:
    (project / "stacks" / "Pulumi.bad.yaml").write_text("config: {}\n")
    (project / "stacks" / "notes.txt").write_text("no stack")
    said = run("list")
    assert said.code == 0
    rows = [line.split() for line in said.out.splitlines()]
    assert ["lab", "aws", "course", "1", "x", "gpu-small", "2027-02-05", "not", "created"] in rows
    assert any(row[0] == "bad" and "fault" in " ".join(row) for row in rows)
    stacks = {one["stack"]: one for one in json.loads(run("list", "--json").out)["stacks"]}
    assert set(stacks) == {"bad", "lab"}
    assert stacks["bad"]["faults"]
    assert stacks["lab"]["ends"] == "2027-02-05"


def test_list_of_no_stacks_says_how_to_make_one(run: Run, project: Path) -> None:
    (project / "stacks" / "Pulumi.lab.yaml").unlink()
    assert "mllab new" in run("list").out


def test_list_tells_a_damaged_state_apart(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = project / "home"
    monkeypatch.setenv("MLLAB_HOME", str(home))
    state_file(home, "lab").parent.mkdir(parents=True)
    state_file(home, "lab").write_text('{"version": 3, "depl')
    said = run("list")
    assert said.code == 0
    assert "simulated, state damaged" in said.out


def test_check_says_ok_with_a_summary(run: Run) -> None:
    said = run("check", "lab", *DAY)
    assert said.code == 0
    assert said.out.startswith("lab: ok. AWS us-east-1, 1 notebook gpu-small")
    assert json.loads(run("check", "lab", *DAY, "--json").out)["ok"] is True


def test_check_says_every_fault_with_its_line(run: Run, project: Path) -> None:
    text = LAB.replace("a@example.edu", "nobody").replace("limit_usd: 100", "limit_usd: 0")
    (project / "stacks" / "Pulumi.lab.yaml").write_text(text)
    said = run("check", "lab", *DAY)
    assert said.code == 2
    assert "stacks/Pulumi.lab.yaml:3: lab.owner" in said.err
    assert "stacks/Pulumi.lab.yaml:5: budget.limit_usd" in said.err
    told = json.loads(run("check", "lab", *DAY, "--json").out)
    assert told["ok"] is False
    assert len(told["faults"]) == 2


def test_a_missing_stack_names_those_that_exist(run: Run) -> None:
    for verb in ("check", "preview", "rehearse", "outputs"):
        said = run(verb, "lap")
        assert said.code == 2
        assert "did you mean lab?" in said.err


def test_outside_a_project(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("list")
    assert said.code == 2
    assert "Pulumi.yaml" in said.err


@pytest.mark.parametrize("day", ["tomorrow", "2027-13-01", "11.1.2027", ""])
def test_a_wrong_day_is_refused(run: Run, day: str) -> None:
    said = run("check", "lab", "--today", day)
    assert said.code == 2
    assert "YYYY-MM-DD" in said.err
