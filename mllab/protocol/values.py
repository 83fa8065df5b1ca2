"""Property values inside the engine: plain data plus three marks.

Plain data is None, bool, int, float, str, list and dict. The marks are `UNKNOWN` (only the cloud
can tell), `Secret` around a value, and dicts that carry Pulumi's signature key (assets, archives,
references to resources), which stay as the SDK wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mllab.protocol.provider import UNKNOWN, Properties

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""Key that marks a dict as something else (sig.go); the others are its values."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown, logged or stored in clear."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


def bare(value: Any) -> Any:
    """What a provider gets: secrets unwrapped, references as ids (or urns of components)."""
    if isinstance(value, Secret):
        return bare(value.value)
    if isinstance(value, list):
        return [bare(item) for item in value]
    if isinstance(value, dict):
        if value.get(SIGNATURE) == REFERENCE:
            if "id" not in value:
                return value["urn"]
            return UNKNOWN if value["id"] in ("", UNKNOWN) else value["id"]
        return {key: bare(item) for key, item in value.items()}
    return value


def masked(value: Any) -> Any:
    """What a person sees: `{"$secret": true}`, `{"$unknown": true}` for what cannot be shown."""
    if value is UNKNOWN:
        return {"$unknown": True}
    if isinstance(value, Secret):
        return {"$secret": True}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        kind = value.get(SIGNATURE)
        if kind == REFERENCE:
            return {"$ref": value["urn"]}
        if kind in (ASSET, ARCHIVE):
            name = "$asset" if kind == ASSET else "$archive"
            return {name: {key: item for key, item in value.items() if key != SIGNATURE}}
        return {key: masked(item) for key, item in value.items()}
    return value


def clear(value: Any) -> Any:
    """Plain data with the secrets in clear; unknown parts are None."""
    return None if value is UNKNOWN else _map_leaves(bare(value))


def _map_leaves(value: Any) -> Any:
    if isinstance(value, list):
        return [_map_leaves(item) for item in value]
    if isinstance(value, dict):
        return {key: _map_leaves(item) for key, item in value.items()}
    return None if value is UNKNOWN else value


def marks(value: Any) -> Iterator[Any]:
    """Every `Secret` and `UNKNOWN` in a value, outermost first."""
    if value is UNKNOWN or isinstance(value, Secret):
        yield value
    if isinstance(value, Secret):
        yield from marks(value.value)
    elif isinstance(value, list):
        for item in value:
            yield from marks(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from marks(item)


def has_secret(value: Any) -> bool:
    """True when something in the value is secret."""
    return any(isinstance(mark, Secret) for mark in marks(value))


def has_unknown(value: Any) -> bool:
    """True when something in the value is not known yet."""
    return any(mark is UNKNOWN for mark in marks(value))


def mark_like(news: Properties, marked: Mapping[str, Any]) -> Properties:
    """Mark as secret what has a secret of the same name.

    Providers get and give bare values. As in Pulumi's engine objects are compared key by key, and
    anything else becomes secret as a whole when its counterpart holds a secret.
    """
    found: Properties = {}
    for key, new in news.items():
        like = marked.get(key)
        if isinstance(new, dict) and isinstance(like, dict) and SIGNATURE not in new:
            found[key] = mark_like(new, like)
        elif like is not None and not isinstance(new, Secret) and has_secret(like):
            found[key] = Secret(new)
        else:
            found[key] = new
    return found


def mark_outputs(outputs: Properties, inputs: Properties, secret: tuple[str, ...]) -> Properties:
    """Outputs with their secrets: those of the inputs, and those that somebody named."""
    found = mark_like(outputs, inputs)
    for key in secret:
        if key in found and not isinstance(found[key], Secret):
            found[key] = Secret(found[key])
    return found


def same(one: Any, other: Any) -> bool:
    """Deep equality that tells true from 1, as JSON does."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Secret) and isinstance(other, Secret):
        return same(one.value, other.value)
    return bool(one == other)


def copied(value: Any, leaf: Callable[[Any], Any] = lambda item: item) -> Any:
    """A copy whose containers can be changed without harm."""
    if isinstance(value, Secret):
        return Secret(copied(value.value, leaf))
    if isinstance(value, list):
        return [copied(item, leaf) for item in value]
    if isinstance(value, dict):
        return {key: copied(item, leaf) for key, item in value.items()}
    return leaf(value)
