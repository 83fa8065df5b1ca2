"""Changes as people may see them: no secret comes out of a diff."""

from __future__ import annotations

import dataclasses
from typing import Any

from mllab.engines.embedded import paths
from mllab.engines.embedded.record import Record
from mllab.protocol.provider import Change
from mllab.protocol.values import Secret, has_secret, masked


def shown(changes: tuple[Change, ...], old: Record, new: Record) -> tuple[Change, ...]:
    """Hide in both values what is secret at that path, before or after.

    Providers see bare values, so their diffs carry secrets; where a value has a secret somewhere
    inside, it is shown from the state or the inputs instead, which know the place.
    """
    return tuple(_hidden(change, old, new) for change in changes)


def _hidden(change: Change, old: Record, new: Record) -> Change:
    path = paths.parse(change.path)
    places = [_at(old.inputs, path), _at(old.outputs, path), _at(new.inputs, path)]
    if any(isinstance(place, Secret) for place in places):
        return dataclasses.replace(change, before=_veil(change.before), after=_veil(change.after))
    if any(map(has_secret, places)):
        before = places[0] if places[0] is not None else places[1]
        return dataclasses.replace(change, before=masked(before), after=masked(places[2]))
    return dataclasses.replace(change, before=masked(change.before), after=masked(change.after))


def _veil(value: Any) -> Any:
    return None if value is None else {"$secret": True}


def _at(value: Any, path: paths.Path) -> Any:
    """What lies at a path; the secret itself when the path leads into one."""
    for key in path:
        if isinstance(value, Secret):
            return value
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
