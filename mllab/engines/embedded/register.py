"""Takes the program's registrations, one by one, from the wish to the answer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from mllab.engines.contract import Op, Resource
from mllab.engines.embedded import dependent_replacements, registry, report, step_executor
from mllab.engines.embedded.decide import Decision, decide
from mllab.engines.embedded.paths import ignoring
from mllab.engines.embedded.predict import predict
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.run import Run
from mllab.protocol import urns
from mllab.protocol.failure import ProgramError
from mllab.protocol.goal import Goal
from mllab.protocol.provider import Change, Properties, ProviderFailure
from mllab.protocol.values import has_unknown, masked, same
from mllab.protocol.wire import UNKNOWN_TEXT


@dataclass(frozen=True)
class Answer:
    """What the program hears.

    Args:
        ok: False lets the SDK take every output as unknown.
    """

    urn: str
    id: str = ""
    outputs: Properties = dataclasses.field(default_factory=dict)
    ok: bool = True


class Registrar:
    """Registers the resources of one run.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._defaults: dict[tuple[str, str], str] = {}
        self._providers: dict[str, dict[str, str]] = {}
        self.made: dict[str, Record] = {}
        """The entries of this run's resources, by urn."""

    def register(self, goal: Goal, options: dict[str, Any] | None = None) -> Answer:
        """Bring one resource about, or plan it.

        Args:
            options: what the plan shows of the options.

        Raises:
            ProgramError: the program is wrong.
        """
        run = self._run
        with run.lock:
            urn = self.enter(goal.parent, goal.type, goal.name, goal.source)
            self._complete(goal)
            old = run.aliases.find(goal, urn, run.seen, run.snapshot)
            if old is not None:
                run.handled.add(id(old))
            record = self._record(goal, urn)
            run.goals[urn] = goal
            culprit = self._culprit(goal)
            if culprit:
                return self._skipped(record, old, culprit)
            try:
                decision = decide(run, goal, record, old)
                dependents = dependent_replacements.find(run, decision)
            except ProviderFailure as why:
                step = report.step(Op.UPDATE if old else Op.CREATE, record)
                run.report.failed(step, why)
                return self._failed(record, old)
            if decision.op is Op.REPLACE:
                run.replaced.add(urn)
            said = ignoring(record.inputs, goal.inputs, goal.ignore_changes)
            note(run, record, said, decision.op, decision.changes, options or {})
        return self._carry_out(decision, dependents)

    def _culprit(self, goal: Goal) -> str:
        """The name of what failed and makes this impossible; empty when all is well.

        A preview goes on after failures, so that all faults come at once, unless there is no
        provider to ask.
        """
        run = self._run
        if run.dry:
            return run.culprit({urns.provider_urn(goal.provider)})
        culprit = run.culprit(goal.needs)
        if not culprit and has_unknown(goal.inputs):
            if goal.custom:
                return run.report.failures[0].name if run.report.failures else "something"
            goal.inputs = known_or_before(goal.inputs, {})
        return culprit

    def _skipped(self, record: Record, old: Record | None, culprit: str) -> Answer:
        self._run.broken[record.urn] = culprit
        step = report.step(Op.UPDATE if old else Op.CREATE, record)
        step_executor.skip(self._run, step, culprit)
        return Answer(record.urn, old.id if old else "", ok=False)

    def _failed(self, record: Record, old: Record | None) -> Answer:
        """A preview goes on, so that all faults come at once; a run stops what needs this."""
        if urns.is_provider(record.type) or not self._run.dry:
            self._run.broken[record.urn] = record.name
        if self._run.dry:
            return self._answer(record, old.id if old else "", dict(record.inputs))
        return Answer(record.urn, old.id if old else "", ok=False)

    def _carry_out(
        self, decision: Decision, dependents: list[dependent_replacements.Dependent]
    ) -> Answer:
        run, record, old = self._run, decision.record, decision.old
        if decision.op is Op.SAME:
            with run.lock:
                record = step_executor.keep(run, decision)
        elif run.dry:
            with run.lock:
                dependent_replacements.foresee(run, decision, dependents)
                record = predict(run, decision)
        else:
            if decision.op is Op.UPDATE:
                ok = step_executor.update(run, decision)
            else:
                ok = dependent_replacements.clear_the_way(run, decision, dependents)
                ok = ok and step_executor.create(run, decision)
            if not ok:
                return self._failed(record, old)
        known = "" if record.id == UNKNOWN_TEXT else record.id
        return self._answer(record, known, record.outputs)

    def _answer(self, record: Record, id: str, outputs: Properties) -> Answer:
        """Outputs of a component are kept back: they come from the program itself."""
        with self._run.lock:
            self.made[record.urn] = record
            self._run.ids[record.urn] = id
        return Answer(record.urn, id, outputs if record.custom else {})

    def enter(self, parent: str, type: str, name: str, source: str) -> str:
        """The urn of a new declaration. Raises ProgramError when it was declared already."""
        run = self._run
        urn = urns.urn(run.target.stack, run.target.project, parent, type, name)
        if urn in run.seen:
            place = source.removeprefix("project:///").replace("#", ":") or "an unknown place"
            raise ProgramError(
                f"Duplicate resource URN '{urn}'; "
                f"declared in {run.place(urn) or 'an unknown place'} and again in {place}",
                source,
                hint="Give one of the two another name.",
            )
        run.seen[urn] = source
        return urn

    def provider(
        self, package: str, given: str, version: str, source: str, parent: str = ""
    ) -> str:
        """The reference of the provider that serves something of a package.

        Args:
            given: what the program said; empty for the default provider.
            parent: urn of the component that may hand one down.
        """
        if given:
            return given
        handed_down = self._providers.get(parent, {}).get(package)
        if handed_down:
            return handed_down
        if (package, version) not in self._defaults:
            self._run.registry.base(package, source)
            goal = Goal(
                type=urns.provider_type(package),
                name=registry.default_name(version),
                custom=True,
                inputs=self._run.registry.default_inputs(package, version),
            )
            answer = self.register(goal)
            if answer.urn in self._run.broken:
                why = self._run.report.failures[-1]
                raise ProgramError(
                    f"the default provider of {package} cannot be configured: {why.message}",
                    hint=why.hint,
                )
            self._defaults[package, version] = f"{answer.urn}::{answer.id or UNKNOWN_TEXT}"
        return self._defaults[package, version]

    def outputs(self, urn: str, outputs: Properties) -> None:
        """Outputs of a component, which come after it."""
        run = self._run
        with run.lock:
            record = self.made.get(urn)
            if record is None:
                return
            if not run.dry:
                outputs = known_or_before(outputs, record.outputs)
            if not same(outputs, record.outputs):
                record.outputs = outputs
                run.snapshot.commit(marked=[record])

    def _complete(self, goal: Goal) -> None:
        """Add what the parent hands down, and the provider."""
        parent = self._run.goals.get(goal.parent)
        if parent is not None:
            goal.inherit(parent)
        if not goal.custom:
            goal.provider = ""
            self._hand_down(goal)
        elif urns.is_provider(goal.type):
            goal.provider = ""
            if goal.version:
                goal.inputs = {**goal.inputs, "version": goal.version}
        else:
            package = urns.package_of(goal.type)
            given = goal.provider or goal.providers.get(package, "")
            goal.provider = self.provider(package, given, goal.version, goal.source, goal.parent)

    def _hand_down(self, goal: Goal) -> None:
        urn = urns.urn(
            self._run.target.stack, self._run.target.project, goal.parent, goal.type, goal.name
        )
        self._providers[urn] = {**self._providers.get(goal.parent, {}), **goal.providers}

    def _record(self, goal: Goal, urn: str) -> Record:
        alias = self._run.aliases.was(urn)
        return Record(
            urn=urn,
            type=goal.type,
            custom=goal.custom,
            parent=goal.parent,
            provider=goal.provider,
            dependencies=goal.dependencies,
            property_dependencies=goal.property_dependencies,
            protect=bool(goal.protect),
            retain_on_delete=bool(goal.retain_on_delete),
            deleted_with=goal.deleted_with,
            replace_with=goal.replace_with,
            replacement_trigger=goal.replacement_trigger,
            additional_secret_outputs=list(goal.additional_secret_outputs),
            ignore_changes=list(goal.ignore_changes),
            replace_on_changes=list(goal.replace_on_changes),
            custom_timeouts=goal.custom_timeouts,
            aliases=[alias] if alias else [],
            source_position=goal.source,
        )


def known_or_before(news: Properties, olds: Properties) -> Properties:
    """After a failure some outputs are unknown; those stay as they were, none is lost."""
    found = {}
    for key, new in news.items():
        if not has_unknown(new):
            found[key] = new
        elif key in olds:
            found[key] = olds[key]
    return found


def note(
    run: Run,
    record: Record,
    inputs: Properties,
    op: Op,
    changes: tuple[Change, ...],
    options: dict[str, Any],
) -> None:
    """Write a declaration down for the plan. `inputs`: as the program gave them."""
    if not run.dry or urns.is_default_provider(record.urn):
        return
    run.resources.append(
        Resource(
            urn=record.urn,
            type=record.type,
            name=record.name,
            custom=record.custom,
            parent=record.parent,
            inputs=masked(inputs),
            dependencies=tuple(record.dependencies),
            property_dependencies={
                key: tuple(found) for key, found in record.property_dependencies.items()
            },
            provider=urns.provider_urn(record.provider),
            options=options,
            source=record.source,
            op=op,
            changes=changes,
        )
    )
