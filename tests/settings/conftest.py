"""A project folder of its own for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Put = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: mllab # ours\n")
    return tmp_path


@pytest.fixture
def put(project: Path) -> Put:
    """Writes the file of a stack, `x` unless told otherwise."""

    def write(raw: bytes, stack: str = "x") -> Path:
        path = project / "stacks" / f"Pulumi.{stack}.yaml"
        path.write_bytes(raw)
        return path

    return write
