"""The commands that a lab prints are run as printed, against stand-ins for `aws` and `docker`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.aws import machine
from tests.components.labs import committed, managed

STAND_IN = """\
#!{python}
import json, pathlib, sys
log = pathlib.Path({log!r})
said = "" if sys.stdin.isatty() else sys.stdin.read()
with log.open("a") as file:
    file.write(json.dumps([pathlib.Path(sys.argv[0]).name, sys.argv[1:], said]) + "\\n")
sys.stdout.write("password")
"""
MACHINE = "aws-course-notebook-shared-id"
SESSION = ["ssm", "start-session", "--region", "us-east-1", "--target", MACHINE]


@pytest.fixture
def typed(tmp_path: Path) -> Any:
    """Types a command into a shell; returns [program, arguments, what it was fed] of each call."""
    log = tmp_path / "calls"
    for name in ("aws", "docker"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(STAND_IN.format(python=sys.executable, log=str(log)))
        program.chmod(0o755)

    def run(command: str) -> list[list[Any]]:
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", command],
            env={"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return sorted(json.loads(line) for line in log.read_text().splitlines())

    return run


def seat() -> dict[str, str]:
    found = committed("aws-course").outputs["notebook"]["seats"]["shared"]
    assert isinstance(found, dict)
    return found


def options(arguments: list[str]) -> dict[str, str]:
    """`--name value` pairs."""
    assert len(arguments) % 2 == 0
    return dict(zip(arguments[::2], arguments[1::2], strict=True))


def test_connect_command_forwards_the_notebooks_port(typed: Any) -> None:
    ((program, arguments, _),) = typed(seat()["connect_command"])
    assert program == "aws"
    assert arguments[:6] == SESSION
    rest = options(arguments[6:])
    assert rest.keys() == {"--document-name", "--parameters"}
    assert rest["--document-name"] == "AWS-StartPortForwardingSession"
    assert json.loads(rest["--parameters"]) == {
        "portNumber": ["8888"],
        "localPortNumber": ["8888"],
    }


def test_token_command_asks_the_machine_for_the_address_to_open(typed: Any) -> None:
    ((program, arguments, _),) = typed(seat()["token_command"])
    assert program == "aws"
    assert arguments[:6] == SESSION
    rest = options(arguments[6:])
    assert rest["--document-name"] == "AWS-StartInteractiveCommand"
    assert json.loads(rest["--parameters"]) == {"command": ["mllab-token"]}
    installed = [each.target for each in machine.FILES]
    assert [path for path in installed if path.endswith("bin/mllab-token")]


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_stop_and_start_commands_name_the_machine(typed: Any, verb: str) -> None:
    ((program, arguments, _),) = typed(seat()[f"{verb}_command"])
    assert program == "aws"
    assert arguments[:2] == ["ec2", f"{verb}-instances"]
    assert options(arguments[2:]) == {"--region": "us-east-1", "--instance-ids": MACHINE}


@pytest.mark.parametrize(
    ("key", "operation"),
    [
        ("connect", "create-presigned-notebook-instance-url"),
        ("token", "create-presigned-notebook-instance-url"),
        ("stop", "stop-notebook-instance"),
        ("start", "start-notebook-instance"),
    ],
)
def test_commands_of_a_managed_notebook_name_it(typed: Any, key: str, operation: str) -> None:
    notebook = managed().one("sagemaker/notebookInstance:NotebookInstance")
    (seat,) = managed().registered["mllab:aws:ManagedNotebook"]["seats"].values()
    ((program, arguments, _),) = typed(seat[f"{key}_command"])
    assert program == "aws"
    assert arguments[:2] == ["sagemaker", operation]
    found = options(arguments[2:])
    assert found["--region"] == "us-east-1"
    assert found["--notebook-instance-name"] == notebook.inputs["name"]


def test_submit_command_submits_to_our_queue(typed: Any) -> None:
    submit = committed("aws-course").outputs["cluster"]["submit"]
    ((program, arguments, _),) = typed(submit["command"])
    assert program == "aws"
    assert arguments[:2] == ["batch", "submit-job"]
    assert options(arguments[2:]) == {
        "--region": "us-east-1",
        "--job-name": "first-job",
        "--job-queue": submit["queue"],
        "--job-definition": submit["job_definition"],
    }


def test_login_command_hands_the_password_to_docker_unseen(typed: Any) -> None:
    registry = committed("aws-course").outputs["registry"]
    aws, docker = typed(registry["login_command"])
    assert aws[:2] == ["aws", ["ecr", "get-login-password", "--region", "us-east-1"]]
    host = registry["uri"].split("/")[0]
    login = ["login", "--username", "AWS", "--password-stdin", host]
    assert docker == ["docker", login, "password"]
