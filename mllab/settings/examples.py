"""Values that only show where one's own belong, in committed and in ported stack files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mllab.errors import UsageError

if TYPE_CHECKING:
    from mllab.settings.lab import Lab

PROJECT: Final = "my-course-2027"
BILLING: Final = "000000-000000-000000"
NETWORK: Final = "203.0.113.0/24"
"""A range that belongs to nobody: https://www.rfc-editor.org/rfc/rfc5737"""

SENTENCE: Final = "mllab example key 1: put your own here"
KEY: Final = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy example"
)
"""A public key that nobody can have the private half of: it is the SHA-256 of SENTENCE."""


def left_in(lab: Lab) -> tuple[str, ...]:
    """Settings that still have a value of ours, to be asked for before anything is made for real.

    Returns:
        Each as the file has it, `gcp:project` or `azure.ssh_keys`.
    """
    given = [lab.project, *dict(lab.own).values()]
    texts = [text for one in given for text in (one if isinstance(one, tuple) else [one])]
    words = {word for text in texts for word in str(text).split()}
    return tuple(key for key, value in lab.own.EXAMPLES.items() if value in words)


def refuse(lab: Lab, stack: str) -> None:
    """Refuse to make a real lab of values that only show where one's own belong.

    Raises:
        UsageError: names the settings.
    """
    if left := left_in(lab):
        raise UsageError(
            f"{stack} still has example values, with which nobody could use or pay for it: "
            f"{', '.join(left)}; nothing was contacted",
            hint=f"Put your own into stacks/Pulumi.{stack}.yaml.",
        )
