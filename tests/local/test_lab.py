"""A lab on this machine from `up` to `down`, by its commands: real servers, folders, ports."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

import cli
from mllab.local import marked, process
from mllab.local.service import Place

STACK = "local-tiny"
SEAT = f"{STACK}-notebook-me"
HOME = f"{STACK}-notebook-home-me"

Run = Callable[..., Any]


@pytest.fixture
def lab(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a lab in a project of its own; whatever runs of it is ended afterwards."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: mllab\nruntime: python\nstackConfigDir: stacks\n")
    name = f"Pulumi.{STACK}.yaml"
    text = (root / "stacks" / name).read_text().replace("keep: false", "keep: true")
    (tmp_path / "stacks" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLLAB_HOME", raising=False)
    folder = tmp_path / ".mllab" / "local" / "labs" / STACK
    yield folder
    for one in marked.processes(folder):
        one.kill()


@pytest.fixture
def words() -> Run:
    """Run the command line in this process."""

    def invoke(*given: str, code: int = 0) -> Any:
        done = CliRunner().invoke(cli.app, list(given))
        assert done.exit_code == code, done.output
        return done

    return invoke


@pytest.fixture
def run(words: Run) -> Run:
    return words


def asked(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def url_of(lab: Path) -> tuple[str, str]:
    """Where the seat's JupyterLab is, and its token."""
    port = json.loads((lab / "run" / SEAT / "process.json").read_text())["port"]
    token = (lab / "run" / SEAT / "jupyter.env").read_text().strip().partition("=")[2]
    return f"http://127.0.0.1:{port}/api/contents", token


def plan(run: Run) -> dict[str, int]:
    found = json.loads(run("preview", STACK, "--json").stdout)["summary"]["operations"]
    return {op: count for op, count in found.items() if op != "same"}


ENGINES = ((), pytest.param(("--engine", "pulumi"), marks=pytest.mark.engine))


@pytest.mark.parametrize("engine", ENGINES, ids=("embedded", "pulumi"))
def test_a_lab_from_up_to_down(lab: Path, words: Run, engine: tuple[str, ...]) -> None:
    def run(*given: str, code: int = 0) -> Any:
        return words(*given, *engine, code=code)

    run("up", STACK, "--yes")
    url, token = url_of(lab)
    assert (asked(url), asked(f"{url}?token={token}")) == (403, 200)
    assert plan(run) == {}
    run("status", STACK)
    assert lab.stat().st_mode & 0o777 == 0o700
    # Neither what is recorded nor what any user can see of a process holds the token.
    kept = [file for file in lab.parents[1].rglob("*.json") if lab not in file.parents]
    state = "".join(file.read_text() for file in kept)
    assert SEAT in state
    shown = [" ".join(one.cmdline()) for one in marked.processes(lab)]
    assert shown
    assert not [text for text in (state, *shown, run("outputs", STACK).stdout) if token in text]

    # A process is killed: it is missing, and `up` brings it back where it was.
    running = process.running(Place(lab, SEAT))
    assert running
    first = psutil.Process(running.pid)
    first.kill()
    psutil.wait_procs([first])
    assert "is not whole" in run("status", STACK, code=1).stderr
    run("up", STACK, "--yes")
    assert url_of(lab) == (url, token)
    assert asked(f"{url}?token={token}") == 200

    # Work in a home must be named before it goes.
    work = lab / "home" / "me" / "work.ipynb"
    work.write_text("{}")
    assert HOME in run("down", STACK, "--yes", code=1).stderr
    assert work.exists()
    assert asked(f"{url}?token={token}") == 200
    said = run("down", STACK, "--yes", "--delete-data", HOME)
    assert "is gone" in said.stdout
    assert not lab.exists()
    assert marked.processes(lab) == []
    with pytest.raises(urllib.error.URLError):
        asked(url)


def test_a_stopped_notebook_is_no_fault_and_stays_stopped(lab: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    process.stop(Place(lab, SEAT), why="nobody used it")
    states = json.loads(run("status", STACK, "--json").stdout)
    seat = next(one for one in states["resources"] if one["name"] == SEAT)
    assert seat["machine"] == "stopped"
    assert plan(run) == {}


def test_what_somebody_changed_is_found_and_put_back(lab: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    (lab / "home" / "me").chmod(0o755)
    (lab / "run" / SEAT / "jupyter.env").write_text("JUPYTER_TOKEN=guessed\n")
    found = run("status", STACK).stdout
    assert "0755" in found
    assert "jupyter.env" in found
    run("up", STACK, "--yes")
    assert (lab / "home" / "me").stat().st_mode & 0o777 == 0o700
    assert plan(run) == {}


def test_what_exists_already_is_never_taken_over(lab: Path, run: Run) -> None:
    (lab / "home" / "me").mkdir(parents=True)
    (lab / "home" / "me" / "thesis.tex").write_text("mine")
    said = run("up", STACK, "--yes", code=1)
    assert "exists already" in said.stderr
    assert (lab / "home" / "me" / "thesis.tex").read_text() == "mine"


def test_a_lost_state_plans_no_second_lab(lab: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    url, token = url_of(lab)
    shutil.rmtree(lab.parents[1] / "state")
    said = run("up", STACK, "--yes", code=1)
    assert "exists already" in said.stderr
    assert asked(f"{url}?token={token}") == 200
    assert any((lab / "run").iterdir())
