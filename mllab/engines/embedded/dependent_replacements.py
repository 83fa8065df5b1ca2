"""Delete before create: what hangs on the old one goes first (calculateDependentReplacements)."""

from __future__ import annotations

from dataclasses import dataclass

from mllab.engines import reasons
from mllab.engines.contract import Op
from mllab.engines.embedded import paths, report, step_executor
from mllab.engines.embedded.decide import Decision
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.protocol import urns
from mllab.protocol.provider import UNKNOWN, ProviderFailure
from mllab.protocol.values import bare


@dataclass(frozen=True)
class Dependent:
    """An old entry that must be deleted before another one, because it would be replaced anyhow."""

    record: Record
    reason: str


def find(run: Run, decision: Decision) -> list[Dependent]:
    """What goes before the old one of a delete-first replacement, in the order of creation.

    Raises:
        ProviderFailure: something of it is protected.
    """
    old = decision.old
    if old is None or not decision.delete_first or old.pending_replacement:
        return []
    found = _dependents(run, old)
    for dependent in found:
        if not dependent.record.delete and not run.may_go(dependent.record):
            raise ProviderFailure(
                reasons.protected_dependent(dependent.record.name),
                hint=f"Take protect off {dependent.record.name} and bring the stack up once, "
                "then make the change.",
            )
    return found


def foresee(run: Run, decision: Decision, dependents: list[Dependent]) -> None:
    """Mark in a preview what will have been deleted when the program comes to it."""
    for dependent in dependents:
        if dependent.record.delete:
            run.snapshot.commit(done=[dependent.record])
        else:
            dependent.record.pending_replacement = True
            run.deletes.add(dependent.record.urn)


def clear_the_way(run: Run, decision: Decision, dependents: list[Dependent]) -> bool:
    """Delete the dependents, last made first, then the old one. False when that failed."""
    old = decision.old
    if old is None or not decision.delete_first or old.pending_replacement:
        return not _refused(run, decision)
    if _refused(run, decision):
        return False
    with run.lock:
        run.deletes.update(item.record.urn for item in dependents)
        run.deletes.add(old.urn)
    gone: list[str] = []
    for dependent in reversed(dependents):
        if not step_executor.delete(
            run, dependent.record, Op.DELETE_REPLACED, dependent.reason, [*gone]
        ):
            return False
        gone.append(step_executor.removal_key(dependent.record))
    return step_executor.delete(run, old, Op.DELETE_REPLACED, decision.reason, gone)


def _refused(run: Run, decision: Decision) -> bool:
    if not decision.protected:
        return False
    step = report.step(
        Op.REPLACE,
        decision.record,
        reason=decision.reason,
        changes=decision.changes,
        lost=decision.old,
    )
    run.report.failed(
        step,
        step_executor.protected("replaced"),
    )
    return True


def _dependents(run: Run, root: Record) -> list[Dependent]:
    """What a new root replaces. What is declared already needs it no more, but its remains may."""
    left = run.snapshot.left()
    hanging, replaced = {root.urn}, {root.urn}
    found: list[Dependent] = []
    for record in left[left.index(root) + 1 :]:
        depends = record.needs() - {record.parent}
        declared = id(record) in run.handled and not record.delete
        if declared or not depends & hanging:
            continue
        hanging.add(record.urn)
        if _replaced_with(run, record, replaced):
            replaced.add(record.urn)
            names = sorted(urns.name_of(urn) for urn in depends & replaced)
            found.append(
                Dependent(record, f"goes before {reasons.listed(names)}, which is replaced")
            )
    return found


def _replaced_with(run: Run, record: Record, replaced: set[str]) -> bool:
    """True when the diff replaces it once everything that comes from those is unknown."""
    if not record.custom or record.pending_replacement:
        return False
    if record.provider and urns.provider_urn(record.provider) in replaced:
        return True
    if record.deleted_with in replaced or replaced & set(record.replace_with):
        return True
    touched = {
        key for key, found in record.property_dependencies.items() if replaced.intersection(found)
    } & record.inputs.keys()
    if not touched or urns.is_provider(record.type):
        return False
    news = {key: UNKNOWN if key in touched else bare(value) for key, value in record.inputs.items()}
    news = paths.ignoring(news, record.inputs, tuple(record.ignore_changes))
    call = run.call(record, run.times.ready(record.needs()))
    changes = (
        run.provider(record)
        .diff(call, record.id, bare(record.inputs), bare(record.outputs), bare(news))
        .changes
    )
    forced = [paths.parse(text) for text in record.replace_on_changes]
    return any(
        change.replaces or any(paths.contains(path, paths.parse(change.path)) for path in forced)
        for change in changes
    )
