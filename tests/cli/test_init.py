"""`init`: a folder of one's own; nothing that is there is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mllab.settings import files
from mllab.stackfiles.init import FILES
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Path) -> Path:
    """An empty folder, in which a person stands."""
    made = tmp_path / "empty"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def test_an_empty_folder_becomes_a_project(run: Run, folder: Path) -> None:
    said = run("init")
    assert (said.code, said.err) == (0, "")
    assert said.out == f"Wrote {', '.join(FILES)}. Next: mllab new my-course\n"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "stacks"])
    assert files.project_root(folder) == folder
    assert ".mllab/" in (folder / ".gitignore").read_text().splitlines()
    assert "mllab new" in run("list").out


def test_its_files_are_those_of_the_repository(run: Run, folder: Path, root: Path) -> None:
    run("init", "new/labs")
    assert (folder / "new/labs/__main__.py").read_text() == (root / "__main__.py").read_text()
    yaml = YAML()
    mine, whole = (yaml.load(where / "Pulumi.yaml") for where in (folder / "new/labs", root))
    del whole["runtime"]["options"]["virtualenv"]  # pipx makes none here, nor does `init`
    assert mine == whole
    ignored = (root / ".gitignore").read_text().splitlines()
    mine = (folder / "new/labs" / ".gitignore").read_text().splitlines()
    assert {line for line in mine if not line.startswith("#")} <= set(ignored)


def test_what_is_there_stays_and_what_should_be_ignored_is_told(run: Run, folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("*.log\n.venv/\n")
    (folder / "stacks").mkdir()
    (folder / "stacks" / "Pulumi.old.yaml").write_text("config: {}\n")
    said = run("init", ".")
    assert said.code == 0
    assert "so add: .mllab/ __pycache__/" in " ".join(said.err.split())
    assert (folder / ".gitignore").read_text() == "*.log\n.venv/\n"
    assert (folder / "stacks" / "Pulumi.old.yaml").read_text() == "config: {}\n"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = run("init")
    assert again.out == "Everything was there. Next: mllab new my-course\n"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "text"),
    [("Pulumi.yaml", "name: other\nruntime: go\n"), ("__main__.py", "print(1)\n")],
)
def test_another_project_is_not_mixed_with_ours(
    run: Run, folder: Path, name: str, text: str
) -> None:
    (folder / name).write_text(text)
    said = run("init")
    assert said.code == 2
    assert "is there already and of another project; nothing was changed" in said.err
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text() == text


def test_a_project_of_ours_keeps_its_own_lines(run: Run, folder: Path) -> None:
    (folder / "Pulumi.yaml").write_text("name: mllab\nbackend: {url: s3://states}\n")
    assert run("init").code == 0
    assert "s3://states" in (folder / "Pulumi.yaml").read_text()


def test_a_folder_that_cannot_be_is_told(run: Run, folder: Path) -> None:
    (folder / "file").write_text("")
    said = run("init", "file")
    assert said.code == 2
    assert "cannot be written" in said.err


def test_a_checkout_is_not_run_by_another_ones_code(run: Run, project: Path) -> None:
    (project / "components").mkdir()
    assert run("list").code == 0, "any folder may be called so"
    (project / "components" / "environment.py").write_text("")
    said = run("list")
    assert said.code == 2
    assert f"{project} has components/ of its own" in " ".join(said.err.split())
    assert f"{project}/.venv/bin/mllab" in said.err
