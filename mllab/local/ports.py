"""Which port a server gets."""

from __future__ import annotations

import random
import socket
import threading
from typing import Final

import psutil

from mllab.local.service import LOOPBACK
from mllab.protocol.provider import ProviderFailure

RANGE: Final = range(20000, 30000)
"""Below what Linux (32768) and macOS (49152) give to outgoing connections: a port from there may
be in use at the next start."""

_given: set[int] = set()
_giving = threading.Lock()


def free_port(preferred: int | None = None) -> int:
    """A port that nobody listens at.

    Args:
        preferred: the one that the server had, which people have in their bookmarks.

    Raises:
        ProviderFailure: that one is taken.
    """
    if preferred:
        if is_free(preferred):
            return preferred
        raise ProviderFailure(
            f"port {preferred} is in use by {holder(preferred)}",
            code="PortInUse",
            hint="End that program, then run `mllab up` again.",
        )
    with _giving:  # servers are made at the same time, and listen only later
        for port in random.sample(RANGE, len(RANGE)):
            if port not in _given and is_free(port):
                _given.add(port)
                return port
    raise ProviderFailure(
        f"no port from {RANGE.start} to {RANGE.stop - 1} is free", code="PortInUse"
    )


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as trial:
        # As servers do: what is left of closed connections does not keep a port.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens there, as far as this user may know."""
    for process in psutil.process_iter():
        if listens(process, port):
            return f"{process.name()} (process {process.pid})"
    return "a program of another user"


def listens(process: psutil.Process, port: int) -> bool:
    """Whether that process listens at that port; no where it may not be asked."""
    try:
        return any(
            link.status == psutil.CONN_LISTEN and link.laddr.port == port
            for link in process.net_connections("tcp")
        )
    except psutil.Error:
        return False
