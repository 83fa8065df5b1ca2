"""When each operation begins and ends, on the engine's own clock."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from mllab.clock import Clock, SimulatedClock


class Schedule(Protocol):
    """Offsets are seconds since the run began."""

    start: datetime
    makespan: float

    def begin(self, after: float) -> float:
        """When an operation begins that waits for `after`."""
        ...

    def end(self, began: float, seconds: float) -> float:
        """When it ends. `seconds`: how long the provider says that it takes."""
        ...


class Simulated:
    """Operations last what the provider says, as many side by side as there are lanes.

    Args:
        start: the moment at which the run begins.
        lanes: how many operations run side by side.
    """

    def __init__(self, start: datetime, lanes: int) -> None:
        self.start, self.makespan = start, 0.0
        self._free = [0.0] * lanes

    def begin(self, after: float) -> float:
        return max(after, heapq.heappop(self._free))

    def end(self, began: float, seconds: float) -> float:
        ended = began + seconds
        heapq.heappush(self._free, ended)
        self.makespan = max(self.makespan, ended)
        return ended


class Measured:
    """Operations last what they last.

    Args:
        start: the moment at which the run begins.
    """

    def __init__(self, start: datetime) -> None:
        self.start, self.makespan = start, 0.0
        self._zero = time.monotonic()

    def begin(self, after: float) -> float:
        return time.monotonic() - self._zero

    def end(self, began: float, seconds: float) -> float:
        ended = time.monotonic() - self._zero
        self.makespan = max(self.makespan, ended)
        return ended


class Times:
    """When resources were finished in this run, and the schedule behind it.

    Args:
        schedule: simulated or measured.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._ended: dict[str, float] = {}
        self.floor = 0.0

    @property
    def total(self) -> float:
        """Seconds from the start to the last end."""
        return self._schedule.makespan

    def ready(self, needs: Iterable[str]) -> float:
        """When all that is needed has ended."""
        return max((self._ended.get(key, 0.0) for key in needs), default=0.0)

    def begin(self, needs: Iterable[str]) -> float:
        """An operation begins, after all that it needs and after the floor."""
        return self._schedule.begin(max(self.floor, self.ready(needs)))

    def end(self, key: str, began: float, seconds: float) -> float:
        """It ends. Returns how long it took."""
        ended = self._schedule.end(began, seconds)
        self._ended[key] = max(ended, self._ended.get(key, 0.0))
        return ended - began

    def at(self, offset: float) -> datetime:
        """The moment of an offset."""
        return self._schedule.start + timedelta(seconds=offset)

    def raise_floor(self) -> None:
        """What begins from now on begins after all that has ended."""
        self.floor = self._schedule.makespan


def advance(clock: Clock, seconds: float) -> None:
    """Let a simulated clock pass over a run; a real one moves by itself."""
    if isinstance(clock, SimulatedClock):
        clock.advance(seconds)
