"""An AWS account in this process, and the labs to be looked for in it."""

from __future__ import annotations

import functools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from mllab import program
from mllab.accounts.vendor_cli import Answer, VendorCli
from mllab.clock import SimulatedClock
from mllab.engines.contract import StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws
from tests.accounts.project import Project
from tests.accounts.subscription import Subscription
from tests.accounts.teaching import teach

ROOT = Path(__file__).parent.parent.parent
ENOUGH = {
    "L-DB2E81BA": 1000.0,
    "L-3819A6DF": 1000.0,
    "ml.g4dn.xlarge for notebook instance usage": 1000.0,
}
"""Quotas for GPU machines, of which a new account has none."""

MANAGED = "aws-managed"
"""No committed stack: the course with managed notebooks."""

Entry = dict[str, Any]


@pytest.fixture
def still_listed() -> list[dict[str, Any]]:
    """What the tagging service lists besides what exists, as it does for a while."""
    return []


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, still_listed: list[dict[str, Any]]) -> Iterator[None]:
    """An empty account 123456789012."""
    teach(monkeypatch, still_listed)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield


@functools.cache
def _recorded(stack: str) -> str:
    path = _path(stack)
    lab = files.load(path)
    if stack == MANAGED:
        managed = lab.notebook.model_copy(update={"kind": "managed"})
        lab = lab.model_copy(update={"notebook": managed})
    target = StackTarget(
        "mllab", stack, "aws", files.config(path), lambda: program.declare(lab), ROOT
    )
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as home:
        cloud = SimulatedAws(None, quotas=ENOUGH)
        engine = EmbeddedEngine(target, {"aws": cloud}, Path(home), clock)
        assert engine.up().ok
        return json.dumps(engine.state()["deployment"]["resources"])


def recorded(stack: str) -> list[Entry]:
    """The custom resources of a lab that is up, in order of creation, with all inputs known."""
    return [
        entry
        for entry in json.loads(_recorded(stack))
        if entry["custom"] and entry["type"].startswith("aws:")
    ]


def region(stack: str) -> str:
    return str(files.config(_path(stack))["aws:region"])


def _path(stack: str) -> Path:
    return files.find(ROOT, "aws-course" if stack == MANAGED else stack)


@pytest.fixture
def subscription(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subscription:
    """An empty subscription; there is no command but `az`."""
    for name in ("ARM_SUBSCRIPTION_ID", "ARM_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    return Subscription(_alone("az", tmp_path, monkeypatch))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project, all APIs enabled; there is no command but `gcloud`."""
    for name in [*os.environ]:
        if name.startswith(("GOOGLE_", "GCLOUD_", "CLOUDSDK_")):
            monkeypatch.delenv(name)
    return Project(_alone("gcloud", tmp_path, monkeypatch))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Any]], list[str]]:
    """Answers of `az` and `gcloud`, by how a question begins; returns what was asked."""

    def answering(answers: Mapping[str, Any]) -> list[str]:
        asked: list[str] = []

        def ask(cli: VendorCli, *words: str, environ: object = None) -> Answer:
            asked.append(" ".join([cli.name, *words]))
            for begin, answer in answers.items():
                if asked[-1].startswith(begin):
                    return Answer(0, json.dumps(answer), "")
            return Answer(1, "", "ERROR: no such question")

        monkeypatch.setattr(VendorCli, "ask", ask)
        return asked

    return answering


def _alone(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the stand-in for a command, the only one on the path."""
    tools = folder / "tools"
    tools.mkdir()
    text = (Path(__file__).parent / f"fake_{name}.py").read_text()
    (tools / name).write_text(f"#!{sys.executable} -SE\n{text}")
    (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    return tools
