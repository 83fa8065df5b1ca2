"""Tells a person at a terminal, or in a pipe, what a verb does while it does it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console

from mllab.clock import Clock
from mllab.engines.contract import Step
from mllab.show.plan import show_notes
from mllab.show.progress import Progress


class ConsoleObserver:
    """An `Observer` that writes to a console.

    Args:
        console: one that never fails (`console.stderr`).
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def tell(self, text: str) -> None:
        """See `Observer.tell`."""
        self._console.print(text, markup=False)

    def note(self, text: str) -> None:
        """See `Observer.note`."""
        show_notes(self._console, [text])

    def waiting(self, doing: str) -> AbstractContextManager[object]:
        """See `Observer.waiting`; in a pipe nothing is said."""
        return self._console.status(doing) if self._console.is_terminal else nullcontext()

    def running(
        self,
        doing: str,
        clock: Clock,
        *,
        simulated: bool,
        planned: Iterable[Step] = (),
        expected: int = 0,
    ) -> Progress:
        """See `Observer.running`."""
        return Progress(
            self._console, doing, clock, simulated=simulated, planned=planned, expected=expected
        )
