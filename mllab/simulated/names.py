"""Generated names and ids: always the same for the same seed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

from mllab.engines.provider import UNKNOWN

AUTO_LENGTH = 7
"""Hex digits that Pulumi appends to a logical name."""

_RANDOM = re.compile(r"^(\d+) (hex|digits|letters|characters)$|^(uuid)$")
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "digits": "0123456789",
    "letters": "abcdefghijklmnopqrstuvwxyz",
    "characters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
}


class Draw:
    """A stream of choices that a seed decides.

    Args:
        seed: may be empty; then `salt` alone decides.
        salt: keeps the streams of different resources apart.
    """

    def __init__(self, seed: bytes, salt: str) -> None:
        self._numbers = _numbers(seed + b"\0" + salt.encode())

    def number(self, below: int) -> int:
        """A whole number from 0 up to `below`, which is excluded."""
        return next(self._numbers) % below

    def text(self, length: int, alphabet: str) -> str:
        """Of the alphabets `hex`, `digits`, `letters`, or `characters` (base 32, as in IAM ids)."""
        letters = _ALPHABETS[alphabet]
        return "".join(letters[self.number(len(letters))] for _ in range(length))

    def uuid(self) -> str:
        """In the usual form of a random UUID."""
        digits = self.text(32, "hex")
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _numbers(seed: bytes) -> Iterator[int]:
    block = 0
    while True:
        digest = hashlib.sha256(seed + block.to_bytes(4, "big")).digest()
        yield from (int.from_bytes(digest[i : i + 4], "big") for i in range(0, 32, 4))
        block += 1


def auto(logical: str, draw: Draw, *, lower: bool) -> str:
    """Pulumi's generated name: the logical name, a hyphen and seven hex digits."""
    return f"{logical.lower() if lower else logical}-{draw.text(AUTO_LENGTH, 'hex')}"


def is_auto(name: str, logical: str) -> bool:
    """Whether `auto` made this name."""
    return re.fullmatch(rf"(?i){re.escape(logical)}-[0-9a-f]{{{AUTO_LENGTH}}}", name) is not None


def is_random(template: str) -> bool:
    """Whether a part of the template is generated."""
    return any(_RANDOM.match(piece) for piece in re.findall(r"\{([^{}]*)\}", template))


def fill(template: str, value: Callable[[str], object], draw: Draw | None) -> object:
    """A template, filled in: `{property}`, `{17 hex}`, `{9 digits}`, `{17 characters}`, `{uuid}`.

    UNKNOWN when a property is, and when something must be generated and `draw` is None: a preview
    cannot foretell it.
    """
    parts: list[str] = []
    for i, piece in enumerate(re.split(r"\{([^{}]*)\}", template)):
        if i % 2 == 0:
            parts.append(piece)
        elif random := _RANDOM.match(piece):
            if draw is None:
                return UNKNOWN
            parts.append(draw.uuid() if random[3] else draw.text(int(random[1]), random[2]))
        else:
            found = value(piece)
            if found is UNKNOWN:
                return UNKNOWN
            parts.append(str(found))
    return "".join(parts)
