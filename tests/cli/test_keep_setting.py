"""`storage.keep` of a lab that lives: the setting alone is a change, which `up` takes up."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.contract import Op
from mllab.protocol.provider import Change
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import BUCKET, FILES, Use, make_project, step, words

LAB = ("lab", "--simulate")
KEPT = ("lab-notebook-shared-home", "lab-storage-account")


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = (root / "stacks" / "Pulumi.azure-tiny.yaml").read_text()
    folder = make_project(tmp_path / "project", {"lab": text.replace("keep: false", "keep: true")})
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLLAB_HOME", str(tmp_path / "home"))
    return folder


def switch(project: Path, before: str, after: str) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace(f"keep: {before}", f"keep: {after}"))


def test_a_lab_whose_data_may_go_lets_it_go_after_one_up(run: Run, project: Path) -> None:
    """On Azure nothing but Pulumi's own protection keeps data: no resource changes with it."""
    made = run("up", *LAB, "--yes", *DAY)
    assert made.code == 0, made.err
    assert "--delete-data lab-notebook-shared-home" in run("down", *LAB, "--yes", *DAY).err
    switch(project, "true", "false")
    planned = run("preview", *LAB, *DAY)
    for name in KEPT:
        assert f"recorded: {name}: no longer kept when the lab goes" in words(planned.out)
    assert "Plan: 2 to record," in planned.out
    done = run("up", *LAB, "--yes", *DAY)
    assert done.code == 0, done.err
    again = run("preview", *LAB, *DAY)
    assert "nothing to do" in again.out
    assert "recorded:" not in again.out
    switch(project, "false", "true")
    planned = run("preview", *LAB, *DAY)
    for name in KEPT:
        assert f"recorded: {name}: kept, until it is named" in words(planned.out)
    switch(project, "true", "false")
    assert run("down", *LAB, "--yes", *DAY).code == 0


def test_a_replacement_for_what_is_not_known_yet_is_called_so(run: Run, use: Use) -> None:
    unknown = Change("principalId", "update", "a", {"$unknown": True}, replaces=True)
    sure = Change("zone", "update", "a", "b", replaces=True)
    use(
        steps=(
            step(Op.REPLACE, BUCKET, changes=(unknown,)),
            step(Op.REPLACE, FILES, changes=(unknown, sure)),
        )
    )
    said = words(run("preview", "lab", "--simulate", *DAY).out)
    assert said.count("(replaced only if it has changed)") == 1
    assert said.count("(cannot be changed in place)") == 2
    assert "2 to replace (1 only if what is not known yet has changed)" in said
