"""What a rule is, what it looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from mllab.engines.contract import Resource
from mllab.settings.lab import Lab

Severity = Literal["error", "warning"]

BOTH: Final = ("course", "strict")
STRICT: Final = ("strict",)
"""Profiles in which what is found is an error; in the others it is a warning."""

STACK: Final = "pulumi:pulumi:Stack"
"""Type of a rule that looks at the lab as a whole."""

EVERY: Final = "*"
"""Type of a rule that looks at every resource, components left out."""


@dataclass(frozen=True)
class Graph:
    """What a lab declares, and the settings it was declared from."""

    resources: tuple[Resource, ...]
    lab: Lab

    @cached_property
    def _by_type(self) -> Mapping[str, tuple[Resource, ...]]:
        found: dict[str, list[Resource]] = {EVERY: []}
        for each in self.resources:
            found.setdefault(each.type, []).append(each)
            if each.custom and not each.type.startswith("pulumi:"):
                found[EVERY].append(each)
        return {key: tuple(each) for key, each in found.items()}

    def of(self, *types: str) -> tuple[Resource, ...]:
        """The resources of these types."""
        return tuple(each for one in types for each in self._by_type.get(one, ()))

    def about(self, resource: Resource, of: str, by: str) -> tuple[Resource, ...]:
        """The resources of a type whose property `by` comes from `resource`."""
        return tuple(
            each for each in self.of(of) if resource.urn in each.property_dependencies.get(by, ())
        )


@dataclass(frozen=True)
class Break:
    """What breaks a rule, and no other one; the tests do it.

    Args:
        inputs: by dotted path, `*` for the first item of a list; `GONE` takes one away. Options
            begin with `options:`. Empty: the resources are not declared at all.
        of: their type; empty: the rule's own.
        mended: inputs with which the rule holds, where a lab as it is does not keep to it.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    of: str = ""
    mended: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[Resource, Graph], Iterable[str]]
"""What is wrong with a resource, one clause each; nothing where the rule holds."""


@dataclass(frozen=True)
class Rule:
    """What must hold for resources of some types.

    Args:
        id: short, in kebab case, beginning with the cloud where it is of one.
        types: Pulumi's tokens, `STACK` or `EVERY`.
        check: see `Check`. It raises `Unknown` where that is known only after `up`.
        reason: what happens without it.
        fix: what puts it right; for a person who may change settings or components.
        wrong: each of these breaks it.
        profiles: in which it is an error.
        links: ids of scanners and benchmarks that ask for the same.
        setting: dotted name of the setting that decides it; empty: none does.
    """

    id: str
    types: tuple[str, ...]
    check: Check
    reason: str
    fix: str
    wrong: tuple[Break, ...]
    profiles: tuple[str, ...] = BOTH
    links: tuple[str, ...] = ()
    setting: str = ""

    def severity(self, profile: str) -> Severity:
        return "error" if profile in self.profiles else "warning"


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold for a resource.

    Args:
        rule: its id. name: the resource's logical name.
        message: what is so and what must be, in one clause. fix: what puts it right.
        source: `components/aws/notebook.py:135`, the declaring call; empty where unknown.
        setting: `stacks/Pulumi.my-course.yaml:12`, the setting that decides it; empty where none
            does, or it is not in the file.
        waived: why it is accepted; empty where it is not.
    """

    rule: str
    severity: Severity
    urn: str
    name: str
    message: str
    fix: str
    source: str = ""
    setting: str = ""
    waived: str = ""

    @property
    def fails(self) -> bool:
        """Whether somebody must do something."""
        return self.severity == "error" and not self.waived
