"""The watchdog and a real JupyterLab: what its people do is use, what the watchdog does is none."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.jupyterlab import JupyterLab, said, type_in
from tests.files.watched import TOKEN, Watched

IDLE = (5, 10, 15)  # minutes after the boot; the last look is the one that stops


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    lab = JupyterLab(tmp_path_factory.mktemp("home"), TOKEN)
    yield lab
    lab.close()


@pytest.fixture
def lab(server: JupyterLab, watched: Watched) -> Iterator[JupyterLab]:
    """JupyterLab on the watched machine."""
    watched.settings["JUPYTER_URL"] = server.url
    watched.settings["SAVED"] = str(server.home / "saved")
    yield server
    server.clear()


def attach(watched: Watched, device: str) -> None:
    """Show the machine a terminal of this test and no other; nobody typed there for hours."""
    os.utime(device, (1000, 1000))
    (watched.terminals / Path(device).name).symlink_to(device)


def last_activity(lab: JupyterLab) -> list[str]:
    return [one["last_activity"] for one in lab.ask("/api/terminals")]


def state(lab: JupyterLab) -> list[str]:
    return [one["execution_state"] for one in lab.ask("/api/kernels")]


# ------------------------------------------------------------------------------------- terminals


def test_its_own_warning_is_no_use(lab: JupyterLab, watched: Watched) -> None:
    """JupyterLab takes what a terminal shows for activity, the warning included."""
    with lab.terminal() as (device, tab):
        attach(watched, device)
        for minutes in IDLE:
            before = last_activity(lab)
            watched.look(minutes)
            if minutes == 10:
                assert said(tab, r"(mllab: this machine stops in about 5 minutes)")
                assert last_activity(lab) != before
    assert watched.stops == 1


def test_a_forgotten_terminal_is_no_use(lab: JupyterLab, watched: Watched) -> None:
    with lab.terminal() as (device, _):
        attach(watched, device)
    said = watched.looks(*IDLE)
    assert said[1] == "warn: nothing in use for 5 of 10 min; up 0.2 of 2 h"
    assert (watched.stops, len(lab.ask("/api/terminals"))) == (1, 1)


def test_what_a_program_prints_is_no_use(lab: JupyterLab, watched: Watched) -> None:
    pipe = lab.home / "more"
    os.mkfifo(pipe)
    with lab.terminal() as (device, tab):
        type_in(tab, f"cat {pipe}")
        with os.fdopen(os.open(pipe, os.O_RDWR), "w") as more:  # opens before somebody reads
            attach(watched, device)
            for minutes in IDLE:
                print(f"line of minute {minutes}", file=more, flush=True)
                assert said(tab, f"(line of minute {minutes})")
                watched.look(minutes)
    assert watched.stops == 1


def test_typing_is_use(lab: JupyterLab, watched: Watched) -> None:
    with lab.terminal() as (device, tab):
        attach(watched, device)
        watched.looks(5, 10)
        type_in(tab, "echo $((20 + 22))")
        said(tab, "(42)")
        assert watched.look(15).startswith("stay: terminals 1 of 1 typed in; ")
    assert watched.stops == 0


def test_of_two_people_one_at_work_is_enough(lab: JupyterLab, watched: Watched) -> None:
    with lab.terminal() as (idle, _), lab.terminal() as (device, tab):
        attach(watched, idle)
        attach(watched, device)
        watched.looks(5, 10)
        type_in(tab, "echo $((20 + 22))")
        said(tab, "(42)")
        watched.look(15)
        assert watched.stops == 0
        os.utime(device, (2000, 2000))
    watched.looks(20, 25, 30)
    assert watched.stops == 1


# --------------------------------------------------------------------------------------- kernels


@pytest.mark.parametrize("tab", ["open", "closed"])
def test_an_idle_kernel_is_no_use(tab: str, lab: JupyterLab, watched: Watched) -> None:
    kernel = lab.kernel()
    with lab.notebook(kernel) as notebook:
        notebook.run("1 + 1", "idle")
        if tab == "open":
            watched.looks(*IDLE)
    if tab == "closed":
        watched.looks(*IDLE)
    assert watched.stops == 1


@pytest.mark.parametrize("tab", ["open", "closed"])
def test_a_cell_that_runs_is_use(tab: str, lab: JupyterLab, watched: Watched) -> None:
    kernel = lab.kernel()
    with lab.notebook(kernel) as notebook:
        notebook.run("import time; print('here'); time.sleep(3600)", "stream")
        if tab == "open":
            looks = watched.looks(*IDLE, 20)
    if tab == "closed":
        looks = watched.looks(*IDLE, 20)
    assert all(line.startswith("stay: kernels 1 running; ") for line in looks)
    assert watched.stops == 0


def test_of_two_kernels_one_used_is_enough(lab: JupyterLab, watched: Watched) -> None:
    first, second = lab.kernel(), lab.kernel()
    with lab.notebook(first) as one, lab.notebook(second) as other:
        one.run("1", "idle")
        other.run("1", "idle")
        watched.looks(5, 10)
        other.run("2", "idle")
        assert watched.look(15).startswith("stay: kernels 1 used; ")
        watched.looks(20, 25)
    assert watched.stops == 1


def test_a_cell_that_waits_for_input_counts_for_some_hours_only(
    lab: JupyterLab, watched: Watched
) -> None:
    watched.settings["KERNEL_SILENT_HOURS"] = "0.2"
    kernel = lab.kernel()
    with lab.notebook(kernel) as notebook:
        notebook.run("input('Your name? ')", "input_request")
    said = watched.looks(*IDLE, 20, 25)
    assert [line.split(";")[0] for line in said] == [
        *["stay: kernels 1 running"] * 3,
        "warn: nothing in use for 5 of 10 min",
        "stop: nothing in use for 10 of 10 min",
    ]
    assert (watched.stops, state(lab)) == (1, ["busy"])


def test_a_cell_that_says_something_counts_as_long_as_it_runs(
    lab: JupyterLab, watched: Watched
) -> None:
    watched.settings["KERNEL_SILENT_HOURS"] = "0.1"
    more = lab.home / "progress"
    os.mkfifo(more)
    kernel = lab.kernel()
    with lab.notebook(kernel) as notebook:
        notebook.start(f"for line in open({str(more)!r}): print(line, flush=True)")
        with more.open("w") as file:
            for minute in (5, 10, 15, 20, 25):
                print(minute, file=file, flush=True)
                notebook.wait("stream")
                assert watched.look(minute).startswith("stay: kernels 1 running; ")
    assert watched.stops == 0


def test_a_kernel_that_died_is_no_use(lab: JupyterLab, watched: Watched) -> None:
    """Jupyter starts it anew, which is use once."""
    kernel = lab.kernel()
    with lab.notebook(kernel) as notebook:
        content = notebook.run("import os; print(os.getpid()); input()", "stream")
        os.kill(int(content["text"]), signal.SIGKILL)
        notebook.wait("restarting")
    with lab.notebook(kernel) as notebook:
        notebook.ready()
        notebook.run("1", "idle")
    watched.looks(5, 10, 15)
    assert watched.stops == 1


# ---------------------------------------------------------------------------------- the page itself


def test_an_open_page_is_no_use(lab: JupyterLab, watched: Watched) -> None:
    for minute in IDLE:
        lab.poll()
        watched.look(minute)
    assert watched.stops == 1


def test_an_edit_in_an_open_page_is_use(lab: JupyterLab, watched: Watched) -> None:
    lab.poll()
    watched.looks(5, 10)
    lab.save("thesis.md", "In the beginning")
    assert watched.look(15).startswith("stay: JupyterLab saved; ")
    lab.poll()
    watched.looks(20, 25)
    assert watched.stops == 1
