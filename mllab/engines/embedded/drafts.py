"""Files that are whole at any moment: written beside their place, and then put into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_RANDOM = "?" * 8
"""What tempfile puts between prefix and suffix."""


@contextmanager
def into(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written, for the owner alone, that is at `path` when the block ends.

    Raises:
        OSError: it cannot be written; what was at `path` still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_prefix(path), dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sweep(path: Path) -> None:
    """Remove the drafts for `path` of writers that were killed. Nobody may be writing it now."""
    # Compared as text: a glob would take brackets in a name for a pattern.
    for other in path.parent.iterdir() if path.parent.is_dir() else ():
        if other.name.startswith(_prefix(path)) and len(other.name) == len(_prefix(path)) + len(
            _RANDOM
        ):
            other.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    return f".{path.name}-"
