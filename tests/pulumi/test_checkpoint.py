"""State files that a killed run has left half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.pulumi.checkpoint import mend

WHOLE = '{"version": 3, "checkpoint": {}}'


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / ".pulumi" / "stacks" / "mllab"
    folder.mkdir(parents=True)
    return folder / "course.json"


@pytest.mark.parametrize("left", ["", WHOLE[:20]])
def test_the_state_before_comes_back(tmp_path: Path, state: Path, left: str) -> None:
    state.write_text(left)
    state.with_name("course.json.bak").write_text(WHOLE)
    assert str(state) in mend(tmp_path, "mllab", "course")
    assert state.read_text() == WHOLE
    assert state.with_name("course.json.damaged").read_text() == left
    assert state.with_name("course.json.bak").read_text() == WHOLE


def test_a_whole_state_is_left_alone(tmp_path: Path, state: Path) -> None:
    state.write_text(WHOLE)
    state.with_name("course.json.bak").write_text("{}")
    assert mend(tmp_path, "mllab", "course") == ""
    assert state.read_text() == WHOLE


def test_while_somebody_is_at_work_only_attributes_are_touched(tmp_path: Path, state: Path) -> None:
    state.write_text("")
    state.with_name("course.json.bak").write_text(WHOLE)
    draft = state.with_name("course.json.18ecc4a47f0daa73.tmp")
    draft.write_text("{")
    state.with_name("course.json.attrs").write_text("")
    assert "attrs" in mend(tmp_path, "mllab", "course", held=True)
    assert (state.read_text(), draft.read_text()) == ("", "{")
    assert not state.with_name("course.json.attrs").exists()


def test_drafts_of_this_stack_go(tmp_path: Path, state: Path) -> None:
    state.write_text(WHOLE)
    ours = [state.with_name(f"course.json{of}.18ecc4a47f0daa73.tmp") for of in ("", ".bak")]
    others = state.with_name("course-2.json.18ecc4a47f0daa73.tmp")
    for draft in (*ours, others):
        draft.write_text("{")
    assert mend(tmp_path, "mllab", "course") == ""
    assert sorted(path.name for path in state.parent.iterdir()) == [others.name, "course.json"]


@pytest.mark.parametrize(
    "torn",
    ["meta.yaml", "stacks/mllab/course.json.gz", "history/mllab/course/course-1.history.json"],
)
def test_torn_attributes_of_what_else_pulumi_reads_go(
    tmp_path: Path, state: Path, torn: str
) -> None:
    attributes = tmp_path / ".pulumi" / f"{torn}.attrs"
    attributes.parent.mkdir(parents=True, exist_ok=True)
    attributes.write_text("")
    assert str(attributes) in mend(tmp_path, "mllab", "course")
    assert not attributes.exists()


@pytest.mark.parametrize("of", ["course.json", "course.json.bak"])
def test_torn_attributes_are_removed(tmp_path: Path, state: Path, of: str) -> None:
    for name in ("course.json", "course.json.bak"):
        state.with_name(name).write_text(WHOLE)
        state.with_name(f"{name}.attrs").write_text("" if name == of else "{}")
    assert f"{of}.attrs" in mend(tmp_path, "mllab", "course")
    assert not state.with_name(f"{of}.attrs").exists()
    assert len(list(state.parent.iterdir())) == 3
    assert mend(tmp_path, "mllab", "course") == ""


def test_a_torn_state_and_its_torn_attributes_are_both_mended(tmp_path: Path, state: Path) -> None:
    state.write_text("")
    state.with_name("course.json.attrs").write_text("")
    state.with_name("course.json.bak").write_text(WHOLE)
    assert str(state) in mend(tmp_path, "mllab", "course")
    assert state.read_text() == WHOLE
    assert not state.with_name("course.json.attrs").exists()


@pytest.mark.parametrize("earlier", ["", "{"])
def test_without_a_whole_one_before_nothing_is_touched(
    tmp_path: Path, state: Path, earlier: str
) -> None:
    state.write_text("")
    state.with_name("course.json.bak").write_text(earlier)
    assert mend(tmp_path, "mllab", "course") == ""
    assert sorted(path.name for path in state.parent.iterdir()) == [
        "course.json",
        "course.json.bak",
    ]


def test_a_stack_that_does_not_exist_stays_so(tmp_path: Path, state: Path) -> None:
    state.with_name("course.json.bak").write_text(WHOLE)
    assert mend(tmp_path, "mllab", "course") == ""
    assert not state.exists()
