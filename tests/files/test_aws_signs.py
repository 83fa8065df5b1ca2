"""What a machine on AWS tells the lab about itself, and is told: run against a stand-in of EC2's
metadata service, and what is written is put into a table in this process."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.files.metadata import Asked, Metadata

FILES = Path(__file__).parent.parent.parent / "components"
SIGN = '{"seen_at": 1830000000, "busy_at": 1829999000, "awake_until": 0, "why": "load 1.2"}'
TOKEN = "a-token"
TOOLS = ("bash", "curl", "dirname", "readlink", "printf")
# Notes its words, one per line, and says what the test wants.
AWS = (
    '#!/usr/bin/env bash\nprintf "%s\\n" "$@" >"$SAID"\nexit_code=0\n. "$DOES"\nexit "$exit_code"\n'
)


class Machine:
    """A folder with the scripts, the settings and the sign of a machine."""

    def __init__(self, folder: Path, *, managed: bool) -> None:
        self.root, self.lib, self.bin = folder, folder / "lib", folder / "bin"
        self.lib.mkdir()
        self.bin.mkdir()
        own = FILES / "aws/files" / ("managed" if managed else "")
        for name, source in {
            "lab-env.sh": FILES / "files/lab-env.sh",
            "imds.sh": FILES / "aws/files/imds.sh",
            "heartbeat": own / "heartbeat.sh",
            "limits": own / "limits.sh",
        }.items():
            shutil.copy(source, self.lib / name)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        (self.bin / "python3").symlink_to(sys.executable)
        (self.bin / "aws").write_text(AWS)
        (self.bin / "aws").chmod(0o755)
        self.does("")
        settings = folder / "etc/mllab/lab.env"
        settings.parent.mkdir(parents=True)
        settings.write_text("REGION=us-east-1\nSIGNS=signs\nROLE=AROAEXAMPLE\n")
        self.sign = folder / "run/mllab-watchdog/sign.json"
        self.sign.parent.mkdir(parents=True)
        self.sign.write_text(SIGN)
        about = folder / "opt/ml/metadata/resource-metadata.json"
        about.parent.mkdir(parents=True)
        about.write_text(json.dumps({"ResourceArn": "arn:aws:x", "ResourceName": "course-ana"}))

    def does(self, shell: str) -> None:
        (self.root / "does").write_text(shell)

    def run(
        self, script: str, imds: str = "http://127.0.0.1:9"
    ) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": str(self.bin),
            "MLLAB_ROOT": str(self.root),
            "MLLAB_IMDS": imds,
            "SAID": str(self.root / "said"),
            "DOES": str(self.root / "does"),
        }
        command = [self.lib / script]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    @property
    def said(self) -> list[str]:
        """The words of the AWS CLI."""
        return (self.root / "said").read_text().splitlines()


TAGS = {"idle-minutes": "90", "max-hours": "24"}


def answer(asked: Asked) -> tuple[int, str]:
    """As documented: a token by PUT, which everything else must carry."""
    if asked.path == "/latest/api/token":
        ttl = asked.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
        return (200, TOKEN) if asked.method == "PUT" and ttl.isdigit() else (400, "")
    if asked.headers.get("x-aws-ec2-metadata-token") != TOKEN:
        return 401, ""
    known = {f"/latest/meta-data/tags/instance/{key}": value for key, value in TAGS.items()}
    known["/latest/meta-data/instance-id"] = "i-0abc123"
    return (200, known[asked.path]) if asked.path in known else (404, "")


@pytest.fixture
def imds() -> Iterator[Metadata]:
    service = Metadata(answer)
    yield service
    service.close()


def put(words: list[str]) -> dict[str, str]:
    """What the AWS CLI would write, put into a table; key and sign come back from there."""
    assert words[:2] == ["dynamodb", "put-item"]
    options = dict(zip(words[2::2], words[3::2], strict=True))
    assert options["--region"] == "us-east-1"
    with mock_aws():
        client = boto3.client(
            "dynamodb", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        client.create_table(
            TableName="signs",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "machine", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "machine", "AttributeType": "S"}],
        )
        client.put_item(TableName=options["--table-name"], Item=json.loads(options["--item"]))
        (item,) = client.scan(TableName="signs")["Items"]
    return {name: value["S"] for name, value in item.items()}


def test_a_machine_signs_under_the_name_of_its_session(tmp_path: Path, imds: Metadata) -> None:
    machine = Machine(tmp_path, managed=False)
    done = machine.run("heartbeat", imds.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert put(machine.said) == {"machine": "AROAEXAMPLE:i-0abc123", "sign": SIGN}


def test_a_notebook_instance_signs_under_its_name(tmp_path: Path) -> None:
    machine = Machine(tmp_path, managed=True)
    done = machine.run("heartbeat")
    assert (done.returncode, done.stderr) == (0, "")
    assert put(machine.said) == {"machine": "course-ana", "sign": SIGN}


def test_a_sign_may_hold_any_text(tmp_path: Path) -> None:
    machine = Machine(tmp_path, managed=True)
    sign = json.dumps({"why": "it's $(touch x) \"; `id` \\ and more"})
    machine.sign.write_text(sign)
    machine.run("heartbeat")
    assert put(machine.said)["sign"] == sign


@pytest.mark.parametrize("managed", [True, False])
def test_a_sign_that_is_not_taken_is_a_failure(
    managed: bool, tmp_path: Path, imds: Metadata
) -> None:
    machine = Machine(tmp_path, managed=managed)
    machine.does("exit_code=254")
    assert machine.run("heartbeat", imds.url).returncode == 254


def test_limits_are_the_machines_tags(tmp_path: Path, imds: Metadata) -> None:
    done = Machine(tmp_path, managed=False).run("limits", imds.url)
    assert (done.returncode, done.stdout) == (0, "IDLE_MINUTES=90\nMAX_HOURS=24\n")


def test_limits_of_a_notebook_instance_are_its_tags(tmp_path: Path) -> None:
    machine = Machine(tmp_path, managed=True)
    pairs = [{"Key": key, "Value": value} for key, value in {**TAGS, "lab": "course"}.items()]
    machine.does(f"echo {shlex.quote(json.dumps({'Tags': pairs}))}\n")
    done = machine.run("limits")
    assert (done.returncode, done.stdout) == (0, "IDLE_MINUTES=90\nMAX_HOURS=24\n")
    assert machine.said[:6] == [
        *["sagemaker", "list-tags", "--region", "us-east-1", "--resource-arn", "arn:aws:x"]
    ]


@pytest.mark.parametrize("missing", ["idle-minutes", "max-hours"])
def test_limits_that_cannot_be_told_are_a_failure_and_no_text(missing: str, tmp_path: Path) -> None:
    """The watchdog then keeps those that it has."""
    found = {key: value for key, value in TAGS.items() if key != missing}
    machine = Machine(tmp_path, managed=True)
    pairs = [{"Key": key, "Value": value} for key, value in found.items()]
    machine.does(f"echo {shlex.quote(json.dumps({'Tags': pairs}))}\n")
    done = machine.run("limits")
    assert done.returncode != 0
    assert done.stdout == ""


def test_a_machine_whose_tags_are_closed_to_it_says_no_limits(tmp_path: Path) -> None:
    """As on one that was made before: `instanceMetadataTags` was off."""
    closed = Metadata(lambda asked: answer(asked) if "/tags/" not in asked.path else (404, ""))
    done = Machine(tmp_path, managed=False).run("limits", closed.url)
    closed.close()
    assert done.returncode != 0
    assert done.stdout == ""
