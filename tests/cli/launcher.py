"""Starts a program on a machine that is broken in one way: `python launcher.py WAY PROGRAM ...`.

A program of its own: between fork and exec no Python may run in a process that has threads.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import sys
import termios
from functools import partial

CAP_DAC_OVERRIDE = 1
PR_CAPBSET_DROP = 24


def without_privileges() -> None:
    """Let file permissions count, also for root."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot drop CAP_DAC_OVERRIDE")


def small_files() -> None:
    """Let no file grow beyond 20 kB, as on a disk that is nearly full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    # Python keeps half a compiled module, and whoever imports it next ends with an EOFError.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def listen() -> None:
    """Hear Ctrl-C: who runs the tests in the background lets them, and the program, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def take_terminal() -> None:
    """Make the terminal the session's own, so that Ctrl-C reaches the program."""
    listen()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


IMPORT_QUERIES = {
    "unprivileged": without_privileges,
    "small files": small_files,
    "listening": listen,
    "terminal": take_terminal,
    "stdin closed": partial(os.close, 0),
    "stdout closed": partial(os.close, 1),
    "stderr closed": partial(os.close, 2),
}

if __name__ == "__main__":
    way, *program = sys.argv[1:]
    IMPORT_QUERIES[way]()
    os.execv(program[0], program)
