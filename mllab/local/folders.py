"""Folders of a lab: made for their owner alone, deleted only when they are empty or named."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from mllab.protocol.provider import (
    Call,
    Found,
    Made,
    Properties,
    ProviderFailure,
)
from mllab.wording import pluralize

MODE: Final = 0o700
OWN: Final = ("run", "home", "jobs", "s3", "shared")
"""Folders below the lab's own: what the lab itself writes, and those that are resources."""

_WHOLE: Final = "."


class Folders:
    """The resource type `Folder` of one lab.

    Args:
        lab: the lab's folder.
    """

    replacing: ClassVar[frozenset[str]] = frozenset({"path"})

    def __init__(self, lab: Path) -> None:
        self.lab = lab

    def id(self, call: Call, inputs: Properties) -> str:
        """What it is found by."""
        return str(inputs["path"])

    def faults(self, call: Call, news: Properties) -> Sequence[str]:
        """What is wrong with inputs."""
        path = news.get("path")
        if not isinstance(path, str) or Path(path).is_absolute() or ".." in Path(path).parts:
            return [f"path: {path!r} is not inside the lab's folder"]
        return []

    def foreseen(self, call: Call, inputs: Properties) -> Made:
        """What `create` will tell."""
        return Made("", {**inputs, "location": str(self._at(inputs["path"]))})

    def create(self, call: Call, inputs: Properties) -> Made:
        """Make it; one that is there already is somebody's. Raises ProviderFailure."""
        at = self._at(inputs["path"])
        try:
            at.parent.mkdir(MODE, parents=True, exist_ok=True)
            at.mkdir(MODE)
        except FileExistsError:
            if inputs["path"] != _WHOLE or any(at.iterdir()):
                raise ProviderFailure(
                    f"{at} exists already, and nothing here has recorded it",
                    code="AlreadyExists",
                    hint=f"Move it away, if you need what is in it:  mv {at} {at}.old",
                ) from None
        except OSError as error:
            raise _failed(at, error) from error
        return Made(inputs["path"], self.foreseen(call, inputs).outputs)

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """What is there now; what `forceDestroy` says is recorded, and nowhere on the disk."""
        at = self._at(id)
        if not at.is_dir() or at.is_symlink():
            return None
        inputs: Properties = {"path": id, "forceDestroy": bool(outputs.get("forceDestroy"))}
        if (mode := at.stat().st_mode & 0o777) != MODE:
            inputs["mode"] = f"{mode:04o}"
        return Found(id, inputs, {**inputs, "location": str(at)})

    def update(self, call: Call, id: str, news: Properties) -> Made:
        """Give it back its mode. Raises ProviderFailure."""
        at = self._at(id)
        try:
            at.chmod(MODE)
        except OSError as error:
            raise _failed(at, error) from error
        return Made(id, self.foreseen(call, news).outputs)

    def delete(self, call: Call, id: str, outputs: Properties) -> None:
        """Delete it, with what is in it where it says so. Raises ProviderFailure."""
        at = self._at(id)
        if not at.exists():
            return
        if not outputs.get("forceDestroy") and (held := self.contents(call, id)):
            raise ProviderFailure(
                f"{at} is not empty: {held}",
                code="DirectoryNotEmpty",
                hint="Save what is in it, then name it with --delete-data.",
            )
        if id == _WHOLE and (left := [file for file in _files(at, skip=OWN[:1])]):
            raise ProviderFailure(
                f"{left[0]} is still there, and belongs to nothing that is recorded",
                code="DirectoryNotEmpty",
                hint=f"Save what you need, then remove it:  rm -r {at}",
            )
        try:
            shutil.rmtree(at)
            self._remove_empty(at.parent)
        except OSError as error:
            raise _failed(at, error) from error

    def contents(self, call: Call, id: str) -> str | None:
        """What is in it: `3 files, 12 MB`; empty without any."""
        at, count, size = self._at(id), 0, 0
        try:
            for file in _files(at, skip=OWN if id == _WHOLE else ()):
                count, size = count + 1, size + file.lstat().st_size
        except OSError:
            return None
        return f"{pluralize(count, 'file')}, {_megabytes(size)}" if count else ""

    def _at(self, path: str) -> Path:
        return self.lab / path if path != _WHOLE else self.lab

    def _remove_empty(self, above: Path) -> None:
        """Folders between the lab's and one of ours go with the last of these."""
        while above != self.lab and above.is_relative_to(self.lab):
            try:
                above.rmdir()
            except FileNotFoundError:
                pass  # the end of another folder, at the same time, has taken it
            except OSError as error:
                if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                    return
                raise
            above = above.parent


def _files(folder: Path, skip: Collection[str]) -> Iterator[Path]:
    """All that is no folder, links as they are.

    Args:
        skip: folders right below it that are left out.
    """

    def refuse(error: OSError) -> None:
        raise error

    for above, folders, files in os.walk(folder, onerror=refuse):
        here = Path(above)
        folders[:] = [name for name in folders if here != folder or name not in skip]
        yield from (here / name for name in files)
        yield from (here / name for name in folders if (here / name).is_symlink())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _failed(at: Path, error: OSError) -> ProviderFailure:
    where = error.filename or at
    return ProviderFailure(f"{where}: {error.strerror or error}", code=type(error).__name__)
