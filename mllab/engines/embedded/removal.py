"""The end of a run: what is no longer declared goes, last made first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from mllab.engines.contract import Op, Status
from mllab.engines.embedded import perform, report
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run


def remove(run: Run, records: Sequence[Record], kept: Sequence[Record], threads: int) -> None:
    """Delete entries in reverse order of dependency.

    Args:
        records: what goes.
        kept: entries that stay because their own operation failed: what they need stays as well.
        threads: how many deletions run side by side; 0 for one after the other.
    """
    run.times.raise_floor()
    everything = run.ledger.snapshot()
    needs = {id(record): _needed(record, everything) for record in [*records, *kept]}
    spared = _below(kept, needs, everything)
    going = [record for record in records if id(record) not in spared]
    run.deletes.update(record.urn for record in going)
    waits: dict[int, list[Record]] = {id(record): [] for record in going}
    for record in going:
        for other in needs[id(record)]:
            if id(other) in waits:
                waits[id(other)].append(record)
    if run.dry:
        for record in _ordered(going, waits):
            _plan(run, record)
        return
    stuck: dict[int, str] = {}

    def work(record: Record) -> None:
        culprit = next((stuck[id(r)] for r in waits[id(record)] if id(r) in stuck), "")
        if culprit:
            stuck[id(record)] = culprit
            step = report.step(_op(record), record)
            text = f"{culprit}, which needs it, could not be deleted"
            run.report.ended(perform.reasoned(step, text), Status.SKIPPED)
            return
        after = [perform.removal_key(other) for other in waits[id(record)]]
        if not perform.delete(run, record, _op(record), _reason(record), after):
            stuck[id(record)] = record.name

    each(_ordered(going, waits), waits, work, threads)


def each(
    records: Sequence[Record],
    waits: Mapping[int, Sequence[Record]],
    work: Callable[[Record], None],
    threads: int,
) -> None:
    """Do something with every record after those that it waits for.

    Args:
        records: in an order in which they could be done one by one.
        waits: record identities to the records that come before.
        threads: 0 for one by one.
    """
    if not threads:
        for record in records:
            work(record)
        return
    left = list(records)
    done: set[int] = set()
    running: dict[Future[None], Record] = {}
    with ThreadPoolExecutor(threads) as pool:
        while left or running:
            ready = [r for r in left if all(id(other) in done for other in waits[id(r)])]
            left = [r for r in left if r not in ready]
            running.update({pool.submit(work, record): record for record in ready})
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done.add(id(running.pop(future)))
                future.result()


def _needed(record: Record, everything: Sequence[Record]) -> list[Record]:
    """The entries that must outlive one: those before it in the state that it names, whatever their generation."""
    names = record.needs()
    found = []
    for other in everything:
        if other is record:
            break
        if other.urn in names:
            found.append(other)
    return found


def _below(
    kept: Sequence[Record], needs: dict[int, list[Record]], everything: Sequence[Record]
) -> set[int]:
    """Identities of all that the kept entries stand on."""
    found: set[int] = set()
    open = list(kept)
    while open:
        record = open.pop()
        for other in needs.get(id(record)) or _needed(record, everything):
            if id(other) not in found:
                found.add(id(other))
                open.append(other)
    return found


def _ordered(records: Sequence[Record], waits: Mapping[int, Sequence[Record]]) -> list[Record]:
    """An order in which each comes after those that it waits for; later ones first where it does not matter."""
    found: list[Record] = []
    seen: set[int] = set()

    def visit(record: Record) -> None:
        if id(record) in seen:
            return
        seen.add(id(record))
        for other in waits[id(record)]:
            visit(other)
        found.append(record)

    for record in reversed(records):
        visit(record)
    return found


def _op(record: Record) -> Op:
    return Op.DELETE_REPLACED if record.delete else Op.DELETE


def _reason(record: Record) -> str:
    if record.delete:
        return "was replaced"
    if record.pending_replacement:
        return "no longer declared; is gone already"
    return "no longer declared"


def _plan(run: Run, record: Record) -> None:
    """Say what would go. The remains of a replacement of this run belong to its step."""
    if record.delete and record.urn in run.replaced:
        return
    op, reason = perform.fate(run, record, _op(record), _reason(record))
    step = report.step(op, record, reason=reason)
    if op is Op.DELETE and not run.may_go(record):
        run.report.failed(step, perform.protected())
        return
    run.report.ended(step, Status.PLANNED)
