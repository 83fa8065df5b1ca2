"""Labs on simulated clouds, with which every type and every profile is seen."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from mllab.clock import SimulatedClock
from mllab.engines.contract import Resource
from mllab.lifecycle import cost
from mllab.lifecycle.rendering import rendered
from mllab.rules.finding import Graph
from mllab.rules.paths import GONE
from mllab.settings import files
from tests.components.cloud_labs import ROOT
from tests.scenarios.living_lab import CLOUDS, MANAGED, Change, LivingLab

STRICT: Change = {"lab": {"profile": "strict"}, "storage": {"undelete_days": 30}}
HERE = "local-course"
VARIANTS = (*(f"{cloud}-{kind}" for cloud in CLOUDS for kind in ("vm", "managed")), HERE)
"""A course with machines, a strict lab with the cloud's own notebooks, and one on this machine."""


@cache
def graph(variant: str) -> Graph:
    """A lab as it is once everything exists."""
    if variant == HERE:
        clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
        session, plan = cost.rendered(ROOT, files.find(ROOT, HERE), clock, None)
        return Graph(plan.resources, session.declared)
    cloud, kind = variant.split("-")
    with tempfile.TemporaryDirectory() as folder:
        lab = LivingLab(Path(folder) / "lab", cloud, "embedded")
        if kind == "managed":
            lab.set(MANAGED[cloud])
            lab.set(STRICT)
        if cloud == "gcp":
            lab.set({"gcp": {"egress": "external" if kind == "managed" else "nat"}})
        session = lab.session()
        return Graph(rendered(session).resources, session.declared)


def changed(resource: Resource, inputs: Mapping[str, Any]) -> Resource:
    """A resource with other inputs, by dotted path, and other options."""
    options = {key.removeprefix("options:"): now for key, now in inputs.items() if ":" in key}
    found: Any = resource.inputs
    for path, value in inputs.items():
        if ":" not in path:
            found = _set(found, path.split("."), value)
    return replace(resource, inputs=found, options={**resource.options, **options})


def _set(value: Any, path: list[str], now: Any) -> Any:
    head, *rest = path
    if head == "*":
        first, *others = value if isinstance(value, list) and value else [{}]
        return [_set(first, rest, now) if rest else now, *others]
    inner = dict(value) if isinstance(value, dict) else {}
    if rest:
        inner[head] = _set(inner.get(head, {}), rest, now)
    elif now is GONE:
        inner.pop(head, None)
    else:
        inner[head] = now
    return inner
