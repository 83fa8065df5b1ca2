"""What rules of every cloud must know of each: `FACTS` of `mllab/rules/<cloud>.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Of one cloud. Types are Pulumi's tokens, properties dotted paths of wire names.

    Args:
        tags: property that holds them.
        budget: type of one. watch: type of what looks at machines from outside, and stops those
            that nobody uses.
        machines: type of one that people work on -> what tells whoever stops it when to.
        daily: the same -> type of what stops it every day, and its property that names the machine.
        sizes: type -> paths of machine types and GPUs.
        buckets: types whose `forceDestroy` lets objects go. images: types that hold some.
        names: type whose names are everybody's, or stay taken for a while -> property.
        locks: property that holds off a removal -> a type that has it.
        readable: type -> properties that whoever may look at the resource reads.
        hourly: types that are billed by the hour, used or not. keys: those of keys that never end,
            and of people. held: those that hold off the removal of others.
    """

    tags: str = "tags"
    budget: str
    watch: str
    machines: Mapping[str, tuple[str, ...]]
    daily: Mapping[str, tuple[str, str]]
    sizes: Mapping[str, tuple[str, ...]]
    buckets: tuple[str, ...] = ()
    images: tuple[str, ...]
    names: Mapping[str, str]
    locks: Mapping[str, str]
    readable: Mapping[str, tuple[str, ...]]
    hourly: tuple[str, ...]
    keys: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
