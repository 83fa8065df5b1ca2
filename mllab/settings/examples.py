"""Values that only show where one's own belong, in committed and in ported stack files."""

from __future__ import annotations

from collections.abc import Mapping
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


def left_in_text(text: str) -> tuple[str, ...]:
    """The same of a file, which need not be right."""
    return tuple(key for key, value in _ALL.items() if value in text)


FILES_SWITCHES: Final[Mapping[str, str]] = {"gcp": "gcp.filestore"}
"""Cloud -> the setting without which `storage.files` is refused, because it would cost much."""


def place(cloud: str) -> str:
    """What a new file must say of a lab's place besides its region, with an example."""
    if cloud != "gcp":
        return ""
    return f"  gcp:project: {PROJECT} # the project that pays, by its id; put yours here\n"


def own_section(cloud: str, lab: Lab) -> str:
    """The section of what only a cloud has, for a lab that comes from another one."""
    if cloud == "azure" and lab.notebook.kind == "vm":
        return f"""\
  mllab:azure:
    ssh_from: [{NETWORK}] # the addresses that people come from; put yours here
    ssh_keys: ["{KEY}"] # the public keys that open the machines; put yours here
"""
    if cloud != "gcp":
        return ""
    files = (
        "    filestore: true # the shared drive is billed here, about 25 USD a month, used or not\n"
    )
    return f"""\
  mllab:gcp:
    billing_account: {BILLING} # who pays; put yours here, or null for no budget
""" + (files if lab.storage.files else "")
