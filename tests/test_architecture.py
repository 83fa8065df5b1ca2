"""docs/architecture.md says what the rules enforce and what the tree holds."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

from components.environment import ROLES, EnvironmentArgs
from mllab.clouds.registry import CLOUDS
from mllab.settings.sections import Cluster, Notebook, Storage
from tests.rules.shape import CLOUD_ROWS, RANK, ROOMS


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


def recipe(page: str, title: str) -> list[str]:
    """The paths of a recipe, with their placeholders."""
    section = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"`((?:[\w.<>-]+/)*[\w.<>-]+(?:\.\w+|/))`", section)


def test_the_picture_shows_the_order_that_the_rule_keeps(page: str) -> None:
    lines = re.findall(r"^  (\S.*-->.*)$", page.split("```mermaid")[1].split("```")[0], re.M)
    shown = [re.split(r" --> ", line) for line in lines]
    names = [[re.sub(r"\[.*", "", name) for name in line] for line in shown]
    for line in names:
        for left, right in pairwise(line):
            if left in RANK and right in RANK:
                assert RANK[left] < RANK[right], f"{left} -> {right}"
    packages = {name for line in names for name in line} - {"cli", "components"}
    assert packages == {rooms[0] for rooms in ROOMS[:-1]}


def test_every_package_is_explained(page: str, root: Path) -> None:
    rows = set(re.findall(r"^\| `mllab/(\w+)(?:/|\.py)` \|", page, re.M))
    bottom = set(re.findall(r"`mllab/(\w+)\.py`", page.split("At the bottom")[1].split("\n\n")[0]))
    there = {path.stem for path in (root / "mllab").iterdir() if not path.name.startswith("__")}
    assert rows | bottom == there - {"readme"}


@pytest.mark.parametrize("title", ["Add a setting", "Add a role", "Add a cloud"])
def test_every_path_of_a_recipe_exists_for_every_cloud_and_role(
    page: str, root: Path, title: str
) -> None:
    paths = recipe(page, title)
    assert paths
    for path in paths:
        for cloud in CLOUDS:
            for role in ROLES:
                assert (root / path.replace("<cloud>", cloud).replace("<role>", role)).exists()


def test_the_recipe_of_a_cloud_names_all_that_is_named_after_one(page: str, root: Path) -> None:
    """Files and folders outside the tests, by name; what is inside a cloud's folder is its own."""
    named = set()
    for file in (f for top in ("components", "mllab", "stacks") for f in (root / top).rglob("*")):
        path = file.relative_to(root).as_posix()
        if file.is_dir() or "__pycache__" in path:
            continue
        for cloud in CLOUDS:
            found = re.match(rf"(.*?(?<![a-z]){cloud}(?![a-z])[^/]*/?)", path)
            if found:
                named.add(found[1].replace(cloud, "<cloud>"))
    assert named == {path for path in recipe(page, "Add a cloud") if "<cloud>" in path}


def test_the_recipe_of_a_cloud_names_all_that_has_a_row_for_each(page: str, root: Path) -> None:
    """Code that the rule lets name clouds, and tables with rows of more than one."""
    names = "|".join({*CLOUDS, *(cloud.package for cloud in CLOUDS.values())})
    rows = set(CLOUD_ROWS)
    for file in (file for top in ("components", "mllab") for file in (root / top).rglob("*.csv")):
        found = re.findall(rf"(?:^|,)({names})(?=[,:])", file.read_text("utf-8"), re.M)
        if len(set(found)) > 1:
            rows.add(file.relative_to(root).as_posix())
    named = {path for path in recipe(page, "Add a cloud") if "<cloud>" not in path}
    named = {path for path in named if path.startswith(("components/", "mllab/"))}
    assert not {row for row in rows if not row.startswith(tuple(named))}
    assert not {path for path in named if not any(row.startswith(path) for row in rows)}


def test_the_recipe_of_a_setting_names_all_that_hand_every_setting_on(
    page: str, root: Path
) -> None:
    settings = {name for role in (Notebook, Cluster, Storage) for name in role.model_fields}
    handed = settings & {field.name for field in fields(EnvironmentArgs)}
    assert len(handed) > 10
    for top in ("components", "mllab"):
        for file in (root / top).rglob("*.py"):
            text = file.read_text("utf-8")
            if all(re.search(rf"\b{name}\b", text) for name in handed):
                assert file.relative_to(root).as_posix() in recipe(page, "Add a setting")
