"""The port of this computer: a free one, the same in both commands, and told."""

from __future__ import annotations

import io
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mllab.clock import SimulatedClock
from mllab.errors import LabError
from mllab.lifecycle import connect, local_port
from mllab.session import opening
from mllab.settings import files
from mllab.show.outputs import show_lab
from tests.pulumi.aws_cli import SEAT, Aws

FORWARD = (
    "aws ssm start-session --target i-1 --document-name AWS-StartPortForwardingSession"
    ' --parameters \'{"portNumber":["8888"],"localPortNumber":["8888"]}\''
)
TOKEN = 'aws ssm start-session --parameters \'{"command":["mllab-token"]}\''
TUNNEL = {**SEAT, "connect_command": FORWARD, "token_command": TOKEN}


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


def run(**commands: str) -> tuple[int, list[str]]:
    said: list[str] = []
    outputs = {"notebook": {"seats": {"main": {**TUNNEL, **commands}}}}
    how: dict[str, Any] = {"simulated": False, "say": said.append}
    return connect.run(outputs, "course", None, **how), said


def test_the_usual_port_is_taken_where_it_is_free(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_port, "_is_free", lambda port: True)
    code, said = run()
    assert code == 0
    assert aws.asked == [shlex.split(FORWARD)[1:]]
    assert said[-1].strip() == TOKEN
    assert not [line for line in said if "in use" in line]


def test_two_seats_at_once_get_a_port_each_and_it_is_told(aws: Aws) -> None:
    with listening("127.0.0.1"):
        code, said = run()
    assert code == 0
    (words,) = aws.asked
    told = words[-1]
    assert '"portNumber":["8888"]' in told, "the machine's own stays"
    port = int(told.partition('"localPortNumber":["')[2].partition('"')[0])
    assert local_port.USUAL < port < local_port.USUAL + 100
    assert said[1] == f"Port 8888 of this computer is in use, so it is port {port} here."
    assert shlex.split(said[-1])[-1] == f'{{"command":["mllab-token {port}"]}}'


def test_a_port_that_another_program_has_on_either_address_is_not_free() -> None:
    for host in ("127.0.0.1", "::1"):
        try:
            with listening(host):
                assert local_port.free() > local_port.USUAL
        except OSError:
            assert host == "::1", "this computer has no IPv6"


def test_a_command_that_forwards_nothing_needs_no_port(aws: Aws) -> None:
    with listening("127.0.0.1"):
        _, said = run(connect_command="aws address x", token_command="aws address x")
    assert aws.asked == [["address", "x"]]
    assert not [line for line in said if "in use" in line]


@pytest.mark.parametrize("stack", ["aws-tiny", "azure-tiny", "gcp-tiny"])
def test_the_commands_of_every_cloud_take_another_port(
    stack: str, root: Path, tmp_path: Path
) -> None:
    path = files.find(root, stack)
    lab, config = files.load(path), files.config(path)
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    session = opening.on_simulated_cloud(root, stack, lab, config, clock, tmp_path)
    session.realm.grant(session.realm.off)
    assert session.engine.up().ok
    (seat,) = session.engine.outputs()["notebook"]["seats"].values()
    forward = shlex.split(seat["connect_command"])
    assert local_port.needed(forward)
    moved = local_port.put(forward, 8891)
    assert len(moved) == len(forward)
    assert [(a, b) for a, b in zip(forward, moved, strict=True) if a != b] in (
        [("8888:localhost:8888", "8891:localhost:8888")],
        [
            (
                '{"portNumber":["8888"],"localPortNumber":["8888"]}',
                '{"portNumber":["8888"],"localPortNumber":["8891"]}',
            )
        ],
    )
    token = shlex.split(seat["token_command"])
    assert " ".join(token).replace("mllab-token", "mllab-token 8891") == " ".join(
        local_port.put(token, 8891)
    )


def test_an_address_that_is_only_printed_gets_the_port_as_well() -> None:
    """Managed notebooks of Google Cloud have no token to ask for."""
    words = ["echo", "http://localhost:8888/lab"]
    assert local_port.put(words, 8891) == ["echo", "http://localhost:8891/lab"]


def test_a_seat_without_a_way_is_shown_with_the_reason() -> None:
    reason = "no address may come by SSH"
    shown = {**TUNNEL, "unreachable": reason, "connect_command": f"sh -c x '{reason}'"}
    console = Console(file=io.StringIO(), width=80)
    show_lab(console, {"notebook": {"seats": {"main": shown}}})
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"main: no way to it\n  {reason}\n" in text
    assert "sh -c" not in text
    assert TUNNEL["stop_command"] in text


def test_where_nothing_leads_to_it_no_command_is_run_and_the_reason_is_the_error(aws: Aws) -> None:
    with pytest.raises(LabError) as caught:
        run(unreachable="no address may come by SSH")
    assert caught.value.message == "course, seat main: no address may come by SSH"
    assert caught.value.exit_code == 1
    assert aws.asked == []
