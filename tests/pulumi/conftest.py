"""Fixtures of the tests around the Pulumi engine: a project, a home, and CLIs of all kinds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pulumi.aws_cli import Aws

CLI = shutil.which("pulumi")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine: needs the real Pulumi engine on PATH")


@pytest.fixture
def cli() -> str:
    """The real CLI."""
    if CLI is None:
        pytest.skip("no pulumi CLI on PATH")
    return CLI


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An `$MLLAB_HOME` that is not there yet, with a name that URLs do not like."""
    return tmp_path / "a lab's home #1 100%41?" / "mllab"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: mllab\nruntime: python\n")
    return folder


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user who has never logged in anywhere."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


Script = Callable[[Path, str], Path]


@pytest.fixture
def script() -> Script:
    """Write an executable shell script."""

    def write(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


def mode(path: Path) -> int:
    """Permissions of a file."""
    return path.stat().st_mode & 0o7777


def with_umask(mask: int, act: Callable[[], object]) -> None:
    """Do something under another umask."""
    before = os.umask(mask)
    try:
        act()
    finally:
        os.umask(before)


@pytest.fixture
def aws(tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch) -> Aws:
    folder = tmp_path / "tools"
    made = Aws(folder, script)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("NOTED", str(made.noted))
    return made
