"""Plain `pulumi` from the project's folder, with its own language host, on a simulated account."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from mllab.clock import Clock
from mllab.engines.pulumi import environment
from mllab.engines.pulumi.provider_server import ProviderServers
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.stackfiles import init
from tests.scenarios.lab_under_test import ROOT, STACK, Account

pytestmark = pytest.mark.engine

NEEDED = ("Pulumi.yaml", "__main__.py", "stacks", "components", "mllab")
STACK_FILE = f"stacks/Pulumi.{STACK}.yaml"


@dataclass
class Shell:
    """A terminal in a copy of the project, because Pulumi adds a line to the stack file."""

    project: Path
    environ: Mapping[str, str]
    cloud: SimulatedAws

    def pulumi(self, *words: str) -> str:
        """Run a command that must succeed; what it prints."""
        done = subprocess.run(
            ["pulumi", *words, "--stack", STACK, "--non-interactive"],
            cwd=self.project,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[str, bytes]:
        """All files of the project by path."""
        return {
            path.relative_to(self.project).as_posix(): path.read_bytes()
            for part in NEEDED
            if (self.project / part).exists()
            for path in [self.project / part, *(self.project / part).rglob("*")]
            if path.is_file() and "__pycache__" not in path.parts
        }


@pytest.fixture(params=["checkout", "own"])
def shell(cli: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shell]:
    """In a copy of the repository, and in a folder of `mllab init`, whose Python is on PATH."""
    project = tmp_path / "project"
    project.mkdir()
    if request.param == "own":
        init.write(project)
        shutil.copyfile(ROOT / STACK_FILE, project / STACK_FILE)
    for part in NEEDED if request.param == "checkout" else ():
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile
        copy(ROOT / part, project / part)
    text = (project / STACK_FILE).read_text()  # a lab of the present day, whenever that is
    for key, day in (("starts", date.today()), ("ends", date.today() + timedelta(days=30))):
        text, found = re.subn(rf'{key}: "[\d-]+"', f'{key}: "{day}"', text)
        assert found == 1
    # What only costs are reckoned with is no matter of Pulumi's.
    text += "  mllab:usage: {seat_hours: 6.5, reads: 200000, writes: null}\n"
    (project / STACK_FILE).write_text(text)
    if request.param == "checkout":
        (project / ".venv").symlink_to(sys.prefix)  # where Pulumi.yaml says that Python is
    cloud = Account.opened(tmp_path)
    with ProviderServers({"aws": cloud}, Clock()) as servers:
        environ = environment.isolated(tmp_path / "home", servers.debug_providers)
        if request.param == "own":
            environ["PATH"] = f"{sys.prefix}/bin:{environ['PATH']}"
        yield Shell(project, environ, cloud)


def test_a_lab_lives_and_goes(shell: Shell) -> None:
    before = shell.files()

    shell.pulumi("stack", "init")
    plan = json.loads(shell.pulumi("preview", "--json"))
    assert plan["changeSummary"].keys() == {"create"}
    assert shell.cloud.inventory() == []

    shell.pulumi("up", "--yes", "--skip-preview")
    outputs = json.loads(shell.pulumi("stack", "output", "--json"))
    assert outputs["storage"]["uri"].startswith("s3://")
    assert outputs["lab"]["stack"] == STACK
    shell.pulumi("preview", "--expect-no-changes")

    shell.pulumi("state", "unprotect", "--all", "--yes")
    shell.pulumi("destroy", "--yes", "--skip-preview")
    assert shell.cloud.inventory() == []

    after = shell.files()
    added = after.pop(STACK_FILE).removeprefix(before.pop(STACK_FILE)).decode()
    assert [line.partition(":")[0] for line in added.splitlines()] == ["encryptionsalt"]
    assert after == before
