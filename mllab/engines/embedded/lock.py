"""One run at a time: a lock file that names its owner, and is taken over only from a dead one."""

from __future__ import annotations

import contextlib
import getpass
import glob
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mllab.engines import alive
from mllab.errors import LockedError, StateError


@dataclass(frozen=True)
class _Owner:
    pid: int
    host: str
    user: str
    began: str

    @classmethod
    def me(cls) -> _Owner:
        found = alive.process(os.getpid())
        return cls(os.getpid(), socket.gethostname(), _user(), found.began if found else "")

    @classmethod
    def read(cls, data: bytes) -> _Owner | None:
        try:
            found: dict[str, Any] = json.loads(data)
            return cls(int(found["pid"]), found["host"], found["user"], found["began"])
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def dead(self) -> bool:
        """True when it is sure that the process is gone. Of another host nobody can tell."""
        if self.host != socket.gethostname():
            return False
        found = alive.process(self.pid)
        return found is None or bool(self.began and found.began and self.began != found.began)


class Lock:
    """The lock of one stack.

    Args:
        path: the file that exists while a run holds the stack.
        stack: for messages.
    """

    def __init__(self, path: Path, stack: str) -> None:
        self._path, self._stack = path, stack
        self._mine = b""

    def check(self) -> None:
        """Raise LockedError when a run holds the stack."""
        data = self._data()
        owner = _Owner.read(data) if data is not None else None
        if data is not None and not (owner and owner.dead):
            raise self._held(owner)

    def acquire(self) -> str:
        """Take the stack.

        Returns:
            A warning when the lock was taken over from a dead process, else an empty text.

        Raises:
            LockedError: another run holds it.
            StateError: the folder cannot be written.
        """
        own = self._path.with_name(f"{self._path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._mine = json.dumps(vars(_Owner.me())).encode()
            own.write_bytes(self._mine)
            try:
                warning = self._link(own)
                self._sweep()
                return warning
            finally:
                own.unlink(missing_ok=True)
        except OSError as error:
            raise StateError(
                f"{self._path.parent}: the state's folder cannot be written: "
                f"{error.strerror or error}",
                hint="Nothing was changed. Allow writing there, make room, or choose another "
                "folder with MLLAB_HOME.",
            ) from error

    def release(self) -> None:
        """Give the stack back, unless somebody has taken it over."""
        if self._data() == self._mine:
            self._path.unlink(missing_ok=True)

    def _link(self, own: Path) -> str:
        """Put the file in place: a link appears with its content, or not at all."""
        warning = ""
        while True:
            with contextlib.suppress(FileExistsError):
                os.link(own, self._path)
                return warning
            data = self._data()
            if data is None:
                continue
            owner = _Owner.read(data)
            if owner is None or not owner.dead:
                raise self._held(owner)
            self._set_aside(data)
            warning = (
                f"the lock of {self._stack} was taken over from process {owner.pid} "
                f"of {owner.user}, which is gone; the run before was interrupted"
            )

    def _sweep(self) -> None:
        """Remove drafts of processes that were killed before they had the lock."""
        for draft in self._path.parent.glob(f"{glob.escape(self._path.name)}.*"):
            pid = draft.name.removeprefix(f"{self._path.name}.").partition(".")[0]
            if pid.isdigit() and alive.process(int(pid)) is None:
                draft.unlink(missing_ok=True)

    def _set_aside(self, dead: bytes) -> None:
        """Remove a dead owner's file. The slower of two finds a living one's, and puts it back."""
        aside = self._path.with_name(f"{self._path.name}.{os.getpid()}.dead")
        with contextlib.suppress(FileNotFoundError):
            self._path.rename(aside)
            if aside.read_bytes() != dead:
                os.link(aside, self._path)
            aside.unlink()

    def _data(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(
                f"{self._path}: the lock cannot be read: {error.strerror or error}",
                hint=f"Allow reading it: chmod u+r {self._path}",
            ) from error

    def _held(self, owner: _Owner | None) -> LockedError:
        age = ""
        with contextlib.suppress(OSError):
            age = f", for {_age(time.time() - self._path.stat().st_mtime)}"
        who = (
            f"process {owner.pid} of {owner.user} on {owner.host}"
            if owner
            else "an unknown process"
        )
        return LockedError(
            f"{self._stack} is in use by {who}{age}",
            hint=f"Wait for it to end. If it is surely gone: rm {self._path}",
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "an unknown user"


def _age(seconds: float) -> str:
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word}"
    return f"{max(0, int(seconds))} s"
