"""The lab by role, with what changes: Mermaid for a comment, SVG for a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from mllab.engines.contract import Op
from mllab.engines.operations import OPS
from mllab.lifecycle.review.model import Node, StackReview
from mllab.show.review.words import KINDS
from mllab.wording import pluralize

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN, HEAD = 210, 92, 60, 24, 16, 34

CLASSES: Final = {
    "stop": "fill:#ffe1de,stroke:#b3261e,color:#410e0b",
    "care": "fill:#fff0d1,stroke:#9a6700,color:#3d2900",
    "new": "fill:#dcf5e3,stroke:#1a7f37,color:#0b3d1c",
    "update": "fill:#dbeafe,stroke:#0b5cad,color:#052e57",
    "same": "fill:#f3f4f6,stroke:#6b7280,color:#1f2937",
}
"""What happens to a role -> its colours in Mermaid, which has one theme for all readers."""

STYLE: Final = """
.mllab text{font:14px system-ui,sans-serif;fill:var(--ink,#1f2328)}
.mllab .small{font-size:12px}.mllab .name{font-weight:600}
.mllab rect{fill:var(--same,#f3f4f6);stroke:var(--same-line,#6b7280);stroke-width:1.5}
.mllab .stop rect{fill:var(--stop,#ffe1de);stroke:var(--stop-line,#b3261e);stroke-width:2.5}
.mllab .care rect{fill:var(--care,#fff0d1);stroke:var(--care-line,#9a6700);stroke-width:2.5}
.mllab .new rect{fill:var(--new,#dcf5e3);stroke:var(--new-line,#1a7f37)}
.mllab .update rect{fill:var(--update,#dbeafe);stroke:var(--update-line,#0b5cad)}
.mllab path{fill:none;stroke:var(--same-line,#6b7280);stroke-width:1.2}
"""
"""Of the page's own colours, where it has some."""

DARK: Final = """
@media (prefers-color-scheme:dark){.mllab{--ink:#e6edf3;--same:#22272e;--same-line:#8b949e;
--stop:#4d1512;--stop-line:#ff8a80;--care:#46330a;--care-line:#e3b341;--new:#11381f;
--new-line:#56d364;--update:#0c2d54;--update-line:#79b8ff;background:#0d1117}}
"""


def shade(node: Node) -> str:
    """The class of a role: the worst that happens in it."""
    if node.hazard in {"data", "refused"}:
        return "stop"
    if node.hazard:
        return "care"
    ops = set(node.operations)
    return "new" if ops == {Op.CREATE} else "update" if ops else "same"


def told(node: Node) -> list[str]:
    """The lines below the name of a role."""
    lines = [pluralize(node.resources, "resource")]
    counts = [f"{number} {OPS[Op(op)].future}" for op, number in node.operations.items()]
    lines.append(", ".join(counts[:2]) + (" ..." if len(counts) > 2 else "") or "unchanged")
    return lines + ([KINDS[node.hazard]] if node.hazard else [])


def mermaid(stack: StackReview) -> str:
    """The flow chart of a comment."""
    lines = ["flowchart LR"]
    for node in stack.nodes:
        label = "<br>".join([f"<b>{node.role}</b>", *told(node)])
        lines.append(f'  {node.role}["{label}"]:::{shade(node)}')
    lines += [f"  {one} --> {other}" for one, other in _shown(stack)]
    lines += [f"  classDef {name} {style}" for name, style in CLASSES.items()]
    return "\n".join(lines)


def svg(stacks: Sequence[StackReview], *, alone: bool = True) -> str:
    """One drawing of some labs, below each other.

    Args:
        alone: it is a file of its own, with its own colours in the dark.
    """
    top, parts, width = MARGIN, [], 0
    for stack in stacks:
        drawn, right, top = _lab(stack, top)
        parts.append(drawn)
        width = max(width, right)
    described = "; ".join(
        f"{stack.stack}: " + ", ".join(f"{one.role} {' '.join(told(one))}" for one in stack.nodes)
        for stack in stacks
    )
    style = STYLE + (DARK if alone else "")
    return (
        f'<svg class="mllab" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" '
        f'width="{width}" height="{top}" role="img" aria-label="{escape(described)}">'
        f"<style>{style}</style>"
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )


def _lab(stack: StackReview, top: int) -> tuple[str, int, int]:
    """A lab's drawing, and where it ends on the right and below."""
    columns = _columns(stack)
    tall = max((len(column) for column in columns), default=1)
    height = tall * (HEIGHT + GAP_Y) - GAP_Y
    parts = [f'<text class="name" x="{MARGIN}" y="{top + 16}">{escape(stack.stack)}</text>']
    places: dict[str, tuple[int, int]] = {}
    for number, column in enumerate(columns):
        free = height - (len(column) * (HEIGHT + GAP_Y) - GAP_Y)
        for place, node in enumerate(column):
            x = MARGIN + number * (WIDTH + GAP_X)
            places[node.role] = (x, top + HEAD + free // 2 + place * (HEIGHT + GAP_Y))
    for one, other in _shown(stack):
        (x, y), (to_x, to_y) = places[one], places[other]
        x, y, to_y = x + WIDTH, y + HEIGHT // 2, to_y + HEIGHT // 2
        bend = x + GAP_X // 2
        parts.append(
            f'<path marker-end="url(#arrow)" d="M{x} {y} C{bend} {y} {to_x - GAP_X // 2} {to_y} '
            f'{to_x} {to_y}"/>'
        )
    for node in stack.nodes:
        x, y = places[node.role]
        lines = "".join(
            f'<text class="small" x="{x + 12}" y="{y + 44 + 17 * at}">{escape(line)}</text>'
            for at, line in enumerate(told(node))
        )
        parts.append(
            f'<g class="{shade(node)}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" '
            f'rx="8"/><text class="name" x="{x + 12}" y="{y + 24}">{escape(node.role)}</text>'
            f"{lines}</g>"
        )
    right = MARGIN * 2 + len(columns) * (WIDTH + GAP_X) - GAP_X
    return "".join(parts), right, top + HEAD + height + MARGIN


def _columns(stack: StackReview) -> list[list[Node]]:
    """Each role to the right of what it uses."""
    depth = {node.role: 0 for node in stack.nodes}
    for _ in stack.nodes:
        for one, other in stack.edges:
            if one in depth and other in depth and depth[other] <= depth[one] < len(depth):
                depth[other] = depth[one] + 1
    for one in depth:  # what uses nothing stands beside what is used by the same
        users = [depth[other] for first, other in stack.edges if first == one and other in depth]
        if users and not any(other == one for _, other in stack.edges):
            depth[one] = min(users) - 1
    used = sorted(set(depth.values()))
    return [[node for node in stack.nodes if depth[node.role] == at] for at in used]


def _shown(stack: StackReview) -> list[tuple[str, str]]:
    """Edges between roles of the drawing, without those that a longer way tells."""
    roles = {node.role for node in stack.nodes}
    pairs = [pair for pair in stack.edges if set(pair) <= roles]
    return [
        (one, other)
        for one, other in pairs
        if not any((one, mid) in pairs and (mid, other) in pairs for mid in roles)
    ]
