"""A user's machine for each test, and one with a lab to be copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pulumi import stub_sts
from tests.pulumi.conftest import CLI
from tests.pulumi.real.empty_account import EmptyAccount
from tests.pulumi.real.world import STACK, World

REGION = "us-east-1"


@pytest.fixture(scope="session")
def login() -> Iterator[str]:
    """AWS's login service, and what else is asked of AWS without Pulumi."""
    with stub_sts.serving(REGION, EmptyAccount) as address:
        yield address


@pytest.fixture
def world(cli: str, root: Path, tmp_path: Path, login: str) -> World:
    """A machine on which nothing was ever done."""
    return World(root, tmp_path / "machine", cli, login)


@pytest.fixture(scope="session")
def created(root: Path, tmp_path_factory: pytest.TempPathFactory, login: str) -> World:
    """A machine with a lab, to be taken over."""
    if CLI is None:
        pytest.skip("no pulumi CLI on PATH")
    made = World(root, tmp_path_factory.mktemp("created") / "machine", CLI, login)
    ended = made.run("up", STACK, "--yes")
    assert ended.code == 0, ended.err
    return made


@pytest.fixture
def living(world: World, created: World) -> World:
    """A machine with a lab that exists."""
    world.take_over(created)
    return world
