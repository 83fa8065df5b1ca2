"""The report as a comment on a pull request.

Values come from files that a stranger may have written: each stands in a code span, in which GitHub
and GitLab read neither mark-up nor names of people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mllab.lifecycle.review.model import (
    COLUMNS,
    Changed,
    Column,
    Finding,
    Hazard,
    Report,
    StackReview,
)
from mllab.show.review import diagram
from mllab.show.review.words import (
    KINDS,
    alike,
    amounts,
    compared,
    differing,
    figure,
    figure_old,
    left_behind,
    loud,
    many,
    news,
    operations,
    said,
    totals,
    verdict,
    why,
)
from mllab.wording import pluralize, short_type

MARKER: Final = "<!-- mllab review -->"
"""By which the comment is found again, to be edited in place."""

LIMIT: Final = 65_536
"""Characters of a comment that GitHub takes; GitLab takes more."""

_ALL, _NO_VALUES, _NO_RESOURCES, _NO_EXTRAS, _NO_NAMES, _RED = range(6)
"""How much is left out, so that a comment fits. What stands in red is never among it."""


def comment(report: Report, *, limit: int = LIMIT) -> str:
    """The whole comment, with as much detail as fits."""
    for detail in (_ALL, _NO_VALUES, _NO_RESOURCES, _NO_EXTRAS, _NO_NAMES, _RED):
        text = "\n".join(_lines(report, detail)).rstrip() + "\n"
        if len(text) <= limit:
            break
    return text


def code(text: object) -> str:
    """A code span that holds any text, also in a table."""
    plain = " ".join(str(text).split()).replace("|", "\\|") or " "
    longest = max(map(len, re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def _lines(report: Report, detail: int) -> Iterator[str]:
    end = verdict(report)
    yield MARKER
    shown = loud(report)
    if not shown:
        yield f"**mllab review: {end.head}** ({_plain(compared(report))})."
        yield from (f"\n> {_plain(note)}" for note in report.notes)
        return
    yield f"**mllab review: {end.head}.** {end.line}."
    yield ""
    yield f"<sub>Compared: {_plain(compared(report))}.</sub>"
    yield ""
    for note in report.notes:
        yield f"> {_plain(note)}\n"
    yield from _money([one for one in shown if one.money], detail)
    for stack in shown:
        yield from _red(stack, detail)
    yield from _rules(shown, detail)
    if detail >= _NO_EXTRAS:
        yield "_Left out for length: see index.html and report.json of the same run._"
        return
    for stack in shown:
        yield from _details(stack, detail)


def _money(stacks: Sequence[StackReview], detail: int) -> Iterator[str]:
    """One row for each lab that changes; the difference first, from what to what below it."""
    keys = [key for key in COLUMNS if any(key in one.money for one in stacks)]
    if not keys:
        return
    yield f"| US dollars | {' | '.join(COLUMNS[key] for key in keys)} |"
    yield f"|---|{'---:|' * len(keys)}"
    rows = [(code(one.stack), one.money) for one in stacks] if detail < _RED else []
    if len(stacks) > 1:
        rows.append((f"all {len(stacks)}", totals(stacks)))
    for name, money in rows:
        yield f"| {name} | {' | '.join(_cell(money.get(key)) for key in keys)} |"
    yield ""
    dates = [one.oldest_price for one in stacks if one.oldest_price]
    aged = f", of {min(dates)} or later" if dates else ""
    yield (
        f"<sub>List prices{aged}, before tax and free tiers. `?`: a price is not known, or too"
        " old, and not in the sum.</sub>"
    )
    yield ""


def _cell(column: Column | None) -> str:
    if column is None:
        return ""
    before, after = amounts(column)
    if column.before and column.after and column.before == column.after:
        return after
    text = f"**{figure(column.difference, signed=True, old=False)}**<br>{before} → {after}"
    if column.difference and column.difference.outdated:
        text += f"<br>old prices {figure_old(column.difference)}"
    return text


def _red(stack: StackReview, detail: int) -> Iterator[str]:
    """What nobody may overlook; in full at every length, names apart."""
    lines = [f"- **cannot be used** {code(one)}" for one in stack.faults]
    if stack.base_error:
        lines.append(
            f"- **the base did not render**, so nothing is compared: {code(stack.base_error)}"
        )
    if gone := left_behind(stack):
        lines.append(f"- **{gone[0]}** {_plain(gone[1])}")
    for one in stack.refusals:
        told = "<br>".join(code(line) for line in one.splitlines())
        lines.append(f"- **{KINDS['refused']}** {told}")
    lines += [line for same in alike(stack.hazards) for line in _hazards(same, detail)]
    if stack.budget:
        lines.append(f"- **the budget is broken**: {_plain(stack.budget)}")
    if lines:
        yield "> [!CAUTION]"
        yield f"> {code(stack.file)}"
        yield from (f"> {line}" for line in lines)
        yield ""


def _hazards(same: Sequence[Hazard], detail: int) -> Iterator[str]:
    """What is said of each of them, once; then one line for each."""
    tag, rest = said(same[0])
    yield f"- **{_plain(tag)}**{f': {_plain(rest)}' if rest else ''}"
    for one in same:
        names = many(one.names, short=detail >= _NO_NAMES)
        text = f"  - {code(names)} ({short_type(one.type)})"
        for cause, place in why(one.causes):
            text += f"<br>because of {code(cause)}{f', {code(place)}' if place else ''}"
        yield text


def _rules(stacks: Sequence[StackReview], detail: int) -> Iterator[str]:
    for title, states in (("New", ("new", "unknown")), ("Fixed", ("fixed",))):
        found = [(stack, one) for stack in stacks for one in news(stack, *states)]
        found.sort(key=lambda pair: not pair[1].fails)
        if not found:
            continue
        errors = sum(one.fails for _, one in found)
        count = f"{len(found)}, {pluralize(errors, 'error')}" if title == "New" else len(found)
        yield f"**{title} rule results: {count}**"
        if detail < _NO_NAMES:
            yield from (_finding(stack, one) for stack, one in found)
        yield ""
    failing = [
        (stack, one)
        for stack in stacks
        for one in stack.findings
        if one.fails and one.state == "old"
    ]
    if failing:
        yield f"**Broken before, and still: {len(failing)}**"
        if detail < _NO_NAMES:
            yield from (_finding(stack, one) for stack, one in failing)
        yield ""
    yield from _waivers(stacks, detail)


def _waivers(stacks: Sequence[StackReview], detail: int) -> Iterator[str]:
    waived = [(stack, one) for stack in stacks for one in stack.findings if one.waived]
    if not waived or detail >= _NO_EXTRAS:
        return
    rows = [
        f"- {code(one.rule)} {code(one.resource)} in {code(stack.stack)}: {code(one.waived)}"
        for stack, one in waived
    ]
    yield from _folded(f"Waivers in force: {len(waived)}", rows)


def _finding(stack: StackReview, one: Finding) -> str:
    place = " ".join(code(each) for each in (one.setting, one.source) if each)
    text = f"- {one.severity} {code(one.rule)} {code(one.resource)} in {code(stack.stack)}"
    text += f": {code(one.message)}"
    text += f"<br>{_plain(one.fix)}" if one.fix and one.state != "fixed" else ""
    return f"{text} {place}".rstrip()


def _details(stack: StackReview, detail: int) -> Iterator[str]:
    """What can be folded: settings, resources, the picture."""
    if stack.settings:
        rows = [f"- {code(text)} {code(place)}" for text, place in why(stack.settings)]
        yield from _folded(f"{stack.stack}: {pluralize(len(rows), 'setting')}", rows)
    if stack.resources:
        counts = operations(stack.operations)
        rows = list(_resources(stack.resources, detail)) if detail < _NO_RESOURCES else []
        left = " (values left out for length)" if detail == _NO_VALUES else ""
        left = left if rows else " (left out for length)"
        yield from _folded(f"{stack.stack}: {counts}{left}", rows)
    if stack.notes:
        yield from _folded(f"{stack.stack}: notes", [f"- {_plain(one)}" for one in stack.notes])
    if stack.nodes and detail < _NO_RESOURCES:
        yield from _folded(f"{stack.stack}: picture", ["```mermaid", diagram.mermaid(stack), "```"])


def _resources(resources: Sequence[Changed], detail: int) -> Iterator[str]:
    for one in resources:
        yield f"- {one.op} {code(one.name)} ({short_type(one.type)})"
        if detail < _NO_VALUES and one.op != "create":
            for each in one.properties:
                replaces = " (cannot be changed in place)" if each.replaces else ""
                yield f"  - {code(differing(each))}{replaces}"


def _folded(title: str, rows: Sequence[str]) -> Iterator[str]:
    if not rows:
        yield f"{_plain(title)}\n"
        return
    yield f"<details><summary>{_plain(title)}</summary>\n"
    yield from rows
    yield "\n</details>\n"


def _plain(text: str) -> str:
    """Text of our own that may name something of a stranger's."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = re.sub(r"[\[\]*_|#]", r"\\\g<0>", safe)
    return " ".join(safe.replace("@", "@\u200b").split())
