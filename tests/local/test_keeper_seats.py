"""A real JupyterLab under the keeper: what keeps a seat, what does not, and how it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mllab.local import marked, process, records
from mllab.local.keeper import instant
from mllab.local.keeper.rounds import STATUS, Keeper
from mllab.local.ports import free_port
from mllab.local.service import Place
from mllab.local.services import jupyterlab
from tests.files.jupyterlab import JupyterLab, said, type_in
from tests.local.keeping import plan


class Seat(JupyterLab):
    """A seat of a lab on this machine, and the lab's keeper, whose clock is ahead."""

    def __init__(self, lab: Path) -> None:
        self.place = Place(lab, "course-ada")
        self.home, port = lab / "home", free_port()
        launch = jupyterlab.SERVICE.prepare(self.place, port, {"home": str(self.home)})
        process.start(self.place, launch, port)
        self.token = launch.env["JUPYTER_TOKEN"]
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.log: list[str] = []
        self.keeper = Keeper(Place(lab, "course-keeper"), self.log.append)
        self.plan = plan(seats=[self.place.name])

    def look(self, *minutes: float, **changes: Any) -> str:
        """Looks so many minutes from now; what the last one found of the seat."""
        for each in minutes:
            now = instant.now()
            later = replace(
                now, wall=now.wall + timedelta(minutes=each), awake=now.awake + each * 60
            )
            self.keeper.look(replace(self.plan, **changes), later)
        return str(records.read(self.keeper.place.run / STATUS)["seats"].get(self.place.name, ""))

    @property
    def why(self) -> str:
        """Why it was stopped; nothing of it is left then."""
        told = process.stopped(self.place)
        assert (told is None) == bool(marked.tree(self.place))
        return told.why if told else ""


@pytest.fixture
def seat(tmp_path: Path) -> Iterator[Seat]:
    there = Seat(tmp_path / "lab")
    yield there
    process.stop(there.place)


def test_an_open_page_and_a_forgotten_terminal_do_not_keep_it(seat: Seat) -> None:
    with seat.terminal() as (_, tab):
        assert seat.look(0).startswith("stay: ")
        seat.poll()
        assert seat.look(5).startswith("warn: nothing in use for 5 of 10 min; ")
        warned = said(tab, r"(JupyterLab course-ada stops in about .* mllab-keep-awake 2h)")
        assert warned.startswith("JupyterLab course-ada stops in about 5 minutes: nothing in use")
        seat.poll()
        assert seat.why == ""
        seat.keeper = Keeper(seat.keeper.place, seat.log.append)  # it was killed, and started anew
        seat.look(10)
    assert seat.why.startswith("nothing in use for 10 of 10 min; up 0.2 of 12 h")
    assert seat.log[-1] == f"course-ada: stopped: {seat.why}"
    assert process.state(seat.place) == "stopped"


def test_a_cell_that_runs_keeps_it_and_typing_and_saving_do(seat: Seat) -> None:
    kernel = seat.kernel()
    with seat.notebook(kernel) as notebook:
        notebook.run("import time; print('here'); time.sleep(3600)", "stream")
    assert all("kernels 1 running" in seat.look(minute) for minute in (0, 5, 10, 15))
    seat.clear()
    seat.look(20)
    with seat.terminal():
        assert "terminals 1 of 1 typed in" in seat.look(25)
    seat.save("thesis.md", "In the beginning")
    assert "JupyterLab saved" in seat.look(30)
    seat.look(35, 40)
    assert seat.why.startswith("nothing in use for 10 of 10 min; ")


def test_its_command_keeps_it_until_the_time_is_over(seat: Seat) -> None:
    seat.look(0)
    with seat.terminal() as (_, tab):
        type_in(tab, "mllab-keep-awake 20")
        assert said(tab, r"(usage: mllab-keep-awake 3h \| 90m \| off)")
        type_in(tab, "mllab-keep-awake 20m")
        assert said(tab, "(not stopped as idle for 20m from now)")
    seat.look(5, 10, 15)
    assert seat.why == ""
    seat.look(21, 26)
    assert seat.why.startswith("nothing in use for 11 of 10 min; ")
