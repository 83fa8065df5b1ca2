"""The declared graph as plain JSON: what `preview --json` prints, see docs/preview-json.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from mllab.engines import recorded
from mllab.engines.contract import Plan, Resource, Step
from mllab.lifecycle.meaning import doubtful, meaning
from mllab.protocol.deployment import entries
from mllab.protocol.provider import Change

VERSION: Final = 1
"""Raised when a key disappears or changes its meaning; new keys may come without it."""


def graph(plan: Plan, cloud: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """What a run would do, resource by resource.

    Args:
        plan: from `Engine.preview`.
        cloud: `aws`, `azure`, `gcp`.
        state: from `Engine.state`; resources that are no longer declared are described from it.
    """
    declared = {resource.urn for resource in plan.resources}
    old = {entry["urn"]: entry for entry in entries(state)}
    gone = [
        _recorded(step, old.get(step.urn, {})) for step in plan.steps if step.urn not in declared
    ]
    return {
        "version": VERSION,
        "stack": plan.stack,
        "cloud": cloud,
        "engine": plan.engine,
        "resources": [_described(resource) for resource in _ordered([*plan.resources, *gone])],
        "outputs": dict(plan.outputs),
        "summary": {
            "operations": {str(op): number for op, number in sorted(plan.counts().items())},
            "empty": plan.empty,
            "loses": [
                {"urn": step.urn, "name": step.name, "what": step.loses}
                for step in sorted(plan.steps, key=lambda step: step.urn)
                if step.loses
            ],
            "pending": sorted(plan.pending),
            "settles": sorted(plan.settles),
            "counts_for_new": [asdict(one) for one in plan.for_new],
            "warnings": sorted(plan.warnings),
        },
    }


def changes(found: Sequence[Change]) -> list[dict[str, Any]]:
    """Changed properties as plain data."""
    return [
        {
            "path": change.path,
            "kind": change.kind,
            "before": change.before,
            "after": change.after,
            "replaces": change.replaces,
        }
        for change in found
    ]


def _ordered(resources: Sequence[Resource]) -> list[Resource]:
    """As a tree, what has the same parent by URN: a program that registers things side by side
    does so in another order each time."""
    parents = {resource.urn: resource.parent for resource in resources}

    def path(resource: Resource) -> list[str]:
        steps = [resource.urn]
        while (above := parents.get(steps[0])) and above not in steps:
            steps.insert(0, above)
        return steps

    return sorted(resources, key=path)


def _described(resource: Resource) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "custom": resource.custom,
        "parent": resource.parent,
        "inputs": dict(resource.inputs),
        "dependencies": sorted(resource.dependencies),
        "property_dependencies": {
            key: sorted(urns) for key, urns in sorted(resource.property_dependencies.items())
        },
        "provider": resource.provider,
        "options": dict(resource.options),
        "source": resource.source,
        "op": str(resource.op),
        "changes": changes(resource.changes),
        "consequences": list(meaning(resource)),
        "uncertain": doubtful(resource),
    }


def _recorded(step: Step, entry: Mapping[str, Any]) -> Resource:
    told = {"urn": step.urn, "type": step.type, "custom": step.custom}
    found = recorded.resource({**told, **entry})
    return replace(found, source=step.source, op=step.op, changes=step.changes)
