"""Who hears what a verb does while it does it; nothing in this package prints."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from mllab.clock import Clock
from mllab.engines.contract import Step


class Run(AbstractContextManager["Run"], Protocol):
    """A run of an engine that is watched; handed to it as `on_step`."""

    def __call__(self, step: Step) -> None:
        """Something has happened to one resource."""

    def took(self) -> str:
        """How long the run has taken so far, in words."""


class Observer(Protocol):
    """What a person hears."""

    def tell(self, text: str) -> None:
        """One line about what was done or found."""

    def note(self, text: str) -> None:
        """What a person should know besides."""

    def waiting(self, doing: str) -> AbstractContextManager[object]:
        """Say for as long as it lasts what takes so long."""

    def running(
        self,
        doing: str,
        clock: Clock,
        *,
        simulated: bool,
        planned: Iterable[Step] = (),
        expected: int = 0,
    ) -> Run:
        """Watch a run.

        Args:
            doing: for the head line: `Creating aws-course`.
            clock: the engine's. simulated: its times are called so.
            planned, expected: steps that will come, or their number.
        """
