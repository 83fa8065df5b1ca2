"""Who may reach a machine by SSH: addresses and public keys, as a stack file gives them."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from mllab.settings.fields import absent, fault

# Source: https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed
_KINDS: Final = ("ssh-ed25519", "ssh-rsa")
_ED25519_BYTES: Final = 32
_RSA_BYTES: Final = 256  # 2048 bits


def _network(value: Any) -> str:
    words = "must be an address or a range of addresses, like 203.0.113.7/32"
    if not isinstance(value, str) or len(value) > 50:
        raise fault(words)
    try:
        found = ipaddress.ip_network(value)
    except ValueError as exc:
        hint = "; bits after the prefix must be 0" if "host bits" in str(exc) else ""
        raise fault(words + hint) from exc
    if found.prefixlen == 0:
        raise fault(
            "would let the whole world try keys; name the addresses that people come from, like"
            " those of the campus, or none and take Bastion in the portal"
        )
    if found.version == 6:
        raise fault(
            "is IPv6, but the machines have IPv4 addresses alone, so that nobody comes to them from"
            " there; name the IPv4 addresses that people come from"
        )
    return str(found)


def _public_key(value: Any) -> str:
    words = "must be a public SSH key, the one line of a file like ~/.ssh/id_ed25519.pub"
    if isinstance(value, str) and "PRIVATE KEY" in value:
        # Not to be repeated, not even its beginning.
        raise absent("is a private key, which belongs in no file of a project; give the .pub file")
    parts = value.split(None, 2) if isinstance(value, str) and value.isprintable() else []
    if len(parts) < 2:
        raise fault(words)
    kind, body = parts[:2]
    if kind not in _KINDS:
        raise fault(f"must begin with {' or '.join(_KINDS)}: Azure takes no other kind of key")
    try:
        raw = base64.b64decode(body, validate=True)
    except binascii.Error as exc:
        raise fault(words) from exc
    fields = _fields(raw)
    if not fields or fields[0] != kind.encode() or len(fields) < 2:
        raise fault(words)
    size = len(fields[-1].lstrip(b"\0"))
    if kind == "ssh-rsa" and size < _RSA_BYTES:
        raise fault("must have at least 2048 bits: Azure takes no shorter RSA key")
    if kind == "ssh-ed25519" and len(fields[-1]) != _ED25519_BYTES:
        raise fault(words)
    return " ".join(parts)


def _fields(raw: bytes) -> list[bytes]:
    """The parts of a key: each its length in four bytes, and then itself. Empty if it has none."""
    found = []
    while raw:
        end = 4 + int.from_bytes(raw[:4], "big")
        if len(raw) < end or end == 4:
            return []
        found.append(raw[4:end])
        raw = raw[end:]
    return found


Network = Annotated[str, BeforeValidator(_network)]
PublicKey = Annotated[str, BeforeValidator(_public_key)]
