"""An engine dies by what it has just written, and never by a clock.

The moment is named by a file and by how often something was done to it: the same death comes again
however fast the machine is.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Death:
    """When an engine dies.

    Args:
        what: is about to be done when death comes; to `write` means that the file is open, and
            nothing of this record, or half of it, is in it.
        file: what the name of the file holds that it is done to; for strace its end, and empty for
            any file.
        nth: how often it is done, from 1.
    """

    what: str
    file: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.what}_{self.file.strip('.') or 'any'}_{self.nth}"


class Reaper:
    """Ends its own process as `kill -9` does.

    Python tells an audit hook of every file that is about to be opened, renamed, linked or removed.
    Of writes it does not, so that of `os.write` is put in the way, which writes the journal.
    """

    EVENTS = {"open": "open", "os.rename": "rename", "os.link": "link", "os.remove": "remove"}

    def __init__(self, death: Death) -> None:
        self._death, self._count = death, 0
        self._write = os.write
        sys.addaudithook(self._heard)
        os.write = self._written

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event in self.EVENTS:
            path = args[1] if event in {"os.rename", "os.link"} else args[0]
            reads = event == "open" and not args[2] & (os.O_WRONLY | os.O_RDWR)
            if not reads:
                self._meet(self.EVENTS[event], path, lambda: None)

    def _written(self, handle: int, data: bytes) -> int:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        self._meet("write", path, lambda: self._write(handle, data[: len(data) // 2]))
        return self._write(handle, data)

    def _meet(self, what: str, path: object, last: Callable[[], object]) -> None:
        if what == self._death.what and self._death.file in Path(str(path)).name:
            self._count += 1
            if self._count == self._death.nth:
                last()
                os.kill(os.getpid(), signal.SIGKILL)
