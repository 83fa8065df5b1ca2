"""Each rule is broken in labs that keep to all: it is found, and nothing else is.

Every case is made from the rules' own table, so a new rule is in here by itself. It does not prove
that a cloud takes the property as the rule reads it: `tests/simulated` and the SDKs' schemas do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from mllab.engines.contract import Resource
from mllab.rules.finding import EVERY, Break, Graph, Rule
from mllab.rules.judge import RULES, judge
from tests.policy.graphs import VARIANTS, changed, graph

SOME = 2
"""Resources of a type that are broken, one after the other, in each lab."""

TAGGED = {"tags": dict.fromkeys(("lab", "stack", "owner", "role", "managed-by", "expires"), "x")}

CASES = [
    pytest.param(rule, broken, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, broken in enumerate(rule.wrong, 1)
]


def test_every_rule_can_be_broken() -> None:
    assert not [rule.id for rule in RULES if not rule.wrong]
    assert not [rule.id for rule in RULES if not (rule.reason and rule.fix and rule.types)]
    twice = [id for id, times in Counter(rule.id for rule in RULES).items() if times > 1]
    assert not twice


@pytest.mark.parametrize(("rule", "broken"), CASES)
def test_what_breaks_a_rule_is_found_by_it_alone(rule: Rule, broken: Break) -> None:
    of = broken.of or next(each for each in rule.types if each != EVERY)
    there = [(lab, lab.of(of)) for lab in map(graph, VARIANTS) if lab.of(of)]
    new = Resource(f"urn:{of}", of, "new", custom=True, parent="", inputs=TAGGED)
    found: set[str] = set()
    for lab, resources in there:
        found |= _found(lab, resources, rule, broken)
    if not found:  # no lab has it, or none breaks the rule by it
        for lab in map(graph, VARIANTS):
            added = (*lab.resources, changed(new, broken.inputs))
            found |= _new(lab, replace(lab, resources=added))
    assert found == {rule.id}


def _found(lab: Graph, resources: tuple[Resource, ...], rule: Rule, broken: Break) -> set[str]:
    """What is found when one of them is broken, and is not found as long as it is right."""
    if not broken.inputs:  # none of them is declared
        without = tuple(each for each in lab.resources if each not in resources)
        return _new(lab, replace(lab, resources=without))
    found = set()
    for each in resources[:SOME]:
        before = lab
        if (rule.id, each.urn) in {key[:2] for key in _keys(lab)}:
            before = _with(lab, each, changed(each, broken.mended))
        found |= _new(before, _with(lab, each, changed(each, broken.inputs)))
    return found


def _with(lab: Graph, old: Resource, new: Resource) -> Graph:
    return replace(lab, resources=tuple(new if each is old else each for each in lab.resources))


def _new(before: Graph, after: Graph) -> set[str]:
    return {rule for rule, *_ in _keys(after) - _keys(before)}


def _keys(lab: Graph) -> set[tuple[str, str, str]]:
    return {(each.rule, each.urn, each.message) for each in judge(lab.resources, lab.lab)}
