"""Checks that compare a property with what it must be, and rules made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mllab.engines.contract import Resource
from mllab.rules.finding import BOTH, Break, Check, Graph, Rule
from mllab.rules.paths import GONE, Unknown, at, one, shown


class Simple(Protocol):
    """A check that knows what puts it right, and what breaks it."""

    @property
    def fix(self) -> str: ...
    @property
    def wrong(self) -> tuple[Break, ...]: ...
    def __call__(self, resource: Resource, graph: Graph, /) -> Iterable[str]: ...


@dataclass(frozen=True)
class Must:
    """The property is one of these, everywhere; what is not set is wrong."""

    path: str
    allowed: tuple[Any, ...]

    def __call__(self, resource: Resource, _: Graph) -> Iterable[str]:
        for value in at(resource.inputs, self.path):
            if not _among(value, self.allowed):
                yield f"{shown(self.path)} is {_told(value)}, it must be {_either(self.allowed)}"

    @property
    def fix(self) -> str:
        return f"set {shown(self.path)} to {_told(self.allowed[0])}"

    @property
    def wrong(self) -> tuple[Break, ...]:
        first = self.allowed[0]
        if isinstance(first, bool):
            other: Any = not first
        else:
            other = max(self.allowed) + 1 if isinstance(first, int) else "?"
        right = {self.path: first}
        return Break({self.path: GONE}, mended=right), Break({self.path: other}, mended=right)


@dataclass(frozen=True)
class Never:
    """The property is none of these; what is not set is right."""

    path: str
    refused: tuple[Any, ...]

    def __call__(self, resource: Resource, _: Graph) -> Iterable[str]:
        for value in at(resource.inputs, self.path):
            if _among(value, self.refused):
                yield f"{shown(self.path)} is {_told(value)}"

    @property
    def fix(self) -> str:
        if self.refused == (True,):
            return f"set {shown(self.path)} to false"
        return f"set {shown(self.path)} to something else than {_either(self.refused)}"

    @property
    def wrong(self) -> tuple[Break, ...]:
        return (Break({self.path: self.refused[0]}, mended={self.path: GONE}),)


@dataclass(frozen=True)
class Set:
    """The property has a value."""

    path: str

    def __call__(self, resource: Resource, _: Graph) -> Iterable[str]:
        try:
            if any(
                value is GONE or value in ("", [], {}) for value in at(resource.inputs, self.path)
            ):
                yield f"{shown(self.path)} is not set"
        except Unknown:  # it will have one
            return

    @property
    def fix(self) -> str:
        return f"set {shown(self.path)}"

    @property
    def wrong(self) -> tuple[Break, ...]:
        return (Break({self.path: GONE}),)


@dataclass(frozen=True)
class Unset:
    """The property has no value, or none that says something."""

    path: str

    def __call__(self, resource: Resource, _: Graph) -> Iterable[str]:
        try:
            found = [each for each in at(resource.inputs, self.path) if each is not GONE]
        except Unknown:
            found = [True]
        if any(each not in ("", [], {}, False) for each in found):
            yield f"{shown(self.path)} is set"

    @property
    def fix(self) -> str:
        return f"do not set {shown(self.path)}"

    @property
    def wrong(self) -> tuple[Break, ...]:
        return (Break({self.path: "x"}, mended={self.path: GONE}),)


def must(path: str, *allowed: Any) -> Must:
    """The property is one of these."""
    return Must(path, allowed)


def never(path: str, *refused: Any) -> Never:
    """The property is none of these."""
    return Never(path, refused)


@dataclass(frozen=True)
class All:
    """All of these."""

    checks: tuple[Simple, ...]

    def __call__(self, resource: Resource, graph: Graph) -> Iterable[str]:
        for each in self.checks:
            yield from each(resource, graph)

    @property
    def fix(self) -> str:
        return ", ".join(each.fix for each in self.checks)

    @property
    def wrong(self) -> tuple[Break, ...]:
        return tuple(broken for each in self.checks for broken in each.wrong)


def every(*checks: Simple) -> All:
    """All of these."""
    return All(checks)


class _Narrowed:
    """A check that is not for all; what puts it right, and what breaks it, are the check's own."""

    check: Simple

    @property
    def fix(self) -> str:
        return self.check.fix

    @property
    def wrong(self) -> tuple[Break, ...]:
        return self.check.wrong


@dataclass(frozen=True)
class Where(_Narrowed):
    """A check that is for resources with that value alone."""

    path: str
    value: Any
    check: Simple

    def __call__(self, resource: Resource, graph: Graph) -> Iterable[str]:
        if one(resource.inputs, self.path) == self.value:
            yield from self.check(resource, graph)


@dataclass(frozen=True)
class In(_Narrowed):
    """A check that is for labs of that profile alone."""

    profile: str
    check: Simple

    def __call__(self, resource: Resource, graph: Graph) -> Iterable[str]:
        if graph.lab.lab.profile == self.profile:
            yield from self.check(resource, graph)


@dataclass(frozen=True)
class Beside:
    """There is a resource of another type about it.

    Args:
        of: its type. by: its property that comes from the resource. right: what it must be.
        what: in words.
    """

    of: str
    by: str
    what: str
    right: Simple | None = None

    def __call__(self, resource: Resource, graph: Graph) -> Iterable[str]:
        there = graph.about(resource, self.of, self.by)
        if not there:
            yield f"has no {self.what}"
        elif self.right:
            for each in there:
                yield from (f"{self.what}: {told}" for told in self.right(each, graph))

    @property
    def fix(self) -> str:
        name = self.of.rpartition(":")[2]
        return f"declare a {name} with its {shown(self.by)}" + (
            f", and {self.right.fix}" if self.right else ""
        )

    @property
    def wrong(self) -> tuple[Break, ...]:
        inner = self.right.wrong if self.right else ()
        return Break(of=self.of), *(Break(each.inputs, self.of) for each in inner)


def rule(
    id: str,
    types: str | Sequence[str],
    check: Simple | Check,
    reason: str,
    links: str = "",
    *,
    fix: str = "",
    wrong: Sequence[Break] = (),
    profiles: tuple[str, ...] = BOTH,
    setting: str = "",
) -> Rule:
    """A rule; what puts it right and what breaks it are the check's own, where they are not given.

    Args:
        links: `CKV_AWS_79, CIS AWS 6.7`.
    """
    return Rule(
        id,
        (types,) if isinstance(types, str) else tuple(types),
        check,
        reason,
        fix or getattr(check, "fix", ""),
        tuple(wrong) or getattr(check, "wrong", ()),
        profiles,
        tuple(links.split(", ")) if links else (),
        setting,
    )


def _among(value: Any, values: Iterable[Any]) -> bool:
    """Some wire values are text where one would think of a switch: `"true"`."""
    if isinstance(value, bool) or value in ("true", "false", "TRUE", "FALSE"):
        return str(value).lower() in {str(each).lower() for each in values}
    return value in [each for each in values if not isinstance(each, bool)]


def _told(value: Any) -> str:
    return repr(value) if value is GONE else json.dumps(value)


def _either(values: Iterable[Any]) -> str:
    return " or ".join(_told(each) for each in values)
