"""What a run tells: steps while they happen, failures, warnings."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable

from components.resource_types import HOLDS_DATA
from mllab.clouds import registry
from mllab.engines.contract import Failure, OnStep, Op, Status, Step
from mllab.engines.embedded.record import Record
from mllab.protocol import urns
from mllab.protocol.provider import Change, ProviderFailure

_LOSING = frozenset({Op.DELETE, Op.REPLACE, Op.DELETE_REPLACED})


class Report:
    """Collects one run's steps and hands them on, one at a time.

    Args:
        on_step: hears each step when it begins and when it ends.
    """

    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step
        self._lock = threading.RLock()
        self.steps: list[Step] = []
        self.failures: list[Failure] = []
        self.warnings: list[str] = []

    def started(self, step: Step) -> None:
        """A step begins."""
        self._tell(dataclasses.replace(step, status=Status.STARTED))

    def ended(self, step: Step, status: Status = Status.DONE) -> None:
        """A step is over, and part of the result."""
        self._tell(dataclasses.replace(step, status=status), keep=True)

    def failed(self, step: Step, why: ProviderFailure) -> None:
        """A step failed; with the hint that is known of the code where the provider gave none."""
        step = dataclasses.replace(step, error=why.message, status=Status.FAILED)
        self._tell(step, keep=True)
        failure = Failure(
            urn=step.urn,
            type=step.type,
            name=step.name,
            op=step.op,
            message=why.message,
            code=why.code,
            hint=why.hint or registry.hint(step.type, why.code),
            source=step.source,
        )
        with self._lock:
            self.failures.append(failure)

    def warn(self, text: str) -> None:
        """Something a person should know; each text once."""
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)

    def _tell(self, step: Step, *, keep: bool = False) -> None:
        if urns.is_default_provider(step.urn):
            return
        with self._lock:
            if keep:
                self.steps.append(step)
            self._on_step(step)


def step(
    op: Op,
    record: Record,
    *,
    reason: str = "",
    changes: tuple[Change, ...] = (),
    lost: Record | None = None,
) -> Step:
    """The step of one record.

    Args:
        lost: the entry that goes when it is not the record itself: the one that a replacement
            replaces.
    """
    return Step(
        op=op,
        urn=record.urn,
        type=record.type,
        name=record.name,
        custom=record.custom,
        reason=reason,
        changes=changes,
        source=record.source,
        loses=_loss(lost or record) if op in _LOSING else "",
    )


def _loss(record: Record) -> str:
    """What data goes with an entry, in words; none where the thing stays or is gone already."""
    stays = record.retain_on_delete or record.pending_replacement
    return "" if stays else HOLDS_DATA.get(record.type, "")


def lines(failures: Iterable[Failure]) -> str:
    """One line per failure: place, resource, cause."""
    return "\n".join(_line(failure) for failure in failures)


def _line(failure: Failure) -> str:
    place = f"{failure.source}: " if failure.source else ""
    code = f"{failure.code}: " if failure.code and failure.code not in failure.message else ""
    return f"{place}{failure.name} ({failure.type}): {code}{failure.message}"
