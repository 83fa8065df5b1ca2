"""Keeps a seat from being stopped as idle for a while; the longest time still holds.

The seat's terminals find it as `mllab-keep-awake`, as those of cloud machines do.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import mllab
from mllab.engines.embedded.drafts import into
from mllab.local.keeper import instant
from mllab.local.keeper.instant import Instant

COMMAND: Final = "mllab-keep-awake"
_FILE: Final = "awake"
_UNITS: Final = {"m": 60, "h": 3600}
_USAGE: Final = f"usage: {COMMAND} 3h | 90m | off"


def install(run: Path) -> None:
    """Put the command where the seat's terminals find it."""
    path = run / "bin" / COMMAND
    root = shlex.quote(str(Path(mllab.__file__).parents[1]))
    words = shlex.join([sys.executable, "-P", "-m", __name__, str(run)])
    text = f'#!/bin/sh\nPYTHONPATH={root} exec {words} "$@"\n'
    with suppress(FileNotFoundError):
        if path.read_text() == text:
            return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with into(path) as file:
        file.write(text.encode())
        os.fchmod(file.fileno(), 0o700)


def until(run: Path, now: Instant) -> float | None:
    """Up to when, by `Instant.awake`; None where nobody said so since the machine was started."""
    try:
        boot, said = (run / _FILE).read_text().split()
        return float(said) if boot == (now.boot or "-") else None
    except (OSError, ValueError):
        return None


def main(run: Path, words: list[str], now: Instant) -> str:
    """Say for how long. Raises ValueError where it is no span of time."""
    if words == ["off"]:
        (run / _FILE).unlink(missing_ok=True)
        return "stops again when idle"
    found = re.fullmatch(r"([1-9][0-9]{0,3})([hm])", words[0]) if len(words) == 1 else None
    if not found:
        raise ValueError(_USAGE)
    seconds = int(found[1]) * _UNITS[found[2]]
    with into(run / _FILE) as file:
        file.write(f"{now.boot or '-'} {now.awake + seconds}\n".encode())
    return f"not stopped as idle for {words[0]} from now"


if __name__ == "__main__":
    try:
        sys.stdout.write(main(Path(sys.argv[1]), sys.argv[2:], instant.now()) + "\n")
    except ValueError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.stderr.flush()
        os._exit(2)
