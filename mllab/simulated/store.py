"""One transaction on a simulated cloud's memory: what exists, who refers to whom, what it holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Record:
    """One thing that exists in the simulated cloud.

    Args:
        id: the cloud's own id, unique per type and region.
        region: empty for what belongs to the whole account.
        since: moment of its creation.
        name: physical name; empty where the type has none.
        urn: who declared it; empty for what the cloud made itself.
        owner: uid of the resource that it came to be with (an implicit child); else None.
        inputs, outputs: wire names.
        hidden: what the cloud knows and the provider does not show.
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
    """How long a thing was in one state (`running`, `stopped`); it outlives the thing itself.

    Args:
        kind: what is paid for, a machine type say.
        ended: None while it still is.
    """

    type: str
    id: str
    kind: str
    state: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Remains:
    """What is left of a deleted thing, and until when."""

    type: str
    id: str
    region: str
    until: datetime


_COLUMNS = "uid, type, id, region, name, urn, owner, since, inputs, outputs, hidden"


class Session:
    """Reads and writes within one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # ------------------------------------------------------------------------------- what exists

    def add(self, record: Record) -> Record:
        """Store a new record under its id, and give it its uid."""
        cursor = self._db.execute(
            f"INSERT INTO resources ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            _row(record),
        )
        record.uid = int(cursor.lastrowid or 0)
        self.call(record, ())
        return record

    def save(self, record: Record) -> None:
        """Write back a record that was read or added before."""
        self._db.execute(
            "UPDATE resources SET type = ?, id = ?, region = ?, name = ?, urn = ?, owner = ?,"
            " since = ?, inputs = ?, outputs = ?, hidden = ? WHERE uid = ?",
            (*_row(record), record.uid),
        )

    def call(self, record: Record, keys: Iterable[str]) -> None:
        """Replace what a record is found by (name, ARN), besides its id."""
        self._db.execute("DELETE FROM keys WHERE uid = ?", (record.uid,))
        for key in {record.id, *keys} - {""}:
            self._db.execute("INSERT INTO keys VALUES (?, ?, ?)", (record.type, key, record.uid))

    def drop(self, record: Record) -> None:
        """Forget a record, what it holds, and what came to be with it."""
        for child in self.owned(record):
            self.drop(child)
        for table in ("resources", "keys", "contents", "links"):
            self._db.execute(f"DELETE FROM {table} WHERE uid = ?", (record.uid,))
        self._db.execute("DELETE FROM links WHERE target = ?", (record.uid,))

    def get(self, type: str, id: str, region: str) -> Record | None:
        """The record of that id."""
        return self._one("type = ? AND id = ? AND region = ?", type, id, region)

    def of_id(self, id: str) -> Record | None:
        """The record of that id, whatever its type."""
        return self._one("id = ?", id)

    def find(self, type: str, key: str, region: str | None = None) -> Record | None:
        """The record that goes by `key`: its id, name or ARN. Without `region`: in all of them."""
        where = "uid IN (SELECT uid FROM keys WHERE type = ? AND key = ?)"
        if region is None:
            return self._one(where, type, key)
        return self._one(f"{where} AND region = ?", type, key, region)

    def all(self, type: str | None = None, region: str | None = None) -> list[Record]:
        """Every record, oldest first, optionally of one type and region."""
        where = "(? IS NULL OR type = ?) AND (? IS NULL OR region = ?)"
        return self._many(where, type, type, region, region)

    def count(self, type: str, region: str | None = None) -> int:
        """How many records of a type there are."""
        row = self._db.execute(
            "SELECT count(*) FROM resources WHERE type = ? AND (? IS NULL OR region = ?)",
            (type, region, region),
        ).fetchone()
        return int(row[0])

    def total(self, number: str, type: str, region: str, **wanted: object) -> float:
        """Sum of a number in `hidden`, over the records whose `hidden` has the wanted values."""
        where = "".join(" AND json_extract(hidden, ?) = ?" for _ in wanted)
        pairs = [part for key, value in wanted.items() for part in (f"$.{key}", value)]
        row = self._db.execute(
            "SELECT coalesce(sum(json_extract(hidden, ?)), 0) FROM resources"
            f" WHERE type = ? AND region = ?{where}",
            (f"$.{number}", type, region, *pairs),
        ).fetchone()
        return float(row[0])

    def inside(self, place: str) -> list[Record]:
        """Everything whose id is a path that begins at a place."""
        return self._many("substr(id, 1, ?) = ?", len(place) + 1, f"{place}/")

    def owned(self, record: Record) -> list[Record]:
        """What came to be with a record."""
        return self._many("owner = ?", record.uid)

    def _one(self, where: str, *values: Any) -> Record | None:
        found = self._many(where, *values, limit=1)
        return found[0] if found else None

    def _many(self, where: str, *values: Any, limit: int = -1) -> list[Record]:
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM resources WHERE {where} ORDER BY uid LIMIT ?",
            (*values, limit),
        )
        return [_record(row) for row in rows.fetchall()]

    # -------------------------------------------------------------------------- who refers to whom

    def link(self, record: Record, targets: Iterable[tuple[str, Record]]) -> None:
        """Replace the references of a record: pairs of property and target."""
        self._db.execute("DELETE FROM links WHERE uid = ?", (record.uid,))
        for name, target in targets:
            self._db.execute(
                "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", (target.uid, record.uid, name)
            )

    def users(self, target: Record, type: str, via: str = "") -> list[Record]:
        """Records of a type that refer to `target`, optionally through one property alone."""
        where = (
            "uid IN (SELECT uid FROM links WHERE target = ? AND (? = '' OR property = ?))"
            " AND type = ?"
        )
        return self._many(where, target.uid, via, via, type)

    def targets(self, record: Record, via: str) -> list[Record]:
        """Records that `record` refers to through a property."""
        where = "uid IN (SELECT target FROM links WHERE uid = ? AND property = ?)"
        return self._many(where, record.uid, via)

    # ------------------------------------------------------------------------ contents and states

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
        """End the present state of a record, if any, and begin another."""
        self.leave(record, at)
        self._db.execute(
            "INSERT INTO intervals VALUES (?, ?, ?, ?, ?, NULL)",
            (record.type, record.id, kind, state, at.isoformat()),
        )

    def leave(self, record: Record, at: datetime) -> None:
        """End the present state of a record for good."""
        self._db.execute(
            "UPDATE intervals SET ended = ? WHERE type = ? AND id = ? AND ended IS NULL",
            (at.isoformat(), record.type, record.id),
        )

    def intervals(self) -> list[Interval]:
        """All states that were ever entered, oldest first."""
        rows = self._db.execute("SELECT * FROM intervals ORDER BY rowid").fetchall()
        return [
            Interval(type_, id_, kind, state, datetime.fromisoformat(began), _moment(ended))
            for type_, id_, kind, state, began, ended in rows
        ]

    def remain(self, record: Record, until: datetime) -> None:
        """Keep a trace of a record that is about to be dropped."""
        self._db.execute(
            "INSERT INTO remains VALUES (?, ?, ?, ?)",
            (record.type, record.id, record.region, until.isoformat()),
        )

    def purge(self, type: str, id: str) -> None:
        """Forget what is left of deleted things of that id."""
        self._db.execute("DELETE FROM remains WHERE type = ? AND id = ?", (type, id))

    def remains(self, at: datetime, id: str | None = None) -> list[Remains]:
        """What is left at a moment of things that were deleted before, optionally of one id."""
        rows = self._db.execute(
            "SELECT * FROM remains WHERE ? IS NULL OR id = ? ORDER BY rowid", (id, id)
        ).fetchall()
        found = [
            Remains(type_, id_, region, datetime.fromisoformat(until))
            for type_, id_, region, until in rows
        ]
        return [remains for remains in found if remains.until > at]

    # ------------------------------------------------------------------------------- small things

    def meta(self, key: str) -> str:
        """A remembered word; empty when it was never set."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def remember(self, key: str, value: str) -> None:
        """Keep a word."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def number(self, name: str) -> float | None:
        """A remembered number: a quota that was granted, a counter."""
        row = self._db.execute("SELECT value FROM numbers WHERE name = ?", (name,)).fetchone()
        return float(row[0]) if row else None

    def set_number(self, name: str, value: float) -> None:
        """Keep a number."""
        self._db.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (name, value))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _row(record: Record) -> tuple[Any, ...]:
    bags = (json.dumps(bag) for bag in (record.inputs, record.outputs, record.hidden))
    since = record.since.isoformat()
    names = (record.type, record.id, record.region, record.name, record.urn)
    return (*names, record.owner, since, *bags)


def _record(row: tuple[Any, ...]) -> Record:
    uid, type_, id_, region, name, urn, owner, since, inputs, outputs, hidden = row
    return Record(
        type_,
        id_,
        region,
        datetime.fromisoformat(since),
        name,
        urn,
        owner,
        inputs=json.loads(inputs),
        outputs=json.loads(outputs),
        hidden=json.loads(hidden),
        uid=uid,
    )
