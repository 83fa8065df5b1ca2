"""Which addresses may come in."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, Final

INTERNET: Final = frozenset({"*", "any", "internet", "0.0.0.0/0", "::/0"})
"""How clouds write every address there is."""

WIDE: Final = 8
"""Bits of a prefix; fewer are more than sixteen million addresses, and nobody's own network."""


def is_public(source: Any) -> bool:
    """Whether addresses are, or may be, outside private networks."""
    try:
        return not ip_network(str(source), strict=False).is_private
    except ValueError:  # a name of the cloud's own
        return str(source).lower() in INTERNET


def is_wide(source: Any) -> bool:
    """Whether it stands for more addresses than one organisation has."""
    try:
        return ip_network(str(source), strict=False).prefixlen < WIDE
    except ValueError:
        return str(source).lower() in INTERNET
