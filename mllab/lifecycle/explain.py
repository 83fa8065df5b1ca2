"""What came of a run, in words: counts, and failures with their causes."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.engines.contract import Failure, Outcome, Status
from mllab.engines.operations import OPS
from mllab.lifecycle.quota import Shortage
from mllab.wording import join_limited, short_type


def explain(failures: Sequence[Failure], short: Sequence[Shortage] = ()) -> list[str]:
    """Failures in lines: resource, cause, place, hint. What one cause has stopped is told once.

    Args:
        short: quotas that are too small for the whole lab; a failure tells of one machine. What to
            ask for stands at the end, once for each.
    """
    causes: dict[tuple[str, ...], list[Failure]] = {}
    for failure in failures:
        causes.setdefault((failure.op, failure.code, failure.message), []).append(failure)
    lines = [line for alike in causes.values() for line in _explain(alike, short)]
    asked = [one for one in short if any(one.covers(failure.hint) for failure in failures)]
    for one in asked:
        first, *rest = one.request.splitlines()
        lines += [
            f"  For the whole lab and what runs already, {first}",
            *(f"    {r}" for r in rest),
        ]
    return lines


def _explain(alike: Sequence[Failure], short: Sequence[Shortage]) -> list[str]:
    first = alike[0]
    code = f"{first.code}: " if first.code and first.code not in first.message else ""
    what = f"{first.name} ({short_type(first.type)})"
    if len(alike) > 1:
        what = f"{len(alike)} resources ({join_limited([failure.name for failure in alike])})"
    text = f"{OPS[first.op].present} {what}: {code}{first.message}"
    lines = [f"  {line}" for line in text.splitlines()]
    if first.source and len(alike) == 1:
        lines.append(f"    declared in {first.source}")
    if first.hint and not any(one.covers(first.hint) for one in short):
        lines += [f"    {line}" for line in f"hint: {first.hint}".splitlines()]
    return lines


def summary(outcome: Outcome) -> str:
    """`45 created, 1 failed, 3 skipped`."""
    done: dict[str, int] = {}
    for step in outcome.steps:
        if step.custom and step.status in {Status.DONE, Status.FAILED, Status.SKIPPED}:
            word = OPS[step.op].past if step.status is Status.DONE else str(step.status)
            done[word] = done.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in done.items()) or "nothing to do"
