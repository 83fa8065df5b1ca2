"""Stack files that load, and stack files that do not, each with exactly its messages.

A case is a file in `cases/`. The first comment lines of `*.bad.yaml` are its faults, as
`line: text`; those of `*.ok.yaml` may say what comes out, as `key: value`. All are read on the
first of December 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

import pytest

from mllab.errors import SettingsError
from mllab.settings import files
from mllab.settings.reference import settings, written

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
KEYS = {setting.key for setting in settings()} | {"name", "region"}


def cases(ending: str) -> list[object]:
    found = sorted(CASES.glob(f"*.{ending}.yaml"))
    return [pytest.param(path, id=path.name.removesuffix(f".{ending}.yaml")) for path in found]


def first_comments(path: Path) -> list[str]:
    lines = path.read_bytes().decode("utf-8-sig").splitlines()
    return [line[2:] for line in takewhile(lambda line: line.startswith("# "), lines)]


@pytest.mark.parametrize("case", cases("bad"))
def test_wrong_file_yields_exactly_its_messages(case, put):
    expected = [f"stacks/Pulumi.x.yaml:{line}" for line in first_comments(case)]
    with pytest.raises(SettingsError) as caught:
        files.load(put(case.read_bytes()), now=NOW)
    assert list(caught.value.faults) == expected
    assert "stacks/Pulumi.x.yaml" in caught.value.hint


@pytest.mark.parametrize("case", cases("ok"))
def test_right_file_loads_and_pulumi_sees_the_same(case, put):
    path = put(case.read_bytes())
    lab = files.load(path, now=NOW)
    for line in first_comments(case):
        key, _, value = line.partition(": ")
        if key in KEYS:
            found = lab
            for step in key.split("."):
                found = getattr(found, step)
            assert (key, written(found)) == (key, value)
    assert files.from_config("x", files.config(path)) == lab


def test_there_are_cases_of_both_kinds():
    assert len(cases("bad")) > 50
    assert len(cases("ok")) > 5
    assert {path.name.split(".")[-2] for path in CASES.iterdir()} == {"bad", "ok"}


def test_every_limit_is_tried_from_both_sides():
    """Whatever says `15 to 1440` in the tables has a case below and a case above."""
    text = "".join(path.read_bytes().decode("utf-8-sig") for path in CASES.iterdir())
    for setting in settings():
        low, mark, high = setting.limits.partition(" to ")
        if mark and setting.kind == "number":
            assert f"{setting.key}: must be at least {low}" in text
            assert f"{setting.key}: must be at most {high}" in text
