"""Holds what a lab declares against the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from mllab.clock import Clock
from mllab.engines.contract import Resource
from mllab.rules import accepted, clouds, money, refused, removal, secrets
from mllab.rules.finding import Finding, Graph, Rule
from mllab.rules.paths import Unknown
from mllab.rules.waivers import Waiver, read, waive
from mllab.settings.lab import Lab

RULES: Final = (
    *secrets.RULES,
    *clouds.RULES,
    *money.RULES,
    *refused.RULES,
    *removal.RULES,
)


def own_waivers(root: Path) -> tuple[accepted.Accepted, ...]:
    """What a project accepts. Raises SettingsError with all faults of its file."""
    return accepted.read(root, {rule.id for rule in RULES})


def _nowhere(_: str) -> str:
    return ""


def judge(
    resources: Iterable[Resource],
    lab: Lab,
    *,
    where: Callable[[str], str] = _nowhere,
    today: date | None = None,
    rules: Sequence[Rule] = RULES,
    waivers: Sequence[Waiver] | None = None,
) -> tuple[Finding, ...]:
    """What does not hold, in the order of the rules.

    Args:
        resources: those of a plan. lab: the settings they were declared from.
        where: dotted name of a setting -> `stacks/Pulumi.my-course.yaml:12`; see `files.places`.
        today: by which waivers end; the clock's day by default.
        waivers: those of `waivers.csv` by default.
    """
    graph = Graph(tuple(resources), lab)
    day = today or Clock().today()
    accepted = read() if waivers is None else waivers
    types = {each.urn: each.type for each in graph.resources}
    return tuple(
        waive(found, types[found.urn], lab.lab.profile, day, accepted)
        for rule in rules
        for found in _findings(rule, graph, where)
    )


def _findings(rule: Rule, graph: Graph, where: Callable[[str], str]) -> Iterator[Finding]:
    setting = where(rule.setting) if rule.setting else ""
    for resource in graph.of(*rule.types):
        severity = rule.severity(graph.lab.lab.profile)
        try:
            messages = list(rule.check(resource, graph))
        except Unknown as error:
            messages = [f"not looked at: {error} is known only after `up`"]
            severity = "warning"
        for message in messages:
            yield Finding(
                rule=rule.id,
                severity=severity,
                urn=resource.urn,
                name=resource.name,
                message=message,
                fix=rule.fix,
                source=resource.source,
                setting=setting,
            )
