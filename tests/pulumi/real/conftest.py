"""A user's machine for each test, and one with a lab to be copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pulumi import stub_sts
from tests.pulumi.real.empty_account import EmptyAccount
from tests.pulumi.real.world import World

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
