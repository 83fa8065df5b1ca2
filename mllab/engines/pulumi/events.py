"""Events of Pulumi's engine as the steps of the contract, with the same words as everywhere.

The Automation API turns what a callback raises into a warning, so a fault in here is kept, and
raised when the command has ended, unless resources failed: that is told first. Kinds of event that
are not known are passed over.
"""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from components.resource_types import HOLDS_DATA
from mllab.clouds import registry
from mllab.engines import reasons
from mllab.engines.contract import Failure, OnStep, Op, Resource, Status, Step
from mllab.engines.pulumi import messages
from mllab.engines.pulumi.changes import changes_of, shown
from mllab.engines.pulumi.declared import UNFINISHED, Declared
from mllab.protocol import urns
from mllab.protocol.provider import Change

_FORGOTTEN: Final = "remove-pending-replace"
"""It was deleted by an earlier run, and leaves the state."""
_OPS: Final = {op.value: op for op in Op} | {
    "read-replacement": Op.READ,
    "import": Op.ADOPT,
    "import-replacement": Op.ADOPT,
    "discard": Op.RETAIN,  # was only read
    "discard-replaced": Op.RETAIN,
    _FORGOTTEN: Op.DELETE,
}
_HALVES: Final = (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)
_LOSING: Final = (Op.DELETE, Op.REPLACE, Op.DELETE_REPLACED)
_SUMMARIES: Final = re.compile(r"(update|preview|destroy|refresh) failed")
_COLOURS: Final = re.compile(r"<\{%[a-z_-]*%\}>")


class Events:
    """Collects the events of one command; called for each, from one thread at a time.

    Args:
        on_step: told while it happens.
        declared: knows where things stand in the source, and what is skipped.
        verb: `up`, `refresh` or `destroy`; says why something is deleted.
        dry: nothing is changed: a replacement is reported as one step, not as its two halves.
        adopted: urns whose step was told before; that they stay the same is no news.
        rebuild: urns that are replaced because that was asked for.
    """

    def __init__(
        self,
        on_step: OnStep,
        declared: Declared,
        verb: str,
        *,
        dry: bool,
        adopted: Collection[str] = (),
        rebuild: Collection[str] = (),
    ) -> None:
        self._on_step, self._declared, self._verb, self._dry = on_step, declared, verb, dry
        self._adopted, self._rebuild = frozenset(adopted), frozenset(rebuild)
        self._lock = threading.Lock()  # the program's threads tell what is skipped
        self._skipped: set[str] = set()
        self._steps: list[Step] = []
        self._errors: dict[str, list[str]] = {}
        self._begun: dict[tuple[str, Op], float] = {}
        self._working: set[tuple[str, Op]] = set()
        self._ops: dict[str, Op] = {}
        self._replaced: set[str] = set()
        self._untold: list[Exception] = []
        self._warnings: list[str] = []
        self.general: list[str] = []
        self.outputs: Mapping[str, Any] = {}
        self.alive: Callable[[], None] = lambda: None
        """Called with each event."""
        declared.on_skip = self._skip

    def __call__(self, event: Any) -> None:
        self.alive()
        try:
            with self._lock:
                self._take(event)
        except Exception as error:
            self._untold.append(error)

    @property
    def busy(self) -> bool:
        """True while something in a cloud is in work; the stack and components are so all along."""
        return bool(self._working)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the engine warns of, and what went wrong in the telling of a run that failed."""
        untold = [f"the progress could not be told: {error!r}" for error in self._untold[:1]]
        return (*self._warnings, *untold)

    def warn(self, text: str) -> None:
        """Something a person should know; each text once."""
        if text not in self._warnings:
            self._warnings.append(text)

    def steps(self) -> tuple[Step, ...]:
        """Finished steps in the order of their end.

        Raises what went wrong in the telling, unless that would hide that something failed.
        """
        if self._untold and not self._errors and not self.general:
            raise self._untold[0]
        return tuple(
            step
            for step in self._steps
            if not (self._dry and step.op in _HALVES and step.urn in self._replaced)
        )

    def failures(self) -> tuple[Failure, ...]:
        """One per resource with an error."""
        return tuple(self._failure(urn, texts) for urn, texts in self._errors.items())

    def found(self) -> dict[str, tuple[Op, tuple[Change, ...]]]:
        """What happens to each urn, for the plan's resources."""
        return {step.urn: (step.op, step.changes) for step in self.steps()}

    def _take(self, event: Any) -> None:
        if event.resource_pre_event:
            self._report(event.resource_pre_event.metadata, Status.STARTED)
        elif event.res_outputs_event:
            metadata = event.res_outputs_event.metadata
            if metadata.type == urns.STACK_TYPE and metadata.new:
                self.outputs = shown(metadata.new.outputs or {})
            self._report(metadata, Status.PLANNED if self._dry else Status.DONE)
        elif event.res_op_failed_event:
            self._report(event.res_op_failed_event.metadata, Status.FAILED)
        elif event.diagnostic_event:
            self._diagnose(event.diagnostic_event)

    def _report(self, metadata: Any, status: Status) -> None:
        op = _OPS.get(metadata.op.value)
        if op is None or self._is_no_news(metadata, op):
            return
        key = metadata.urn, op
        if status is Status.STARTED:
            self._begun[key] = time.monotonic()
            self._ops[metadata.urn] = op
            if (metadata.new or metadata.old).custom:
                self._working.add(key)
        else:
            # A refresh begins as such, and ends as what it has found.
            self._working -= {key, (metadata.urn, Op.REFRESH)}
        began = self._begun.get(key, 0.0) if status is Status.STARTED else self._begun.pop(key, 0.0)
        if op is Op.REPLACE:
            self._replaced |= {metadata.urn, metadata.old.urn}  # it may have been renamed
            if not self._dry:
                return  # its halves tell it
        step = self._step(metadata, op, status)
        if status is not Status.STARTED:
            if not step.custom and any(s.urn == step.urn and s.op is op for s in self._steps):
                return  # the outputs of a component come as a second end
            if began:
                step = dataclasses.replace(step, seconds=time.monotonic() - began)
            self._steps.append(step)
        self._tell(step)

    def _is_no_news(self, metadata: Any, op: Op) -> bool:
        if self._verb == "refresh":  # components and providers have nothing to read
            state = metadata.new or metadata.old
            return not state.custom or urns.is_provider(metadata.type)
        adopted = op is Op.SAME and metadata.urn in self._adopted
        return adopted or urns.is_default_provider(metadata.urn)

    def _skip(self, resource: Resource, op: Op, culprit: str) -> None:
        """Tell that something is not begun because something that it needs failed."""
        with self._lock:
            self._skipped_for(resource, op, culprit)

    def _skipped_for(self, resource: Resource, op: Op, culprit: str, error: str = "") -> None:
        if resource.urn in self._skipped:
            return
        self._skipped.add(resource.urn)
        step = Step(
            op,
            resource.urn,
            resource.type,
            resource.name,
            Status.SKIPPED,
            custom=resource.custom,
            reason=f"needs {culprit}, which failed",
            source=resource.source,
            error=error,
        )
        self._steps.append(step)
        self._tell(step)

    def _tell(self, step: Step) -> None:
        try:
            self._on_step(step)
        except Exception as error:
            self._untold.append(error)

    def _step(self, metadata: Any, op: Op, status: Status) -> Step:
        state = metadata.new or metadata.old
        changes = () if op in (Op.SAME, Op.DELETE, Op.CREATE) else changes_of(metadata)
        retained = bool(metadata.old and metadata.old.retain_on_delete)
        if retained and op in (Op.DELETE, Op.DELETE_REPLACED):
            op = Op.RETAIN
        urn, forgotten = metadata.urn, metadata.op.value == _FORGOTTEN
        return Step(
            op,
            urn,
            metadata.type,
            urns.name_of(urn),
            status,
            custom=bool(state and state.custom),
            reason=self._reason(urn, op, changes) + ("; is gone already" if forgotten else ""),
            changes=changes,
            source=self._declared.source(urn),
            loses=HOLDS_DATA.get(metadata.type, "")
            if op in _LOSING and self._verb != "refresh" and not forgotten
            else "",
            outputs=shown(metadata.new.outputs or {})
            if self._verb == "refresh" and metadata.new
            else {},
        )

    def _reason(self, urn: str, op: Op, changes: tuple[Change, ...]) -> str:
        refreshing = self._verb == "refresh"
        match op:
            case Op.CREATE:
                return reasons.NEW
            case Op.UPDATE:
                return reasons.drifted(changes) if refreshing else reasons.updated(changes)
            case Op.REPLACE | Op.CREATE_REPLACEMENT | Op.DELETE_REPLACED if urn in self._rebuild:
                return reasons.REBUILT
            case Op.REPLACE | Op.CREATE_REPLACEMENT | Op.DELETE_REPLACED if changes:
                known = self._declared.resources.get(urn)
                needs = known.property_dependencies if known else {}
                return reasons.replaced(changes, needs, self._replaced)
            case Op.REPLACE | Op.CREATE_REPLACEMENT:
                return "replaced"
            case Op.DELETE_REPLACED:
                return "was replaced"
            case Op.DELETE | Op.RETAIN if refreshing:
                return reasons.GONE
            case Op.DELETE | Op.RETAIN:
                return reasons.DESTROYED if self._verb == "destroy" else reasons.UNDECLARED
        return ""

    def _diagnose(self, event: Any) -> None:
        text = _COLOURS.sub("", event.message).strip()
        if not text:
            return
        of_resource = event.urn and urns.type_of(event.urn) != urns.STACK_TYPE
        if event.severity.startswith("warning"):
            self.warn(f"{urns.name_of(event.urn)}: {text}" if of_resource else text)
        elif event.severity.startswith("error"):
            if of_resource:
                self._blame(event.urn, text)
            elif not _SUMMARIES.fullmatch(text) and UNFINISHED not in text:
                self.general.append(text)

    def _blame(self, urn: str, text: str) -> None:
        """Keep an error, unless it only follows from another: one cause is told once."""
        culprit = self._declared.culprit(urn)
        if culprit:
            resource = self._declared.resources[urn]
            self._skipped_for(resource, self._declared.op(urn), culprit, text)
        else:
            self._errors.setdefault(urn, []).append(text)

    def _failure(self, urn: str, texts: list[str]) -> Failure:
        """A failure, with the hint of a simulated cloud or the one that is known of the code."""
        told, hint = messages.told(texts)
        type = urns.type_of(urn)
        cloud = registry.of_package(urns.package_of(type))
        code, message = cloud.refusal(told) if cloud else ("", told)
        return Failure(
            urn,
            type,
            urns.name_of(urn),
            self._ops.get(urn, Op.CREATE),
            message,
            code=code,
            hint=hint or registry.hint(type, code),
            source=self._declared.source(urn),
        )
