"""A notebook runs in the kernel of a real JupyterLab, and what goes wrong there is told."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from mllab.errors import LabError
from mllab.local.notebook import run_notebook, text_of
from tests.files.jupyterlab import JupyterLab
from tests.local.waiting import until

TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    opened = JupyterLab(tmp_path_factory.mktemp("home"), TOKEN)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _left(lab: JupyterLab) -> Iterator[None]:
    yield
    until(lambda: lab.ask("/api/sessions") == lab.ask("/api/kernels") == [])


def write(home: Path, *cells: str) -> str:
    """A notebook of these code cells. Returns its path for the server."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, home / "one two.ipynb")
    return "one two.ipynb"


def run(lab: JupyterLab, *cells: str, timeout: float = 60) -> list[str]:
    path = write(lab.home, *cells)
    return [text_of(outputs) for outputs in run_notebook(lab.url, TOKEN, path, timeout)]


def test_the_digits_are_learned_in_the_seat(lab: JupyterLab, root: Path) -> None:
    shutil.copytree(root / "examples/digits", lab.home / "digits")
    before = (lab.home / "digits/digits.ipynb").read_bytes()
    outputs = run_notebook(lab.url, TOKEN, "digits/digits.ipynb")
    accuracy = re.findall(r"^accuracy ([\d.]+)% on 359 images$", text_of(outputs[-1]), re.M)
    assert float(accuracy[0]) > 95
    assert (lab.home / "digits-model.npz").exists()
    assert (lab.home / "digits/digits.ipynb").read_bytes() == before


def test_all_that_a_cell_says_is_told_in_order(
    lab: JupyterLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        said = run(
            lab,
            "import sys\nprint('one')\nprint('two', file=sys.stderr)\ndisplay({'a': 1})\n6 * 7",
            "",
            "_",
        )
    assert said == ["one\ntwo\n{'a': 1}42", "", "42"]


@pytest.mark.parametrize(
    ("cell", "why", "said"),
    [
        ("print('so far')\nmodel = untrained", "NameError: name 'untrained' is not defined", True),
        ("print('so far')\nif", "SyntaxError: invalid syntax (", False),
        ("print('so far')\ninput()", "StdinNotImplementedError: ", True),
        ("print('so far', flush=True)\nwhile True: pass", "not over when the time was", True),
        ("import os\nos._exit(1)", "its kernel died", False),
    ],
)
def test_a_cell_that_fails_is_shown(lab: JupyterLab, cell: str, why: str, said: bool) -> None:
    with pytest.raises(LabError) as error:
        run(lab, "1", cell, "2", timeout=4 if "while" in cell else 60)
    first, *rest = error.value.message.splitlines()
    assert first.startswith(f"one two.ipynb, code cell 2 of 3: {why}")
    assert rest == [*(f"  | {line}" for line in cell.splitlines()), *["so far"] * said]


def test_no_server_a_wrong_token_and_no_notebook_are_told(lab: JupyterLab) -> None:
    path = write(lab.home, "1")
    with pytest.raises(LabError, match=f"{lab.url} answers 403: Forbidden"):
        run_notebook(lab.url, "wrong", path)
    with pytest.raises(LabError, match="answers 404: .*none.ipynb. does not exist"):
        run_notebook(lab.url, TOKEN, "none.ipynb")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(LabError, match=f"127.0.0.1:{port} does not answer: .*refused"):
        run_notebook(f"http://127.0.0.1:{port}", TOKEN, path)


def test_a_server_that_is_killed_meanwhile_is_told(tmp_path: Path) -> None:
    lab = JupyterLab(tmp_path, TOKEN)
    try:
        with pytest.raises(LabError, match=f"JupyterLab at {lab.url} left its kernel: "):
            run(
                lab, f"import os, signal\nos.kill({lab.process.pid}, signal.SIGKILL)\nwhile True: 1"
            )
    finally:
        lab.close()
