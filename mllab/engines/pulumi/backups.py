"""Copies of a stack's state from before each change, dated, on this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mllab.engines.pulumi.private import write_new
from mllab.errors import StateError, UsageError

KEPT: Final = 20
"""Copies per stack: the changes of a course, in less room than one photo."""


def save(home: Path, stack: str, text: str, now: datetime) -> Path:
    """Keep a state as it is before a change.

    Args:
        home: `$MLLAB_HOME`.
        text: what `pulumi stack export` gives, secrets encrypted.
        now: with a time zone.

    Returns:
        `$MLLAB_HOME/backups/<stack>/<number>-<UTC time>.json`. The number tells the order when a
        clock is set back. Older ones beyond `KEPT` are removed, never this one.

    Raises:
        StateError: it cannot be written; nothing may be changed then.
    """
    folder = _folder(home, stack)
    try:
        path = _write(folder, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", text)
        for old in _files(folder)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"{folder}: the state of {stack} cannot be backed up: {error.strerror or error}; "
            "without a backup nothing is changed",
            hint="Make room there, or allow writing, and run the command again.",
        ) from error
    return path


def latest(home: Path, stack: str) -> Path | None:
    """The newest copy; None where there is none."""
    return next(reversed(_files(_folder(home, stack))), None)


def _write(folder: Path, moment: str, text: str) -> Path:
    newest = next(reversed(_files(folder)), None)
    number = int(newest.name[:6]) if newest else 0
    while True:
        number += 1
        path = folder / f"{number:06}-{moment}.json"
        try:
            write_new(path, text)
        except FileExistsError:  # another run was faster
            continue
        return path


def _files(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]-*Z.json"))


def _folder(home: Path, stack: str) -> Path:
    if stack in {"", ".", ".."} or "/" in stack:
        raise UsageError(f"{stack!r} cannot be the name of a stack")
    return home / "backups" / stack
