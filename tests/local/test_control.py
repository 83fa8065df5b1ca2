"""The commands of a seat, as people run them: `python -m mllab.local`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab.local import ports, process
from mllab.local.service import LOOPBACK, Place


class Seat:
    """One that was made, and never started."""

    def __init__(self, lab: Path, root: Path) -> None:
        self.place, self.port, self._root = Place(lab, "seat"), ports.free_port(), root
        self.place.run.mkdir(parents=True)
        told = {"service": "jupyterlab", "settings": {"home": str(lab / "home/ada")}}
        text = json.dumps({**told, "port": self.port, "files": {}})
        (self.place.run / "settings.json").write_text(text)

    def run(self, verb: str, name: str = "seat") -> tuple[int, str, str]:
        words = [sys.executable, "-m", "mllab.local", verb, str(self.place.lab), name]
        done = subprocess.run(words, cwd=self._root, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def seat(lab: Path, root: Path) -> Iterator[Seat]:
    one = Seat(lab, root)
    yield one
    process.stop(one.place)


def test_a_server_that_is_not_there_is_named_with_those_that_are(seat: Seat) -> None:
    code, out, err = seat.run("address", "other")
    assert (code, out) == (1, "")
    assert err == f"Error: {seat.place.lab} has no server other\nKnown are seat.\n"


def test_a_seat_is_started_opened_and_stopped(seat: Seat) -> None:
    start = f"{sys.executable} -m mllab.local start {seat.place.lab} seat"
    assert seat.run("address") == (1, "", f"Error: seat does not run\nStart it: {start}\n")
    assert seat.run("start") == (0, "", "")
    first = process.running(seat.place)
    assert seat.run("start") == (0, "", "")
    assert process.running(seat.place) == first
    for verb in ("address", "token"):
        code, address, _ = seat.run(verb)
        assert code == 0
        assert address.startswith(f"http://{LOOPBACK}:{seat.port}/lab?token=")
        with urllib.request.urlopen(address.strip()) as page:
            assert page.status == 200
    assert seat.run("stop") == (0, "", "")
    stopped = process.stopped(seat.place)
    assert stopped is not None
    assert seat.run("stop") == (0, "", "")
    assert process.stopped(seat.place) == stopped
    why = f"seat was stopped at {stopped.at}: stopped by its owner"
    assert seat.run("address") == (1, "", f"Error: {why}\nStart it: {start}\n")


def test_a_port_that_was_taken_meanwhile_is_named_and_nothing_starts(seat: Seat) -> None:
    if process.running(seat.place):
        seat.run("stop")
    with socket.create_server((LOOPBACK, seat.port)):
        code, _, err = seat.run("start")
    assert code == 1
    assert err.startswith(f"Error: port {seat.port} is in use by ")
    assert process.running(seat.place) is None
