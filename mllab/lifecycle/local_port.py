"""The port of this computer that leads to a JupyterLab; each connection needs one of its own."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import Final

from components.seats import LOCAL_PORT

USUAL: Final = 8888
"""What the printed commands name."""

_NEXT: Final = 100


def needed(words: Sequence[str]) -> bool:
    """Whether a command asks for a port of this computer."""
    return any(LOCAL_PORT in word for word in words)


def free() -> int:
    """The usual port, or the next that nobody listens on."""
    for port in range(USUAL, USUAL + _NEXT):
        if _is_free(port):
            return port
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def put(text: str, port: int = USUAL) -> str:
    """A text with that port in place of what stands for it."""
    return text.replace(LOCAL_PORT, str(port))


def _is_free(port: int) -> bool:
    """On both loopback addresses: a browser that asks for `localhost` may take either."""
    families = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    return all(_can_listen(family, host, port) for family, host in families)


def _can_listen(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((host, port))
    except OSError as error:
        # A computer without IPv6 has nothing that listens there.
        return family == socket.AF_INET6 and error.errno != errno.EADDRINUSE
    return True
