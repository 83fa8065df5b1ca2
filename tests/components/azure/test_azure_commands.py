"""The commands that a lab prints are run as printed, against stand-ins for `az` and `ssh`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from components.azure import machine
from components.ssh import OPTIONS as SSH_OPTIONS
from tests.components.azure.azure_account import GROUP, GROUP_ID, declared, variant

STAND_IN = """\
#!{python}
import json, os, pathlib, sys
log = pathlib.Path({log!r})
named = [each for each in sys.argv if each == "/dev/stdin"]
said = pathlib.Path("/dev/stdin").read_text() if named else ""
with log.open("a") as file:
    file.write(json.dumps([pathlib.Path(sys.argv[0]).name, sys.argv[1:], said]) + "\\n")
"""
SSH = [*SSH_OPTIONS.split(), "-o", "HostKeyAlias=azure-azure-course-notebook-shared-number"]
MACHINE = f"{GROUP_ID}/azure-course-notebook-shared"
Typed = Callable[[str], tuple[str, list[list[Any]]]]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command into a shell; what it printed, and the calls it made: program, arguments and
    what it was fed."""
    log = tmp_path / "calls"
    log.touch()
    for name in ("az", "ssh"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(STAND_IN.format(python=sys.executable, log=str(log)))
        program.chmod(0o755)

    def run(command: str) -> tuple[str, list[list[Any]]]:
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", command],
            env={"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, [json.loads(line) for line in log.read_text().splitlines()]

    return run


def seat(**changes: Any) -> dict[str, str]:
    found = variant(**changes).registered
    role = found.get("mllab:azure:Notebook") or found["mllab:azure:ManagedNotebook"]
    commands = role["seats"]["shared"]
    assert isinstance(commands, dict)
    return commands


def call(typed: Typed, command: str) -> tuple[str, list[str]]:
    """The only program that a command starts, and its arguments."""
    _, ((program, arguments, _),) = typed(command)
    return program, arguments


def test_connect_command_forwards_the_notebooks_port(typed: Typed) -> None:
    program, arguments = call(typed, seat()["connect_command"])
    assert program == "ssh"
    assert arguments == [*SSH, "-N", "-L", "8888:localhost:8888", "ubuntu@203.0.113.7"]


def test_ssh_neither_waits_for_ever_nor_stands_without_its_port() -> None:
    """Also what the program itself says of its options."""
    done = subprocess.run(
        ["ssh", "-G", *SSH, "host"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {"connecttimeout 20", "exitonforwardfailure yes", "serveraliveinterval 30"} <= {*done}
    assert "hostkeyalias azure-azure-course-notebook-shared-number" in done


def test_trap_another_machine_at_the_same_address_has_another_host_key() -> None:
    """The alias is of the machine: a new one is new to ssh, not an impostor of the old one."""
    for command in ("connect_command", "token_command"):
        assert "HostKeyAlias=azure-azure-course-notebook-shared-number" in seat()[command]


def test_token_command_asks_the_machine_for_the_address_to_open(typed: Typed) -> None:
    assert call(typed, seat()["token_command"]) == (
        *("ssh", [*SSH, "ubuntu@203.0.113.7", "mllab-token"]),
    )
    assert [each.target for each in machine.FILES if each.target.endswith("bin/mllab-token")]


def test_stop_command_deallocates_since_a_machine_that_is_off_is_billed(typed: Typed) -> None:
    assert call(typed, seat()["stop_command"]) == ("az", ["vm", "deallocate", "--ids", MACHINE])


def test_start_command_names_the_machine(typed: Typed) -> None:
    assert call(typed, seat()["start_command"]) == ("az", ["vm", "start", "--ids", MACHINE])


def test_without_an_address_the_connect_command_fails_and_says_what_to_do() -> None:
    blocked = seat(switches={"ssh_from": ()})
    done = subprocess.run(
        ["sh", "-c", blocked["connect_command"]], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == blocked["unreachable"] + "\n"
    assert blocked["unreachable"] == (
        "no address may come by SSH, so there is no way to JupyterLab: name yours in"
        f" mllab:azure.ssh_from. A shell: https://portal.azure.com/#resource{MACHINE}"
    )
    assert "unreachable" not in seat()


def test_without_an_address_the_token_comes_through_azure(typed: Typed) -> None:
    program, arguments = call(typed, seat(switches={"ssh_from": ()})["token_command"])
    assert program == "az"
    assert arguments == [
        *("vm", "run-command", "invoke", "--command-id", "RunShellScript"),
        *("--scripts", "mllab-token", "--query", "value[0].message"),
        *("--output", "tsv", "--ids", MACHINE),
    ]


@pytest.mark.parametrize(
    ("command", "method", "verb", "query"),
    [
        ("connect_command", "get", "", "properties.properties.state"),
        (
            "token_command",
            "get",
            "",
            "properties.properties.applications[?displayName==`Jupyter Lab`].endpointUri | [0]",
        ),
        ("stop_command", "post", "/stop", ""),
        ("start_command", "post", "/start", ""),
    ],
)
def test_commands_of_a_compute_instance_name_it(
    typed: Typed, command: str, method: str, verb: str, query: str
) -> None:
    program, arguments = call(typed, seat(kind="managed")[command])
    assert (program, arguments[0]) == ("az", "rest")
    given = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    parts = urlsplit(given["--url"])
    assert f"{parts.scheme}://{parts.netloc}" == "https://management.azure.com"
    assert parts.path == f"{GROUP_ID}/azure-course-notebook-shared{verb}"
    assert parse_qs(parts.query) == {"api-version": ["2025-12-01"]}
    assert (given["--method"], given.get("--query", "")) == (method, query)


def test_submit_command_hands_the_job_to_our_workspace(typed: Typed) -> None:
    submit = declared().outputs["cluster"]["submit"]
    _, ((program, arguments, fed),) = typed(submit["command"])
    assert program == "az"
    assert arguments == [
        *("ml", "job", "create", "--file", "/dev/stdin", "--resource-group", GROUP),
        *("--workspace-name", submit["workspace"]),
    ]
    job = json.loads(fed)
    assert job["compute"] == f"azureml:{submit['compute']}"
    assert job["environment"] == {"image": submit["image"]}
    assert job["limits"] == {"timeout": submit["max_seconds"]}


def test_login_command_logs_in_to_our_registry(typed: Typed) -> None:
    registry = declared().outputs["registry"]
    name = registry["uri"].split(".")[0]
    assert call(typed, registry["login_command"]) == ("az", ["acr", "login", "--name", name])
