"""A port is free, or it is said who has it; what answers there is the server itself."""

from __future__ import annotations

import http.server
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mllab.local import marked, ports, process
from mllab.local.service import LOOPBACK, Launch, Place
from mllab.protocol.provider import ProviderFailure


class Says200(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def foreign() -> Iterator[int]:
    """The port of a server that is not the lab's and answers everything."""
    with http.server.ThreadingHTTPServer((LOOPBACK, 0), Says200) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_each_new_port_is_another_one_outside_of_what_connections_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports.random, "sample", lambda all_of_them, _: [*all_of_them])
    found = [ports.free_port() for _ in range(10)]
    assert len(set(found)) == 10
    assert set(found) <= set(ports.RANGE)
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if limits.exists():
        assert max(found) < int(limits.read_text().split()[0])


def test_a_taken_port_is_refused_with_its_holder(foreign: int) -> None:
    with pytest.raises(ProviderFailure) as failure:
        ports.free_port(foreign)
    own = psutil.Process()
    assert failure.value.message == f"port {foreign} is in use by {own.name()} (process {own.pid})"


def test_one_that_listens_on_every_address_takes_the_port_too() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_what_is_left_of_a_connection_keeps_no_port() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection((LOOPBACK, port))
        accepted, _ = server.accept()
        accepted.close()  # who closes first keeps the address for a minute
        assert client.recv(1) == b""
        client.close()
    assert ports.free_port(port) == port


def test_a_port_that_is_taken_is_not_tried(lab: Path, foreign: int) -> None:
    place = Place(lab, "early")
    with pytest.raises(ProviderFailure, match=f"port {foreign} is in use by "):
        process.start(place, Launch(("sleep", "1000"), lab), foreign)
    assert not marked.tree(place)


def test_somebody_else_who_answers_is_not_taken_for_the_server(
    lab: Path, foreign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He took the port between the last look and the start."""
    monkeypatch.setattr(process, "free_port", int)
    place = Place(lab, "late")
    launch = Launch(("sleep", "1000"), lab, ready="/")
    with pytest.raises(ProviderFailure, match=f"did not answer at http://127.0.0.1:{foreign}/"):
        process.start(place, launch, foreign, seconds=0.3)
    assert not marked.tree(place)


def test_only_200_is_ready(lab: Path) -> None:
    place, port = Place(lab, "answers"), ports.free_port()
    words = f"""
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if self.path == "/hub/api" else 200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()"""
    with pytest.raises(ProviderFailure, match="did not answer"):
        process.start(place, _python(words, lab, "/hub/api"), port, seconds=1)
    assert process.start(place, _python(words, lab, "/other"), port).port == port
    assert process.start(place, _python(words, lab, ""), port).port == port
    process.stop(place)
    assert ports.is_free(port)


def _python(words: str, folder: Path, ready: str) -> Launch:
    return Launch((sys.executable, "-c", words), folder, ready=ready)
