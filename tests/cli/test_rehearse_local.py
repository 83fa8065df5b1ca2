"""`rehearse` of a lab on this machine: real servers, a notebook that trains, and nothing left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mllab.errors import LabError
from mllab.lifecycle import local, rehearsal
from mllab.lifecycle.local import LocalRehearsal
from mllab.local import marked
from tests.cli.conftest import Run
from tests.cli.scripted import make_project

STACK = "local-tiny"


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = (root / "stacks" / f"Pulumi.{STACK}.yaml").read_text()
    folder = make_project(tmp_path / "project", {STACK: text.replace("keep: false", "keep: true")})
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def played(project: Path, tmp_path: Path) -> Iterator[LocalRehearsal]:
    """A lab that is up."""
    with rehearsal.stage(STACK, None, "embedded", keep=False) as stage:
        assert isinstance(stage, LocalRehearsal)
        acts = stage.play()
        assert [next(acts).title for _ in range(3)] == ["check", "preview", "up"]
        yield stage
    assert running(tmp_path) == []
    assert list(tmp_path.glob("mllab-*")) == []


def running(folder: Path) -> list[psutil.Process]:
    """All that runs of the labs in a folder."""
    labs = [Path(said.get(marked.LAB, "/")) for said in map(_environment, psutil.process_iter())]
    return [lab for lab in labs if lab.is_relative_to(folder)]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


def test_a_lab_lives_on_this_machine_for_real(run: Run, project: Path, tmp_path: Path) -> None:
    said = run("rehearse", STACK, "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    seen = {act["title"]: act["seen"] for act in told["acts"]}
    assert told["ok"] is True
    assert "403 without, 200 with the token" in told["acts"][2]["seen"]
    assert "accuracy 97" in seen["a notebook learns to read digits"]
    assert f"{STACK}-notebook-me is missing" in seen["a JupyterLab is killed"]
    assert f"{STACK}-storage-bucket" in seen["down, with a file in the bucket"]
    assert f"{STACK}-notebook-home-me" in seen["down, with a file in the bucket"]
    assert seen["a scan of this machine"] == "nothing is left"
    assert sum(act["simulated_seconds"] for act in told["acts"]) == 0
    assert running(tmp_path) == []
    assert list(tmp_path.glob("mllab-*")) == []


def test_every_act_of_its_own_can_differ(
    played: LocalRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = {title: act for title, _, act in played._script()}
    with monkeypatch.context() as patch:
        patch.setattr(LocalRehearsal, "_token", lambda self, seat: "wrong")
        assert played._answers() == (played._answers()[0], False)
        with pytest.raises(LabError, match="answers 403"):
            acts["a notebook learns to read digits"]()
    for home in played._lab.glob("home/*/digits"):
        home.rename(home.with_name("before"))
    with monkeypatch.context() as patch:
        patch.setattr(local, "FLOOR", 99.9)
        assert acts["a notebook learns to read digits"]()[1] is False
    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "kill", lambda self: None)
        patch.setattr(local, "SECONDS", 0.1)
        assert acts["a JupyterLab is killed"]() == ("", False)
    assert acts["a JupyterLab is killed"]()[1] is True
    with pytest.raises(LabError, match="nobody can kill it|has no"):
        acts["a JupyterLab is killed"]()
    seen, ok = acts["a scan of this machine"]()
    assert not ok
    assert seen.startswith("port ")
    assert ", process " in seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_ended_in_the_middle_leaves_nothing(
    project: Path, tmp_path: Path, root: Path, number: signal.Signals
) -> None:
    words = [sys.executable, "-m", "cli", "rehearse", STACK]
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, cwd=project, env=env, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout
        assert any(" up: ok" in line for line in one.stdout)
        assert running(tmp_path)
        one.send_signal(number)
    assert one.returncode == 130
    assert running(tmp_path) == []
    assert list(Path(tempfile.gettempdir()).glob("mllab-*")) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--today", "2027-01-20"], "--today is for simulated clouds"),
        (["--engine", "pulumi"], "--engine pulumi is for simulated clouds"),
    ],
)
def test_options_of_simulated_clouds_are_refused(
    run: Run, project: Path, words: list[str], told: str
) -> None:
    said = run("rehearse", STACK, *words)
    assert said.code == 2
    assert told in said.err
    assert said.out == ""
