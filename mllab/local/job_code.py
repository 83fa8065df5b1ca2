"""The code of a job: a copy of a folder, without what nobody means when they name it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from mllab.errors import UsageError

LIMIT_MB: Final = 100
"""Code is small. What is larger is data, which belongs into the bucket or the shared folder."""
LEFT_OUT: Final = (".git", ".venv", "__pycache__", ".ipynb_checkpoints", ".mypy_cache")


def copy(code: Path, to: Path) -> None:
    """Copy it. Links are copied as links. Raises OSError, shutil.Error."""
    shutil.copytree(code, to, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))


def check(code: Path, jobs: Path) -> None:
    """Raises UsageError where it is no folder that can be copied for every job."""
    if not code.is_dir():
        raise UsageError(f"{code} is not a folder")
    if jobs.resolve().is_relative_to(code.resolve()):
        raise UsageError(f"{code} has the jobs of the lab in it; name the folder of the code alone")
    size = 0
    for here, folders, files in os.walk(code):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        size += sum((Path(here) / name).lstat().st_size for name in files)
        if size > LIMIT_MB * 1_000_000:
            raise UsageError(
                f"{code} has more than {LIMIT_MB} MB in it",
                hint="Name the folder of the code alone, with --code.",
            )
