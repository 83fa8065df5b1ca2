"""Names that we give, where Google's SDK makes up none or one that is too long."""

from __future__ import annotations

from typing import Final

from components.contracts import LabArgs
from components.names import KEBAB, truncate_with_hash

LONGEST: Final = 63
"""Characters of most names on Google Cloud."""


def given(lab: LabArgs, *parts: str, longest: int = LONGEST) -> str:
    """A name within the project that no other lab has, also not one of this name in another stack.

    It is always the same, so what is made anew must be deleted first. The stack's name is left out
    where the lab has it, too.
    """
    stack = () if lab.stack == lab.name else (lab.stack,)
    return truncate_with_hash(lab.name, *parts, *stack, longest=longest, alphabet=KEBAB)
