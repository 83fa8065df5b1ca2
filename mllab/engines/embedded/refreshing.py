"""Reads what is recorded and records what is really there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from mllab.engines import reasons
from mllab.engines.contract import Op, Status
from mllab.engines.embedded import paths, removal, report
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.engines.embedded.shown import shown
from mllab.protocol import urns
from mllab.protocol.provider import Change, Found, ProviderFailure
from mllab.protocol.values import bare, mark_like, masked, same


def refresh(run: Run, threads: int) -> None:
    """Refresh every entry. What cannot be read is reported as failed and stays as it is."""
    records = [record for record in run.snapshot.left() if _readable(record)]

    def work(record: Record) -> None:
        _refresh(run, record)

    removal.each(records, {id(record): () for record in records}, work, threads)
    if any(not run.snapshot.is_left(record) for record in records):
        _forget_the_gone(run)


def _readable(record: Record) -> bool:
    """Components, providers and what is deleted already have nothing to read."""
    if not record.custom or urns.is_provider(record.type):
        return False
    return not record.pending_replacement


def _refresh(run: Run, record: Record) -> None:
    with run.lock:
        began = run.times.begin(())
    step = report.step(Op.SAME, record)
    status = Status.PLANNED if run.dry else Status.DONE
    found: Found | None = None
    failure: ProviderFailure | None = None
    changes: tuple[Change, ...] = ()
    call = run.call(record, began)
    try:
        found = run.provider(record).read(call, record.id, bare(record.outputs))
        if found is not None:
            changes = _drift(run, record, found)
    except ProviderFailure as why:
        failure = why
    with run.lock:
        run.times.end(record.urn, began, failure.seconds if failure else 0.0)
        if failure is not None:
            run.report.failed(dataclasses.replace(step, op=Op.REFRESH), failure)
        elif found is None:
            run.snapshot.commit(done=[record])
            gone = report.step(Op.DELETE, record, reason=reasons.GONE)
            run.report.ended(dataclasses.replace(gone, loses=""), status)
        else:
            _take_over(run, record, found)
            if changes:
                reason = reasons.drifted(changes)
                step = dataclasses.replace(step, op=Op.UPDATE, reason=reason, changes=changes)
            run.report.ended(dataclasses.replace(step, outputs=masked(record.outputs)), status)


def _drift(run: Run, record: Record, found: Found) -> tuple[Change, ...]:
    """What differs from the state, as a change of the cloud.

    It is what the next `up` would undo, the other way round (step.go, RefreshStep): so only what
    the declaration cares about is drift.
    """
    was = paths.ignoring(bare(record.inputs), found.inputs, tuple(record.ignore_changes))
    difference = run.provider(record).diff(
        run.call(record, 0.0), record.id, found.inputs, found.outputs, was
    )
    now = dataclasses.replace(
        record,
        inputs=mark_like(found.inputs, record.inputs),
        outputs=mark_like(found.outputs, record.outputs),
    )
    inverted = tuple(_inverted(change) for change in difference.changes)
    return shown(inverted, record, now)


_OPPOSITE = {"add": "delete", "delete": "add"}


def _inverted(change: Change) -> Change:
    return Change(
        path=change.path,
        kind=_OPPOSITE.get(change.kind, change.kind),
        before=change.after,
        after=change.before,
        replaces=change.replaces,
    )


def _take_over(run: Run, record: Record, found: Found) -> None:
    outputs = mark_like(found.outputs, record.outputs)
    inputs = mark_like(found.inputs, record.inputs)
    unchanged = same(inputs, record.inputs) and same(outputs, record.outputs)
    if unchanged and record.id == found.id and not record.init_errors:
        return
    record.id, record.inputs, record.outputs, record.init_errors = found.id, inputs, outputs, []
    run.snapshot.commit(marked=[record])


def _forget_the_gone(run: Run) -> None:
    """Let nothing name urns that no entry has any more (rebuildBaseState)."""
    there: set[str] = set()
    for record in run.snapshot.left():
        known: Callable[[str], bool] = there.__contains__
        kept = list(filter(known, record.dependencies))
        by_key = {
            key: list(filter(known, names)) for key, names in record.property_dependencies.items()
        }
        by_key = {key: names for key, names in by_key.items() if names}
        with_ = list(filter(known, record.replace_with))
        deleted_with = record.deleted_with if known(record.deleted_with) else ""
        there.add(record.urn)
        now = (kept, by_key, with_, deleted_with)
        if now != (
            record.dependencies,
            record.property_dependencies,
            record.replace_with,
            record.deleted_with,
        ):
            record.dependencies, record.property_dependencies = kept, by_key
            record.replace_with, record.deleted_with = with_, deleted_with
            run.snapshot.commit(marked=[record])
