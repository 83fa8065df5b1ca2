"""JupyterLab itself, as a seat of a lab on this machine."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import websocket

from mllab.local import marked, ports, process
from mllab.local.service import LOOPBACK, Place
from mllab.local.services import SERVICES
from mllab.local.services.jupyterlab import SAVED
from tests.files.jupyterlab import Notebook, said, type_in
from tests.local.waiting import until

SERVICE = SERVICES["jupyterlab"]


class Seat:
    """A seat whose person has files that are called as modules of Python are."""

    def __init__(self, lab: Path) -> None:
        self.place, self.port, self.home = Place(lab, "seat"), ports.free_port(), lab / "home/ada"
        self.settings = {"home": str(self.home), "environment": {"MLLAB_BUCKET": "s3://b"}}
        self.settings["gpus"] = "1"
        self.launch = SERVICE.prepare(self.place, self.port, self.settings)
        for name in ("json", "tornado", "jupyterlab", "signal"):
            (self.home / f"{name}.py").write_text("raise SystemExit('taken from the home folder')")
        self.now = process.start(self.place, self.launch, self.port)
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.token = SERVICE.address(self.place, self.port).partition("token=")[2]

    def ask(self, path: str, data: Any = None, method: str = "GET") -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if data is None else json.dumps(data).encode(),
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def socket(self, path: str) -> websocket.WebSocket:
        header = [f"Authorization: token {self.token}"]
        address = f"ws://{LOOPBACK}:{self.port}{path}"
        return websocket.create_connection(address, timeout=60, header=header)


@pytest.fixture(scope="module")
def seat(lab: Path) -> Iterator[Seat]:
    one = Seat(lab)
    yield one
    process.stop(one.place)


def code(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        return fault.code


def test_only_the_token_opens_it(seat: Seat) -> None:
    assert code(SERVICE.address(seat.place, seat.port)) == 200
    assert len(seat.token) > 40
    for wrong in ("", "?token=", "?token=wrong", f"?token={seat.token[:-1]}"):
        assert code(f"{seat.url}/api/contents{wrong}") == 403


def test_a_cell_runs_with_this_python_and_the_seats_environment(seat: Seat) -> None:
    kernel = seat.ask("/api/kernels", {"name": "python3"}, "POST")["id"]
    names = ["MLLAB_BUCKET", "HOME", "CUDA_VISIBLE_DEVICES"]
    cell = f"import os, sys; print([sys.executable, *map(os.getenv, {names})])"
    notebook = Notebook(seat.socket(f"/api/kernels/{kernel}/channels"))
    notebook.ready()
    text = notebook.run(cell, "stream")["text"]
    assert text.strip() == str([sys.executable, "s3://b", str(seat.home), "1"])
    notebook.tab.close()


def test_what_a_kernel_says_is_encrypted(seat: Seat) -> None:
    kernel = seat.ask("/api/kernels", {"name": "python3"}, "POST")["id"]
    told = json.loads((seat.place.run / "runtime" / f"kernel-{kernel}.json").read_text())
    assert told["curve_publickey"]
    seat.ask(f"/api/kernels/{kernel}", None, "DELETE")


def test_a_save_leaves_a_trace_for_the_watchdog(seat: Seat) -> None:
    assert not (seat.place.run / SAVED).exists()
    model = {"type": "file", "format": "text", "content": "x"}
    seat.ask("/api/contents/notes.txt", model, "PUT")
    assert (seat.place.run / SAVED).exists()
    assert (seat.home / "notes.txt").read_text() == "x"


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc to look into")
def test_nobody_else_sees_the_token(seat: Seat) -> None:
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert any(f"--ServerApp.port={seat.port}".encode() in line for line in lines)
    assert not any(seat.token.encode() in line for line in lines)
    folders = [seat.place.lab, seat.home.parent, seat.place.lab / "run", seat.place.run]
    assert {folder.stat().st_mode & 0o777 for folder in [*folders, seat.home]} == {0o700}
    holding = [
        path
        for path in seat.place.lab.rglob("*")
        if path.is_file() and seat.token.encode() in path.read_bytes()
    ]
    assert {seat.place.run / "jupyter.env"} <= set(holding)
    assert {path.stat().st_mode & 0o777 for path in holding} == {0o600}
    assert {path.relative_to(seat.place.lab).parts[0] for path in holding} == {"run"}
    assert seat.token not in (seat.place.run / "log").read_text()


def test_it_listens_on_this_machine_alone(seat: Seat) -> None:
    listening = {
        link.laddr.ip
        for one in marked.tree(seat.place)
        for link in one.net_connections("inet")
        if link.status == psutil.CONN_LISTEN
    }
    assert listening == {LOOPBACK}


def test_new_settings_keep_the_token(seat: Seat) -> None:
    again = SERVICE.prepare(seat.place, seat.port, {**seat.settings, "gpus": ""})
    assert again.env["JUPYTER_TOKEN"] == seat.token
    assert again.env["CUDA_VISIBLE_DEVICES"] == ""
    assert not any(seat.token in word for word in again.argv)


def test_a_taken_port_ends_it_instead_of_moving_it(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "free_port", int)
    beside = Place(seat.place.lab, "beside")
    settings = {"home": str(seat.home.parent / "bob")}
    launch = SERVICE.prepare(beside, seat.port, settings)
    with pytest.raises(process.ProviderFailure, match="ended while it started") as failure:
        process.start(beside, launch, seat.port)
    assert f"port {seat.port} is already in use" in failure.value.message


def test_stop_takes_along_kernels_and_what_terminals_started(seat: Seat) -> None:
    seat.ask("/api/kernels", {"name": "python3"}, "POST")
    name = seat.ask("/api/terminals", {}, "POST")["name"]
    tab = seat.socket(f"/terminals/websocket/{name}")
    type_in(tab, "setsid nohup sleep 1000 & disown; echo st''arted")
    assert said(tab, "(started)")
    tab.close()
    until(lambda: "sleep" in {one.name() for one in marked.tree(seat.place, seat.now.pid)})
    parts = marked.tree(seat.place, seat.now.pid)
    assert len(parts) >= 4  # the server, a kernel, a shell, and what it left behind
    process.stop(seat.place, "enough")
    assert not [one for one in parts if marked.alive(one.pid)]
    assert ports.is_free(seat.port)
    assert process.state(seat.place) == "stopped"
