"""How a refusal is brought about, and what must be true of every one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.simulated.account import Account
from tests.simulated.samples import build

Attempt = Callable[[Account], str]
"""Tries something that AWS refuses; gives `Code: message`."""

Refusals = dict[str, tuple[Attempt, str]]
"""An attempt and AWS's words; `{name}` stands for the id of what has that logical name."""


def plain(type: str, inputs: dict[str, Any]) -> Attempt:
    """In an empty account."""
    return lambda account: account.refused(type, inputs)


def twice(type: str, inputs: dict[str, Any]) -> Attempt:
    """The same once more."""

    def attempt(account: Account) -> str:
        account.create(type, inputs)
        return account.refused(type, inputs)

    return attempt


def in_lab(type: str, inputs: dict[str, Any]) -> Attempt:
    """In an account that has all samples; `@name` stands for the id of one."""

    def attempt(account: Account) -> str:
        made = build(account)
        text = re.sub(r'"@(\w+)"', lambda name: json.dumps(made[name[1]]["id"]), json.dumps(inputs))
        return account.refused(type, json.loads(text), "another")

    return attempt


def holds(account: Account, attempt: Attempt, words: str) -> None:
    """The refusal says this, and leaves nothing behind."""
    counts: list[int] = []
    create = account.provider.create

    def counting(call: Any, inputs: Any) -> Any:
        counts.append(len(account.whole.inventory(standing=True)))
        return create(call, inputs)

    account.provider.create = counting  # type: ignore[method-assign]
    refusal = attempt(account)
    made = account.whole.inventory(standing=True)
    for record in made:
        words = words.replace("{" + record.urn.rpartition("::")[2] + "}", record.id)
    assert refusal == words
    assert len(made) == counts[-1]
