"""A lab's folder, and the end of all that runs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.config import Config
from typer.testing import CliRunner

import cli
from mllab.local import marked, process
from tests.local.store import DATA, ONE, Store
from tests.local.tiny import STACK, Run


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lab")
    yield folder
    left = marked.processes(folder)
    for one in left:
        one.kill()
    psutil.wait_procs(left, timeout=10)


@pytest.fixture(scope="module")
def store(lab: Path) -> Iterator[Store]:
    one = Store(lab)
    yield one
    process.stop(one.place)


@pytest.fixture
def s3(store: Store) -> Any:
    if not process.running(store.place):
        store.start()
    client = store.client(config=Config(retries={"total_max_attempts": 1}))
    client.put_object(**ONE, Body=DATA)
    return client


@pytest.fixture
def tiny(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a lab in a project of its own; whatever runs of it is ended afterwards."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: mllab\nruntime: python\nstackConfigDir: stacks\n")
    name = f"Pulumi.{STACK}.yaml"
    text = (root / "stacks" / name).read_text().replace("keep: false", "keep: true")
    (tmp_path / "stacks" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLLAB_HOME", raising=False)
    folder = tmp_path / ".mllab" / "local" / "labs" / STACK
    yield folder
    for one in marked.processes(folder):
        one.kill()


@pytest.fixture
def words() -> Run:
    """Run the command line in this process."""

    def invoke(*given: str, code: int = 0) -> Any:
        done = CliRunner().invoke(cli.app, list(given))
        assert done.exit_code == code, done.output
        return done

    return invoke


@pytest.fixture
def run(words: Run) -> Run:
    return words
