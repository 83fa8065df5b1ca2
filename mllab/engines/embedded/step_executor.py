"""Carries operations out: tells the snapshot, asks the cloud, tells the snapshot again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from components.resource_types import EMPTIED_BY
from mllab.engines import reasons
from mllab.engines.contract import Op, Status, Step
from mllab.engines.embedded import registry, report
from mllab.engines.embedded.decide import Decision
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.protocol import urns
from mllab.protocol.provider import Call, Made, ProviderFailure
from mllab.protocol.values import bare, mark_outputs


def keep(run: Run, decision: Decision) -> Record:
    """Nothing to do. Returns the entry that counts from now on."""
    old, record = decision.old, decision.record
    assert old is not None
    record.id, record.created, record.modified = old.id, old.created, old.modified
    record.outputs = mark_outputs(
        old.outputs, record.inputs, tuple(record.additional_secret_outputs)
    )
    if urns.is_provider(record.type):
        run.registry.serve(f"{record.urn}::{record.id}", old.inputs)
    if record.urn not in run.adopted:  # that was reported already
        status = Status.PLANNED if run.dry else Status.DONE
        run.report.ended(report.step(Op.SAME, record), status)
    return run.snapshot.keep(old, record)


def create(run: Run, decision: Decision) -> bool:
    """Create a resource, or what replaces the old one. False when it failed; it was reported."""
    record, old = decision.record, decision.old
    step = report.step(
        Op.CREATE if old is None else Op.CREATE_REPLACEMENT,
        record,
        reason=decision.reason,
        changes=decision.changes,
    )
    done = [old] if old and old.pending_replacement else []
    replaced = [old] if old and not old.pending_replacement else []
    before = old.id if old else ""

    def ask(call: Call) -> Made:
        if urns.is_provider(record.type):
            id = registry.new_id(record.urn, record.inputs, before)
            run.registry.serve(f"{record.urn}::{id}", record.inputs)
            return Made(id, record.inputs)
        made = run.provider(record).create(call, bare(record.inputs))
        if not made.id:
            raise ProviderFailure("the provider returned no id", seconds=made.seconds)
        return made

    return _operate(run, step, record, "creating", ask, done, replaced, before)


def update(run: Run, decision: Decision) -> bool:
    """Change a resource in place. False when it failed; then the old entry stays."""
    record, old = decision.record, decision.old
    assert old is not None
    step = report.step(Op.UPDATE, record, reason=decision.reason, changes=decision.changes)
    record.id, record.created, record.outputs = old.id, old.created, old.outputs

    def ask(call: Call) -> Made:
        if urns.is_provider(record.type):
            run.registry.serve(f"{record.urn}::{record.id}", record.inputs)
            return Made(record.id, record.inputs)
        return run.provider(record).update(call, old.id, bare(old.outputs), bare(record.inputs))

    return _operate(run, step, record, "updating", ask, [old], [], "")


def _operate(
    run: Run,
    step: Step,
    record: Record,
    kind: str,
    ask: Callable[[Call], Made],
    done: Sequence[Record],
    replaced: Sequence[Record],
    before: str,
) -> bool:
    """One create or update, from its note in the journal to its result.

    Anything but a ProviderFailure leaves the note open: nobody knows what happened, and the next
    run looks.
    """
    with run.lock:
        run.report.started(step)
        began = run.times.begin([*record.needs(), *map(removal_key, done)])
        asks = record.custom and not urns.is_provider(record.type)
        operation = run.snapshot.begin(kind, record) if asks else 0
    failure: ProviderFailure | None = None
    made: Made | None = None
    try:
        made = ask(run.call(record, began, before=before)) if record.custom else Made("", {})
    except ProviderFailure as why:
        failure, made = why, why.made
    spent = failure.seconds if failure else made.seconds if made else 0.0
    with run.lock:
        step = dataclasses.replace(step, seconds=run.times.end(record.urn, began, spent))
        if made is None:
            run.snapshot.commit(end=operation)
        else:
            _fill(run, record, made, failure, began + step.seconds)
            if failure is not None and kind == "updating":
                record.inputs = done[0].inputs  # so that the next run updates once more
            for old in replaced:
                old.delete = True
            run.snapshot.commit(end=operation, new=record, done=done, marked=replaced)
        if failure is None:
            run.report.ended(step)
        else:
            run.report.failed(step, failure)
    return failure is None


def _fill(
    run: Run, record: Record, made: Made, failure: ProviderFailure | None, ended: float
) -> None:
    """Take over what exists now."""
    if record.custom:
        record.id = record.id or made.id  # an update gives no new one
        record.outputs = mark_outputs(
            made.outputs, record.inputs, tuple(record.additional_secret_outputs)
        )
    record.init_errors = [failure.message] if failure else []
    record.modified = run.times.at(ended)
    record.created = record.created or record.modified


def delete(run: Run, record: Record, op: Op, reason: str, after: Sequence[str]) -> bool:
    """Delete one old entry. False when it failed or may not be; then the entry stays.

    Args:
        op: DELETE or DELETE_REPLACED.
        after: keys of the operations that must have ended.
    """
    first = op is Op.DELETE_REPLACED and not record.delete
    what, reason = delete_action(run, record, op, reason)
    step = report.step(what, record, reason=reason)
    if op is Op.DELETE and not run.may_go(record):
        run.report.failed(step, protected())
        return False
    with run.lock:
        run.report.started(step)
        began = run.times.begin(after)
        asks = record.custom and not stays(run, record) and not urns.is_provider(record.type)
        asks = asks and record.deleted_with not in run.deletes and not record.pending_replacement
        operation = run.snapshot.begin("deleting", record) if asks else 0
    failure: ProviderFailure | None = None
    spent = 0.0
    try:
        if asks:
            spent = run.provider(record).delete(
                run.call(record, began), record.id, bare(_released(run, record))
            )
    except ProviderFailure as why:
        failure, spent = why, why.seconds
    with run.lock:
        seconds = run.times.end(removal_key(record), began, spent)
        step = dataclasses.replace(step, seconds=seconds)
        if failure is not None:
            run.snapshot.commit(end=operation)
            run.report.failed(step, failure)
        elif first:
            record.pending_replacement = True
            run.snapshot.commit(end=operation, marked=[record])
            run.report.ended(step)
        else:
            run.snapshot.commit(end=operation, done=[record])
            run.report.ended(step)
    return failure is None


def removal_key(record: Record) -> str:
    """The name of a deletion on the schedule; several generations of one urn may go in a run."""
    return f"-{record.urn}::{record.id}"


def delete_action(run: Run, record: Record, op: Op, reason: str) -> tuple[Op, str]:
    """What becomes of an entry that is to be deleted, and why: some only leave the state."""
    if stays(run, record):
        return Op.RETAIN, f"{reason}; stays in the cloud (retain_on_delete)"
    return op, reason


def stays(run: Run, record: Record) -> bool:
    """True for what stays in the cloud when it leaves the state."""
    retained = record.retain_on_delete and record.urn not in run.release
    return retained and record.custom


def protected(verb: str = "deleted") -> ProviderFailure:
    """The refusal to touch a protected resource."""
    return ProviderFailure(reasons.protected(verb), hint=reasons.UNPROTECT)


def _released(run: Run, record: Record) -> dict[str, object]:
    """The outputs that go with a delete; released ones say that the contents go too."""
    outputs = dict(record.outputs)
    if record.urn in run.release and record.type in EMPTIED_BY:
        outputs[EMPTIED_BY[record.type]] = True
    return outputs


def skip(run: Run, step: Step, culprit: str) -> None:
    """Report a step that cannot be because something else failed."""
    run.report.ended(reasoned(step, f"needs {culprit}, which failed"), Status.SKIPPED)


def reasoned(step: Step, reason: str) -> Step:
    """The step with another reason."""
    return dataclasses.replace(step, reason=reason)
