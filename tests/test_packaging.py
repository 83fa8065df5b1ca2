"""The locks are whole and name no index, every import is declared, the gate is what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.rules.tree import Tree, imported

PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+))? \\$", re.M)
PART_OF = {
    "botocore": {"boto3"},  # where its documented exceptions live
    "google": {"protobuf"},  # a namespace of several distributions
    "pydantic_core": {"pydantic"},  # its documented home of custom errors, pinned by it exactly
}
LOCKS = ("requirements.txt", "requirements-dev.txt")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text())


def pins(lock: Path) -> dict[str, Version]:
    """What a lock installs here; two pins of one name would be a fault."""
    found = [
        m
        for m in PIN.finditer(lock.read_text())
        if not m["marker"] or Marker(m["marker"]).evaluate()
    ]
    assert len({m["name"] for m in found}) == len(found)
    return {m["name"]: Version(m["version"]) for m in found}


def wanted(project: dict[str, Any], *extras: str) -> list[Requirement]:
    declared = list(project["project"]["dependencies"])
    for extra in extras:
        declared += project["project"]["optional-dependencies"][extra]
    return [Requirement(text) for text in declared + project["dependency-groups"]["build"]]


CLOUDS = ("aws", "azure", "gcp")
EXTRAS = (*CLOUDS, "local")


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], EXTRAS), (LOCKS[1], (*EXTRAS, "dev"))])
def test_lock_satisfies_what_is_declared(
    root: Path, project: dict[str, Any], lock: str, extras: tuple[str, ...]
) -> None:
    locked = pins(root / lock)
    for need in wanted(project, *extras):
        version = locked.get(canonicalize_name(need.name))
        assert version, f"{need.name} is not in {lock}: make lock"
        assert need.specifier.contains(version), f"{need} but {lock} has {version}: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_line_names_an_index(root: Path, lock: str) -> None:
    text = (root / lock).read_text()
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.M).strip())
    assert len(entries) > 30
    for entry in entries:
        assert PIN.match(entry), f"no plain pin: {entry.splitlines()[0]}"
        hashes = re.findall(r"--hash=(\S*)", entry)
        assert hashes, f"no hash: {entry.splitlines()[0]}"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), hashes
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--index|--extra|--find|--trusted|-e|-f)\b", text, re.M)


def test_developers_lock_holds_the_runtime_lock(root: Path) -> None:
    runtime, dev = pins(root / LOCKS[0]), pins(root / LOCKS[1])
    assert runtime.items() <= dev.items(), (
        "`make demo` and `make test` would not run the same versions"
    )


def test_upper_bounds_stand_with_their_reason(root: Path) -> None:
    for line in (root / "pyproject.toml").read_text().splitlines():
        if re.match(r'\s+"[\w.-]+[^"]*(<|==|~=)', line):
            assert "#" in line, f"a bound without its reason: {line.strip()}"


def test_every_import_is_declared(root: Path, project: dict[str, Any]) -> None:
    declared = {canonicalize_name(need.name) for need in wanted(project, *EXTRAS)}
    sources = [
        root / "cli.py",
        *(root / "components").rglob("*.py"),
        *(root / "mllab").rglob("*.py"),
    ]
    tree = Tree({str(file): file.read_text() for file in sources if "files" not in file.parts})
    names = {name.split(".")[0] for module in tree.modules.values() for name in imported(module)}
    distributions = packages_distributions()
    for name in names - {"cli", "components", "mllab"} - set(sys.stdlib_module_names):
        providers = PART_OF.get(name) or {canonicalize_name(d) for d in distributions.get(name, [])}
        assert providers & declared, f"import {name}: not among pyproject.toml's dependencies"


@pytest.mark.parametrize("where", ["simulated", "real"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_missing_sdk_is_told_with_what_brings_it(
    root: Path, project: dict[str, Any], cloud: str, where: str, tmp_path: Path
) -> None:
    needs = [Requirement(need) for need in project["project"]["optional-dependencies"][cloud]]
    (sdk,) = (need.name.replace("-", "_") for need in needs if need.name.startswith("pulumi-"))
    simulated = ["preview", f"{cloud}-tiny", "--simulate", "--today", "2027-01-11"]
    words = simulated if where == "simulated" else ["status", f"{cloud}-tiny"]
    code = f"import sys; sys.modules[{sdk!r}] = None; import cli; cli.main({words!r})"
    env = {**os.environ, "MLLAB_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=env, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert f"error: {sdk}, Pulumi's SDK for" in done.stderr
    hint = next(line for line in done.stderr.splitlines() if "pip install" in line)
    told = shlex.split(hint.partition("pip install ")[2].partition(" or, ")[0])
    assert [Requirement(need) for need in told] == needs, "an index may know another mllab"
    assert "Traceback" not in done.stderr


def test_every_data_file_is_packaged(root: Path, project: dict[str, Any]) -> None:
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    suffixes = {pattern[1:] for pattern in patterns if pattern.startswith("*.")}
    for package in ("components", "examples", "mllab"):
        for file in (root / package).rglob("*"):
            hidden = file.name.startswith(".")  # for tools
            if (
                file.is_file()
                and not hidden
                and file.suffix not in {".py", ".pyc"}
                and "files" not in file.parts
            ):
                assert file.suffix in suffixes or file.name in patterns, (
                    f"{file} is in no package-data pattern"
                )


def test_every_shell_file_is_seen_by_the_linter(root: Path) -> None:
    """`make lint` finds them by their first line."""
    found = [
        file for part in ("components", "mllab", "tests") for file in (root / part).rglob("*.sh")
    ]
    assert found
    for file in found:
        assert re.match(r"#!.*sh\n", file.read_text()), f"{file} does not say which shell it is for"


def test_gate_runs_the_documented_commands(root: Path) -> None:
    gate = (root / ".ci/run").read_text()
    parts = re.search(r"for part in ([\w ]+); do", gate)
    assert parts
    assert set(parts[1].split()) == {"lint", "check", "checkov", "test", "demo"}
    assert (root / ".ci/run").stat().st_mode & 0o111
    assert "- run: .ci/run" in (root / ".github/workflows/ci.yml").read_text()


def test_actions_are_pinned_by_commit(root: Path) -> None:
    uses = re.findall(r"uses: (\S+)", (root / ".github/workflows/ci.yml").read_text())
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use) for use in uses), uses


def test_licence_text_is_whole(root: Path) -> None:
    text = (root / "LICENSE").read_text()
    sections = re.findall(r"^   (\d)\. ", text, re.M)
    assert sections == list("123456789")
    assert "END OF TERMS AND CONDITIONS" in text


def test_changelog_tells_what_running_labs_will_see(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text()
    entries = re.split(r"^## ", text, flags=re.M)[1:]
    assert entries
    for entry in entries:
        assert re.search(r"^\*\*What your running lab will see\*\*: \S", entry, re.M), (
            entry.splitlines()[0]
        )
