"""Reads properties by dotted path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

MARKS: Final = frozenset({"$unknown", "$secret"})
"""What stands in the place of a value that nobody is shown, or that is known only after `up`."""


class Gone:
    """The value of a property that is not set."""

    def __repr__(self) -> str:
        return "not set"


GONE: Final = Gone()


class Unknown(Exception):
    """A property that is known only after `up`."""


def at(value: Any, path: str, whole: str = "") -> Iterator[Any]:
    """The values at a dotted path, `*` for every item of a list; GONE where it ends early.

    Raises:
        Unknown: one of them, or what is around it.
    """
    whole = whole or path
    if isinstance(value, Mapping) and MARKS & value.keys():
        raise Unknown(shown(whole))
    if not path:
        yield GONE if value is None else value
        return
    head, _, rest = path.partition(".")
    if head == "*" and isinstance(value, list) and value:
        for each in value:
            yield from at(each, rest, whole)
    elif isinstance(value, Mapping) and head in value:
        yield from at(value[head], rest, whole)
    else:
        yield GONE


def one(value: Any, path: str) -> Any:
    """The value at a path without `*`. Raises Unknown."""
    return next(at(value, path))


def over(value: Any, path: str, most: float) -> Iterator[str]:
    """Says that a number is missing, or larger than the settings allow. Raises Unknown."""
    found = one(value, path)
    if found is GONE or found > most:
        yield f"{shown(path.rpartition('.')[2])} is {found}, cluster.max_nodes comes to {most}"


def parsed(value: Any, path: str) -> Any:
    """What stands as JSON text at a path; an empty mapping where nothing does. Raises Unknown."""
    text = one(value, path)
    if text is GONE:
        return {}
    return json.loads(text) if isinstance(text, str) else text


def shown(path: str) -> str:
    """A path as components write it: `metadata_options.http_tokens`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path.replace(".*", "")).lower()
