"""Live progress of a run: one line per resource in work, a count, elapsed and typical time."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from types import TracebackType
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mllab.clock import Clock
from mllab.engines.contract import Op, Status, Step
from mllab.engines.operations import OPS
from mllab.show.words import value
from mllab.wording import format_duration, short_type

FRAMES_PER_SECOND: Final = 8
QUIET: Final = frozenset({Op.SAME, Op.REPLACE, Op.REFRESH})
"""Operations that are no work of their own: REPLACE is followed by its two halves."""


class Progress:
    """Shows steps while they happen; hand it to an engine as `on_step`.

    Args:
        console: where to, one that never fails (`console.stderr`); without a terminal every
            finished step is one plain line.
        doing: what the run does, for the head line: `Creating aws-course`.
        clock: the engine's clock. A simulated one stands still during a run and moves at its end.
        simulated: times are called so.
        planned, expected: steps that will come, or their number; neither when not known.
    """

    def __init__(
        self,
        console: Console,
        doing: str,
        clock: Clock,
        *,
        simulated: bool,
        planned: Iterable[Step] = (),
        expected: int = 0,
    ) -> None:
        self._console, self._doing, self._clock, self._simulated = console, doing, clock, simulated
        self._expected = expected + sum(
            2 if step.op is Op.REPLACE else 1 for step in planned if _counts(step)
        )
        self._working: dict[tuple[str, Op], tuple[Step, float]] = {}
        self._done = self._failed = 0
        self._began, self._began_here = clock.now(), monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                get_renderable=self.picture,
                console=self._console,
                refresh_per_second=FRAMES_PER_SECOND,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, step: Step) -> None:
        if step.custom and step.op not in QUIET:
            key = (step.urn, step.op)
            if step.status is Status.STARTED:
                self._working[key] = (step, monotonic())
            elif step.status is not Status.PLANNED:
                self._working.pop(key, None)
                self._finish(step)

    def took(self) -> str:
        """`simulated 4 min 10 s, 3.1 s here`, or the elapsed time of a real run."""
        here = format_duration(monotonic() - self._began_here)
        if not self._simulated:
            return here
        passed = (self._clock.now() - self._began).total_seconds()
        return f"simulated {format_duration(passed)}, {here} here"

    def _finish(self, step: Step) -> None:
        self._done += step.status is Status.DONE
        self._failed += step.status is Status.FAILED
        if self._live is None or step.status is Status.FAILED:
            self._console.print(self._line(step), soft_wrap=True)

    def _line(self, step: Step) -> Text:
        word = OPS[step.op]
        if step.status is Status.FAILED:
            # Cut short: the whole cause, the place and the hint come at the end of the run.
            why = f": {value(step.error)}" if step.error else ""
            return Text(f"{word.present} {step.name} failed{why}", style="red")
        if step.status is Status.SKIPPED:
            return Text(
                f"skipped {step.name}: {step.reason or 'what it needs is missing'}", style="dim"
            )
        text = Text(f"{word.past} {step.name}", style=word.style)
        return text.append(
            f" {short_type(step.type)} ({self._duration(step.seconds)})", style="dim"
        )

    def _duration(self, seconds: float) -> str:
        return (
            f"simulated {format_duration(seconds)}" if self._simulated else format_duration(seconds)
        )

    def picture(self) -> RenderableType:
        """What the live display shows at this moment: a head line, then one line per resource."""
        number = f"{self._done} of {self._expected}" if self._expected else str(self._done)
        head = Text(f"{self._doing}: {number} done", style="bold")
        if self._failed:
            head.append(f", {self._failed} failed", style="bold red")
        head.append(f", {format_duration(monotonic() - self._began_here)}", style="dim")
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        for step, since in list(self._working.values()):
            word = OPS[step.op]
            table.add_row(
                Text(word.mark, style=word.style),
                Text(f"{word.present} {step.name}", overflow="ellipsis", no_wrap=True),
                Text(self._times(step, since), style="dim"),
            )
        return Group(head, table)

    def _times(self, step: Step, since: float) -> str:
        typical = f"about {format_duration(step.seconds)}" if step.seconds else ""
        if self._simulated:
            return f"simulated, {typical}" if typical else "simulated"
        elapsed = format_duration(monotonic() - since)
        return f"{elapsed} of {typical}" if typical else elapsed


def _counts(step: Step) -> bool:
    return step.custom and (step.op is Op.REPLACE or step.op not in QUIET)
