"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path


def make_folder(path: Path) -> bool:
    """Make a folder, and what is missing above it, closed to others; True if it was made now."""
    if path.is_dir():
        return False
    make_folder(path.parent)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError as error:
        if path.is_dir():
            return False  # somebody was faster
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from error
    return True


def write(path: Path, text: str) -> None:
    """Write a file, or put another in its place, for the owner alone; whole at any moment."""
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".draft", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def write_new(path: Path, text: str) -> None:
    """Write a file that did not exist, for the owner alone.

    It appears complete or not at all, and of two writers only one makes it.

    Raises:
        FileExistsError: it is there already, and was left alone.
        OSError: it cannot be written.
    """
    make_folder(path.parent)
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".draft", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        try:
            os.link(draft, path)  # unlike a rename it never replaces
        except FileExistsError:
            raise
        except OSError:  # file systems without links: take the name, then fill it
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            Path(draft).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(draft).unlink()
