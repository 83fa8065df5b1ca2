"""What a preview says about one resource: the step, and the outputs that can be predicted."""

from __future__ import annotations

import dataclasses

from mllab.engines.contract import Op, Status
from mllab.engines.embedded import report, step_executor
from mllab.engines.embedded.decide import Decision
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.protocol import urns
from mllab.protocol.provider import Made, ProviderFailure
from mllab.protocol.values import bare, mark_outputs
from mllab.protocol.wire import UNKNOWN_TEXT


def predict(run: Run, decision: Decision) -> Record:
    """Plan a create, update or replacement. A failure is reported, and the preview goes on.

    Returns:
        The entry that stands for the resource in the rest of the preview; its id is empty when it
        is not known.
    """
    record, old, op = decision.record, decision.old, decision.op
    step = report.step(op, record, reason=decision.reason, changes=decision.changes, lost=old)
    if op is Op.UPDATE and old is not None:
        record.id, record.created, record.modified = old.id, old.created, old.modified
        record.outputs = old.outputs
    began = run.times.begin(record.needs())
    spent = 0.0
    failure: ProviderFailure | None = None
    try:
        made = _predicted(run, decision, began)
        spent = made.seconds
        if record.custom:
            record.outputs = mark_outputs(
                made.outputs, record.inputs, tuple(record.additional_secret_outputs)
            )
        if decision.protected:
            raise step_executor.protected("replaced")
    except ProviderFailure as why:
        failure = why
        record.outputs = record.outputs or dict(record.inputs)
        if urns.is_provider(record.type):
            run.broken[record.urn] = record.name
    step = dataclasses.replace(step, seconds=run.times.end(record.urn, began, spent))
    run.snapshot.commit(new=record, done=[old] if old else [])
    if failure is None:
        run.report.ended(step, Status.PLANNED)
    else:
        run.report.failed(step, failure)
    return record


def _predicted(run: Run, decision: Decision, began: float) -> Made:
    record, old = decision.record, decision.old
    if not record.custom:
        return Made("", {})
    if urns.is_provider(record.type):
        record.id = record.id or UNKNOWN_TEXT
        run.registry.serve(f"{record.urn}::{record.id}", record.inputs)
        return Made(record.id, record.inputs)
    before = old.id if old and decision.op is Op.REPLACE else ""
    call = run.call(record, began, before=before)
    provider = run.provider(record)
    if decision.op is Op.UPDATE and old is not None:
        return provider.update(call, old.id, bare(old.outputs), bare(record.inputs))
    return provider.create(call, bare(record.inputs))
