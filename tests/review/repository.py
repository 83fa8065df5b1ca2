"""A git repository with labs, for reviews."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.edu", "-c", "commit.gpgsign=false")

LAB = """\
config:
  aws:region: us-east-1
  mllab:lab: {cloud: aws, owner: a@example.edu, starts: "2027-01-11", ends: "2027-02-05"}
  mllab:notebook:
    size: gpu-small
    seats: [ann, bob, cleo]
  mllab:storage:
    keep: true
  mllab:budget: {limit_usd: 1000}
"""


class Repository:
    """A project under git.

    Args:
        folder: empty. stacks: name -> text of its file.
    """

    def __init__(self, folder: Path, stacks: Mapping[str, str]) -> None:
        self.folder = folder
        (folder / "stacks").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text("name: mllab\nruntime: python\n")
        for stack, text in stacks.items():
            self.file(stack).write_text(text)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("base")

    def file(self, stack: str) -> Path:
        """A stack's file."""
        return self.folder / "stacks" / f"Pulumi.{stack}.yaml"

    def replace(self, path: str, old: str, new: str) -> None:
        """Put one text in the place of another one, which must be there once."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path}: {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def git(self, *words: str) -> str:
        """Run git here."""
        done = subprocess.run(
            [*GIT, *words], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout


def with_code(root: Path, folder: Path, stacks: Mapping[str, str]) -> Repository:
    """A repository that has the code of this project, too."""
    copied = {"ignore": shutil.ignore_patterns("__pycache__", "*.pyc")}
    for name in ("mllab", "components"):
        shutil.copytree(root / name, folder / name, **copied)
    shutil.copy(root / "cli.py", folder)
    (folder / ".gitignore").write_text("__pycache__/\n")
    return Repository(folder, stacks)
