"""Property paths in Pulumi's notation: `tags.owner`, `rules[0].status`, `a[*].b`, `tags["a.b"]`."""

from __future__ import annotations

import re
from typing import Any, Final

from mllab.protocol.provider import Properties
from mllab.protocol.values import Secret, copied

Path = tuple[str | int, ...]
"""Keys and indexes from the outside in; the key `*` stands for any."""

_PART: Final = re.compile(r'\.?(?:\["((?:[^"\\]|\\.)*)"\]|\[(\*|-?\d+)\]|([^.\[]+))')


def parse(text: str) -> Path:
    """A path from its text.

    Raises:
        ValueError: it is none; the message quotes it.
    """
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or (at == 0 and text.startswith(".")):
            raise ValueError(
                f"{text!r} is not a property path: what begins at {text[at:]!r} is no key"
            )
        quoted, index, name = match.groups()
        if quoted is not None:
            parts.append(quoted.replace('\\"', '"'))
        elif index is not None:
            parts.append("*" if index == "*" else int(index))
        else:
            parts.append(name)
        at = match.end()
    return tuple(parts)


def contains(outer: Path, inner: Path) -> bool:
    """True when `inner` is `outer` or lies below it; `*` fits every key and index."""
    return len(inner) >= len(outer) and all(
        own == "*" or own == other for own, other in zip(outer, inner, strict=False)
    )


def ignoring(news: Properties, olds: Properties, paths: tuple[str, ...]) -> Properties:
    """The new inputs with everything under the given paths as it was before.

    What cannot be put back stays new: elements of lists are neither added nor taken away. Texts
    that are no paths are skipped, as Pulumi does.
    """
    if not paths:
        return news
    found: Properties = copied(news)
    for text in paths:
        try:
            path = parse(text)
        except ValueError:
            continue
        if path:
            _reset(path, olds, found, False)
    return found


def _open(value: Any) -> tuple[Any, bool]:
    return (value.value, True) if isinstance(value, Secret) else (value, False)


def _reset(path: Path, old: Any, new: Any, hidden: bool) -> None:
    """Put back one path, in place. `hidden`: only the old value lies in a secret."""
    old, was = _open(old)
    new, now = _open(new)
    hidden = (hidden or was) and not now
    key, rest = path[0], path[1:]
    if key == "*":
        _reset_all(rest, old, new, hidden)
    elif isinstance(key, int):
        if isinstance(old, list) and isinstance(new, list) and 0 <= key < min(len(old), len(new)):
            _step(rest, old, new, key, hidden)
    elif isinstance(new, dict):
        if rest:
            if isinstance(old, dict) and key in new and (key in old or len(rest) == 1):
                _reset(rest, old.get(key), new[key], hidden)
        elif isinstance(old, dict) and key in old:
            new[key] = _kept(old[key], hidden)
        else:
            new.pop(key, None)


def _step(rest: Path, old: Any, new: Any, key: Any, hidden: bool) -> None:
    if rest:
        _reset(rest, old[key], new[key], hidden)
    else:
        new[key] = _kept(old[key], hidden)


def _reset_all(rest: Path, old: Any, new: Any, hidden: bool) -> None:
    if isinstance(old, list) and isinstance(new, list):
        for index in range(min(len(old), len(new))):
            _step(rest, old, new, index, hidden)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() & new.keys() if rest else old.keys():
            _step(rest, old, new, key, hidden)
        if not rest:
            for key in new.keys() - old.keys():
                del new[key]


def _kept(value: Any, hidden: bool) -> Any:
    return Secret(value) if hidden and not isinstance(value, Secret) else value
