"""The wheel installs one name, `mllab`, and works in a folder of its own, without a checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "cli.py")
PACKED = ("components", "examples", "mllab")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the locked setuptools, without an index, from a copy."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    skip = shutil.ignore_patterns("__pycache__")
    for part in (*PARTS, *PACKED):
        copy = shutil.copytree if (root / part).is_dir() else shutil.copy2
        more = {"ignore": skip} if (root / part).is_dir() else {}
        copy(root / part, source / part, **more)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    words = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out), "."]
    subprocess.run([*pip, *words], cwd=source, check=True)
    (made,) = out.glob("mllab-*.whl")
    return made


@pytest.fixture(scope="module")
def bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, and what it depends on beside it."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    paths = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    python = ["--python", str(home / "bin" / "python")]
    words = ["--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run([*pip[:3], *python, *pip[3:], *words], check=True)
    # A path alone: the editable install that lies there as well is not taken up by it.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def run(bin: Path, folder: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "MLLAB_HOME"}
    done = subprocess.run(
        [bin / "mllab", *words], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done


def test_one_name_is_installed(wheel: Path) -> None:
    with ZipFile(wheel) as packed:
        names = packed.namelist()
        texts = {n: packed.read(n).decode() for n in names if n.endswith((".py", ".txt"))}
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"mllab"}
    (listed,) = (text for name, text in texts.items() if name.endswith("/top_level.txt"))
    assert listed.split() == ["mllab"]
    assert not [n for n, text in texts.items() if "\nfrom components" in text]
    assert "from mllab.components" in texts["mllab/program.py"]


def test_every_file_of_the_repository_is_in_it(wheel: Path, root: Path) -> None:
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
    for part in PACKED:
        for file in (root / part).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and file.name[0] != ".":
                name = file.relative_to(root).as_posix()
                assert (name if part == "mllab" else f"mllab/{name}") in names


def test_a_lab_lives_in_a_folder_of_its_own(bin: Path, tmp_path: Path) -> None:
    told = run(bin, tmp_path, "init", "my labs").stdout
    assert told.endswith("Next: cd 'my labs' && mllab new my-course\n")
    folder = tmp_path / "my labs"
    answers = {
        "lab.cloud": "AWS",
        "region": "us-east-1",
        "lab.owner": "a@example.edu",
        "lab.ends": "2027-03-01",
        "budget.limit_usd": "100",
        "notebook.size": "cpu-small",
        "cluster.size": "cpu-small",
    }
    pairs = [word for key, value in answers.items() for word in ("--set", f"{key}={value}")]
    run(bin, folder, "new", "my-course", *pairs, "--today", "2027-01-11")
    run(bin, folder, "rehearse", "my-course", "--today", "2027-01-11")
    seen = run(bin, folder, "preview", "my-course", "--simulate", "--today", "2027-01-11")
    assert "my-course-notebook-shared" in seen.stdout
    found = run(bin, folder, "check", "my-course", "--json", "--today", "2027-01-11").stdout
    places = {each["source"].partition(":")[0] for each in json.loads(found)["findings"]}
    assert "mllab/components/aws/network.py" in places
    assert "" not in places
    posts = [bin / "python", "-m", "mllab.show.review.gitlab", "no-report.md"]
    said = subprocess.run(posts, cwd=folder, capture_output=True, text=True).stderr
    assert "No such file or directory: 'no-report.md'" in said
    code = "import mllab.cli, sys; print({'cli', 'components'} & {*sys.modules})"
    words = [bin / "python", "-c", code]
    module = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    assert module.stdout == "set()\n"


def test_in_a_checkout_its_own_code_is_asked_for(bin: Path, root: Path) -> None:
    said = run(bin, root, "list", code=2).stderr
    words = " ".join(said.split())
    assert f"{root} has components/ of its own" in words
    assert f"{root}/.venv/bin/mllab" in words
