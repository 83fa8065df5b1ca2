"""Short words for operations, types, durations and values, the same in every table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mllab.engines.contract import Op

VALUE_WIDTH: Final = 60
"""Characters of a property's value that a table shows; `--json` has all of it."""


@dataclass(frozen=True)
class Word:
    """One operation: its mark in tables, its colour, the verb before, while and after it."""

    mark: str
    style: str
    future: str
    present: str
    past: str


OPS: Final[dict[Op, Word]] = {
    Op.SAME: Word(" ", "dim", "unchanged", "checking", "unchanged"),
    Op.CREATE: Word("+", "green", "to create", "creating", "created"),
    Op.UPDATE: Word("~", "yellow", "to update", "updating", "updated"),
    Op.REPLACE: Word("+-", "magenta", "to replace", "replacing", "replaced"),
    Op.CREATE_REPLACEMENT: Word("++", "magenta", "to create anew", "creating anew", "created anew"),
    Op.DELETE_REPLACED: Word("--", "magenta", "old to delete", "deleting old", "deleted old"),
    Op.DELETE: Word("-", "red", "to delete", "deleting", "deleted"),
    Op.READ: Word(">", "cyan", "to read", "reading", "read"),
    Op.REFRESH: Word("?", "cyan", "to look at", "looking at", "looked at"),
    Op.RETAIN: Word("<", "yellow", "to let go", "letting go", "let go"),
    Op.ADOPT: Word("=", "cyan", "to take over", "taking over", "taken over"),
}


def short_type(token: str) -> str:
    """`aws:s3/bucketPolicy:BucketPolicy` as `s3/BucketPolicy`; `mllab:aws:Storage` as `Storage`."""
    package, _, rest = token.partition(":")
    module, _, kind = rest.rpartition(":")
    if package in {"mllab", "pulumi"} or not module:
        return kind or token
    return f"{module.split('/')[0]}/{kind}"


def role(urn: str) -> str:
    """The role that a resource belongs to, from the types in its URN; `lab` for what has none."""
    chain = urn.split("::")[2].split("$") if urn.count("::") >= 3 else []
    ours = [token for token in chain if token.startswith("mllab:")]
    # A managed notebook is a notebook: the same role, by another component.
    return ours[-1].rpartition(":")[2].lower().removeprefix("managed") if len(ours) > 1 else "lab"


def lasting(seconds: float) -> str:
    """`0.4 s`, `12 s`, `4 min 10 s`, `1 h 5 min`, `2 d 3 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, part, lesser in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {lesser}" if rest else "")
    return f"{whole} s"


def count(number: int, one: str, many: str = "") -> str:
    """`1 resource`, `3 resources`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listing(words: Sequence[str], limit: int = 6) -> str:
    """`a, b, c`, and how many more when there are many."""
    shown = ", ".join(words[:limit])
    return shown if len(words) <= limit else f"{shown} and {len(words) - limit} more"


def value(plain: Any) -> str:
    """A property's value in one short line."""
    if isinstance(plain, dict) and len(plain) == 1:
        if "$unknown" in plain:
            return "known after it is made"
        if "$secret" in plain:
            return "[secret]"
    text = plain if isinstance(plain, str) else json.dumps(plain, default=str, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= VALUE_WIDTH else text[: VALUE_WIDTH - 3] + "..."
