"""Where text goes: results to stdout, all else to stderr, no colours and no folding in a pipe."""

from __future__ import annotations

import errno
import json
import os
import sys
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, Final, cast

from rich.console import Console
from rich.text import Text

from mllab.clouds.registry import CLOUDS

PIPE_WIDTH: Final = 120
"""Columns of a table that no terminal will fold."""

COMMANDS: Final = frozenset(
    {"mllab", "pulumi", *(tool for cloud in CLOUDS.values() for tool in cloud.tools)}
)
"""What a line that is a command begins with."""


def stdout() -> Console:
    """Results: tables, plans, commands to copy."""
    return _console(on_stderr=False)


def stderr() -> Console:
    """Progress, questions and failures. What cannot be written is lost, and stops nothing: what
    happens in a cloud matters more than seeing it.
    """
    return _console(on_stderr=True)


def results(*, as_json: bool) -> Console:
    """Where a table goes: stdout, or stderr when stdout is kept for JSON."""
    return stderr() if as_json else stdout()


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout, in ASCII, so that no encoding can break it."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")


def say(
    console: Console, text: str, indent: str = "", label: str | None = None, style: str = ""
) -> None:
    """Print plain text, line by line: folded between words at a terminal, never in a pipe.

    A command is never folded: it is there to be copied.

    Args:
        indent: before every line. label: before the first line instead, in that style.
    """
    before = indent if label is None else label
    for line in text.splitlines() or [""]:
        shown = before + line
        if _folds(console) and line.strip() and line.split(maxsplit=1)[0] not in COMMANDS:
            inner = " " * (len(line) - len(line.lstrip()))
            shown = textwrap.fill(
                line.strip(),
                console.width,
                initial_indent=before + inner,
                subsequent_indent=indent + inner,
                break_long_words=False,
                break_on_hyphens=False,
            )
        words = Text(shown)
        if before is label:
            words.stylize(style, 0, len(before))
        console.print(words, soft_wrap=True)
        before = indent


def _folds(console: Console) -> bool:
    return console.is_terminal or bool(os.environ.get("COLUMNS"))


def _console(*, on_stderr: bool) -> Console:
    stream = cast(IO[str], _Lossy(sys.stderr)) if on_stderr else sys.stdout
    fixed = not stream.isatty() and not os.environ.get("COLUMNS")
    return _Honest(file=stream, highlight=False, width=PIPE_WIDTH if fixed else None)


class _Lossy:
    """A stream that drops what it cannot write."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Honest(Console):
    """A console that reports a closed pipe; rich's own ends the process, even amid a run."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
