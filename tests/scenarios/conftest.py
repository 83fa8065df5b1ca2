"""The scenario suite: every file of `cases/` on every engine."""

from __future__ import annotations

import shutil

import pytest

from tests.scenarios.embedded_under_test import EmbeddedUnderTest
from tests.scenarios.pulumi_under_test import PulumiUnderTest
from tests.scenarios.run import EngineUnderTest


@pytest.fixture(scope="session")
def cli() -> None:
    """Skips where there is no Pulumi CLI."""
    if shutil.which("pulumi") is None:
        pytest.skip("no pulumi CLI on PATH")


@pytest.fixture(scope="session")
def pulumi(cli: None, tmp_path_factory: pytest.TempPathFactory) -> EngineUnderTest:
    """The engine of Pulumi's CLI, with one home for the whole session."""
    return PulumiUnderTest(tmp_path_factory.mktemp("pulumi"))


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> EngineUnderTest:
    """The embedded engine, which reckons with the time that its provider tells."""
    return EmbeddedUnderTest(tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="session")
def embedded_on_threads(tmp_path_factory: pytest.TempPathFactory) -> EngineUnderTest:
    """The embedded engine with a provider whose calls really take their time."""
    return EmbeddedUnderTest(tmp_path_factory.mktemp("threads"), blocking=True)
