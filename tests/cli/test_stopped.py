"""Ctrl-C and SIGTERM in the middle of a change, on both engines, by the real program."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

import pytest

from mllab.simulated.aws.cloud import SimulatedAws
from tests.cli.processes import Program
from tests.cli.scripted import make_project

STACK = "aws-tiny"
IMPORT_QUERIES: list[list[Signals]] = [[SIGINT], [SIGTERM], [SIGINT, SIGINT]]
CASES = [
    # A simulated cloud leaves nothing in work that a second signal could cut off.
    *(("embedded", way) for way in IMPORT_QUERIES[:2]),
    *(pytest.param("pulumi", way, marks=pytest.mark.engine) for way in IMPORT_QUERIES),
]


@pytest.fixture
def program(root: Path, tmp_path: Path, engine: str) -> Program:
    if engine == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("no pulumi CLI on PATH")
    text = (root / "stacks" / f"Pulumi.{STACK}.yaml").read_text()
    return Program(root, make_project(tmp_path / "project", {STACK: text}), tmp_path / "home")


def names(value: str | Sequence[Signals]) -> str:
    return value if isinstance(value, str) else " ".join(signal.name for signal in value)


@pytest.mark.parametrize(("engine", "way"), CASES, ids=names)
def test_a_change_that_is_stopped_goes_on_and_makes_nothing_twice(
    program: Program, engine: str, way: list[Signals]
) -> None:
    where = (STACK, "--simulate", "--engine", engine, "--yes")
    up = program.stopped("up", *where, "--today", "2027-01-11", at="created", by=way)
    assert up.code == 130, up.err
    assert up.clean, up.err
    assert "are recorded" in up.err or "is recorded" in up.err
    again = f"mllab up {STACK} --simulate" + (" --engine pulumi" if engine == "pulumi" else "")
    assert again in up.err
    assert again.replace(" up ", " down ") in up.err

    again_up = program.run("up", *where, "--today", "2027-01-11")
    assert again_up.code == 0, again_up.err
    account = SimulatedAws(program.home / "simulated" / "aws.db")
    made = account.inventory()
    urns = [found.urn for found in made if found.urn]
    assert urns
    assert len(urns) == len(set(urns)), "nothing was made twice"

    down = program.stopped("down", *where, at="deleted", by=way)
    assert down.code == 130, down.err
    assert down.clean, down.err
    left = account.inventory()
    assert 0 < len(left) < len(made)
    assert program.run("down", *where).code == 0
    assert account.inventory() == []
