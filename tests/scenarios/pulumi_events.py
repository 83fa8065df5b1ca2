"""Engine events of the Automation API as the steps of the contract."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata
from pulumi.runtime import rpc

from mllab.engines.contract import Change, Failure, OnStep, Op, Status, Step

STACK = "pulumi:pulumi:Stack"
_SUMMARIES = ("update failed", "preview failed")
_HALVES = (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.RETAIN)
_OTHERS = {
    OpType.DISCARD: Op.RETAIN,  # was only read
    OpType.REMOVE_PENDING_REPLACE: Op.DELETE,  # deleted before, now forgotten
}


class Events:
    """Collects the events of one command; called by the Automation API for each.

    Args:
        verb: in a `preview` a replacement is one step, not its two halves; a `refresh` is told of
            what is read, which components and providers are not.
    """

    def __init__(
        self, on_step: OnStep, verb: Literal["preview", "up", "refresh", "destroy"]
    ) -> None:
        self._on_step, self._verb = on_step, verb
        self._steps: list[Step] = []
        self._errors: dict[str, list[str]] = {}
        self._ops: dict[str, Op] = {}
        self._replaced: set[str] = set()
        self.general: list[str] = []
        self.warnings: list[str] = []
        self.outputs: Mapping[str, Any] = {}
        self.trouble: list[BaseException] = []
        self.latest = time.monotonic()
        self.hangs = False

    def __call__(self, event: EngineEvent) -> None:
        self.latest = time.monotonic()
        try:
            self._take(event)
        except Exception as error:
            # The Automation API turns what a callback raises into a warning.
            self.trouble.append(error)
            raise

    def steps(self) -> list[Step]:
        """Finished steps in the order of their end."""
        if self.trouble:
            raise self.trouble[0]
        if self._verb != "preview":
            return self._steps
        return [s for s in self._steps if s.op not in _HALVES or s.urn not in self._replaced]

    def failures(self) -> list[Failure]:
        """One per resource with an error."""
        return [
            Failure(
                urn,
                urn.split("::")[2].split("$")[-1],
                urn.rsplit("::", 1)[1],
                self._ops.get(urn, Op.CREATE),
                "\n".join(texts),
            )
            for urn, texts in self._errors.items()
        ]

    def _take(self, event: EngineEvent) -> None:
        if event.resource_pre_event:
            metadata = event.resource_pre_event.metadata
            self._ops[metadata.urn] = op = _op(metadata)
            if op is Op.REPLACE and metadata.old:
                self._replaced |= {metadata.urn, metadata.old.urn}  # it may have been renamed
            self._report(metadata, op, Status.STARTED)
        elif event.res_outputs_event:
            metadata = event.res_outputs_event.metadata
            if metadata.type == STACK and metadata.new:
                self.outputs = masked(metadata.new.outputs or {})
            self._report(metadata, _op(metadata), Status.DONE)
        elif event.res_op_failed_event:
            metadata = event.res_op_failed_event.metadata
            self._report(metadata, _op(metadata), Status.FAILED)
        elif event.diagnostic_event:
            self._diagnose(event.diagnostic_event)

    def _report(self, metadata: StepEventMetadata, op: Op, status: Status) -> None:
        state = metadata.new or metadata.old
        step = Step(
            op,
            metadata.urn,
            metadata.type,
            metadata.urn.rsplit("::", 1)[1],
            status,
            custom=bool(state and state.custom),
            changes=_changes(metadata),
        )
        if self._wanted(step):
            self._on_step(step)
            if status is not Status.STARTED:
                self._steps.append(step)

    def _wanted(self, step: Step) -> bool:
        if self._verb == "refresh":
            return step.custom and not step.type.startswith("pulumi:providers:")
        if step.op is Op.REPLACE and self._verb != "preview":
            return False
        # The outputs of a component come as a second end.
        return step.custom or step.status is not Status.DONE or step not in self._steps

    def _diagnose(self, event: Any) -> None:
        text = " ".join(event.message.replace("<{%reset%}>", "").split())
        if event.severity.startswith("warning"):
            self.warnings.append(text)
        elif event.severity.startswith("error"):
            if event.urn and STACK not in event.urn:
                self._errors.setdefault(event.urn, []).append(text)
            elif text not in _SUMMARIES:
                self.general.append(text)


def _op(metadata: StepEventMetadata) -> Op:
    if metadata.op in _OTHERS:
        return _OTHERS[metadata.op]
    op = Op(metadata.op.value)
    retained = metadata.old is not None and metadata.old.retain_on_delete
    return Op.RETAIN if retained and op in (Op.DELETE, Op.DELETE_REPLACED) else op


def _changes(metadata: StepEventMetadata) -> tuple[Change, ...]:
    found = []
    for path, diff in sorted((metadata.detailed_diff or {}).items()):
        kind, _, replaces = str(diff.diff_kind.value).partition("-")
        found.append(Change(path, kind, replaces=bool(replaces)))
    return tuple(found)


def masked(value: Any) -> Any:
    """Unknown and secret values as the contract shows them."""
    if value in (rpc.UNKNOWN, "output<string>"):
        return {"$unknown": True}
    if isinstance(value, dict):
        if rpc._special_sig_key in value:
            return {"$secret": True}
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value
