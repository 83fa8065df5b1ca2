"""Notes what a program declares while it runs under Pulumi's engine.

The engine's events carry neither dependencies nor the place in the source; the requests that
the SDK sends do, and they pass through this process.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime import settings

from mllab.engines.contract import Change, Op, Resource, StackTarget
from mllab.engines.drain import collector_paused, drain
from mllab.engines.embedded import urns
from mllab.engines.embedded.goal import options, read
from mllab.engines.embedded.source import Sources
from mllab.engines.embedded.values import masked


class Declared:
    """The resources of one run, by urn, in the order of declaration.

    Args:
        target: whose program it is.
    """

    def __init__(self, target: StackTarget) -> None:
        self._target, self._sources = target, Sources(target.root)
        self._lock = threading.Lock()
        self.resources: dict[str, Resource] = {}
        self.raised: tuple[BaseException, str] | None = None
        """What the program raised, and where."""

    async def run(self) -> None:
        """The program, watched; what the Automation API is given to run."""
        settings.SETTINGS.monitor = _Monitor(settings.get_monitor(), self._note)
        try:
            with collector_paused():
                self._target.program()
                await drain()
        except Exception as error:
            self.raised = error, self._sources.raised(error.__traceback__)
            raise

    def source(self, urn: str) -> str:
        """`components/aws/storage.py:31`; empty where it is not known."""
        found = self.resources.get(urn)
        return found.source if found else ""

    def planned(self, found: Mapping[str, tuple[Op, tuple[Change, ...]]]) -> tuple[Resource, ...]:
        """The resources with what happens to each.

        Args:
            found: by urn.
        """
        return tuple(
            dataclasses.replace(resource, op=found[urn][0], changes=found[urn][1])
            if urn in found
            else resource
            for urn, resource in self.resources.items()
        )

    def _note(self, request: Any) -> None:
        target = self._target
        urn = urns.urn(target.stack, target.project, request.parent, request.type, request.name)
        goal = read(request, self._sources.declared(request))
        resource = Resource(
            urn=urn,
            type=goal.type,
            name=goal.name,
            custom=goal.custom,
            parent=goal.parent,
            inputs=masked(goal.inputs),
            dependencies=tuple(sorted(goal.dependencies)),
            property_dependencies={
                key: tuple(sorted(found)) for key, found in goal.property_dependencies.items()
            },
            provider=urns.provider_urn(goal.provider),
            options=options(goal),
            source=shown(goal.source),
        )
        with self._lock:
            self.resources[urn] = resource


def shown(position: str) -> str:
    """`components/aws/storage.py:31` of the form that a state keeps."""
    return position.removeprefix("project:///").replace("#", ":")


class _Monitor:
    """The engine's monitor, with an ear on registrations."""

    def __init__(self, monitor: Any, note: Callable[[Any], None]) -> None:
        self._monitor, self._note = monitor, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._monitor, name)

    def RegisterResource(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self._note(request)  # before the engine's events tell of it
        return self._monitor.RegisterResource(request, *args, **kwargs)
