"""Tags that every resource carries, from one function. No SDK is imported here.

One alphabet for all clouds, the narrowest (Google Cloud labels): keys `[a-z][a-z0-9_-]{0,62}`,
values `[a-z0-9_-]{0,63}`. They are checked, never cleaned: a changed value is not found again.
Source: https://cloud.google.com/resource-manager/docs/labels-overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, Protocol

MANAGED_BY: Final = "mllab"
NAME: Final = "name"
KEYS: Final = ("lab", "stack", "owner", "role", "managed-by", "seat", "expires", NAME)
"""All keys that `tags` and `named` write by themselves."""
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_VALUE: Final = re.compile(r"[a-z0-9_-]{0,63}")
_LONGEST: Final = 63  # characters of a value


class Tagged(Protocol):
    """What tags need to know of a lab; `contracts.LabArgs` has it."""

    @property
    def name(self) -> str: ...
    @property
    def stack(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def ends(self) -> date | None: ...


def tags(lab: Tagged, role: str, seat: str | None = None, **extra: str) -> dict[str, str]:
    """The tags of one resource.

    Args:
        role: `network`, `storage`, `registry`, `notebook`, `cluster` or `budget`.
        seat: the notebook's seat, where the resource belongs to one.
        extra: further tags; they may not repeat the common ones.
    Returns:
        lab, stack, owner, role, managed-by; seat and expires (`2027-02-05`, the last day) where
        there is one.
    Raises:
        ValueError: a key or a value is outside the alphabet.
    """
    found = {
        "lab": lab.name,
        "stack": lab.stack,
        "owner": encode_owner(lab.owner),
        "role": role,
        "managed-by": MANAGED_BY,
    }
    if seat is not None:
        found["seat"] = seat
    if lab.ends is not None:
        found["expires"] = lab.ends.isoformat()
    if twice := sorted(found.keys() & extra.keys()):
        raise ValueError(f"tag {twice[0]!r} is on every resource and cannot be given again")
    found |= extra
    for key, value in found.items():
        _check(key, value)
    return found


def named(labels: Mapping[str, str], name: str) -> dict[str, str]:
    """The tags of one resource, with the name by which it is found again.

    What a resource makes by itself (the disk of a machine, the machines of a cluster) gets `labels`
    alone: it must never be taken for something that was declared.

    Args:
        labels: from `tags`.
        name: the logical name; `lab` says what it begins with, so that is left out.
    Returns:
        labels and name: `notebook-ann-home` of `ml101-notebook-ann-home`.
    Raises:
        ValueError: the name is outside the alphabet.
    """
    short = name.removeprefix(f"{labels['lab']}-")
    _check(NAME, short)
    return {**labels, NAME: short}


def encode_owner(address: str) -> str:
    """An e-mail address as a tag value: `@` becomes `_at_`, `.` becomes `-`, all else stays.

    `instructor@example.edu` is written `instructor_at_example-edu`, to be read by people; two
    addresses may look the same.

    Raises:
        ValueError: a character has no place in a tag, or the result is longer than 63 characters.
    """
    encoded = address.replace("@", "_at_").replace(".", "-")
    odd = sorted({letter for letter in encoded if not _VALUE.fullmatch(letter)})
    if odd:
        shown = ", ".join(repr(letter) for letter in odd)
        raise ValueError(
            f"cannot become a tag because of {shown}; a tag takes a-z, 0-9, '.', '-', '_' and '@'"
        )
    if len(encoded) > _LONGEST:
        raise ValueError(f"is too long: as a tag it has {len(encoded)} characters of {_LONGEST}")
    return encoded


def _check(key: str, value: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueError(f"tag key {key!r} must be {_KEY.pattern}")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"tag {key} must be {_VALUE.pattern} (got {value!r})")
