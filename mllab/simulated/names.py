"""Generated names and ids: always the same for the same seed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mllab.protocol.provider import UNKNOWN

_RANDOM = re.compile(r"^(\d+) (hex|digits|letters|characters)$|^(uuid)$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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


@dataclass(frozen=True)
class Naming:
    """How a provider makes a name out of a logical name: with hex digits behind it.

    Args:
        between: what stands before the digits.
    """

    between: str = "-"
    digits: int = 7

    def auto(self, logical: str, draw: Draw, how: str) -> str:
        """A generated name.

        Args:
            how: as the `name` facts say it, `auto` with what is peculiar to the type.
        """
        if how == "auto: random UUID":
            return draw.uuid()
        if how == "auto: logical name unchanged":
            return logical
        text = f"{logical}{self.between}{draw.text(self.digits, 'hex')}"
        return text.lower() if how == "auto: in lower case" else text

    def made(self, name: str, logical: str, how: str) -> bool:
        """Whether `auto` made this name, so that it makes another one the next time."""
        start = re.escape(logical + self.between)
        if how == "auto: random UUID":
            return _UUID.fullmatch(name) is not None
        return re.fullmatch(rf"(?i){start}[0-9a-f]{{{self.digits}}}", name) is not None


def is_random(template: str) -> bool:
    """Whether a part of the template is generated."""
    return any(_RANDOM.match(piece) for piece in re.findall(r"\{([^{}]*)\}", template))


def fill(template: str, value: Callable[[str], object], draw: Draw | None) -> object:
    """A template, filled in: `{property}`, `{17 hex}`, `{9 digits}`, `{17 characters}`, `{uuid}`.

    UNKNOWN when a property is, and when something must be generated and `draw` is None: a preview
    cannot predict it.
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
