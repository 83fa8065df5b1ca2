"""What failed, in the words of who refused it, without those that Pulumi's engine puts around."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mllab.engines import reasons
from mllab.protocol import urns
from mllab.protocol.provider import HINT

_WRAPPING: Final = re.compile(
    r"^(?:.*?rpc error: code = \w+ desc = )?(?:Preview failed: )?"
    r"(?:(?:\S*: )?\d+ errors? occurred:\s*)?",
    re.S,
)
"""Around what a provider says; the engine adds to it, and the provider of AWS does, too."""

_PROTECTED: Final = re.compile(
    r"(?P<deleted>cannot be deleted\s+because it is protected)|"
    r'unable to replace resource "(?P<dependent>[^"]+)" as part of replacing|'
    r"unable to replace resource .*\s+as it is currently marked for protection"
)
"""Source: pkg/resource/deploy/step.go and step_generator.go of https://github.com/pulumi/pulumi"""


def told(texts: Iterable[str]) -> tuple[str, str]:
    """Message and hint of one resource, of all that was said about it."""
    messages, hints = [], []
    for text in dict.fromkeys(texts):
        message, _, hint = _WRAPPING.sub("", text).strip().partition(f"\n{HINT}")
        if guarded := _protection(text):
            message, hint = guarded, reasons.UNPROTECT
        messages.append(message.strip().removeprefix("* ").strip())
        hints.append(hint.strip())
    return "; ".join(filter(None, messages)), "\n".join(filter(None, hints))


def _protection(text: str) -> str:
    """The refusal to touch what is protected, in our words; empty for anything else."""
    found = _PROTECTED.search(text)
    if found is None:
        return ""
    if found["dependent"]:
        return reasons.protected_dependent(urns.name_of(found["dependent"]))
    return reasons.protected("deleted" if found["deleted"] else "replaced")
