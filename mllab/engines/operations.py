"""How operations are called and marked, the same in every table and message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mllab.engines.contract import Op


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
