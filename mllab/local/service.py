"""What the provider must know of a kind of server: what it needs, and how it is launched."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

LOOPBACK: Final = "127.0.0.1"
"""The only address that anything of a lab listens on."""

Settings = Mapping[str, Any]
"""A server's inputs, as the program gives them."""


@dataclass(frozen=True)
class Place:
    """Where one server of a lab lives.

    Args:
        lab: the lab's folder, which nobody else may open.
        name: of the server, one of its kind in the lab: `my-course-notebook-ada`.
    """

    lab: Path
    name: str

    @property
    def run(self) -> Path:
        """Its own folder: configuration, secrets (0600), log, and who runs."""
        return self.lab / "run" / self.name

    @property
    def ready(self) -> Path:
        """What a server without a port makes when it is ready; who starts one removes it first."""
        return self.run / "ready"


@dataclass(frozen=True)
class Launch:
    """A process to be started.

    Args:
        argv: what any user of the machine can read; so no secret is in it.
        cwd: the folder it works in. env: what it gets besides a few harmless variables.
        ready: path of its own address that answers when it is ready; empty: the port is open, or,
            where it has no port, the file `Place.ready` is there.
        files: names in the server's own folder that must stay as they were written.
        signal: that ends it. grace: seconds until it is killed.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str = ""
    files: tuple[str, ...] = ()
    signal: int = signal.SIGTERM
    grace: float = 5.0


@dataclass(frozen=True)
class Lack:
    """What this machine lacks: `what` in words, `command` that gets it; empty where none does."""

    what: str
    command: str = ""


class Service(Protocol):
    """A kind of server.

    Attributes:
        kind: as the program calls it, `jupyterlab`.
        listens: whether it has a port; one that has none is given port 0.
    """

    kind: ClassVar[str]
    listens: ClassVar[bool]

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """What this machine lacks to run one; nothing is started or fetched."""
        ...

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """Write what it reads (0700 folders, 0600 files), and say how it is launched.

        Runs again when settings change, and keeps the secrets that are there.
        """
        ...

    def retire(self, place: Place) -> None:
        """End what goes on without its process (the jobs of a queue), before it is removed.

        An update does not ask for it: jobs go on while their queue is started anew.
        """
        ...

    def address(self, place: Place, port: int) -> str:
        """What a person opens, with a token where it wants one; empty where there is nothing."""
        ...
