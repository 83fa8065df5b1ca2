"""A lab on this machine from `up` to `down`, by its commands: real servers, folders, ports."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from mllab.local import marked, process
from mllab.local.servers import Servers
from mllab.local.service import Place
from tests.local.tiny import SEAT, STACK, Run, url_of

HOME = f"{STACK}-notebook-home-me"


def asked(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def plan(run: Run) -> dict[str, int]:
    found = json.loads(run("preview", STACK, "--json").stdout)["summary"]["operations"]
    return {op: count for op, count in found.items() if op != "same"}


ENGINES = ((), pytest.param(("--engine", "pulumi"), marks=pytest.mark.engine))


@pytest.mark.parametrize("engine", ENGINES, ids=("embedded", "pulumi"))
def test_a_lab_from_up_to_down(tiny: Path, words: Run, engine: tuple[str, ...]) -> None:
    if engine and shutil.which("pulumi") is None:
        pytest.skip("no pulumi CLI on PATH")

    def run(*given: str, code: int = 0) -> Any:
        return words(*given, *engine, code=code)

    run("up", STACK, "--yes")
    url, token = url_of(tiny)
    assert (asked(url), asked(f"{url}?token={token}")) == (403, 200)
    assert plan(run) == {}
    run("status", STACK)
    assert tiny.stat().st_mode & 0o777 == 0o700
    # Neither what is recorded nor what any user can see of a process holds the token.
    kept = [file for file in tiny.parents[1].rglob("*.json") if tiny not in file.parents]
    state = "".join(file.read_text() for file in kept)
    assert SEAT in state
    shown = [" ".join(one.cmdline()) for one in marked.processes(tiny)]
    assert shown
    assert not [text for text in (state, *shown, run("outputs", STACK).stdout) if token in text]

    # A process is killed: it is missing, and `up` brings it back where it was.
    running = process.running(Place(tiny, SEAT))
    assert running
    first = psutil.Process(running.pid)
    first.kill()
    psutil.wait_procs([first])
    assert "is not whole" in run("status", STACK, code=1).stderr
    run("up", STACK, "--yes")
    assert url_of(tiny) == (url, token)
    assert asked(f"{url}?token={token}") == 200

    # Work in a home must be named before it goes.
    work = tiny / "home" / "me" / "work.ipynb"
    work.write_text("{}")
    assert HOME in run("down", STACK, "--yes", code=1).stderr
    assert work.exists()
    assert asked(f"{url}?token={token}") == 200
    said = run("down", STACK, "--yes", "--delete-data", HOME)
    assert "is gone" in said.stdout
    assert not tiny.exists()
    assert marked.processes(tiny) == []
    with pytest.raises(urllib.error.URLError):
        asked(url)


def test_a_stopped_notebook_is_no_fault_and_stays_stopped(tiny: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    process.stop(Place(tiny, SEAT), why="nobody used it")
    states = json.loads(run("status", STACK, "--json").stdout)
    seat = next(one for one in states["resources"] if one["name"] == SEAT)
    assert seat["machine"] == "stopped"
    assert plan(run) == {}


def test_a_stopped_notebook_stays_so_through_a_change_and_finds_it_when_started(
    tiny: Path, run: Run
) -> None:
    run("up", STACK, "--yes")
    place = Place(tiny, SEAT)
    process.stop(place, why="nobody used it")
    file = Path("stacks") / f"Pulumi.{STACK}.yaml"
    file.write_text(file.read_text().replace("files: false", "files: true"))
    run("up", STACK, "--yes")
    assert process.state(place) == "stopped"
    assert plan(run) == {}
    Servers(tiny).start(SEAT)
    now = process.running(place)
    assert now
    assert psutil.Process(now.pid).environ()["LAB_SHARED"] == str(tiny / "shared")
    assert plan(run) == {}


def test_the_list_tells_of_a_lab_here_whether_its_file_is_there_or_not(
    tiny: Path, run: Run
) -> None:
    assert "not created" in run("list").stdout
    run("up", STACK, "--yes")
    for _ in range(2):
        (row,) = json.loads(run("list", "--json").stdout)["stacks"]
        assert row["stack"] == STACK
        assert "on this machine, 8 resources" in row["state"]
        (Path("stacks") / f"Pulumi.{STACK}.yaml").unlink(missing_ok=True)
    run("down", STACK, "--yes")
    assert not tiny.exists()


def test_what_somebody_changed_is_found_and_put_back(tiny: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    (tiny / "home" / "me").chmod(0o755)
    (tiny / "run" / SEAT / "jupyter.env").write_text("JUPYTER_TOKEN=guessed\n")
    found = run("status", STACK).stdout
    assert "0755" in found
    assert "jupyter.env" in found
    run("up", STACK, "--yes")
    assert (tiny / "home" / "me").stat().st_mode & 0o777 == 0o700
    assert plan(run) == {}


def test_what_exists_already_is_never_taken_over(tiny: Path, run: Run) -> None:
    (tiny / "home" / "me").mkdir(parents=True)
    (tiny / "home" / "me" / "thesis.tex").write_text("mine")
    said = run("up", STACK, "--yes", code=1)
    assert "exists already" in said.stderr
    assert (tiny / "home" / "me" / "thesis.tex").read_text() == "mine"


def test_a_lost_state_plans_no_second_lab(tiny: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    url, token = url_of(tiny)
    shutil.rmtree(tiny.parents[1] / "state")
    said = run("up", STACK, "--yes", code=1)
    assert "exists already" in said.stderr
    assert asked(f"{url}?token={token}") == 200
    assert any((tiny / "run").iterdir())


def test_a_folder_that_cannot_be_written_is_the_servers_failure(tiny: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    keeper = tiny / "run" / f"{STACK}-budget-keeper"
    left = marked.tree(Place(tiny, keeper.name))
    for one in left:
        one.kill()
    psutil.wait_procs(left)
    shutil.rmtree(keeper)
    keeper.write_text("in its place")
    said = run("up", STACK, "--yes", code=3)
    assert re.search(rf"(FileExists|NotADirectory)Error:\s+{keeper}", said.stderr), said.stderr
    keeper.unlink()
    run("up", STACK, "--yes")
    assert plan(run) == {}
