"""What outputs say of reaching, stopping and starting notebooks, and of a first job.

Printed commands are typed into a shell, against stand-ins for the vendors' programs.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.aws import machine as aws_machine
from components.azure import machine as azure_machine
from components.gcp import machine as gcp_machine
from components.seats import SSH_OPTIONS
from mllab.clouds.registry import CLOUDS
from mllab.lifecycle import local_port
from mllab.show.outputs import shell
from tests.components.azure.azure_account import GROUP_ID, variant
from tests.components.cloud_labs import ROOT
from tests.components.twins import declared

FILES = {"aws": aws_machine.FILES, "azure": azure_machine.FILES, "gcp": gcp_machine.FILES}

SSH = shlex.join(SSH_OPTIONS)
SESSION = "aws ssm start-session --region us-east-1 --target ID --document-name AWS-Start"
SAGEMAKER = "--region us-east-1 --notebook-instance-name NAME"
KEY = "-o HostKeyAlias=azure-azure-course-notebook-shared-number"
ARM = "--url 'https://management.azure.comID{}?api-version=2025-12-01'"
PLACE = "NAME --project my-course-2027 --zone us-central1-a"
LOCATION = PLACE.replace("--zone", "--location")

# Words, as a person would type them; ID and NAME are the machine's.
WORDS = {
    ("aws", "vm"): {
        "connect": f"{SESSION}PortForwardingSession --parameters "
        """'{"portNumber":["8888"],"localPortNumber":["{port}"]}'""",
        "token": f"{SESSION}InteractiveCommand --parameters "
        """'{"command":["mllab-token {port}"]}'""",
        "start": "aws ec2 start-instances --region us-east-1 --instance-ids ID",
        "stop": "aws ec2 stop-instances --region us-east-1 --instance-ids ID",
    },
    ("aws", "managed"): {
        "connect": f"aws sagemaker create-presigned-notebook-instance-url {SAGEMAKER}"
        " --query AuthorizedUrl --output text",
        "token": "",
        "start": f"aws sagemaker start-notebook-instance {SAGEMAKER}",
        "stop": f"aws sagemaker stop-notebook-instance {SAGEMAKER}",
    },
    ("azure", "vm"): {
        "connect": f"ssh {SSH} {KEY} -N -L {{port}}:localhost:8888 ubuntu@203.0.113.7",
        "token": f"ssh {SSH} {KEY} ubuntu@203.0.113.7 mllab-token {{port}}",
        "start": "az vm start --ids ID",
        "stop": "az vm deallocate --ids ID",  # one that is only off is billed
    },
    ("azure", "managed"): {
        "connect": f"az rest --method get {ARM.format('')} --output tsv --query 'properties."
        "properties.applications[?displayName==`Jupyter Lab`].endpointUri | [0]'",
        "token": "",
        "start": f"az rest --method post {ARM.format('/start')}",
        "stop": f"az rest --method post {ARM.format('/stop')}",
    },
    ("gcp", "vm"): {
        "connect": f"gcloud compute ssh {PLACE} --tunnel-through-iap -- {SSH}"
        " -N -L {port}:localhost:8888",
        "token": f"gcloud compute ssh {PLACE} --tunnel-through-iap"
        " --command 'mllab-token {port}'",
        "start": f"gcloud compute instances start {PLACE}",
        "stop": f"gcloud compute instances stop {PLACE}",
    },
    ("gcp", "managed"): {
        "connect": f"gcloud compute ssh {PLACE} --tunnel-through-iap -- {SSH}"
        " -N -L {port}:localhost:8080",
        "token": "",
        "start": f"gcloud workbench instances start {LOCATION}",
        "stop": f"gcloud workbench instances stop {LOCATION}",
    },
}
every_kind = pytest.mark.parametrize(("cloud", "kind"), WORDS)
Typed = Callable[[str], list[list[Any]]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a text into a shell; program, arguments and what it was fed, of each call."""
    log = tmp_path / "calls"
    for name in ("aws", "az", "gcloud", "ssh", "docker"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f"#!{sys.executable}\nimport json, pathlib, sys\n"
            "fed = {'/dev/stdin', '--password-stdin'} & {*sys.argv}\n"
            "said = sys.stdin.read() if fed else ''\n"
            f"with open({str(log)!r}, 'a') as file:\n"
            f"    print(json.dumps([{name!r}, *sys.argv[1:], said]), file=file)\n"
            "print('password', end='')\n"
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")

    def run(text: str) -> list[list[Any]]:
        done = subprocess.run(["sh", "-c", text], stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0
        return sorted(json.loads(line) for line in log.read_text().splitlines())

    return run


def seat(cloud: str, kind: str) -> dict[str, Any]:
    (found,) = declared(f"{cloud}-course", kind).outputs["notebook"]["seats"].values()
    assert isinstance(found, dict)
    return found


@every_kind
def test_commands_are_the_words_of_programs(cloud: str, kind: str) -> None:
    commands = seat(cloud, kind)
    assert commands.keys() == {"id", *WORDS[cloud, kind]}
    names = (word for word in commands["start"]["argv"] if word.startswith(f"{cloud}-course-"))
    name = next(names, "")
    for key, text in WORDS[cloud, kind].items():
        words = text.replace("ID", commands["id"]).replace("NAME", name)
        assert commands[key]["argv"] == shlex.split(words), key


@every_kind
def test_how_to_connect_is_said_in_fields(cloud: str, kind: str) -> None:
    connect = {**seat(cloud, kind)["connect"]}
    del connect["argv"]
    tunnel = kind == "vm" or cloud == "gcp"
    assert connect == {
        "kind": "tunnel" if tunnel else "url",
        "url": "http://localhost:{port}/lab" if (cloud, kind) == ("gcp", "managed") else "",
        "reason": "",
        "tool": "session-manager-plugin" if (cloud, kind) == ("aws", "vm") else "",
    }


def test_the_page_shows_what_a_seat_tells() -> None:
    page = (ROOT / "docs" / "outputs-json.md").read_text(encoding="utf-8")
    (shown,) = json.loads(page.split("```json")[1].split("```")[0])["notebook"]["seats"].values()
    ours = seat("azure", "vm")
    assert shown.keys() == ours.keys()
    assert all(shown[key].keys() == ours[key].keys() for key in WORDS["azure", "vm"])
    explained = page.split("```")[2]
    assert all(f"`connect.{key}`" in explained for key in ours["connect"] if key != "argv")


@every_kind
def test_printed_commands_arrive_as_they_are_meant(cloud: str, kind: str, typed: Typed) -> None:
    expected = []
    for command in seat(cloud, kind).values():
        if isinstance(command, dict) and command["argv"]:
            expected.append([*map(local_port.put, command["argv"]), ""])
            said = typed(shell(command))
    assert said == sorted(expected)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_machine_has_the_program_that_tells_the_address(cloud: str) -> None:
    assert [file for file in FILES[cloud] if file.target.endswith("bin/mllab-token")]


def test_ssh_neither_waits_for_ever_nor_stands_without_its_port() -> None:
    """Also what the program itself says of its options."""
    words = ["ssh", "-G", *SSH_OPTIONS, *shlex.split(KEY), "host"]
    done = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {"connecttimeout 20", "exitonforwardfailure yes", "serveraliveinterval 30"} <= {*done}
    # The alias is of the machine: a new one at the same address is new to ssh, no impostor.
    assert "hostkeyalias azure-azure-course-notebook-shared-number" in done


def test_without_an_address_there_is_no_way_and_the_token_comes_through_azure() -> None:
    role = variant(switches={"ssh_from": ()}).registered["mllab:azure:Notebook"]
    blocked = role["seats"]["shared"]
    id = f"{GROUP_ID}/azure-course-notebook-shared"
    assert blocked["connect"] == {
        "kind": "none",
        "argv": [],
        "url": "",
        "reason": "no address may come by SSH, so there is no way to JupyterLab: name yours in"
        f" mllab:azure.ssh_from. A shell: https://portal.azure.com/#resource{id}",
        "tool": "",
    }
    assert blocked["token"]["argv"] == shlex.split(
        "az vm run-command invoke --command-id RunShellScript --scripts mllab-token"
        f" --query 'value[0].message' --output tsv --ids {id}"
    )


SUBMIT = {
    "aws": "aws batch submit-job --region us-east-1 --job-name first-job"
    " --job-queue {queue} --job-definition {job_definition}",
    "azure": "az ml job create --file /dev/stdin"
    " --resource-group {resource_group} --workspace-name {workspace}",
    "gcp": "gcloud ai custom-jobs create --project {project} --region {region}"
    " --display-name first-job --labels {labelled} --config /dev/stdin",
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_first_job_is_submitted_to_our_cluster(cloud: str, typed: Typed) -> None:
    submit = declared(f"{cloud}-course").outputs["cluster"]["submit"]
    labelled = next((word for word in submit["argv"] if "=" in word), "")
    assert submit["argv"] == SUBMIT[cloud].format(labelled=labelled, **submit).split()
    assert typed(shell(submit)) == [[*submit["argv"], submit["stdin"]]]


def test_jobs_are_told_as_each_cloud_calls_their_parts() -> None:
    aws, azure, gcp = (
        declared(f"{cloud}-course").outputs["cluster"]["submit"]
        for cloud in ("aws", "azure", "gcp")
    )
    assert aws["stdin"] == ""
    job = json.loads(azure["stdin"])
    assert job["compute"] == f"azureml:{azure['compute']}"
    assert job["environment"] == {"image": azure["image"]}
    assert job["limits"] == {"timeout": azure["max_seconds"]}
    assert json.loads(gcp["stdin"])["scheduling"]["timeout"] == f"{gcp['max_seconds']}s"


@pytest.mark.parametrize(
    ("cloud", "asks", "user"),
    [
        ("aws", "aws ecr get-login-password --region us-east-1", "AWS"),
        ("gcp", "gcloud auth print-access-token", "oauth2accesstoken"),
    ],
)
def test_login_command_hands_the_password_to_docker_unseen(
    cloud: str, asks: str, user: str, typed: Typed
) -> None:
    registry = declared(f"{cloud}-course").outputs["registry"]
    host = registry["uri"].split("/")[0]
    assert typed(registry["login_command"]) == sorted(
        [
            [*asks.split(), ""],
            [*f"docker login --username {user} --password-stdin {host}".split(), "password"],
        ]
    )
