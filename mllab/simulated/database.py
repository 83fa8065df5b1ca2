"""What a simulated cloud remembers: one SQLite file, shared by processes, whole after a kill."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mllab.errors import StateError
from mllab.simulated.store import Session

_FORMAT = "1"
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resources (
  uid INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL,
  name TEXT NOT NULL, urn TEXT NOT NULL, owner INTEGER, since TEXT NOT NULL,
  inputs TEXT NOT NULL, outputs TEXT NOT NULL, hidden TEXT NOT NULL, UNIQUE (type, region, id));
CREATE INDEX resources_by_owner ON resources (owner);
CREATE INDEX resources_by_use ON resources (type, region, hidden);
CREATE TABLE keys (
  type TEXT NOT NULL, key TEXT NOT NULL, uid INTEGER NOT NULL,
  PRIMARY KEY (type, key, uid)) WITHOUT ROWID;
CREATE INDEX keys_by_uid ON keys (uid);
CREATE TABLE links (
  target INTEGER NOT NULL, uid INTEGER NOT NULL, property TEXT NOT NULL,
  PRIMARY KEY (target, uid, property)) WITHOUT ROWID;
CREATE INDEX links_by_uid ON links (uid);
CREATE TABLE contents (
  uid INTEGER NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (uid, key)) WITHOUT ROWID;
CREATE TABLE intervals (
  type TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  began TEXT NOT NULL, ended TEXT);
CREATE INDEX intervals_by_id ON intervals (type, id);
CREATE TABLE remains (
  type TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, until TEXT NOT NULL);
CREATE INDEX remains_by_id ON remains (id);
CREATE TABLE numbers (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


class Database:
    """The file. Every use is one transaction: `with store.session() as session`.

    Args:
        path: the SQLite file, made with its folder when missing; None for a store in memory.

    Raises:
        StateError: the file cannot be opened or is no such store.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False, timeout=60
            )
            # The cloud outlives a killed process, not a power cut: no fsync needed.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error

    def _prepare(self) -> None:
        with self.session() as session:
            (exists,) = self._db.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'meta'"
            ).fetchone()
            if not exists:
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                session.remember("format", _FORMAT)
            found = session.meta("format")
        if found != _FORMAT:
            raise StateError(
                f"{self.path}: a simulated cloud of format {found!r}, this version reads {_FORMAT}",
                hint=f"remove it to begin with an empty cloud: rm {self.path}",
            )

    def _broken(self, error: Exception) -> StateError:
        return StateError(
            f"{self.path}: the simulated cloud cannot be read or written: {error}",
            hint="check the folder's permissions and the free space of the disk; "
            f"to begin with an empty cloud: rm {self.path}",
        )

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: others see it whole or not at all. Inside another it is part of that.

        Raises:
            StateError: the file cannot be read or written (a full disk, say); nothing was changed.
        """
        with self._lock:
            if self._db.in_transaction:
                yield Session(self._db)
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield Session(self._db)
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:  # a full disk ends the transaction by itself
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._broken(error) from error
                raise

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    def __del__(self) -> None:
        if hasattr(self, "_db"):  # it may never have been opened
            self._db.close()
