"""Where text goes: results to stdout, all else to stderr, no colours and no folding in a pipe."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console

PIPE_WIDTH: Final = 120
"""Columns of a table that no terminal will fold."""


def stdout() -> Console:
    """Results: tables, plans, commands to copy."""
    return _console(on_stderr=False)


def stderr() -> Console:
    """Progress, questions and failures."""
    return _console(on_stderr=True)


def results(*, as_json: bool) -> Console:
    """Where a table goes: stdout, or stderr when stdout is kept for JSON."""
    return stderr() if as_json else stdout()


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout, in ASCII, so that no encoding can break it."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")


def _console(*, on_stderr: bool) -> Console:
    stream = sys.stderr if on_stderr else sys.stdout
    fixed = not stream.isatty() and not os.environ.get("COLUMNS")
    return _Honest(stderr=on_stderr, highlight=False, width=PIPE_WIDTH if fixed else None)


class _Honest(Console):
    """A console that reports a closed pipe; rich's own would end the process, in the middle of a run."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
