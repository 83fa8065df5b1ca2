"""What a plan means for people, and what it changes: the red list, the rest, and the roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, get_args

from mllab.clouds import consequences
from mllab.engines.contract import Op, Plan, Resource, Step
from mllab.lifecycle.meaning import doubtful, ends_work, meaning, restarts
from mllab.lifecycle.review.model import Cause, Changed, Danger, Hazard, Node, Property
from mllab.protocol.urns import is_provider
from mllab.wording import role

CausesOf = Callable[[Step], list[Cause]]

ORDER: Final[Sequence[Danger]] = get_args(Danger)
"""The worst first."""

_QUIET: Final = frozenset({Op.SAME, Op.READ})
_LAB: Final = "lab"
"""What `role` says of a thing that belongs to none."""


def hazards(plan: Plan, causes: CausesOf) -> list[Hazard]:
    """The red list, the worst first; what is alike, by the same cause, is one entry."""
    found: dict[tuple[object, ...], Hazard] = {}
    for step in _changing(plan):
        refused, words = _refused(step), meaning(step)
        kind = _kind(step, words, refused)
        if kind is None:
            continue
        why = causes(step)
        one = Hazard(
            kind=kind,
            role=role(step.urn),
            type=step.type,
            names=[],
            loses=step.loses,
            words=refused or list(words),
            uncertain=doubtful(step),
            causes=why,
        )
        found.setdefault((step.op, one.model_dump_json()), one).names.append(step.name)
    return sorted(found.values(), key=lambda one: (ORDER.index(one.kind), one.role, one.names[0]))


def changed(plan: Plan, causes: CausesOf) -> list[Changed]:
    """Everything that something happens to, by role and name."""
    every = [
        Changed(
            op=step.op,
            type=step.type,
            name=step.name,
            role=role(step.urn),
            source=step.source,
            properties=[
                Property(
                    path=each.path, before=each.before, after=each.after, replaces=each.replaces
                )
                for each in step.changes
            ],
            words=list(meaning(step)),
            causes=causes(step),
        )
        for step in _changing(plan)
    ]
    return sorted(every, key=lambda one: (one.role, one.name, one.type))


def nodes(plan: Plan, hazards: Iterable[Hazard]) -> list[Node]:
    """The lab's roles, with what happens to each."""
    worst = {one.role: one.kind for one in reversed(list(hazards))}
    counts: dict[str, Counter[Op]] = {}
    for step in plan.steps:
        if step.custom and not is_provider(step.type) and role(step.urn) != _LAB:
            counts.setdefault(role(step.urn), Counter())[step.op] += 1
    return [
        Node(
            role=name,
            resources=found.total(),
            operations={str(op): found[op] for op in sorted(set(found) - _QUIET)},
            hazard=worst.get(name),
        )
        for name, found in sorted(counts.items())
    ]


def edges(resources: Iterable[Resource]) -> list[tuple[str, str]]:
    """Which role uses what which other one makes."""
    found = {
        (role(needed), role(each.urn))
        for each in resources
        for needed in each.dependencies
        if role(needed) != role(each.urn)
    }
    return sorted(pair for pair in found if _LAB not in pair)


def _changing(plan: Plan) -> Iterator[Step]:
    yield from (
        step
        for step in sorted(plan.steps, key=lambda one: one.urn)  # their order differs between runs
        if step.custom and step.op not in _QUIET and not is_provider(step.type)
    )


def _refused(step: Step) -> list[str]:
    """What the cloud refuses on what exists, with the reason and what to do instead."""
    if step.op is not Op.UPDATE:
        return []
    which = step.type, role(step.urn), step.changes
    told = [
        f"{each.path} {each.before} -> {each.after}: {why}; put the old value back"
        for each, why in consequences.impossible(*which)
    ]
    # Of a real machine, not of the simulated one, is the id that has to be typed.
    return told + [
        f"{each.path} {each.before} -> {each.after}: {why.format(id='ID')}"
        for each, why in consequences.deallocated(*which)
    ]


def _kind(step: Step, words: tuple[str, ...], refused: list[str]) -> Danger | None:
    if step.loses:
        return "data"
    if refused:
        return "refused"
    if step.op is Op.REPLACE:
        return "replaced"
    if restarts(words):
        return "restarts"
    return "work" if ends_work(words) else None
