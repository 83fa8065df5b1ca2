"""What goes wrong on one's own machine: a killed `up`, a restart, a taken port, a neighbour."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mllab.local import marked, process
from mllab.local.service import Place
from tests.local.tiny import SEAT, STACK, Run, url_of
from tests.local.waiting import until


def names(tiny: Path) -> list[str]:
    """The servers that run, each as often as it has a first process."""
    found = [one.environ().get(marked.SERVER, "") for one in marked.processes(tiny)]
    return sorted(set(found))


def test_a_killed_up_is_gone_on_with_and_makes_nothing_twice(
    tiny: Path,
    run: Run,
    root: Path,
) -> None:
    project = tiny.parents[3]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, str(root / "cli.py"), "up", STACK, "--yes"]
    up = subprocess.Popen(command, cwd=project, env=environ, stdout=subprocess.DEVNULL)
    until((tiny / "run" / SEAT / "process.json").exists)
    up.send_signal(signal.SIGKILL)
    up.wait()
    before = process.running(Place(tiny, SEAT))
    run("up", STACK, "--yes")
    assert process.running(Place(tiny, SEAT)) == before
    assert len(names(tiny)) == len(list((tiny / "run").iterdir()))
    run("down", STACK, "--yes")
    assert not tiny.exists()
    assert marked.processes(tiny) == []


def test_after_a_restart_nothing_comes_back_until_up(tiny: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    url = url_of(tiny)
    left = marked.processes(tiny)
    for one in left:
        one.kill()
    psutil.wait_procs(left)
    assert "is not whole" in run("status", STACK, code=1).stderr
    assert names(tiny) == []
    run("up", STACK, "--yes")
    assert url_of(tiny) == url
    run("status", STACK)


def test_another_program_at_its_port_is_left_alone(tiny: Path, run: Run) -> None:
    run("up", STACK, "--yes")
    now = process.running(Place(tiny, SEAT))
    assert now
    first = psutil.Process(now.pid)
    first.kill()
    psutil.wait_procs([first])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", now.port))
        other.listen()
        run("up", STACK, "--yes")
        again = process.running(Place(tiny, SEAT))
        assert again
        assert again.port != now.port
        assert other.getsockname()[1] == now.port


def test_two_labs_live_side_by_side(tiny: Path, run: Run) -> None:
    stacks = tiny.parents[3] / "stacks"
    other = "local-other"
    text = (stacks / f"Pulumi.{STACK}.yaml").read_text()
    (stacks / f"Pulumi.{other}.yaml").write_text(text)
    run("up", STACK, "--yes")
    run("up", other, "--yes")
    beside = tiny.parent / other
    try:
        mine, theirs = marked.processes(tiny), marked.processes(beside)
        assert mine
        assert theirs
        assert not {one.pid for one in mine} & {one.pid for one in theirs}
        run("down", other, "--yes")
        assert marked.processes(beside) == []
        assert {one.pid for one in marked.processes(tiny)} == {one.pid for one in mine}
        states = json.loads(run("status", STACK, "--json").stdout)
        assert {one["state"] for one in states["resources"]} == {"as recorded"}
    finally:
        for one in marked.processes(beside):
            one.kill()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_users_processes_are_not_ours(tiny: Path) -> None:
    place = Place(tiny, "server")
    environ = {**os.environ, **marked.marks(place)}
    nobody = 65534
    with subprocess.Popen(
        ["sleep", "1000"], env=environ, user=nobody, group=nobody, extra_groups=[]
    ) as theirs:
        assert marked.processes(tiny) == []
        assert marked.tree(place, theirs.pid) == []
        theirs.kill()
