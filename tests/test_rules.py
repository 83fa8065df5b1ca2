"""The house rules hold, each of them can fail, and what must stay fast and separate does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules import habits, shape
from tests.rules.tree import Rule, Tree

RULES = [
    thing
    for module in (shape, habits)
    for thing in vars(module).values()
    if isinstance(thing, Rule)
]

TEXT = {".py", ".sh", ".md", ".toml", ".yaml", ".yml", ".txt", ".json", ".csv", ".service", ""}
GROUND = (
    "cli.py",
    "__main__.py",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Makefile",
    "pyproject.toml",
)
FOLDERS = (
    "components",
    "examples",
    "mllab",
    "tests",
    "benchmarks",
    "docs",
    "stacks",
    ".ci",
    ".github",
)


@pytest.fixture(scope="module")
def tree(root: Path) -> Tree:
    files = [root / name for name in GROUND if (root / name).exists()]
    for folder in FOLDERS:
        files += [f for f in (root / folder).rglob("*") if f.is_file() and f.suffix in TEXT]
    kept = [f for f in files if "__pycache__" not in f.parts]
    return Tree(
        {
            f.relative_to(root).as_posix(): f.read_text(encoding="utf-8", errors="replace")
            for f in kept
        }
    )


def name_of(rule: Rule) -> str:
    return rule.name


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_holds(rule: Rule, tree: Tree) -> None:
    faults = list(rule.check(tree))
    assert not faults, "\n".join(["", *faults])


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_complains_about_each_broken_file(rule: Rule) -> None:
    faults = list(rule.check(Tree(rule.broken)))
    for path in rule.broken:
        assert any(fault.startswith(path) for fault in faults), f"{path} passes"


def modules_after(code: str, root: Path) -> set[str]:
    """Top-level names of what a fresh interpreter has imported after `code`."""
    told = f"import sys\n{code}\nsys.stderr.write('\\n' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}


def run(*words: str) -> str:
    """Code that runs the command line."""
    return f"import cli\ntry:\n    cli.main({list(words)})\nexcept SystemExit:\n    pass"


@pytest.mark.parametrize(
    ("code", "kept_out"),
    [
        pytest.param(run("--help"), {"pulumi", "pulumi_aws", "grpc", "pydantic"}, id="--help"),
        pytest.param(run("list"), {"pulumi_aws"}, id="list"),
        pytest.param(
            "import mllab.settings.files", {"pulumi", "pulumi_aws", "grpc"}, id="settings"
        ),
        pytest.param("import components.catalog", {"pulumi", "pulumi_aws", "grpc"}, id="catalog"),
        pytest.param(
            "import components.resource_types", {"pulumi", "pulumi_aws", "grpc"}, id="holdings"
        ),
        pytest.param("import components.contracts", {"pulumi_aws"}, id="contracts"),
        pytest.param("import mllab.program", {"pulumi_aws"}, id="program"),
    ],
)
def test_start_imports_no_more_than_needed(code: str, kept_out: set[str], root: Path) -> None:
    assert not modules_after(code, root) & kept_out


def test_the_import_watch_sees_an_import(root: Path) -> None:
    assert "pulumi" in modules_after("import pulumi", root)


def test_no_test_reaches_the_network_or_an_account() -> None:
    with pytest.raises(PermissionError, match=r"a test wanted to reach 192\.0\.2\.1:9"):
        socket.create_connection(("192.0.2.1", 9))
    assert not [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]
    assert not list(Path(os.environ["MLLAB_HOME"]).iterdir())
