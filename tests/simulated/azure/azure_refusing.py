"""How a refusal of Azure is brought about, and what must be true of every one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mllab.simulated.facts import load
from tests.simulated.azure.conftest import Built
from tests.simulated.samples import filled

MISSING = object()
"""Stands for a property that is not given."""


@dataclass(frozen=True)
class Try:
    """Something like a sample, but with other properties, that Azure refuses.

    Args:
        like: logical name of the sample.
        change: dotted paths (a number is a list index) to values; `@name.property` as in samples.
        says: `Code: message`; `{name}` is the id of a sample, `{name.property}` an output of it.
        update: the sample itself is changed, instead of another one made.
    """

    like: str
    says: str
    change: Mapping[str, Any] = field(default_factory=dict)
    update: bool = False


def holds(lab: Built, attempt: Try) -> None:
    """The refusal says this, and leaves nothing behind."""
    subscription, made = lab
    sample = made[attempt.like]
    token, given = sample["token"], copy.deepcopy(sample["given"])
    name = load(subscription.provider.data)[token].name
    if not attempt.update and name in given and name not in attempt.change:
        given[name] = f"{given[name]}x"
    for path, value in attempt.change.items():
        put(given, path.split("."), filled(value, made))
    before = subscription.whole.inventory(standing=True)
    if attempt.update:
        said = subscription.not_updated(token, sample["id"], given)
    else:
        said = subscription.refused(token, given, f"{attempt.like}x")
    words = attempt.says
    for key, outputs in made.items():
        words = words.replace("{" + key + "}", outputs["id"])
        for output in ("name", "principalId"):
            words = words.replace("{" + f"{key}.{output}" + "}", str(outputs.get(output)))
    assert said == words
    assert subscription.whole.inventory(standing=True) == before


def put(bag: Any, path: list[str], value: Any) -> None:
    """Set what stands at a path, or take it away."""
    head, *rest = path
    key: Any = int(head) if isinstance(bag, list) else head
    if rest:
        if isinstance(bag, dict):
            bag.setdefault(key, {})
        put(bag[key], rest, value)
    elif value is MISSING:
        del bag[key]
    else:
        bag[key] = value
