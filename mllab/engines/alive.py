"""Whether the process that wrote a lock still lives.

Process ids are used again, so the id alone does not name a process. A zombie is one that has ended
and that nobody has waited for: it holds no file and finishes no run.

psutil would tell it on macOS, too; it is not taken, since no package that mllab needs brings it
and it is compiled for each system. Where there is no /proc, a number in use counts as its writer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ENDED: Final = frozenset("ZXx")
"""States of a process that does nothing more (proc(5), field 3 of stat)."""


@dataclass(frozen=True)
class Process:
    """What the system tells of a process.

    Args:
        name: of its program, at most 15 characters; empty where there is no /proc to tell.
        began: when, in clock ticks since the machine did; empty likewise.
    """

    name: str = ""
    began: str = ""


def process(pid: int) -> Process | None:
    """The living process of this number; None when it is sure that there is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass  # somebody else's
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Process()
    # The name stands in brackets, and may hold any character.
    name, rest = stat.partition("(")[2].rpartition(")")[::2]
    fields = rest.split()
    if len(fields) < 20:
        return Process()
    return None if fields[0] in _ENDED else Process(name, fields[19])
