"""The state while a run changes it: what was there, what is there now, what is under way.

As in Pulumi's snapshot the new entries come first, in the order in which they were finished, then
what is left of the old ones. So the list is always a topological order, and it tells which
generation of a replaced resource another one still hangs on: an entry refers to those before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mllab.engines.embedded.journal import Journal
from mllab.engines.embedded.record import Record
from mllab.protocol import urns


@dataclass(frozen=True)
class Pending:
    """An operation that began and whose end nobody has seen.

    Args:
        type: `creating`, `updating`, `deleting`.
    """

    type: str
    record: Record


class Snapshot:
    """The entries of one stack. Not for several threads at once: callers hold the run's lock.

    Args:
        records: the state as it was loaded.
        pending: interrupted operations of earlier runs.
        journal: where each change is noted at once; None when nothing may be written.
    """

    def __init__(
        self, records: Sequence[Record], pending: Sequence[Pending], journal: Journal | None
    ) -> None:
        self.olds = list(records)
        self.news: list[Record] = []
        self.pending = dict(enumerate(pending))
        self.changed = False
        self._journal = journal
        self._done: set[int] = set()
        self._moved: set[int] = set()
        self._keys = {id(record): f"o{index}" for index, record in enumerate(self.olds)}
        self._live = {record.urn: record for record in self.olds if not record.delete}
        self._begun = 0
        self._open: dict[int, Pending] = {}

    def live(self, urn: str) -> Record | None:
        """The old entry of a urn that is not a mere remainder of a replacement."""
        return self._live.get(urn)

    def forget(self, record: Record) -> None:
        """An entry turned out to be gone before the run began: nothing continues it."""
        if self._live.get(record.urn) is record:
            del self._live[record.urn]

    def find(self, urn: str, id: str) -> Record | None:
        """The entry with this urn and id, old or new."""
        return next((r for r in [*self.news, *self.olds] if r.urn == urn and r.id == id), None)

    def left(self) -> list[Record]:
        """Old entries that nothing has taken the place of yet."""
        gone = self._done | self._moved
        return [record for record in self.olds if id(record) not in gone]

    def is_left(self, record: Record) -> bool:
        """True for an entry that is still in the state."""
        return id(record) not in self._done

    def entries(self) -> list[Record]:
        """The state as it stands."""
        return [*(record for record in self.news if id(record) not in self._done), *self.left()]

    def unfinished(self) -> list[Pending]:
        """Interrupted operations that the state must keep."""
        return [*self.pending.values(), *self._open.values()]

    def begin(self, type: str, record: Record) -> int:
        """Note that an operation begins. Returns the number to end it with."""
        self._begun += 1
        if self._journal:
            self._journal.begin(self._begun, type, record)
        self._open[self._begun] = Pending(type, record)
        return self._begun

    def commit(
        self,
        *,
        end: int = 0,
        settled: int | None = None,
        new: Record | None = None,
        adopt: Record | None = None,
        done: Iterable[Record] = (),
        marked: Iterable[Record] = (),
    ) -> None:
        """Change the state in one go.

        Args:
            end: the operation that this is the end of.
            settled: index of an interrupted operation that is understood now.
            new: an entry of this run. adopt: an entry that earlier runs should have made.
            done: entries that leave the state.
            marked: entries that were changed in place.
        """
        done, marked = list(done), list(marked)
        if self._journal:
            self._journal.commit(
                end=end,
                settled=settled,
                new=new,
                adopt=adopt,
                done=[self._keys[id(record)] for record in done],
                marked={self._keys[id(record)]: record for record in marked},
            )
        self._open.pop(end, None)
        if settled is not None:
            self.pending.pop(settled)
        if new is not None:
            self._keys[id(new)] = f"n{len(self.news)}"
            self.news.append(new)
        if adopt is not None:
            self._keys[id(adopt)] = f"o{len(self.olds)}"
            self.olds.append(adopt)
            self._live[adopt.urn] = adopt
        self._done.update(id(record) for record in done)
        if new is not None or adopt is not None or done or marked or settled is not None:
            self.changed = True

    def keep(self, old: Record, new: Record) -> Record:
        """Take an entry over. Returns the old one unless more than its source differs."""
        if new.differs(old):
            self.commit(new=new, done=[old])
            return new
        old.source_position = new.source_position
        if self._journal:
            self._journal.keep(self._keys[id(old)])
        self._moved.add(id(old))
        self._keys[id(old)] = f"n{len(self.news)}"
        self.news.append(old)
        return old


def follow_renames(records: Iterable[Record]) -> None:
    """Let entries that were not touched follow those that were renamed.

    They refer to them by their new urns, and below a renamed parent they have new ones themselves:
    the next run finds them under those.
    Source: `NormalizeURNReferences` in pkg/resource/deploy/snapshot.go of
    https://github.com/pulumi/pulumi
    """
    records = list(records)
    present = {record.urn for record in records}
    new: dict[str, str] = {}
    for record in records:  # parents come first
        new |= {alias: record.urn for alias in record.aliases if alias not in present}
        if record.parent in new:
            moved = urns.below(new[record.parent], record.urn)
            if moved not in present:
                new[record.urn] = moved
    if not new:
        return
    for record in records:
        record.urn = new.get(record.urn, record.urn)
        record.parent = new.get(record.parent, record.parent)
        record.deleted_with = new.get(record.deleted_with, record.deleted_with)
        record.dependencies = [new.get(urn, urn) for urn in record.dependencies]
        record.replace_with = [new.get(urn, urn) for urn in record.replace_with]
        for key, found in record.property_dependencies.items():
            record.property_dependencies[key] = [new.get(urn, urn) for urn in found]
        if record.provider:
            urn, _, id = record.provider.rpartition("::")
            record.provider = f"{new.get(urn, urn)}::{id}"
