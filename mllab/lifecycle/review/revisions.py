"""What git has: the base of a comparison, and what differs from it."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from mllab.errors import LabError, UsageError

_NO_CODE: Final = ("show", "commands", "readme.py", "lifecycle/review")
"""What of the package nothing imports that renders a stack."""

CODE: Final = ("mllab", "components", *(f":(exclude)mllab/{path}" for path in _NO_CODE))
"""What decides how a stack is rendered, in a checkout of this project."""

_DEFAULTS: Final = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Where a branch usually comes from; the first that there is."""


@dataclass(frozen=True)
class Base:
    """What the working tree is compared with.

    Args:
        name: as it was asked for. commit: where the working tree's branch left it.
        head: the working tree's own commit.
    """

    name: str
    commit: str
    head: str


class Repository:
    """The git repository around a project.

    Args:
        root: the project's folder.

    Raises:
        UsageError: there is no git, or no repository with a commit.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        if which("git") is None:
            raise UsageError("git is not installed, and a review compares two of its revisions")
        top = self._try("rev-parse", "--show-toplevel")
        if top is None or self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            raise UsageError(
                f"{root} is in no git repository with a commit, so there is nothing to compare",
                hint="Put the project under git first:  git init, git add, git commit",
            )
        self._prefix = self._git("rev-parse", "--show-prefix").strip()

    def base(self, asked: str | None) -> Base:
        """The commit to compare with: where the present branch left the one that was asked for.

        Raises:
            UsageError: no such revision, or the clone is too shallow to tell.
        """
        name = asked or next((one for one in _DEFAULTS if self._commit(one)), None)
        if name is None:
            raise UsageError(
                "there is no branch that the present one could have come from",
                hint="Name one: mllab review --base REV",
            )
        head, tip = self._git("rev-parse", "HEAD").strip(), self._commit(name)
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == "true"
        if tip is None:
            hint = "See what there is: git branch --all, git log --oneline"
            raise UsageError(
                f"--base {name}: git knows no such revision",
                hint=_deepen() if shallow else hint,
            )
        found = self._try("merge-base", tip, head)
        if found is None and shallow:
            raise UsageError(
                f"this is a shallow clone: where the branch left {name} is not in it",
                hint=_deepen(),
            )
        if found is None:
            raise UsageError(
                f"--base {name}: it has no commit in common with the present branch",
                hint="Name a revision that the branch came from: mllab review --base REV",
            )
        return Base(name, found.strip(), head)

    def differing(self, commit: str, paths: Sequence[str]) -> list[str]:
        """Files below some paths of the project that the working tree has otherwise, or has not."""
        changed = self._git("diff", "--name-only", "-z", "--relative", commit, "--", *paths)
        return sorted({*_names(changed), *self._untracked(paths)})

    def uncommitted(self, paths: Sequence[str]) -> list[str]:
        """Files below some paths of the project that are not as the present commit has them."""
        return self.differing("HEAD", paths)

    @contextmanager
    def checked_out(self, commit: str) -> Generator[Path, None, None]:
        """The project's folder in a work tree of another commit, for as long as it is needed."""
        with TemporaryDirectory(prefix="mllab-review-") as folder:
            tree = Path(folder) / "base"
            # No hook of the repository has anything to do here.
            self._git("-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", "--quiet",
                      str(tree), commit)  # fmt: skip
            try:
                yield tree / self._prefix
            finally:
                self._try("worktree", "remove", "--force", str(tree))

    def _untracked(self, paths: Sequence[str]) -> list[str]:
        return _names(self._git("ls-files", "--others", "--exclude-standard", "-z", "--", *paths))

    def _commit(self, name: str) -> str | None:
        found = self._try(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        return found.strip() if found else None

    def _git(self, *words: str) -> str:
        """Raises LabError with git's own words."""
        done = self._run(words)
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            raise LabError(f"git {' '.join(words[:2])}: {said[-1]}")
        return done.stdout

    def _try(self, *words: str) -> str | None:
        done = self._run(words)
        return None if done.returncode else done.stdout

    def _run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-C", str(self._root), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )


def _names(listed: str) -> list[str]:
    return [name for name in listed.split("\0") if name]


def _deepen() -> str:
    return (
        "Get its history:  git fetch --unshallow origin   "
        "(in GitHub Actions: actions/checkout with fetch-depth: 0)"
    )
