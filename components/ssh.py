"""How a person's own ssh forwards a port, the same on every cloud that takes ssh."""

from __future__ import annotations

from typing import Final

OPTIONS: Final = "-o ConnectTimeout=20 -o ServerAliveInterval=30 -o ExitOnForwardFailure=yes"
"""Of every ssh that forwards a port: it neither waits for a machine that is off, nor stands there
without the port. A sign of life twice a minute keeps idle connections open on the way."""
