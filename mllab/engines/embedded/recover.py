"""After an interruption: finds out in the cloud what became of the operations that nobody saw end.

Pulumi's engine warns and goes on, and then makes everything twice whose create was interrupted.
Here the next run asks first: what was made is taken into the state, what was not is made again, and
never both.
"""

from __future__ import annotations

from mllab.engines.contract import Op, Status
from mllab.engines.embedded import report
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.errors import RunFailed
from mllab.protocol import urns
from mllab.protocol.provider import ProviderFailure
from mllab.protocol.values import bare, mark_like, mark_outputs


def recover(run: Run) -> None:
    """Settle all interrupted operations. In a dry run nothing is written, but the plan knows.

    Raises:
        RunFailed: the cloud does not answer; nothing was changed.
    """
    for index, pending in list(run.snapshot.pending.items()):
        record = pending.record
        try:
            if not record.custom or urns.is_provider(record.type):
                run.snapshot.commit(settled=index)
            elif pending.type == "creating":
                _created(run, index, record)
            elif pending.type in ("updating", "deleting"):
                _changed(run, index, record, pending.type)
            else:
                run.snapshot.commit(settled=index)
        except ProviderFailure as why:
            raise RunFailed(
                f"{record.source or record.name}: the run before was interrupted while "
                f"{pending.type} {record.name}, and the cloud does not say what became of it: "
                f"{why.message}",
                hint=why.hint or "Nothing was changed. Try again.",
            ) from why


def _created(run: Run, index: int, record: Record) -> None:
    """Look for what an interrupted create made."""
    provider = run.provider(record)
    call = run.call(record, 0.0)
    known = {
        other.id
        for other in run.snapshot.entries()
        if other.type == record.type and not other.pending_replacement  # that one is gone
    }
    id = provider.find(call, bare(record.inputs), known)
    found = provider.read(call, id, {}) if id else None
    if not id or found is None:
        run.report.warn(
            f"creating {record.name} was interrupted before anything was made; "
            "it is made now if it is still declared"
        )
        run.snapshot.commit(settled=index)
        return
    secret = tuple(record.additional_secret_outputs)
    record.id = id
    record.outputs = mark_outputs(found.outputs, record.inputs, secret)
    record.created = record.modified = run.times.at(0.0)
    before = run.snapshot.live(record.urn)
    done = [before] if before and before.pending_replacement else []
    replaced = [before] if before and not before.pending_replacement else []
    for old in replaced:
        old.delete = True
    run.adopted.add(record.urn)
    run.snapshot.commit(settled=index, adopt=record, done=done, marked=replaced)
    run.report.warn(
        f"{record.name} was found as {id}: the run before was interrupted after it was made"
    )
    step = report.step(Op.ADOPT, record, reason="made by a run that was interrupted")
    run.report.ended(step, Status.PLANNED if run.dry else Status.DONE)


def _changed(run: Run, index: int, record: Record, what: str) -> None:
    """Read again what an interrupted update or delete may have changed."""
    old = run.snapshot.find(record.urn, record.id)
    if old is None:
        run.snapshot.commit(settled=index)
        return
    found = run.provider(old).read(run.call(old, 0.0), old.id, bare(old.outputs))
    if found is None:
        run.report.warn(f"{old.name} is gone: the run before was interrupted while {what} it")
        run.snapshot.commit(settled=index, done=[old])
        run.snapshot.forget(old)
        return
    run.report.warn(f"{old.name} was read again: the run before was interrupted while {what} it")
    old.inputs = mark_like(found.inputs, old.inputs)
    old.outputs = mark_like(found.outputs, old.outputs)
    run.snapshot.commit(settled=index, marked=[old])
