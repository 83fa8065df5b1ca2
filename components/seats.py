"""How a seat is reached, stopped and started: as the words of programs, never as shell text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pulumi

JUPYTER_PORT: Final = 8888

LOCAL_PORT: Final = "{port}"
"""In a word or an address: a free port of the computer that the program runs on."""

SSH_OPTIONS: Final = (
    *("-o", "ConnectTimeout=20"),
    *("-o", "ServerAliveInterval=30"),
    *("-o", "ExitOnForwardFailure=yes"),
)
"""Of every ssh that forwards a port: it neither waits for a machine that is off, nor stands there
without the port. A sign of life twice a minute keeps idle connections open on the way."""


def command(*argv: pulumi.Input[str]) -> dict[str, Any]:
    """A program with its arguments."""
    return {"argv": [*argv]}


def tunnel(*argv: pulumi.Input[str], url: str = "", tool: str = "") -> dict[str, Any]:
    """A program that forwards LOCAL_PORT to JupyterLab for as long as it runs.

    Args:
        url: the address to open meanwhile; empty where the seat's `token` prints it.
        tool: a further program that must be there.
    """
    return _connect("tunnel", *argv, url=url, tool=tool)


def address(*argv: pulumi.Input[str]) -> dict[str, Any]:
    """A program that prints the address to open; nothing is forwarded."""
    return _connect("url", *argv)


def no_way(reason: pulumi.Input[str]) -> dict[str, Any]:
    """Nothing leads to JupyterLab."""
    return _connect("none", reason=reason)


def forward(port: int = JUPYTER_PORT) -> tuple[str, ...]:
    """Arguments of an ssh that forwards the port and does nothing else."""
    return ("-N", "-L", f"{LOCAL_PORT}:localhost:{port}")


def _connect(
    kind: str,
    *argv: pulumi.Input[str],
    url: str = "",
    reason: pulumi.Input[str] = "",
    tool: str = "",
) -> dict[str, Any]:
    return {"kind": kind, "argv": [*argv], "url": url, "reason": reason, "tool": tool}
