"""Locks that a killed run has left in a `file://` backend.

Pulumi writes one JSON file per run and removes it at the end; it never looks whether the run that
made one still lives, and takes everything in the folder for a lock, also a draft of one.
"""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mllab.engines import alive
from mllab.errors import LockedError


@dataclass(frozen=True)
class Owner:
    """Who made a lock."""

    pid: int
    user: str
    host: str
    since: datetime | None

    @property
    def dead(self) -> bool:
        """True when it is sure that the process is gone; of another host nobody can tell."""
        if self.host != socket.gethostname():
            return False
        found = alive.process(self.pid)
        # Numbers are used again. Where there is no name to be told, the lock is believed.
        return found is None or bool(found.name and not found.name.startswith("pulumi"))

    def described(self, now: datetime) -> str:
        """`ann on lab-pc (process 4711), for 12 min`."""
        text = f"{self.user} on {self.host} (process {self.pid})"
        if self.since is None:
            return text
        minutes = max(0, int((now - self.since).total_seconds() // 60))
        age = f"{minutes} min" if minutes < 120 else f"{minutes // 60} hours"
        return f"{text}, for {age}"


def clear_stale(backend: Path, project: str, stack: str, now: datetime) -> str:
    """Remove locks whose owners are dead on this host.

    Args:
        backend: folder of the backend.
        now: for the age in messages.

    Returns:
        A warning when something was removed, else an empty text.

    Raises:
        LockedError: somebody holds the stack, or may hold it from another host.
    """
    folder, removed = _folder(backend, project, stack), ""
    for path in sorted(folder.glob("*.json")):
        owner = _read(path)
        if owner is None or not owner.dead:
            raise held(stack, owner.described(now) if owner else str(path), backend.as_uri())
        path.unlink(missing_ok=True)
        removed = f"Removed the lock of a run that was killed: {owner.described(now)}."
    for path in folder.glob("*"):  # drafts and attributes; nobody holds the stack by these
        path.unlink(missing_ok=True)
    return removed


def is_held(backend: Path, project: str, stack: str) -> bool:
    """True when somebody holds the stack, or may hold it."""
    owners = [_read(path) for path in _folder(backend, project, stack).glob("*.json")]
    return any(owner is None or not owner.dead for owner in owners)


def held(stack: str, by: str, url: str) -> LockedError:
    """What to say when a stack is locked. Args: url: of the backend."""
    return LockedError(
        f"{stack} is locked by {by}; nothing was changed",
        hint="Wait until that run has ended. Only if you are sure that it is dead:\n"
        f"  PULUMI_BACKEND_URL={shlex.quote(url)} pulumi cancel -s {stack}",
    )


def _folder(backend: Path, project: str, stack: str) -> Path:
    return backend / ".pulumi" / "locks" / "organization" / project / stack


def _read(path: Path) -> Owner | None:
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        since = _moment(str(found.get("timestamp", "")))
        return Owner(int(found["pid"]), str(found["username"]), str(found["hostname"]), since)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _moment(text: str) -> datetime | None:
    """Go writes nanoseconds, of which Python takes six digits."""
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[:digits][:6]}{tail[digits:]}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
