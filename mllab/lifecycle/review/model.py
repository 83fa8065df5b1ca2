"""What a review says, as data: `report.json` is written from it, and every page is drawn from it.

The processes that look at the stacks hand it over as JSON, so it is checked when it is read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

SCHEMA: Final = 1
"""Raised when a key disappears or changes its meaning; new keys may come without it."""

COLUMNS: Final = {
    "asleep": "asleep, a month",
    "hour": "in use, an hour",
    "week": "typical week",
    "day": "at most a day",
    "term": "term, typical weeks",
    "term_most": "term, at most",
}
"""Keys of `StackReview.money` -> their titles. The term is what is left of it, both days included;
a lab without an end has none."""

Status = Literal["unchanged", "changed", "new", "deleted", "renamed", "invalid"]
Danger = Literal["data", "refused", "replaced", "restarts", "work"]


class Amount(BaseModel):
    """US dollars.

    Args:
        known: false where a part of it has no price that counts: it is more then, or unknown.
        outdated: what prices that are too old, or have no date, would add; never in `usd`.
        unpriced: what is in no sum, for comparison; not told.
    """

    usd: Decimal
    known: bool
    outdated: Decimal = Decimal(0)
    unpriced: tuple[str, ...] = Field(default=(), exclude=True)


class Column(BaseModel):
    """One column of the money table; `before` or `after` is missing where there is no such lab, or
    it could not be rendered. The difference is that of the rounded amounts, as a person subtracts.
    """

    before: Amount | None = None
    after: Amount | None = None
    difference: Amount | None = None


class Cause(BaseModel):
    """Why something changes: a setting, with its line, or the code that declares it.

    Args:
        file, line: in the stack file at head; at base where the setting was taken out. Of code: the
            declaring call.
        text: `notebook.size: gpu-small -> gpu-large`, or `code`.
        at_base: the line is that of the base.
    """

    file: str
    line: int
    text: str
    at_base: bool = False


class Hazard(BaseModel):
    """What a person must know before the change is merged; alike resources are one entry.

    Args:
        kind: `data`: data is lost; `refused`: the cloud refuses it, and so does `up`; `replaced`;
            `restarts`; `work`: work of a person or a job ends.
        loses: what data, in words. words: what it means for people.
        uncertain: it is replaced only if a value has changed that is known after `up`.
    """

    kind: Danger
    role: str
    type: str
    names: list[str]
    loses: str = ""
    words: list[str] = []
    uncertain: bool = False
    causes: list[Cause] = []


class Property(BaseModel):
    """One property that changes; values are masked as `preview --json` masks them."""

    path: str
    before: Any = None
    after: Any = None
    replaces: bool = False


class Changed(BaseModel):
    """One resource that something happens to; of components only their children count."""

    op: str
    type: str
    name: str
    role: str
    source: str
    properties: list[Property] = []
    words: list[str] = []
    causes: list[Cause] = []


class Finding(BaseModel):
    """What a rule says of a resource.

    Args:
        state: `new`: not at base; `fixed`: at base only, on what is still there, or an error;
            `old`: at both; `unknown`: the base could not be judged.
        waived: the reason of the waiver that covers it. fails: it makes the review fail.
    """

    rule: str
    resource: str
    message: str
    severity: str = ""
    fix: str = ""
    source: str = ""
    setting: str = ""
    state: Literal["new", "fixed", "old", "unknown"] = "unknown"
    waived: str = ""
    fails: bool = False


class Node(BaseModel):
    """A role of the lab in the diagram: how many resources, and what happens to them."""

    role: str
    resources: int
    operations: dict[str, int]
    hazard: Danger | None = None


class StackReview(BaseModel):
    """One stack, base against head.

    Args:
        file: below the project's folder. renamed_from: the stack whose file it was.
        faults: of its settings at head, or why it cannot be rendered. base_error: why there is
            nothing to compare with; what could be compared was.
        settings: that changed, with their lines. operations: custom resources by operation.
        refusals: what `up` will refuse of the lab as a whole. notes: what a plan tells besides.
        money: by key of COLUMNS; none of a lab whose file is gone; oldest_price: the date of the
            oldest that is added. remains: by the same keys, what the lab of a file that is gone or
            renamed still costs.
        budget: a sentence, where it would be broken.
        edges: roles, the second uses what the first makes.
    """

    stack: str
    file: str
    status: Status
    cloud: str = ""
    region: str = ""
    renamed_from: str = ""
    faults: list[str] = []
    base_error: str = ""
    settings: list[Cause] = []
    operations: dict[str, int] = {}
    hazards: list[Hazard] = []
    refusals: list[str] = []
    notes: list[str] = []
    resources: list[Changed] = []
    findings: list[Finding] = []
    money: dict[str, Column] = {}
    remains: dict[str, Amount] = {}
    oldest_price: str = ""
    budget: str = ""
    nodes: list[Node] = []
    edges: list[tuple[str, str]] = []

    @property
    def quiet(self) -> bool:
        """Nothing to show: no change, and nothing wrong."""
        return self.status == "unchanged" and not self.faults and not self.base_error


class Revision(BaseModel):
    """What was compared.

    Args:
        name: as it was asked for. commit: in full.
        uncommitted: files of the working tree that no commit has, of those that count.
    """

    name: str
    commit: str
    uncommitted: list[str] = []


class Report(BaseModel):
    """A whole review.

    Args:
        code: files that declare resources, or decide how, and differ. notes: about the comparison.
        exit_code: 0 clean, 1 a rule or a budget is broken, 2 settings are wrong.
    """

    schema_version: int = SCHEMA
    base: Revision
    head: Revision
    code: list[str]
    stacks: list[StackReview]
    notes: list[str] = []
    exit_code: int = 0
