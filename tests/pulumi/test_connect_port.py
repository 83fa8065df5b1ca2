"""The port of this computer: a free one, the same in both commands, and told."""

from __future__ import annotations

import io
import json
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console

from components.seats import address, command, no_way, tunnel
from mllab.errors import LabError
from mllab.lifecycle import connect, local_port
from mllab.show.outputs import show_lab
from tests.pulumi.aws_cli import SEAT, Aws, typed


@contextmanager
def listening(*hosts: str) -> Iterator[None]:
    """Somebody has the usual port, on these addresses."""
    families = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
    servers = []
    try:
        for host in hosts:
            server = socket.socket(families[host], socket.SOCK_STREAM)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((host, local_port.USUAL))
            server.listen()
            servers.append(server)
        yield
    finally:
        for server in servers:
            server.close()


def run(**changes: Any) -> tuple[int, list[str]]:
    said: list[str] = []
    outputs = {"notebook": {"seats": {"main": {**SEAT, **changes}}}}
    return connect.run(outputs, "course", None, say=said.append), said


def test_the_usual_port_is_taken_where_it_is_free(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_port, "_is_free", lambda port: True)
    code, said = run()
    assert code == 0
    assert aws.asked == [shlex.split(typed("connect"))[1:]]
    assert said[-1].strip() == typed("token")
    assert not [line for line in said if "in use" in line]


def test_two_seats_at_once_get_a_port_each_and_it_is_told(aws: Aws) -> None:
    with listening("127.0.0.1"):
        code, said = run()
    assert code == 0
    (words,) = aws.asked
    told = json.loads(words[-1])
    assert told["port"] == ["8888"], "the machine's own stays"
    (port,) = told["local"]
    assert local_port.USUAL < int(port) < local_port.USUAL + 100
    assert said[1] == f"Port 8888 of this computer is in use, so it is port {port} here."
    assert shlex.split(said[-1])[-1] == f"mllab-token {port}"


def test_a_port_that_another_program_has_on_either_address_is_not_free() -> None:
    for host in ("127.0.0.1", "::1"):
        try:
            with listening(host):
                assert local_port.free() > local_port.USUAL
        except OSError:
            assert host == "::1", "this computer has no IPv6"


def test_a_command_that_forwards_nothing_needs_no_port(aws: Aws) -> None:
    with listening("127.0.0.1"):
        _, said = run(connect=address("aws", "address", "x"))
    assert aws.asked == [["address", "x"]]
    assert not [line for line in said if "in use" in line]


def test_an_address_that_is_known_is_told_with_the_port(aws: Aws) -> None:
    """Managed notebooks of Google Cloud have no token to ask for."""
    connect = tunnel("aws", "{port}:localhost:8080", url="http://localhost:{port}/lab")
    with listening("127.0.0.1"):
        _, said = run(connect=connect, token=command())
    ((word,),) = aws.asked
    port = word.removesuffix(":localhost:8080")
    assert port.isdigit()
    assert port != "8888"
    assert said[-1] == f"Then open  http://localhost:{port}/lab"


def shown(seat: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80)
    show_lab(console, {"notebook": {"seats": {"main": seat}}})
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_seat_without_a_way_is_shown_with_the_reason() -> None:
    reason = "no address may come by SSH"
    text = shown({**SEAT, "connect": no_way(reason)})
    assert f"main: no way to it\n  {reason}\n" in text
    assert "main: connect" not in text
    assert f"main: stop\n  {typed('stop')}\n" in text


def test_a_seat_is_shown_as_a_person_types_it() -> None:
    assert shown(SEAT) == (
        f"main: connect\n  {typed('connect')}\n"
        f"main: the address to open\n  {typed('token')}\n"
        f"main: start\n  {typed('start')}\nmain: stop\n  {typed('stop')}\n"
    )
    seat = {**SEAT, "connect": address("aws", "a b"), "token": command()}
    assert shown(seat).startswith("main: the address to open\n  aws 'a b'\nmain: start\n")
    seat["connect"] = tunnel("aws", url="http://localhost:{port}/lab")
    assert "main: the address to open\n  http://localhost:8888/lab\n" in shown(seat)


def test_where_nothing_leads_to_it_no_command_is_run_and_the_reason_is_the_error(aws: Aws) -> None:
    with pytest.raises(LabError) as caught:
        run(connect=no_way("no address may come by SSH"))
    assert caught.value.message == "course, seat main: no address may come by SSH"
    assert caught.value.exit_code == 1
    assert aws.asked == []
