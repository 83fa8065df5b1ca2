"""Why something happens to a resource, in the same words on every engine."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from mllab.protocol.provider import Change

NEW = "new"
UNDECLARED = "no longer declared"
DESTROYED = "destroyed"
GONE = "is gone"
REBUILT = "asked for by --rebuild"


def protected(verb: str) -> str:
    """Why an engine does not touch a resource. `verb`: `deleted` or `replaced`."""
    return f"it is protected and must not be {verb}"


def protected_dependent(name: str) -> str:
    """Why nothing is deleted first on which something protected hangs."""
    return f"it must be deleted before it is made again, and with it {name}, which is protected"


def left_alone(names: Iterable[str]) -> str:
    """What is still there after a run in which something failed."""
    return (
        f"{listed(sorted(names))}: no longer needed, and still there, because nothing is deleted "
        "in a run in which something fails; the next one in which all goes well deletes it. To "
        "make room first, take what failed out of the settings, and put it back afterwards."
    )


UNPROTECT = "Take protect off its declaration and bring the stack up once; then it may be."


def updated(changes: Iterable[Change]) -> str:
    """`tags.owner, tags.expires changed`."""
    found = list(changes)
    words = {"add": "added", "delete": "removed"}
    kinds = {change.kind for change in found}
    word = words.get(next(iter(kinds)), "changed") if len(kinds) == 1 else "changed"
    return f"{listed(change.path for change in found)} {word}"


def replaced(
    changes: Iterable[Change],
    property_dependencies: Mapping[str, Sequence[str]],
    replaced: Collection[str],
) -> str:
    """Names the properties, and what they come from when that is replaced as well.

    Args:
        property_dependencies: urns by top-level property.
        replaced: urns that are replaced in the same run.
    """
    forcing = [change.path for change in changes if change.replaces]
    sources = {
        urn.rpartition("::")[2]
        for path in forcing
        for urn in property_dependencies.get(re.split(r"[.\[]", path, maxsplit=1)[0], ())
        if urn in replaced
    }
    word = "changes" if len(forcing) == 1 else "change"
    text = f"replaced because {listed(forcing)} {word}"
    return f"{text}, as {listed(sorted(sources))} is replaced" if sources else text


def drifted(changes: Iterable[Change]) -> str:
    """`ingress changed in the cloud`."""
    return f"{listed(change.path for change in changes)} changed in the cloud"


def listed(words: Iterable[str], most: int = 3) -> str:
    """`a, b, c and 2 more`."""
    found = list(dict.fromkeys(words))
    if len(found) <= most:
        return ", ".join(found)
    return f"{', '.join(found[:most])} and {len(found) - most} more"
