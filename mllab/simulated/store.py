"""What a simulated cloud remembers: one SQLite file, shared by processes, whole after a kill."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mllab.errors import StateError

_FORMAT = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resources (
  uid INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  urn TEXT NOT NULL, owner INTEGER, since TEXT NOT NULL, inputs TEXT NOT NULL, outputs TEXT NOT NULL,
  hidden TEXT NOT NULL, UNIQUE (type, region, id));
CREATE INDEX IF NOT EXISTS by_owner ON resources (owner);
CREATE TABLE IF NOT EXISTS keys (type TEXT NOT NULL, key TEXT NOT NULL, uid INTEGER NOT NULL,
  PRIMARY KEY (type, key, uid)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_of ON keys (uid);
CREATE TABLE IF NOT EXISTS links (target INTEGER NOT NULL, uid INTEGER NOT NULL, property TEXT NOT NULL,
  PRIMARY KEY (target, uid, property)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_of ON links (uid);
CREATE TABLE IF NOT EXISTS contents (uid INTEGER NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (uid, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS intervals (type TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  began TEXT NOT NULL, ended TEXT);
CREATE INDEX IF NOT EXISTS intervals_of ON intervals (type, id);
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "uid, type, id, region, name, urn, owner, since, inputs, outputs, hidden"


@dataclass
class Record:
    """One thing that exists in the simulated cloud.

    Args:
        id: the cloud's own id, unique per type and region. region: empty for what belongs to the whole account.
        name: physical name; empty where the type has none. urn: who declared it; empty for what the cloud made itself.
        owner: uid of the resource that it came to be with (an implicit child); None otherwise.
        since: moment of its creation.
        inputs, outputs: wire names. hidden: what the cloud knows and the provider does not show.
    """

    type: str
    id: str
    region: str
    since: datetime
    name: str = ""
    urn: str = ""
    owner: int | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    hidden: dict[str, Any] = field(default_factory=dict)
    uid: int = 0


@dataclass(frozen=True)
class Interval:
    """How long a thing was in one state (`running`, `stopped`); `ended` is None while it still is.

    `kind` is what is paid for, a machine type say; it outlives the resource itself.
    """

    type: str
    id: str
    kind: str
    state: str
    began: datetime
    ended: datetime | None


class Store:
    """The file. Every use is one transaction: `with store.session() as session`.

    Args:
        path: the SQLite file, made with its folder when missing; None for a store that lives in memory.

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
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
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
                self._db.execute("INSERT INTO meta VALUES ('format', ?)", (_FORMAT,))
            found = session.meta("format")
        if found != _FORMAT:
            raise StateError(
                f"{self.path}: a simulated cloud of format {found}, this version reads format {_FORMAT}",
                cure=f"remove it to begin with an empty cloud: rm {self.path}",
            )

    def _broken(self, error: Exception) -> StateError:
        return StateError(
            f"{self.path}: the simulated cloud cannot be read or written: {error}",
            cure=f"check the folder's permissions and free space; to begin with an empty cloud: rm {self.path}",
        )

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that other threads and processes see whole or not at all; inside another one, a part of it.

        Raises:
            StateError: the file cannot be read or written (a full disk, say); nothing was changed.
        """
        with self._lock:
            if self._db.in_transaction:
                yield Session(self._db)
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise self._broken(error) from error
            try:
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


class Session:
    """Reads and writes within one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # ------------------------------------------------------------------------------------------- resources

    def add(self, record: Record, keys: Iterable[str] = ()) -> Record:
        """Store a new record under its id and `keys` (name, ARN), and give it its uid."""
        cursor = self._db.execute(
            f"INSERT INTO resources ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            _row(record),
        )
        record.uid = int(cursor.lastrowid or 0)
        self.rekey(record, keys)
        return record

    def save(self, record: Record) -> None:
        """Write back a record that was read or added before."""
        self._db.execute(
            "UPDATE resources SET type = ?, id = ?, region = ?, name = ?, urn = ?, owner = ?, since = ?, inputs = ?,"
            " outputs = ?, hidden = ? WHERE uid = ?",
            (*_row(record), record.uid),
        )

    def rekey(self, record: Record, keys: Iterable[str]) -> None:
        """Replace the names under which the record is found, besides its id."""
        self._db.execute("DELETE FROM keys WHERE uid = ?", (record.uid,))
        for key in {record.id, *keys} - {""}:
            self._db.execute("INSERT INTO keys VALUES (?, ?, ?)", (record.type, key, record.uid))

    def drop(self, record: Record) -> None:
        """Forget a record, what it holds, and what came to be with it."""
        for child in self.owned(record):
            self.drop(child)
        for table, column in (
            ("resources", "uid"),
            ("keys", "uid"),
            ("contents", "uid"),
            ("links", "uid"),
            ("links", "target"),
        ):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (record.uid,))

    def get(self, type: str, id: str, region: str) -> Record | None:
        """The record of that id."""
        return self._one("type = ? AND id = ? AND region = ?", type, id, region)

    def find(self, type: str, key: str, region: str | None = None) -> Record | None:
        """The record that is called `key`: its id, name or ARN. Without `region`: in all regions."""
        where = "uid IN (SELECT uid FROM keys WHERE type = ? AND key = ?)"
        if region is None:
            return self._one(where, type, key)
        return self._one(f"{where} AND region = ?", type, key, region)

    def all(self, type: str | None = None, region: str | None = None) -> list[Record]:
        """Every record, in the order of creation, optionally of one type and region."""
        clauses, values = ["1"], []
        for column, value in (("type", type), ("region", region)):
            if value is not None:
                clauses.append(f"{column} = ?")
                values.append(value)
        return self._many(" AND ".join(clauses), *values)

    def owned(self, record: Record) -> list[Record]:
        """What came to be with a record."""
        return self._many("owner = ?", record.uid)

    def count(self, type: str, region: str) -> int:
        """How many records of a type there are."""
        row = self._db.execute(
            "SELECT count(*) FROM resources WHERE type = ? AND region = ?", (type, region)
        ).fetchone()
        return int(row[0])

    def _one(self, where: str, *values: Any) -> Record | None:
        found = self._many(f"{where} ORDER BY uid LIMIT 1", *values)
        return found[0] if found else None

    def _many(self, where: str, *values: Any) -> list[Record]:
        order = "" if "ORDER BY" in where else " ORDER BY uid"
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM resources WHERE {where}{order}", values)
        return [_record(row) for row in rows.fetchall()]

    # ------------------------------------------------------------------------------- who refers to whom

    def link(self, record: Record, targets: Iterable[tuple[str, Record]]) -> None:
        """Replace the references of a record: pairs of property and target."""
        self._db.execute("DELETE FROM links WHERE uid = ?", (record.uid,))
        for name, target in targets:
            self._db.execute(
                "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", (target.uid, record.uid, name)
            )

    def users(self, target: Record, type: str | None = None, via: str = "") -> list[Record]:
        """Records that refer to `target`, optionally of one type and through one property."""
        where = "uid IN (SELECT uid FROM links WHERE target = ? AND (? = '' OR property = ?))"
        if type is None:
            return self._many(where, target.uid, via, via)
        return self._many(f"{where} AND type = ?", target.uid, via, via, type)

    def targets(self, record: Record, via: str) -> list[Record]:
        """Records that `record` refers to through a property."""
        where = "uid IN (SELECT target FROM links WHERE uid = ? AND property = ?)"
        return self._many(where, record.uid, via)

    # ------------------------------------------------------------------------------- contents and states

    def put(self, record: Record, key: str, size: int) -> None:
        """Keep `size` bytes in a record under a key."""
        self._db.execute(
            "INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", (record.uid, key, size)
        )

    def contents(self, record: Record) -> tuple[int, int]:
        """How many things a record keeps, and their bytes."""
        row = self._db.execute(
            "SELECT count(*), coalesce(sum(bytes), 0) FROM contents WHERE uid = ?", (record.uid,)
        ).fetchone()
        return int(row[0]), int(row[1])

    def enter(self, record: Record, kind: str, state: str, at: datetime) -> None:
        """End the present state of a record, if any, and begin another; an empty `state` only ends."""
        self._db.execute(
            "UPDATE intervals SET ended = ? WHERE type = ? AND id = ? AND ended IS NULL",
            (at.isoformat(), record.type, record.id),
        )
        if state:
            self._db.execute(
                "INSERT INTO intervals VALUES (?, ?, ?, ?, ?, NULL)",
                (record.type, record.id, kind, state, at.isoformat()),
            )

    def intervals(self) -> list[Interval]:
        """All states that were ever entered, oldest first, also of what is gone."""
        rows = self._db.execute("SELECT * FROM intervals ORDER BY rowid").fetchall()
        return [
            Interval(
                *row[:4],
                began=datetime.fromisoformat(row[4]),
                ended=datetime.fromisoformat(row[5]) if row[5] else None,
            )
            for row in rows
        ]

    # --------------------------------------------------------------------------------------- small things

    def meta(self, key: str) -> str:
        """A remembered word; empty when it was never set."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def remember(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def number(self, name: str) -> float | None:
        """A remembered number: a quota that was granted, a counter."""
        row = self._db.execute("SELECT value FROM numbers WHERE name = ?", (name,)).fetchone()
        return float(row[0]) if row else None

    def set_number(self, name: str, value: float) -> None:
        self._db.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (name, value))


def _row(record: Record) -> tuple[Any, ...]:
    bags = (json.dumps(bag) for bag in (record.inputs, record.outputs, record.hidden))
    since = record.since.isoformat()
    head = (record.type, record.id, record.region, record.name, record.urn, record.owner, since)
    return (*head, *bags)


def _record(row: tuple[Any, ...]) -> Record:
    uid, type_, id_, region, name, urn, owner, since, inputs, outputs, hidden = row
    return Record(
        type=type_, id=id_, region=region, name=name, urn=urn, owner=owner, uid=uid,
        since=datetime.fromisoformat(since), inputs=json.loads(inputs), outputs=json.loads(outputs),
        hidden=json.loads(hidden),
    )  # fmt: skip
