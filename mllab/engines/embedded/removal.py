"""The end of a run: what is no longer declared goes, last made first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from mllab.engines import reasons
from mllab.engines.contract import Op, Status
from mllab.engines.embedded import report, step_executor
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run

Waits = Mapping[int, Sequence[Record]]
"""Identity of a record to those that come before it."""


def remove(
    run: Run,
    records: Sequence[Record],
    threads: int,
    why: str = reasons.UNDECLARED,
) -> None:
    """Delete entries in reverse order of dependency.

    Args:
        records: what goes.
        threads: how many deletes run side by side; 0 for one after the other.
        why: the reason for what is not the remainder of a replacement.
    """
    run.times.raise_floor()
    run.deletes.update(record.urn for record in records)
    waits = _Needs(run.snapshot.entries()).reversed(records)
    ordered = _ordered(records, waits)
    if run.dry:
        for record in ordered:
            _plan(run, record, why)
        return
    stuck: dict[int, str] = {}

    def work(record: Record) -> None:
        above = waits[id(record)]
        culprit = next((stuck[id(other)] for other in above if id(other) in stuck), "")
        if culprit:
            stuck[id(record)] = culprit
            step = report.step(_op(record), record)
            reason = f"{culprit}, which needs it, could not be deleted"
            run.report.ended(step_executor.reasoned(step, reason), Status.SKIPPED)
            return
        after = [step_executor.removal_key(other) for other in above]
        if not step_executor.delete(run, record, _op(record), _reason(record, why), after):
            stuck[id(record)] = record.name

    each(ordered, waits, work, threads)


def each(
    records: Sequence[Record], waits: Waits, work: Callable[[Record], None], threads: int
) -> None:
    """Do something with every record after those that it waits for.

    Args:
        records: in an order in which they could be done one by one.
        threads: how many at a time; 0 for one by one, on this thread.
    """
    if not threads:
        for record in records:
            work(record)
        return
    left = {id(record): record for record in records}
    missing = {key: {id(other) for other in waits[key]} for key in left}
    running: dict[Future[None], int] = {}
    with ThreadPoolExecutor(threads) as pool:
        while left or running:
            ready = [key for key in left if not missing[key]]
            running.update({pool.submit(work, left.pop(key)): key for key in ready})
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                ended = running.pop(future)
                future.result()
                for others in missing.values():
                    others.discard(ended)


class _Needs:
    """Which entries stand on which: each on those before it that it names, of any generation.

    Args:
        everything: the state, in its order.
    """

    def __init__(self, everything: Sequence[Record]) -> None:
        self._place = {id(record): place for place, record in enumerate(everything)}
        self._named: dict[str, list[Record]] = {}
        for record in everything:
            self._named.setdefault(record.urn, []).append(record)

    def of(self, record: Record) -> list[Record]:
        """The entries that must outlive one."""
        place = self._place[id(record)]
        return [
            other
            for urn in sorted(record.needs())
            for other in self._named.get(urn, ())
            if self._place[id(other)] < place
        ]

    def reversed(self, going: Sequence[Record]) -> dict[int, list[Record]]:
        """For each entry that goes those that go before it."""
        found: dict[int, list[Record]] = {id(record): [] for record in going}
        for record in going:
            for other in self.of(record):
                if id(other) in found:
                    found[id(other)].append(record)
        return found


def _ordered(records: Sequence[Record], waits: Waits) -> list[Record]:
    """Each after those that it waits for. The state's order guarantees it the other way round."""
    found: dict[int, Record] = {}
    for record in reversed(records):
        open = [record]
        while open:
            if id(open[-1]) in found:
                open.pop()
                continue
            above = [other for other in waits[id(open[-1])] if id(other) not in found]
            if above:
                open.extend(above)
            else:
                last = open.pop()
                found[id(last)] = last
    return list(found.values())


def _op(record: Record) -> Op:
    return Op.DELETE_REPLACED if record.delete else Op.DELETE


def _reason(record: Record, why: str) -> str:
    if record.delete:
        return "was replaced"
    return f"{why}; is gone already" if record.pending_replacement else why


def _plan(run: Run, record: Record, why: str) -> None:
    """Say what would go. The remains of a replacement of this run belong to its step."""
    if record.delete and record.urn in run.replaced:
        return
    op, reason = step_executor.delete_action(run, record, _op(record), _reason(record, why))
    step = report.step(op, record, reason=reason)
    if op is Op.DELETE and not run.may_go(record):
        run.report.failed(step, step_executor.protected())
    else:
        run.report.ended(step, Status.PLANNED)
