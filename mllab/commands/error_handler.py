"""The one place where failures that a user can put right become a message and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Final, TextIO

import typer
from typer.core import TyperGroup

from mllab.errors import Interrupted, LabError

PIPE_CLOSED: Final = 141
"""Exit code when the reader of our output has gone (`| head`): 128 + SIGPIPE, as `yes | head`."""

HINTS: Final[dict[int, str]] = {
    errno.ENOSPC: "Free some space, then run the command again.",
    errno.EDQUOT: "Free some space, then run the command again.",
    errno.EFBIG: "Raise the file size limit (`ulimit -f`), then run the command again.",
    errno.EROFS: "Point MLLAB_HOME to a folder that can be written.",
    errno.EACCES: "Point MLLAB_HOME to a folder that you may write, or correct the permissions.",
    errno.EPERM: "Point MLLAB_HOME to a folder that you may write, or correct the permissions.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`), then run the command again.",
    errno.EIO: "Check the disk, then run the command again.",
    errno.ENOTDIR: "Check the folders named by MLLAB_HOME and by the path above.",
    errno.EISDIR: "Check the folders named by MLLAB_HOME and by the path above.",
}
"""Refusals of the operating system that can happen to anyone; any other OSError is a bug."""


class Explained(TyperGroup):
    """All commands, with failures that a user can put right turned into messages."""

    def invoke(self, ctx: Any) -> object:
        with explained():
            return super().invoke(ctx)


@contextmanager
def explained() -> Generator[None, None, None]:
    """Turn a failure that the user can put right into one message on stderr; let bugs surface.

    Raises:
        typer.Exit: with the failure's exit code.
    """
    try:
        yield
        sys.stdout.flush()  # a full disk or a closed pipe shows here, while it can be explained
    except LabError as error:
        tell(error.message, error.hint)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        tell("Interrupted; nothing was being changed.", "")
        raise typer.Exit(Interrupted.exit_code) from error
    except OSError as error:
        raise typer.Exit(_os_refusal(error)) from error
    finally:
        # Unflushed, the interpreter would try once more at its end and change the exit code.
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            _discard(sys.stderr)


def hear_requests_to_end() -> None:
    """Take SIGTERM, by which systems and CI jobs end a program, for Ctrl-C."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def replace_closed_streams() -> None:
    """Read from and write to nowhere where the caller has closed a stream, as some daemons do."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            flags = os.O_RDONLY if mode == "r" else os.O_WRONLY
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode))


def tell(message: str, hint: str) -> None:
    """Write a failure to stderr, the hint on its own line; a broken stderr stays silent."""
    from mllab.show.console import say, stderr

    say(stderr(), message, label="error: ", style="bold red")
    if hint:
        say(stderr(), hint)


def _os_refusal(error: OSError) -> int:
    if error.errno == errno.EPIPE:
        _discard(sys.stdout)
        _discard(sys.stderr)
        return PIPE_CLOSED
    hint = HINTS.get(error.errno or 0)
    if hint is None:
        raise error
    if error.filename is None:
        _discard(
            sys.stdout
        )  # it was the output itself; the interpreter would try once more at its end
    where = f"{error.filename}: " if error.filename is not None else "output: "
    tell(f"{where}{error.strerror}", hint)
    return LabError.exit_code


def _discard(stream: TextIO) -> None:
    """Let what is still buffered for a broken stream go nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
