"""`export`: the state for plain `pulumi stack import`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.scripted import BUCKET, Use, entry

LAB = [entry(BUCKET)]


def test_the_state_is_printed_alone(run: Run, use: Use) -> None:
    engine = use(entries=list(LAB))
    said = run("export", "lab", "--simulate")
    assert (said.code, json.loads(said.out)) == (0, engine.state())
    assert engine.calls[-1] == ("export", False), "never in clear unasked"
    assert run("export", "lab", "--simulate", "--show-secrets").code == 0
    assert engine.calls[-1] == ("export", True)


def test_a_file_is_new_and_its_owners_alone(run: Run, use: Use, tmp_path: Path) -> None:
    engine, file = use(entries=list(LAB)), tmp_path / "to" / "lab.json"
    said = run("export", "lab", "--simulate", "--file", str(file))
    assert said.code == 0
    assert f"pulumi stack import -s lab --file {file}" in said.out
    assert json.loads(file.read_text()) == engine.state()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("mine")
    said = run("export", "lab", "--simulate", "--file", str(file))
    assert said.code == 2
    assert "is left alone" in said.err
    assert file.read_text() == "mine"


@pytest.mark.parametrize("words", [(), ("--show-secrets",)])
def test_a_lab_that_does_not_exist_has_no_state(run: Run, use: Use, words: tuple[str, ...]) -> None:
    use()
    said = run("export", "lab", "--simulate", *words)
    assert (said.code, said.out) == (2, "")
    assert "mllab up lab --simulate" in said.err
