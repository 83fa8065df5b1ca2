"""What engines must do, told once and held against both."""

from __future__ import annotations

import gc

import pytest

from tests.scenarios.model import CASES, load, names
from tests.scenarios.run import EngineUnderTest, play
from tests.scenarios.table import TABLE, text

SCENARIOS = {name: load(CASES / f"{name}.yaml") for name in names()}


def _of(engine: str) -> list[str]:
    return [name for name, scenario in SCENARIOS.items() if engine in scenario.engines]


@pytest.mark.parametrize("name", _of("embedded"))
def test_embedded(name: str, embedded: EngineUnderTest) -> None:
    play(SCENARIOS[name], name, embedded)


# The thousand are about size, which threads do not change.
@pytest.mark.parametrize("name", [name for name in _of("embedded") if name != "thousand"])
def test_embedded_on_threads(name: str, embedded_on_threads: EngineUnderTest) -> None:
    play(SCENARIOS[name], name, embedded_on_threads)


@pytest.mark.filterwarnings(
    # The SDK's language server leaves its event loop open when a run ends badly.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.engine
@pytest.mark.parametrize("name", _of("pulumi"))
def test_pulumi(name: str, pulumi: EngineUnderTest) -> None:
    play(SCENARIOS[name], name, pulumi)
    gc.collect()


def test_table_of_differences_is_fresh() -> None:
    told = TABLE.read_text(encoding="utf-8")
    assert told == text(), "run: python -m tests.scenarios.table"
