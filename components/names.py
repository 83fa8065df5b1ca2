"""Names where a cloud's alphabet is too narrow for generated ones. No SDK is imported here."""

from __future__ import annotations

import hashlib
import re
import string
from typing import Final

ALNUM: Final = string.ascii_lowercase + string.digits
"""What storage accounts and container registries of Azure take."""
KEBAB: Final = ALNUM + "-"
"""The same and hyphens: key vaults, compute instances, service accounts."""

_HASH: Final = 8  # base 36: a million names meet by chance one time in six
_READABLE: Final = 4  # fewer letters before the hash tell nobody anything


def truncate_with_hash(*parts: str, longest: int = 24, alphabet: str = ALNUM) -> str:
    """A name from parts that are too long or hold letters that the cloud refuses.

    As many letters of the parts as fit, for people, then a hash of all parts, so that names differ
    where any part does, and the same parts give the same name for ever.

    Args:
        parts: what makes it unique, what people should read first; the first begins with a letter.
            Where names are unique in the world, something of the account belongs to them.
        longest: characters that the cloud takes. alphabet: ALNUM or KEBAB.
    Raises:
        ValueError: there is no such name.
    """
    if longest < _READABLE + _HASH:
        raise ValueError(f"a name of {longest} characters has no room for {_HASH} of a hash")
    joint = "-" if "-" in alphabet else ""
    spoken = joint.join(parts).lower()
    kept = "".join(letter for letter in spoken if letter in alphabet)
    kept = re.sub("-+", "-", kept)[: longest - _HASH - len(joint)].rstrip("-")
    if not re.match("[a-z]", kept):
        raise ValueError(f"a name cannot be made of {parts}: the first must begin with a letter")
    return f"{kept}{joint}{_digest(parts)}"


def _digest(parts: tuple[str, ...]) -> str:
    """Lower-case letters and digits that depend on every part and on where each ends."""
    raw = "".join(f"{len(part)}:{part}" for part in parts).encode()
    number = int.from_bytes(hashlib.sha256(raw).digest(), "big")
    digits = ""
    while len(digits) < _HASH:
        number, digit = divmod(number, len(ALNUM))
        digits += ALNUM[digit]
    return digits
