"""Every setting changed on a lab that lives, with what is recorded of it: three clouds, both kinds.

A sample in the gate. `MATRIX=all` takes every change, `MATRIX=30` so many, and both of them also
Pulumi's engine where it is on PATH. The clouds are simulated: a real one may refuse more.
"""

from __future__ import annotations

import hashlib
import os

import pytest

from mllab.clouds.registry import CLOUDS
from mllab.settings import reference
from tests.matrix.changes import VALUES, Case, cases
from tests.matrix.record import FILES, Labs, expected
from tests.matrix.trial import FAULT, tried
from tests.scenarios.living_lab import ENGINES

WANTED = os.environ.get("MATRIX", "")
USUAL = 30


def _sample() -> list[Case]:
    """Always the same ones, spread by their names; those of one lab one after another."""
    every = [case for file in FILES for case in cases(*file)]
    if WANTED == "all":
        return every
    drawn = sorted(every, key=lambda case: hashlib.sha256(_id(case).encode()).digest())
    taken = {_id(case) for case in drawn[: int(WANTED or USUAL)]}
    return [case for case in every if _id(case) in taken]


def _id(case: Case) -> str:
    return f"{case.cloud} {case.kind} {case.name}"


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Labs:
    """Labs that are up, to be copied."""
    return Labs(tmp_path_factory.mktemp("matrix"))


def test_every_setting_is_changed() -> None:
    """A new setting has no row in `changes.py` yet."""
    settings = [one for one in reference.settings() if set(one.clouds) & set(CLOUDS)]
    assert {setting.key for setting in settings} == set(VALUES)
    for setting in settings:
        tried_on = {cloud for to in VALUES[setting.key] for cloud in to.clouds}
        assert tried_on >= set(setting.clouds) & set(CLOUDS), setting.key


@pytest.mark.parametrize(("cloud", "kind"), FILES)
def test_what_is_expected_of_each_change_is_recorded_and_right(cloud: str, kind: str) -> None:
    """`python -m tests.matrix.record` writes it; it is read before it is kept."""
    rows = expected(cloud, kind)
    assert list(rows) == [case.name for case in cases(cloud, kind)]
    assert [line for lines in rows.values() for line in lines if line.startswith(FAULT)] == []


@pytest.mark.parametrize("engine", ENGINES if WANTED else ENGINES[:1])
@pytest.mark.parametrize("case", _sample(), ids=_id)
def test_a_change_does_what_is_recorded(
    request: pytest.FixtureRequest, labs: Labs, case: Case, engine: str
) -> None:
    if engine == "pulumi":
        request.getfixturevalue("cli")
    assert tried(labs.lab(case, engine), case) == expected(case.cloud, case.kind)[case.name]
