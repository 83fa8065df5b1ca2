"""`status`: what runs, what is stopped, what has gone, what somebody changed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mllab.clouds.registry import power
from mllab.engines.contract import Op, Status, Step
from mllab.protocol.deployment import entries, in_cloud, interrupted
from mllab.protocol.provider import Change
from mllab.session.session import Session
from mllab.wording import role

AS_RECORDED, CHANGED, MISSING = "as recorded", "changed", "missing"
UNKNOWN, INTERRUPTED = "unknown", "not recorded"


@dataclass(frozen=True)
class Finding:
    """One resource of the stack, compared with the cloud.

    Args:
        state: `as recorded`, `changed` by hand, `missing` (deleted by hand), `unknown` (the cloud
            does not say), or `not recorded` (made by a run that was interrupted).
        machine: `running`, `stopped`, `power unknown`, ...; empty for what is no machine.
        changes: what was changed by hand.
        cause: why it is `unknown`.
    """

    urn: str
    type: str
    name: str
    role: str
    state: str
    machine: str = ""
    changes: tuple[Change, ...] = ()
    cause: str = ""


@dataclass(frozen=True)
class Comparison:
    """A stack beside its cloud; without findings nothing exists. `warnings`: one line each."""

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()


def look(session: Session) -> Comparison:
    """Compare every custom resource of the state with the cloud; the state stays as it is."""
    state = session.engine.state()
    recorded = [entry for entry in entries(state) if in_cloud(entry)]
    begun = [entry for entry in interrupted(state) if in_cloud(entry)]
    if not recorded and not begun:
        return Comparison()
    outcome = session.engine.refresh(dry=True)
    seen = {step.urn: step for step in outcome.steps}
    causes = {failure.urn: failure.message for failure in outcome.failures}
    findings = [_finding(entry, seen.get(entry["urn"]), causes) for entry in recorded]
    findings += [_unrecorded(entry) for entry in begun if entry["urn"] in seen]
    return Comparison(tuple(findings), outcome.warnings)


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many machines run and are stopped, how many resources are changed, missing, unknown."""
    words = [finding.machine for finding in findings if finding.machine] + [
        finding.state for finding in findings if finding.state != AS_RECORDED
    ]
    return {word: words.count(word) for word in dict.fromkeys(words)}


def _finding(entry: Mapping[str, Any], step: Step | None, causes: Mapping[str, str]) -> Finding:
    urn = entry["urn"]
    state, machine, cause = AS_RECORDED, "", ""
    by_hand: tuple[Change, ...] = ()
    if step is None or urn in causes or step.status is Status.FAILED:
        state = UNKNOWN
        cause = causes.get(urn) or (step.error if step else "") or "it was not looked at"
    elif step.op is Op.DELETE:
        state = MISSING
    else:
        machine, by_hand = power(entry["type"], step.outputs), step.changes
        state = CHANGED if by_hand else AS_RECORDED
    name = urn.rpartition("::")[2]
    return Finding(urn, entry["type"], name, role(urn), state, machine, by_hand, cause)


def _unrecorded(entry: Mapping[str, Any]) -> Finding:
    urn = entry["urn"]
    cause = "the run that made it was interrupted"
    return Finding(urn, entry["type"], urn.rpartition("::")[2], role(urn), INTERRUPTED, cause=cause)
