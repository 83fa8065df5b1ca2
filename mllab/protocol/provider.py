"""What an engine asks of a provider. Simulated clouds implement it; a gRPC face can stand before
the same object.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol


class _Unknown:
    """A value that only the cloud can tell, in a preview. One object; compare with `is`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> _Unknown:
        return self

    def __deepcopy__(self, memo: object) -> _Unknown:
        return self


UNKNOWN: Final = _Unknown()

HINT: Final = "hint: "
"""Begins the line from which on the text of a failure says what helps."""

Properties = dict[str, Any]
"""Wire names to plain data (None, bool, int, float, str, list, dict), `UNKNOWN` where not known
yet.
Secrets arrive bare: the engine unwraps them before a provider and marks them again after."""


@dataclass(frozen=True)
class Change:
    """One property that differs.

    Args:
        path: wire names in the engine's notation, e.g. `tags.owner`, `rules[0].status`.
        kind: `add`, `delete` or `update`.
        before, after: plain values; `{"$unknown": true}` and `{"$secret": true}` stand for what
            cannot be shown.
        replaces: the change forces a replacement.
    """

    path: str
    kind: str
    before: Any = None
    after: Any = None
    replaces: bool = False


@dataclass(frozen=True)
class Call:
    """Which resource is meant, and when.

    Args:
        at: the moment the operation begins, on the engine's clock.
        seed: stable bytes for generated names; new for every generation of the resource.
        preview: nothing may be changed; computed outputs that are known are given, others are
            UNKNOWN.
    """

    urn: str
    type: str
    name: str
    at: datetime
    seed: bytes = b""
    preview: bool = False


@dataclass(frozen=True)
class Checked:
    """Inputs with defaults and generated names; `faults` are `property: reason` lines."""

    inputs: Properties
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """What `diff` found; without changes there is nothing to do."""

    changes: tuple[Change, ...] = ()
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        return any(change.replaces for change in self.changes)


@dataclass(frozen=True)
class Made:
    """Result of create and update. `seconds`: the typical duration of the operation."""

    id: str
    outputs: Properties
    seconds: float = 0.0


@dataclass(frozen=True)
class Found:
    """Result of read: what the cloud holds now."""

    id: str
    inputs: Properties
    outputs: Properties


NOT_CONFIGURATION: Final = frozenset({"version", "pluginDownloadURL"})
"""Inputs of a provider resource that belong to the engine's bookkeeping."""


class ProviderFailure(Exception):
    """The cloud said no.

    Args:
        message: the cloud's own words.
        code: the cloud's own code.
        hint: what the user can do, with the command.
        made: what exists although the operation failed (created but unhealthy, or failed after the
            side effect and the answer still came); None when nothing was made or nobody can tell.
        seconds: how long it took to fail.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        hint: str = "",
        made: Made | None = None,
        seconds: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.hint, self.made, self.seconds = (
            message,
            code,
            hint,
            made,
            seconds,
        )

    @property
    def text(self) -> str:
        """All of it as text, for an engine that passes on nothing else."""
        told = f"{self.code}: {self.message}" if self.code else self.message
        return f"{told}\n{HINT}{self.hint}" if self.hint else told


class Provider(Protocol):
    """One package (`aws`) with one configuration. Methods may be called from several threads."""

    @property
    def package(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def blocking(self) -> bool:
        """Calls wait for something outside this process, so the engine runs them on threads, side
        by side. False: they return at once and the engine only reckons with `seconds`.
        """
        ...

    def configured(self, config: Mapping[str, Any]) -> Provider:
        """The same cloud under an explicit provider's configuration (another region, say)."""
        ...

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked: ...

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference: ...

    def create(self, call: Call, inputs: Properties) -> Made:
        """Raises ProviderFailure. In a preview `id` is empty."""
        ...

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """None when it does not exist (any more)."""
        ...

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made: ...

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        """Seconds it takes. Deleting what is already gone succeeds. Raises ProviderFailure."""
        ...

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        """Raises ProviderFailure when the function fails or is not known."""
        ...

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        """Id of a resource that an interrupted create with these inputs made, not among `known`
        ids; None if none.
        """
        ...

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        """What data a resource holds: `3 objects, 12 MB`; "" when empty; None when it cannot be
        told.
        """
        ...


def untimed(provider: Provider) -> Provider:
    """The provider for an engine that does not reckon with durations: a call that has returned is
    over, though the clock stands where it stood.
    """
    if not getattr(provider, "timed", False):
        return provider
    found = copy.copy(provider)
    found.timed = False  # type: ignore[attr-defined]
    return found
