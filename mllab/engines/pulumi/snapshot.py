"""The state as one command of ours has read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from mllab.engines.contract import Op, Status, Step
from mllab.engines.pulumi.deployment import Deployment, resources

_LOOKS: Final = frozenset({Op.SAME, Op.REFRESH})


class Exports(Protocol):
    """What reads a stack's state."""

    def exists(self) -> bool:
        """True when the backend knows the stack."""

    def export(self) -> Deployment:
        """The recorded state."""


class Snapshot:
    """Asks for the state once, and again after what may have changed it.

    To ask costs half a second in a folder and more in a service: it is a process of its own.

    Args:
        cli: who is asked.
    """

    def __init__(self, cli: Exports) -> None:
        self._cli = cli
        self._known: Deployment | None = None

    def read(self) -> Deployment:
        """The deployment; empty where there is no stack. Not to be changed by who gets it."""
        if self._known is None:
            self._known = self._cli.export() if self._cli.exists() else {}
        return self._known

    def forget(self) -> None:
        """It may have changed."""
        self._known = None


def unchanged(steps: Iterable[Step], recorded: Deployment) -> bool:
    """True for a refresh that found everything as it is recorded.

    What had not become healthy may have, which no step tells: then the record of that is gone.
    """
    ill = any(entry.get("initErrors") for entry in resources(recorded))
    return not ill and all(step.op in _LOOKS and not step.changes and _well(step) for step in steps)


def _well(step: Step) -> bool:
    return step.status is not Status.FAILED
