"""Rules of every cloud about what is billed: what runs for ever, and who stops it.

No scanner has them. Those about what one cloud alone has stand in its own file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from components import catalog
from mllab.engines.contract import Resource
from mllab.rules.clouds import FACTS, SERVER
from mllab.rules.finding import STACK, Break, Graph
from mllab.rules.paths import GONE, at, one, shown
from mllab.rules.values import rule

_BUDGETS: Final = (*(each.budget for each in FACTS), SERVER)
_WATCHES: Final = tuple(each.watch for each in FACTS)
_MACHINES: Final = {of: paths for each in FACTS for of, paths in each.machines.items()}
_SIZES: Final = {of: paths for each in FACTS for of, paths in each.sizes.items()}
_STOPS: Final = {of: stop for each in FACTS for of, stop in each.daily.items()}


def _asked_for(resource: Resource, graph: Graph) -> Iterable[str]:
    lab = graph.lab
    asked = [catalog.machine(lab.lab.cloud, lab.notebook.size, lab.notebook.kind)]
    asked.append(catalog.machine(lab.lab.cloud, lab.cluster.size, "job"))
    allowed = {name for one in asked for name in (one.type, one.accelerator, *one.fallbacks)}
    for path in _SIZES[resource.type]:
        for found in at(resource.inputs, path):
            if found is not GONE and found not in allowed:
                yield f"{shown(path)} is {found}, which the settings do not ask for"


def _budget(_: Resource, graph: Graph) -> Iterable[str]:
    if graph.lab.own.budgeted and not graph.of(*_BUDGETS):
        yield "no budget is declared, although the settings give one"


def _watched(_: Resource, graph: Graph) -> Iterable[str]:
    if graph.of(*_MACHINES) and not graph.of(*_WATCHES):
        yield "nothing outside the machines stops those that nobody uses"


def _stopped_daily(resource: Resource, graph: Graph) -> Iterable[str]:
    of, by = _STOPS[resource.type]
    if graph.lab.notebook.stop_at and not graph.about(resource, of, by):
        yield "nothing stops it at notebook.stop_at"


def _limits(resource: Resource, _: Graph) -> Iterable[str]:
    for path in _MACHINES[resource.type]:
        if one(resource.inputs, path) is GONE:
            yield f"{path} is not set"


RULES: Final = (
    rule("cost-budget", STACK, _budget, "nobody is told what is spent",
         fix="declare the budget role", setting="budget.limit_usd",
         wrong=[Break(of=each) for each in _BUDGETS]),
    rule("cost-watch", STACK, _watched,
         "a machine whose own stop fails is billed until somebody looks",
         fix="declare the notebook role's watch", wrong=[Break(of=each) for each in _WATCHES]),
    rule("cost-asked-for", tuple(_SIZES), _asked_for,
         "a larger machine, or another GPU, costs what nobody has agreed to",
         fix="declare what notebook.size and cluster.size name",
         wrong=[Break({path: "x"}, of)
                for of, paths in _SIZES.items() for path in paths]),
    rule("cost-machine-limits", tuple(_MACHINES), _limits,
         "who stops machines does not know when to",
         fix="hand on notebook.idle_minutes and notebook.max_hours",
         wrong=[Break({path: GONE}, of) for of, paths in _MACHINES.items() for path in paths]),
    rule("cost-daily-stop", tuple(_STOPS), _stopped_daily,
         "a machine that is forgotten is billed over the weekend",
         fix="declare what stops it", setting="notebook.stop_at",
         wrong=[Break(of=each) for each in dict.fromkeys(of for of, _ in _STOPS.values())]),
)  # fmt: skip
