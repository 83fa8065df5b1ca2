"""The notebook of the digits runs from top to bottom, and is committed as nobody has run it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tests.examples.test_digits import FLOOR


@pytest.fixture
def notebook(root: Path) -> nbformat.NotebookNode:
    return nbformat.read(root / "examples/digits/digits.ipynb", as_version=nbformat.NO_CONVERT)


def test_it_is_committed_without_outputs(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == 7
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    # Who opens it sees the same in every installation.
    assert notebook.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }


@pytest.mark.parametrize("job", [False, True])
def test_it_trains_saves_reads_back_and_predicts(
    notebook: nbformat.NotebookNode,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    job: bool,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("home", "output"):
        (tmp_path / name).mkdir()
    if job:
        monkeypatch.setenv("LAB_OUTPUT", str(tmp_path / "output"))
    where = {"metadata": {"path": str(root / "examples/digits")}}
    NotebookClient(notebook, timeout=120, resources=where).execute()
    said = [
        "".join(output.text for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    accuracy = re.findall(r"accuracy (\d+\.\d)% on 359 images", said[-1])
    assert float(accuracy[0]) >= 100 * FLOOR
    assert "read as: [6 6 6 2 5]" in said[-1]
    table = np.array([line.split()[1:] for line in said[4].splitlines()[2:12]])
    assert int(np.where(table == ".", "0", table).astype(int).sum()) == 359
    model = tmp_path / ("output" if job else "home") / "digits-model.npz"
    assert [path.name for path in tmp_path.rglob("*.npz")] == ["digits-model.npz"]
    assert model.exists()
