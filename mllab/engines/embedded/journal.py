"""The journal beside a state file: one JSON line per change, however big the state.

A run begins with the number of the state that it starts from and notes each operation twice, before
and after. When the run has ended the whole state is written once and the journal goes. After a kill
the next run reads both: changes are repeated on the loaded state, and what began without an end is
an interrupted operation. A line reaches the operating system before the operation goes on, so it
survives the process; it is not forced to the disk, because a simulated cloud would not survive a
power failure better.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mllab.engines.embedded.record import Record, Seal
from mllab.errors import StateError

Entry = dict[str, Any]


class Journal:
    """Writes one run's changes. The file is made with the first of them.

    Args:
        path: the file; it must not exist.
        serial: number of the state that the run starts from.
        seal: for secrets.
    """

    def __init__(self, path: Path, serial: int, seal: Seal) -> None:
        self._path, self._seal = path, seal
        self._waiting: list[Entry] = [{"serial": serial}]
        self._handle: int | None = None

    def begin(self, number: int, type: str, record: Record) -> None:
        """An operation begins."""
        self._write({"begin": number, "type": type, "resource": record.to_json(self._seal)})

    def commit(
        self,
        *,
        end: int,
        settled: int | None,
        new: Record | None,
        adopt: Record | None,
        done: Sequence[str],
        marked: Mapping[str, Record],
    ) -> None:
        """A change of the snapshot, with entries named by their keys."""
        line: Entry = {}
        if end:
            line["end"] = end
        if settled is not None:
            line["settled"] = settled
        if new is not None:
            line["new"] = new.to_json(self._seal)
        if adopt is not None:
            line["adopt"] = adopt.to_json(self._seal)
        if done:
            line["done"] = list(done)
        if marked:
            line["marked"] = {key: item.to_json(self._seal) for key, item in marked.items()}
        self._write(line)

    def keep(self, key: str) -> None:
        """An entry was taken over as it is. Only the order matters: that has time."""
        self._waiting.append({"keep": key})

    def close(self) -> None:
        """No more changes. The file stays."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _write(self, line: Entry) -> None:
        lines = [*self._waiting, line]
        data = "".join(f"{json.dumps(item, allow_nan=False)}\n" for item in lines).encode()
        try:
            if self._handle is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
                self._handle = os.open(self._path, flags, 0o600)
            if os.write(self._handle, data) != len(data):
                raise OSError("the disk took only a part of it")
        except OSError as error:
            raise StateError(
                f"{self._path}: the journal cannot be written: {error.strerror or error}; "
                "the run was stopped",
                hint="Make room or allow writing there, and run the same command again: "
                "it looks for what was under way.",
            ) from error
        self._waiting = []


def read(text: str) -> list[Entry]:
    """The lines of a journal; one that was torn off at the end is left out.

    Raises:
        ValueError: another line is damaged.
    """
    lines = text.split("\n")
    found: list[Entry] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            if number == len(lines):
                break
            raise ValueError(f"line {number} is damaged: {error}") from error
        found.append(entry)
    return found


def replay(
    resources: Iterable[Entry], pending: Iterable[Entry], journal: Iterable[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """The state after the changes of a journal.

    Args:
        resources, pending: of the state file that the journal began with.

    Returns:
        Resources and interrupted operations.

    Raises:
        KeyError, TypeError, AttributeError: the journal belongs to another state.
    """
    olds = {f"o{index}": entry for index, entry in enumerate(resources)}
    waiting = dict(enumerate(pending))
    news: dict[str, Entry] = {}
    made, adopted = 0, len(olds)
    begun: dict[int, Entry] = {}
    for line in journal:
        if "begin" in line:
            begun[line["begin"]] = {"resource": line["resource"], "type": line["type"]}
        begun.pop(line.get("end", 0), None)
        if "settled" in line:
            del waiting[line["settled"]]
        for key, entry in line.get("marked", {}).items():
            (news if key in news else olds)[key] = entry
        if "keep" in line:
            news[f"n{made}"] = olds.pop(line["keep"])
            made += 1
        if "new" in line:
            news[f"n{made}"] = line["new"]
            made += 1
        if "adopt" in line:
            olds[f"o{adopted}"] = line["adopt"]
            adopted += 1
        for key in line.get("done", ()):
            del (news if key in news else olds)[key]
    return [*news.values(), *olds.values()], [*waiting.values(), *begun.values()]
