"""The report as one page that needs nothing else: `index.html`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from mllab.lifecycle.review.model import COLUMNS, Hazard, Report, StackReview
from mllab.show.review import diagram, words
from mllab.wording import short_type

_TEMPLATE: Final = Path(__file__).parent / "files" / "page.html"

STATES: Final = {"new": "new", "fixed": "fixed", "old": "as before", "unknown": "not compared"}
"""States of a rule's result, as the page calls them."""


@dataclass(frozen=True)
class Item:
    """One entry of the red list, ready to be shown.

    Args:
        level: its colours. tag: the first words. of: resources, with their causes.
    """

    level: str
    tag: str
    text: str
    of: Sequence[Hazard] = ()


def page(report: Report) -> str:
    """The page. Whatever comes from a lab is escaped."""
    # Not of a folder: what a template may include is this one file.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    shown = words.loud(report)
    priced = [one for one in shown if one.money]
    dates = [one.oldest_price for one in priced if one.oldest_price]
    keys = {key: title for key, title in COLUMNS.items() if any(key in p.money for p in priced)}
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        report=report,
        said=words.verdict(report),
        compared=words.compared(report),
        shown=shown,
        priced=priced,
        columns=keys,
        totals=words.totals(priced),
        oldest=min(dates, default=""),
        states=STATES,
        figure=words.figure,
        figure_old=words.figure_old,
        amounts=words.amounts,
        why=words.why,
        operations=words.operations,
        differing=words.differing,
        short_type=short_type,
        many=words.many,
        red_of=red,
        drawing=_drawing,
    )


def red(stack: StackReview) -> list[Item]:
    """What nobody may overlook, the worst first."""
    items = [Item("stop", "cannot be used", one) for one in stack.faults]
    if stack.base_error:
        items.append(
            Item("care", "the base did not render, so nothing is compared:", stack.base_error)
        )
    if gone := words.left_behind(stack):
        items.append(Item("stop", *gone))
    items += [Item("stop", words.KINDS["refused"], one) for one in stack.refusals]
    for same in words.alike(stack.hazards):
        level = "stop" if same[0].kind in {"data", "refused"} else "care"
        items.append(Item(level, *words.said(same[0]), same))
    if stack.budget:
        items.append(Item("stop", "the budget is broken:", stack.budget))
    return items


def _drawing(stack: StackReview) -> str:
    return diagram.svg([stack], alone=False)
