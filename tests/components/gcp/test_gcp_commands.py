"""Commands that a lab prints are run as printed, against stand-ins for `gcloud` and `docker`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.gcp import machine
from components.ssh import OPTIONS as SSH_OPTIONS
from tests.components.gcp.gcp_account import declared, managed

STAND_IN = """\
#!{python}
import json, pathlib, sys
log = pathlib.Path({log!r})
said = "" if sys.stdin.isatty() else sys.stdin.read()
with log.open("a") as file:
    file.write(json.dumps([pathlib.Path(sys.argv[0]).name, sys.argv[1:], said]) + "\\n")
sys.stdout.write("password")
"""
PLACE = ["--project", "my-course-2027", "--zone", "us-central1-a"]


@pytest.fixture
def typed(tmp_path: Path) -> Any:
    """Types a command into a shell; returns [program, arguments, what it was fed] of each call."""
    log = tmp_path / "calls"
    for name in ("gcloud", "docker"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(STAND_IN.format(python=sys.executable, log=str(log)))
        program.chmod(0o755)

    def run(command: str) -> list[list[Any]]:
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
        return sorted(json.loads(line) for line in log.read_text().splitlines())

    return run


def seat(kind: str = "vm") -> dict[str, str]:
    outputs = (
        declared().outputs["notebook"]
        if kind == "vm"
        else managed().registered["mllab:gcp:ManagedNotebook"]
    )
    found = outputs["seats"]["shared"]
    assert isinstance(found, dict)
    return found


def name_of(kind: str = "vm") -> str:
    return seat(kind)["stop_command"].split()[4]


@pytest.mark.parametrize(("kind", "port"), [("vm", 8888), ("managed", 8080)])
def test_connect_command_forwards_the_notebooks_port_through_iap(
    typed: Any, kind: str, port: int
) -> None:
    ((program, arguments, _),) = typed(seat(kind)["connect_command"])
    assert program == "gcloud"
    assert arguments == [
        *["compute", "ssh", name_of(kind), *PLACE, "--tunnel-through-iap"],
        *["--", *SSH_OPTIONS.split(), "-N", "-L", f"8888:localhost:{port}"],
    ]


def test_token_command_asks_the_machine_for_the_address_to_open(typed: Any) -> None:
    ((program, arguments, _),) = typed(seat()["token_command"])
    assert program == "gcloud"
    assert arguments == [
        *["compute", "ssh", name_of(), *PLACE, "--tunnel-through-iap"],
        *["--command", "mllab-token"],
    ]
    installed = [each.target for each in machine.FILES]
    assert [path for path in installed if path.endswith("bin/mllab-token")]


def test_a_managed_notebook_asks_for_no_token() -> None:
    done = subprocess.run(
        seat("managed")["token_command"].split(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "http://localhost:8888/lab\n"


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_stop_and_start_commands_name_the_machine(typed: Any, verb: str) -> None:
    ((_, arguments, _),) = typed(seat()[f"{verb}_command"])
    assert arguments == ["compute", "instances", verb, name_of(), *PLACE]


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_managed_notebook_is_stopped_by_what_manages_it(typed: Any, verb: str) -> None:
    ((_, arguments, _),) = typed(seat("managed")[f"{verb}_command"])
    place = ["--project", "my-course-2027", "--location", "us-central1-a"]
    assert arguments == ["workbench", "instances", verb, name_of("managed"), *place]


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_commands_run_without_a_shell_as_well(kind: str) -> None:
    """`mllab connect` runs them so."""
    for key, command in seat(kind).items():
        if key != "id":
            assert shlex.join(shlex.split(command)) == command


def test_submit_command_hands_the_job_to_gcloud(typed: Any) -> None:
    submit = declared().outputs["cluster"]["submit"]
    ((program, arguments, fed),) = typed(submit["command"])
    assert program == "gcloud"
    assert arguments[:3] == ["ai", "custom-jobs", "create"]
    options = dict(zip(arguments[3::2], arguments[4::2], strict=True))
    assert options.pop("--labels")
    assert options == {
        "--project": "my-course-2027",
        "--region": "us-central1",
        "--display-name": "first-job",
        "--config": "/dev/stdin",
    }
    assert json.loads(fed)["scheduling"]["timeout"] == "14400s"


def test_login_command_hands_the_password_to_docker_unseen(typed: Any) -> None:
    registry = declared().outputs["registry"]
    docker, gcloud = typed(registry["login_command"])
    assert gcloud[:2] == ["gcloud", ["auth", "print-access-token"]]
    host = registry["uri"].split("/")[0]
    login = ["login", "--username", "oauth2accesstoken", "--password-stdin", host]
    assert docker == ["docker", login, "password"]
