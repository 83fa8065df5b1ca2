"""Values that only show where one's own belong, in committed and in ported stack files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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


_ALL: Final = {
    "gcp:project": PROJECT,
    "gcp.billing_account": BILLING,
    "azure.ssh_from": NETWORK,
    "azure.ssh_keys": KEY.removesuffix(" example"),
}


def left_in(lab: Lab) -> tuple[str, ...]:
    """Settings that still have a value of ours, to be asked for before anything is made for real.

    Returns:
        Each as the file has it, `gcp:project` or `azure.ssh_keys`.
    """
    keys = " ".join(lab.azure.ssh_keys)
    held = (lab.project, lab.gcp.billing_account, *lab.azure.ssh_from)
    return tuple(key for key, value in _ALL.items() if value in held or value in keys)


def left_in_text(text: str) -> tuple[str, ...]:
    """The same of a file, which need not be right."""
    return tuple(key for key, value in _ALL.items() if value in text)
