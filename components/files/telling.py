"""What the watchdog leaves for others: files, a line in the journal, a word on every terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .asking import Finding


def report(line: str, findings: Mapping[str, Finding]) -> str:
    """What `mllab-status` shows: the decision, and what every probe found."""
    rows = [f"  {name:<11} {one.state:<8} {one.words}" for name, one in findings.items()]
    return "".join(f"{printable(row)}\n" for row in (line, *rows))


def write(path: Path, text: str, notes: list[str]) -> None:
    """Replace a file in one step, so that nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text)
        draft.replace(path)
    except OSError as fault:
        notes.append(f"{path} cannot be written ({fault.strerror})")


def printable(text: str) -> str:
    """ASCII without control characters."""
    return text.encode("unicode_escape").decode()


def say(line: str) -> None:
    """One line for the journal. A journal that is gone must not keep the machine alive."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), printable(line).encode() + b"\n")


def tell_terminals(folder: Path, message: str) -> None:
    """Write to every open terminal. wall(1) misses Jupyter's terminals and SSM sessions."""
    text = f"\r\n*** mllab: {printable(message)} ***\r\n".encode()
    for terminal in sorted(folder.glob("[0-9]*")):
        try:
            # Without O_NONBLOCK a stopped terminal would hold up the stop.
            handle = os.open(terminal, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            continue
        try:
            os.write(handle, text)
        except OSError:
            pass  # full or gone: nobody reads there
        finally:
            os.close(handle)
