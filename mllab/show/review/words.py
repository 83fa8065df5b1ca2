"""A review in words and figures: what the comment and the page both say."""

from __future__ import annotations

import json
import os.path
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from mllab.engines.contract import Op
from mllab.engines.operations import OPS
from mllab.lifecycle.review.model import (
    COLUMNS,
    Amount,
    Cause,
    Column,
    Finding,
    Hazard,
    Property,
    Report,
    StackReview,
)
from mllab.show.cost_table import UNKNOWN
from mllab.show.words import VALUE_WIDTH, value
from mllab.wording import join_limited, pluralize

Level = Literal["stop", "care", "fine"]

KINDS: Final = {
    "data": "loses data",
    "refused": "`up` refuses",
    "replaced": "replaced",
    "restarts": "restarts",
    "work": "work ends",
}
"""Kinds of hazards, in a word or two."""

_CONTEXT: Final = 12
"""Characters before a difference that are shown."""

_SHORT: Final = 9
"""Characters of a commit that are shown."""


@dataclass(frozen=True)
class Verdict:
    """How a review ends.

    Args:
        level: `stop`: not without a decision; `care`: people will notice; `fine`.
        head: the first words. rest: what follows them, one clause each.
    """

    level: Level
    head: str
    rest: tuple[str, ...]

    @property
    def line(self) -> str:
        return "; ".join(self.rest)


def verdict(report: Report) -> Verdict:
    """The first line."""
    shown = loud(report)
    wrong = [one.stack for one in report.stacks if one.faults]
    kinds = Counter[str]()
    for stack in report.stacks:
        kinds["refused"] += bool(stack.refusals)
        for one in stack.hazards:
            kinds[one.kind] += len(one.names)
    broken = [one for stack in report.stacks for one in stack.findings if one.fails]
    budgets = [one.stack for one in report.stacks if one.budget]
    failed = [one.stack for one in report.stacks if one.base_error]
    rest = []
    if changing := [one for one in report.stacks if one.status != "unchanged"]:
        labs = pluralize(len(report.stacks), "lab")
        names = join_limited([one.stack for one in changing], 4)
        verb = "changes" if len(changing) == 1 else "change"
        rest.append(f"{len(changing)} of {labs} {verb} ({names})")
        rest += _operations(changing)
        rest += [
            f"{COLUMNS[key]}: {figure(column.difference, signed=True)}"
            for key, column in totals(changing).items()
            if key in {"day", "asleep"} and column.difference
        ]
    if left := [one.renamed_from or one.stack for one in report.stacks if left_behind(one)]:
        verb = "costs" if len(left) == 1 else "cost"
        rest.append(f"{join_limited(left, 4)} still {verb} until `mllab down`")
    for kind, number in kinds.items():
        if kind in {"data", "restarts"} and number:
            what = "resource loses", "resources lose"
            noun = what if kind == "data" else ("machine restarts", "machines restart")
            rest.append(pluralize(number, *noun) + (" data" if kind == "data" else ""))
    rest += [f"{pluralize(len(broken), 'rule result')} must be fixed"] * bool(broken)
    rest += [f"the budget of {join_limited(budgets, 4)} is broken"] * bool(budgets)
    if wrong:
        return Verdict("stop", f"the settings of {join_limited(wrong, 4)} are wrong", tuple(rest))
    if kinds["data"]:
        return Verdict("stop", "data would be lost", tuple(rest))
    if kinds["refused"]:
        return Verdict("stop", "`up` would refuse this", tuple(rest))
    if broken or budgets:
        head = "a rule is broken" if broken else "a budget is broken"
        return Verdict("stop", head, tuple(rest))
    if failed:
        return Verdict("care", f"the base of {join_limited(failed, 4)} did not render", tuple(rest))
    if kinds["replaced"] or kinds["restarts"] or kinds["work"]:
        return Verdict("care", "people will notice this", tuple(rest))
    if shown:
        return Verdict("fine", "no data, machine or running work is touched", tuple(rest))
    return Verdict("fine", f"nothing changes in {pluralize(len(report.stacks), 'lab')}", ())


def loud(report: Report) -> list[StackReview]:
    """The stacks that have something to say, in alphabetical order."""
    return [one for one in report.stacks if not one.quiet or one.budget or _news(one)]


def compared(report: Report) -> str:
    """What was held against what."""
    head = f"the working tree at {report.head.commit[:_SHORT]}"
    if report.head.uncommitted:
        files = join_limited(report.head.uncommitted, 5)
        head += f", with what no commit has yet ({files})"
    base = report.base.commit[:_SHORT]
    name = "" if report.base.commit.startswith(report.base.name) else f" ({report.base.name})"
    return f"{head}, against {base}{name}"


def figure(amount: Amount | None, *, signed: bool = False, old: bool = True) -> str:
    """`12.40`, `12.40 + ?` where a part has no price, `?` where nothing else is known.

    Args:
        old: also what prices that are too old would add.
    """
    if amount is None:
        return UNKNOWN
    text = _number(amount.usd, signed=signed)
    if not amount.known:
        text = f"{text} + {UNKNOWN}" if amount.usd else UNKNOWN
    if old and amount.outdated:
        text += f" (at old prices {_number(amount.outdated, signed=signed)})"
    return text


def figure_old(amount: Amount) -> str:
    """What prices that are too old would add to a difference."""
    return _number(amount.outdated, signed=True)


def amounts(column: Column) -> tuple[str, str]:
    """What it was and what it is, without what old prices would add."""
    none = "-" if column.difference else UNKNOWN  # there is no such lab, or nobody knows
    both = (column.before, column.after)
    before, after = (figure(one, old=False) if one else none for one in both)
    return before, after


def totals(stacks: Iterable[StackReview]) -> dict[str, Column]:
    """The sums of the columns; a stack of which nobody knows makes them unknown."""
    found: dict[str, Column] = {}
    for stack in stacks:
        for key in COLUMNS if stack.money else ():
            column = stack.money.get(key)
            if column is None:
                continue
            sums = found.setdefault(key, Column())
            for name in ("before", "after", "difference"):
                new, old = getattr(column, name), getattr(sums, name)
                missing = new is None and column.difference is None
                setattr(sums, name, _plus(old, new, missing=missing))
    return found


def compact(names: Sequence[str]) -> str:
    """`lab-notebook-{ann, bob}`: every name, what all begin and end with once."""
    if len(names) < 3:
        return ", ".join(names)
    before = os.path.commonprefix(list(names))
    before = before[: before.rfind("-") + 1]
    rest = [name[len(before) :] for name in names]
    after = os.path.commonprefix([name[::-1] for name in rest])[::-1]
    after = after[after.find("-") :] if "-" in after else ""
    middles = ", ".join(name[: len(name) - len(after)] if after else name for name in rest)
    return f"{before}{{{middles}}}{after}"


def many(names: Sequence[str], *, short: bool = False) -> str:
    """`3: lab-notebook-{ann, bob, cleo}`; `short` for what has no room for every name."""
    told = counted(names) if short else compact(names)
    return f"{len(names)}: {told}" if len(names) > 1 else told


def counted(names: Sequence[str]) -> str:
    """`lab-notebook-ann to lab-notebook-zoe`, for what has no room for every name."""
    return f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names)


def why(causes: Sequence[Cause]) -> list[tuple[str, str]]:
    """Text and place of each cause: `stacks/Pulumi.x.yaml:7`."""
    told = []
    for one in causes:
        place = f"{one.file}:{one.line}" if one.line else one.file
        told.append((one.text, f"{place} of the base" if one.at_base else place))
    return told


def left_behind(stack: StackReview) -> tuple[str, str] | None:
    """What a file that is gone leaves: a tag, and what to do about it."""
    if stack.status == "deleted":
        tag, name = "the file is gone, the lab is not:", stack.stack
    elif stack.renamed_from:
        tag, name = "another name is another lab:", stack.renamed_from
    else:
        return None
    sums = [
        f"{figure(stack.remains[key])} {words}"
        for key, words in (("asleep", "for a month asleep"), ("day", "on a day at most"))
        if key in stack.remains
    ]
    costs = f"{' and '.join(sums)}, in US dollars," if sums else "what it did"
    return tag, f"{name} still costs {costs} until: mllab down {name}"


def differing(changed: Property) -> str:
    """`instanceType: g4dn.xlarge -> g6.12xlarge`; of long texts from where they differ."""
    texts = [_text(one) for one in (changed.before, changed.after)]
    same = len(os.path.commonprefix(texts))
    if max(map(len, texts)) > VALUE_WIDTH and same > _CONTEXT:
        texts = [f"...{one[same - _CONTEXT :]}" for one in texts]
    before, after = map(value, texts)
    return f"{changed.path}: {before} -> {after}"


def operations(counts: dict[str, int]) -> str:
    """`1 to create, 2 to replace`."""
    return ", ".join(f"{counts[op]} {OPS[op].future}" for op in OPS if counts.get(op))


def news(stack: StackReview, *states: str) -> list[Finding]:
    """Rule results in some states; what is waived is told elsewhere."""
    return [one for one in stack.findings if one.state in states and not one.waived]


def said(hazard: Hazard) -> tuple[str, str]:
    """What happens, in its first words and in those that follow."""
    words = [hazard.loses] * bool(hazard.loses) + hazard.words
    if hazard.uncertain:
        words.append("only if a value that is known after `up` has changed")
    if hazard.kind in {"restarts", "work"}:
        return "; ".join(words), ""
    return KINDS[hazard.kind], "; ".join(words)


def alike(hazards: Iterable[Hazard]) -> list[list[Hazard]]:
    """Those of which the same is said, together, in the order of the first of each."""
    found: dict[tuple[str, ...], list[Hazard]] = {}
    for one in hazards:
        found.setdefault((one.kind, *said(one)), []).append(one)
    return list(found.values())


def _text(plain: object) -> str:
    masked = isinstance(plain, dict) and len(plain) == 1 and {"$unknown", "$secret"} & plain.keys()
    if isinstance(plain, str) or masked:
        return value(plain) if masked else str(plain)
    return json.dumps(plain, default=str, ensure_ascii=False)


def _news(stack: StackReview) -> bool:
    return bool(news(stack, "new", "fixed")) or any(one.fails for one in stack.findings)


def _operations(stacks: Iterable[StackReview]) -> list[str]:
    counts = Counter[str]()
    for one in stacks:
        counts.update({op: number for op, number in one.operations.items() if op in set(Op)})
    return [operations(counts)] if counts else []


def _plus(old: Amount | None, new: Amount | None, *, missing: bool) -> Amount:
    one = old or Amount(usd=Decimal(0), known=True)
    other = new or Amount(usd=Decimal(0), known=not missing)
    return Amount(
        usd=one.usd + other.usd,
        outdated=one.outdated + other.outdated,
        known=one.known and other.known,
    )


def _number(amount: Decimal, *, signed: bool) -> str:
    return f"{amount:+,}" if signed and amount else f"{amount:,}"
