"""Checks that compare a property with what it must be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mllab.engines.contract import Resource
from mllab.rules.finding import Check, Graph

MARKS: Final = frozenset({"$unknown", "$secret"})
"""What stands in the place of a value that nobody is shown, or that is known only after `up`."""


class Gone:
    """The value of a property that is not set."""

    def __repr__(self) -> str:
        return "not set"


GONE: Final = Gone()


class Unknown(Exception):
    """A property that is known only after `up`."""


def at(value: Any, path: str) -> Iterator[Any]:
    """The values at a dotted path, `*` for every item of a list; GONE where it ends early.

    Raises:
        Unknown: one of them, or what is around it.
    """
    if isinstance(value, Mapping) and MARKS & value.keys():
        raise Unknown(path)
    if not path:
        yield value
        return
    head, _, rest = path.partition(".")
    if head == "*":
        for each in value if isinstance(value, list) else ():
            yield from at(each, rest)
    elif isinstance(value, Mapping) and head in value:
        yield from at(value[head], rest)
    else:
        yield GONE


def one(value: Any, path: str) -> Any:
    """The value at a path without `*`. Raises Unknown."""
    return next(at(value, path))


def document(value: Any, path: str) -> Any:
    """What stands as JSON text at a path; an empty mapping for none. Raises Unknown."""
    text = one(value, path)
    if text is GONE:
        return {}
    return json.loads(text) if isinstance(text, str) else text


def must(path: str, *allowed: Any) -> Check:
    """The property is one of these, everywhere; what is not set is wrong."""

    def check(resource: Resource, _: Graph) -> Iterable[str]:
        for value in at(resource.inputs, path):
            if value not in allowed:
                yield f"{_plain(path)} is {_shown(value)}, it must be {_either(allowed)}"

    return check


def must_be_set(path: str) -> Check:
    """The property has a value."""

    def check(resource: Resource, _: Graph) -> Iterable[str]:
        try:
            if any(value is GONE or value in ("", [], {}) for value in at(resource.inputs, path)):
                yield f"{_plain(path)} is not set"
        except Unknown:  # it will have one
            return

    return check


def never(path: str, *refused: Any) -> Check:
    """The property is none of these; what is not set is right."""

    def check(resource: Resource, _: Graph) -> Iterable[str]:
        for value in at(resource.inputs, path):
            if value in refused:
                yield f"{_plain(path)} is {_shown(value)}"

    return check


def both(*checks: Check) -> Check:
    """All of these."""

    def check(resource: Resource, graph: Graph) -> Iterable[str]:
        for each in checks:
            yield from each(resource, graph)

    return check


def _plain(path: str) -> str:
    return path.replace(".*", "")


def _shown(value: Any) -> str:
    return repr(value) if value is GONE else json.dumps(value)


def _either(values: Iterable[Any]) -> str:
    return " or ".join(dict.fromkeys(str(_shown(each)).strip('"') for each in values))
