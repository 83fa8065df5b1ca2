"""What a step of a plan means for people who work on the lab."""

from __future__ import annotations

import re
from typing import Final

from mllab.clouds import consequences
from mllab.engines.contract import Op, Resource, Step
from mllab.wording import role

_RESTARTS: Final = re.compile(r"\brestarts\b")
_WORK_ENDS: Final = re.compile(r"\b(running work ends|jobs in work end)\b")
"""What the tables of consequences call it, in every row that says so."""


def meaning(step: Step | Resource) -> tuple[str, ...]:
    """In words; empty where nobody notices."""
    return consequences.words(step.type, role(step.urn), str(step.op), step.changes)


def doubtful(step: Step | Resource) -> bool:
    """Whether a replacement is announced for nothing but values that the run will know."""
    causes = [change.after for change in step.changes if change.replaces]
    unknown = {"$unknown": True}
    return step.op is Op.REPLACE and bool(causes) and all(after == unknown for after in causes)


def restarts(words: tuple[str, ...]) -> bool:
    """Whether a machine restarts."""
    return any(map(_RESTARTS.search, words))


def ends_work(words: tuple[str, ...]) -> bool:
    """Whether work of a person or of a job ends."""
    return any(map(_WORK_ENDS.search, words))
