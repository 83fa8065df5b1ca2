"""What happens to one resource, by the rules of Pulumi's engine (step_generator.go)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mllab.engines import reasons
from mllab.engines.contract import Op
from mllab.engines.embedded import paths, registry
from mllab.engines.embedded.paths import ignoring
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.engines.embedded.shown import shown
from mllab.engines.embedded.unconfigured_provider import UnconfiguredProvider
from mllab.protocol import urns
from mllab.protocol.goal import Goal
from mllab.protocol.provider import Change, Difference, Properties, Provider, ProviderFailure
from mllab.protocol.values import bare, has_unknown, mark_like, same


@dataclass(frozen=True)
class Decision:
    """What is to be done.

    Args:
        op: SAME, CREATE, UPDATE or REPLACE.
        record: the entry as it will be, with checked inputs.
        delete_first: a replacement deletes the old one first, and with it what depends on it.
        protected: the old one is protected: this must not happen, and a preview goes on all the
            same.
    """

    op: Op
    record: Record
    old: Record | None = None
    reason: str = ""
    changes: tuple[Change, ...] = ()
    delete_first: bool = False
    protected: bool = False


def decide(run: Run, goal: Goal, record: Record, old: Record | None) -> Decision:
    """Check and compare one resource. Fills `record.inputs`.

    Raises:
        ProviderFailure: the inputs are wrong.
        ProgramError: its provider does not exist.
    """
    provider = _provider(run, record)
    if old is None:
        _check(run, provider, record, goal.inputs, None)
        return Decision(Op.CREATE, record, reason=reasons.NEW)
    if old.pending_replacement:
        _check(run, provider, record, goal.inputs, None, before=old.id)
        reason = "replaced because something that it needs is deleted first"
        return Decision(Op.REPLACE, record, old, reason)
    inputs = ignoring(goal.inputs, old.inputs, goal.ignore_changes)
    _check(run, provider, record, inputs, old)
    found, reason = _difference(run, goal, provider, record, old)
    changes = _replace_on_changes(found.changes, goal.replace_on_changes)
    replaces = bool(reason) or any(change.replaces for change in changes)
    if replaces:
        reason = reason or reasons.replaced(changes, goal.property_dependencies, run.replaced)
        _check(run, provider, record, goal.inputs, None, before=old.id)
        first = goal.delete_before_replace
        return Decision(
            Op.REPLACE,
            record,
            old,
            reason,
            shown(changes, old, record),
            delete_first=found.delete_before_replace if first is None else first,
            protected=record.protect and not run.may_go(old),
        )
    if isinstance(provider, UnconfiguredProvider):
        run.report.warn(
            f"{record.name}: its provider is not known yet, so nobody can tell whether it changes"
        )
        return Decision(Op.UPDATE, record, old, "its provider is not known yet")
    if changes:
        return Decision(
            Op.UPDATE, record, old, reasons.updated(changes), shown(changes, old, record)
        )
    if old.init_errors:
        return Decision(Op.UPDATE, record, old, "was not healthy after the run before")
    return Decision(Op.SAME, record, old)


def _provider(run: Run, record: Record) -> Provider | None:
    """The cloud of a custom resource; None for components and providers."""
    if not record.custom or urns.is_provider(record.type):
        return None
    return run.provider(record)


def _check(
    run: Run,
    provider: Provider | None,
    record: Record,
    inputs: Properties,
    old: Record | None,
    *,
    before: str = "",
) -> None:
    """Let the provider fill in and judge the inputs. `before`: id of a generation that goes."""
    record.inputs = inputs
    if provider is None:
        return
    call = run.call(record, run.times.ready(record.needs()), before=before)
    checked = provider.check(call, bare(old.inputs) if old else None, bare(inputs))
    if checked.faults:
        raise ProviderFailure("; ".join(checked.faults))
    record.inputs = mark_like(checked.inputs, inputs)


def _difference(
    run: Run, goal: Goal, provider: Provider | None, record: Record, old: Record
) -> tuple[Difference, str]:
    """What differs, and the reason why it must be replaced where that is not a property."""
    reason = _forced(run, goal, record, old)
    if urns.is_provider(record.type):
        return registry.difference(old.inputs, record.inputs), reason
    if reason:
        return Difference(), reason
    if provider is None:
        changes = () if same(old.inputs, record.inputs) else _by_key(old.inputs, record.inputs)
        return Difference(changes), ""
    call = run.call(record, run.times.ready(record.needs()))
    return (
        provider.diff(call, old.id, bare(old.inputs), bare(old.outputs), bare(record.inputs)),
        "",
    )


def _by_key(old: Properties, new: Properties) -> tuple[Change, ...]:
    """The top-level keys that differ, for resources without a provider."""
    found = []
    for key in sorted(old.keys() | new.keys()):
        if not same(old.get(key), new.get(key)) or (key in old) != (key in new):
            kind = "add" if key not in old else "delete" if key not in new else "update"
            found.append(Change(key, kind, bare(old.get(key)), bare(new.get(key))))
    return tuple(found)


def _forced(run: Run, goal: Goal, record: Record, old: Record) -> str:
    """Why a resource is replaced whatever its properties say; empty when it need not be."""
    if old.urn in run.rebuild:
        return reasons.REBUILT
    new_trigger, old_trigger = bare(goal.replacement_trigger), bare(old.replacement_trigger)
    if has_unknown(new_trigger) or (
        new_trigger is not None and old_trigger is not None and not same(new_trigger, old_trigger)
    ):
        return "replaced because its replacement_trigger changes"
    for urn in goal.replace_with:
        if urn in run.replaced:
            return f"replaced with {urns.name_of(urn)}"
    if goal.deleted_with in run.replaced:
        return f"replaced with {urns.name_of(goal.deleted_with)}, which deletes it"
    if _provider_changed(run, record, old):
        return "replaced because its provider changes"
    return ""


def _provider_changed(run: Run, record: Record, old: Record) -> bool:
    """True when another provider serves it, and that one works elsewhere."""
    if old.provider == record.provider:
        return False
    if not old.provider or not record.provider:
        return True
    old_urn, _, old_id = old.provider.rpartition("::")
    new_urn, _, new_id = record.provider.rpartition("::")
    if run.aliases.renamed(old_urn, new_urn):
        return False
    before, after = run.snapshot.find(old_urn, old_id), run.snapshot.find(new_urn, new_id)
    if before is None or after is None:
        return True
    return registry.difference(before.inputs, after.inputs).replaces


def _replace_on_changes(changes: tuple[Change, ...], wanted: tuple[str, ...]) -> tuple[Change, ...]:
    outer = [paths.parse(text) for text in wanted]
    return tuple(
        dataclasses.replace(change, replaces=True)
        if any(paths.contains(path, paths.parse(change.path)) for path in outer)
        else change
        for change in changes
    )
