"""The state files of one stack: `<stack>.json`, `.journal`, `.lock`, `.key`, and backups."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mllab.engines.embedded import drafts, journal
from mllab.engines.embedded.journal import Entry, Journal
from mllab.engines.embedded.record import Record, Seal
from mllab.engines.embedded.seal import Sealer
from mllab.engines.embedded.snapshot import Pending, follow_renames
from mllab.errors import StateError

BACKUPS: Final = 10
"""States before the last runs that changed something; older ones are deleted."""

_NEVER: Final = "0001-01-01T00:00:00Z"
"""Pulumi's zero time."""

Stamp = tuple[tuple[int, ...], ...]

_ERRORS: Final = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class Loaded:
    """A state from disk.

    Args:
        serial: number of the state file; each write counts on.
        journaled: an earlier run was interrupted, and its journal is part of this.
        written: when the state file was written; empty when there is none.
    """

    records: list[Record]
    pending: list[Pending]
    serial: int
    journaled: bool
    written: str


class Store:
    """Reads and writes the state of one stack. Nothing is written before the first change.

    Args:
        folder: where the files are.
        stack: their name.
    """

    def __init__(self, folder: Path, stack: str) -> None:
        self.folder = folder
        self.path = folder / f"{stack}.json"
        self.journal_path = folder / f"{stack}.journal"
        self.backups = folder / "backups"
        self._stack = stack
        self.sealer = Sealer(folder / f"{stack}.key")

    def stamp(self) -> Stamp:
        """What becomes another whenever a file of the state does."""
        return tuple(map(_stamp, (self.path, self.journal_path)))

    def load(self) -> Loaded:
        """The state, with the journal of an interrupted run.

        Raises:
            StateError: a file is damaged or unreadable. A copy is kept, and the message names it.
        """
        serial, resources, pending, written, lines, started = self._read()
        if started > serial:  # a run may have ended between the two readings
            serial, resources, pending, written, lines, started = self._read()
        if started > serial:
            raise StateError(
                f"{self.journal_path} belongs to a newer state than {self.path}",
                hint=f"Put that state back, or remove the journal: rm {self.journal_path}",
            )
        journaled = started == serial and len(lines) > 1
        if journaled:
            resources, pending = self._parse(
                self.journal_path, "", lambda _: journal.replay(resources, pending, lines)
            )
        records, interrupted = self._parse(
            self.path, "", lambda _: self._records(resources, pending)
        )
        return Loaded(records, interrupted, serial, journaled, written)

    def _read(self) -> tuple[int, list[Entry], list[Entry], str, list[Entry], int]:
        """State file and journal, and the number of the state that the journal begins with."""
        text = self._text(self.path)
        state = self._parse(self.path, '{"version": 3}' if text is None else text, self._own)
        lines = self._parse(self.journal_path, self._text(self.journal_path) or "", journal.read)
        return (*state, lines, lines[0].get("serial", -1) if lines else -1)

    def _own(self, text: str) -> tuple[int, list[Entry], list[Entry], str]:
        """The content of a state file; the stack that wrote it must be this one.

        A file put in the wrong place would let `down` delete another stack's resources.
        """
        document = json.loads(text)
        found = _state(document)
        writer = (document.get("mllab") or {}).get("stack", self._stack)
        if writer != self._stack:
            raise ValueError(f"it is the state of the stack {writer}")
        return found

    def journal(self, serial: int) -> Journal:
        """The journal of a run that starts from state `serial`; an older one is removed."""
        self._guarded(self._clear)
        return Journal(self.journal_path, serial, self.sealer.seal)

    def save(
        self, records: Sequence[Record], pending: Sequence[Pending], serial: int, at: datetime
    ) -> None:
        """Write the state so that there is always a whole one, and end the journal.

        Raises:
            StateError: it cannot be written; journal and old state stay as they are.
        """
        follow_renames(records)
        self._guarded(lambda: self._save(records, pending, serial, at))

    def deployment(
        self, records: Sequence[Record], pending: Sequence[Pending], written: str, how: Seal
    ) -> dict[str, Any]:
        """What `pulumi stack export` prints for such a state."""
        operations = [{"resource": item.record.to_json(how), "type": item.type} for item in pending]
        deployment = {
            "manifest": {"time": written, "magic": "", "version": ""},
            "resources": [record.to_json(how) for record in records],
        }
        if operations:
            deployment["pending_operations"] = operations
        return {"version": 3, "deployment": deployment}

    def _save(
        self, records: Sequence[Record], pending: Sequence[Pending], serial: int, at: datetime
    ) -> None:
        written = at.isoformat().replace("+00:00", "Z")
        document = self.deployment(records, pending, written, self.sealer.seal)
        document["mllab"] = {"serial": serial, "stack": self._stack}
        with drafts.into(self.path) as file:
            file.write(_text(document).encode())
            self._back_up(at)
        _sync(self.folder)
        self.journal_path.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Remove what earlier runs left half done, and what is in the state by now."""
        for path in (self.path, self.sealer.path):
            drafts.sweep(path)
        self.journal_path.unlink(missing_ok=True)

    def _back_up(self, at: datetime) -> None:
        if not self.path.exists():
            return
        serial = _state(json.loads(self.path.read_text(encoding="utf-8")))[0]
        self.backups.mkdir(mode=0o700, exist_ok=True)
        copy = self.backups / f"{self._stack}-{serial:06}-{at:%Y%m%dT%H%M%SZ}.json"
        with drafts.into(copy) as file:
            file.write(self.path.read_bytes())
        for old in self._kept()[:-BACKUPS]:
            old.unlink(missing_ok=True)

    def _kept(self) -> list[Path]:
        """Backups of this stack, oldest first."""
        prefix = f"{self._stack}-"
        return sorted(
            path
            for path in self.backups.glob(f"{prefix}??????-*.json")
            if path.name[len(prefix) : len(prefix) + 6].isdigit()
        )

    def _records(
        self, resources: list[Entry], pending: list[Entry]
    ) -> tuple[list[Record], list[Pending]]:
        records = [Record.from_json(entry, self.sealer.open) for entry in resources]
        follow_renames(records)
        return records, [
            Pending(item["type"], Record.from_json(item["resource"], self.sealer.open))
            for item in pending
        ]

    def _text(self, path: Path) -> str | None:
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise self._damaged(path, str(error)) from error
        except OSError as error:
            raise StateError(
                f"{path}: the state cannot be read: {error.strerror or error}",
                hint=f"Allow reading it: chmod u+r {path}",
            ) from error

    def _parse(self, path: Path, text: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(text)
        except _ERRORS as error:
            raise self._damaged(path, f"{type(error).__name__}: {error}") from error

    def _damaged(self, path: Path, why: str) -> StateError:
        data = path.read_bytes()
        copy = path.with_name(f"{path.name}.damaged-{hashlib.sha256(data).hexdigest()[:8]}")
        kept = f"a copy is kept as {copy}"
        try:
            copy.write_bytes(data)
        except OSError as error:
            kept = f"no copy could be made: {error.strerror or error}"
        backups = self._kept()
        if path == self.journal_path:
            hint = f"To go on without what the interrupted run noted: rm {path}"
        elif backups:
            hint = f"Put the last good state back: cp {backups[-1]} {path}"
        else:
            hint = f"There is no backup. To start from nothing: rm {path}"
        return StateError(f"{path}: the state is damaged ({why}); {kept}", hint=hint)

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            raise StateError(
                f"{self.path}: the state cannot be written: {error.strerror or error}",
                hint="Make room or allow writing there, and run the same command again: "
                f"{self.journal_path.name} holds what was done.",
            ) from error


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        seen = path.stat()
    except OSError:
        return ()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _state(document: dict[str, Any]) -> tuple[int, list[Entry], list[Entry], str]:
    if document.get("version") != 3:
        raise ValueError(f"version is {document.get('version')!r}, and only 3 can be read")
    deployment = document.get("deployment") or {}
    resources = deployment.get("resources") or ()
    return (
        int((document.get("mllab") or {}).get("serial", 0)),
        # What others own was only read, by Pulumi's engine or an earlier version: nothing of ours.
        [entry for entry in resources if not entry.get("external")],
        list(deployment.get("pending_operations") or ()),
        str((deployment.get("manifest") or {}).get("time", _NEVER)),
    )


def _text(document: dict[str, Any]) -> str:
    """JSON with one resource per line: fast, and a person can compare two states."""
    resources = document["deployment"].pop("resources")
    lines = ",\n".join(json.dumps(entry, allow_nan=False) for entry in resources)
    head = json.dumps(document, allow_nan=False)
    document["deployment"]["resources"] = resources
    mark = '"deployment": {'
    at = head.index(mark) + len(mark)
    return f'{head[:at]}"resources": [\n{lines}\n], {head[at:]}\n'


def _sync(folder: Path) -> None:
    """Make a rename last. Some systems cannot open a folder; they do without."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
