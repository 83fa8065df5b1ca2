"""`status`: what runs, what is stopped, what is not there, what somebody changed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mllab.clouds.registry import PLACES, is_machine, power
from mllab.engines.contract import Op, Plan, Status, Step
from mllab.errors import LabError, RunFailed, StillThere
from mllab.lifecycle import rebuild
from mllab.protocol.deployment import entries, in_cloud, interrupted
from mllab.protocol.provider import Change
from mllab.session.session import Session
from mllab.settings.check import local_day
from mllab.wording import join_limited, pluralize, role

AS_RECORDED, CHANGED, MISSING = "as recorded", "changed", "missing"
UNKNOWN, INTERRUPTED, NOT_MADE = "unknown", "not recorded", "not created"

ABSENT = frozenset({MISSING, NOT_MADE, INTERRUPTED})
"""States of what the lab should have, and has not, or not for sure."""


@dataclass(frozen=True)
class Finding:
    """One resource of the stack, compared with the cloud.

    Args:
        state: `as recorded`, `changed` by hand, `missing` (deleted by hand), `unknown` (the cloud
            does not say), `not recorded` (made by a run that was interrupted), or `not created`
            (declared, and no run has made it).
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
    """A stack beside its cloud and its file; without findings nothing exists.

    Args:
        warnings: one line each.
        pending: what an `up` would change, replace and delete, how many of each: the file is newer
            than the lab. settles: what it would only record, one line each.
        over: the lab's last day, when it is past.
        seats: how many the file has; 0 where it cannot be read.
        undeclared: why the file could not be compared; empty where it was.
    """

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    pending: Mapping[Op, int] = field(default_factory=dict)
    settles: tuple[str, ...] = ()
    over: date | None = None
    seats: int = 0
    undeclared: str = ""

    @property
    def absent(self) -> tuple[Finding, ...]:
        """What the lab should have, and has not."""
        return tuple(finding for finding in self.findings if finding.state in ABSENT)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """What could not be looked at."""
        return tuple(finding for finding in self.findings if finding.state == UNKNOWN)


def look(session: Session) -> Comparison:
    """Compare the cloud with every custom resource of the state, and that with what is declared.

    The state stays as it is.
    """
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
    plan, why = _declared(session)
    known = {finding.urn for finding in findings}
    steps = [step for step in plan.steps if step.custom and step.urn not in known] if plan else []
    findings += [_not_made(step) for step in steps if step.op is Op.CREATE]
    counted = plan.counts() if plan else {}
    notes = map(rebuild.told, rebuild.counts_for_new(session, plan)) if plan else ()
    return Comparison(
        tuple(findings),
        (*outcome.warnings, *notes, *early(session), *session.realm.spent(state)),
        {op: counted[op] for op in (Op.UPDATE, Op.REPLACE, Op.DELETE) if counted.get(op)},
        plan.settles if plan else (),
        _over(session),
        len(session.lab.notebook.seats) if session.lab else 0,
        why,
    )


def refuse(session: Session, comparison: Comparison) -> None:
    """Call a lab healthy only when it is.

    Raises:
        StillThere: its last day is past, and it still exists.
        RunFailed: something that it should have is not there, or could not be looked at.
    """
    found = len(comparison.findings) - sum(one.state == NOT_MADE for one in comparison.findings)
    if comparison.over is not None:
        raise StillThere(
            f"{session.stack} ended on {comparison.over}, and "
            f"{pluralize(found, 'resource')} of it still exist and may cost money",
            hint=f"Remove it:  {session.command('down')}\n"
            f"Or give it a later lab.ends, then:  {session.command('up')}",
        )
    absent, unknown = comparison.absent, comparison.unknown
    lines = []
    if absent:
        lines.append(
            f"{session.stack} is not whole: {pluralize(len(absent), 'resource')} of "
            f"{len(comparison.findings)} that it should have {'is' if len(absent) == 1 else 'are'} "
            f"not there{_seats(comparison)}"
        )
    if unknown:
        lines.append(
            f"{pluralize(len(unknown), 'resource')} of {session.stack} could not be looked at"
        )
    if lines:
        raise RunFailed(
            "\n".join(lines), hint=f"Bring up what is not there:  {session.command('up')}"
        )


def _seats(comparison: Comparison) -> str:
    """`: 12 of 60 seats (lab-notebook-s49, ...)`; empty where every seat has its machine."""
    names = [
        finding.name
        for finding in comparison.absent
        if finding.role == "notebook" and is_machine(finding.type)
    ]
    if not names or not comparison.seats:
        return ""
    return (
        f", among it the machines of {len(names)} of {pluralize(comparison.seats, 'seat')}: "
        f"{join_limited(names)}"
    )


def _declared(session: Session) -> tuple[Plan | None, str]:
    """What an `up` would do, or why nobody can tell."""
    if session.lab is None:
        return None, "the settings cannot be used"
    try:
        return session.engine.preview(), ""
    except LabError as error:
        return None, error.message


def early(session: Session) -> tuple[str, ...]:
    """What to know of a lab whose first day is still to come; one line, or none."""
    starts, today = session.lab.lab.starts if session.lab else None, _today(session)
    if starts is None or today is None or starts <= today:
        return ()
    if PLACES[session.declared.lab.cloud].here:
        return (f"lab.starts is {starts}; what is made exists at once",)
    return (
        f"lab.starts is {starts}, and nothing in the cloud waits for that day: what is made exists,"
        " and costs, at once. `mllab rehearse` begins on that day.",
    )


def _over(session: Session) -> date | None:
    ends, today = session.lab.lab.ends if session.lab else None, _today(session)
    return ends if ends is not None and today is not None and ends < today else None


def _today(session: Session) -> date | None:
    """The day where the lab is; None where its file cannot be read."""
    if session.lab is None:
        return None
    return local_day(session.clock.now(), {"time_zone": session.lab.notebook.time_zone})


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


def _not_made(step: Step) -> Finding:
    return Finding(step.urn, step.type, step.name, role(step.urn), NOT_MADE)
