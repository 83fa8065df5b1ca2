"""Become a server that nothing of this terminal reaches: run as a program, by `process.start`.

A program of its own, because code between fork and exec may hang where threads run, as the
engines' do. What a shell or Python set to be ignored stays so for ever: JupyterHub, for one, then
ends only when it is killed.
"""

from __future__ import annotations

import os
import signal
import sys

RESET = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGXFSZ", "SIGCHLD", "SIGUSR1")


def main(folder: str, log: str, *argv: str) -> None:
    """Work in `folder`, write to `log`, and become `argv`."""
    os.setsid()
    os.umask(0o077)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    source = os.open(os.devnull, os.O_RDONLY)
    for here, there in ((source, 0), (output, 1), (output, 2)):
        os.dup2(here, there)
    os.closerange(3, 65536)
    for name in RESET:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.chdir(folder)
        os.execvp(argv[0], argv)
    except OSError as fault:
        os.write(2, f"{argv[0]} in {folder}: {fault.strerror}\n".encode())
        os._exit(127)


if __name__ == "__main__":
    main(*sys.argv[1:])
