"""Rules for Azure."""

from __future__ import annotations

from typing import Final

from mllab.rules.finding import Rule
from mllab.rules.values import must

RULES: Final = (
    Rule(
        "azure-keys-alone",
        ("azure-native:compute:VirtualMachine",),
        must("osProfile.linuxConfiguration.disablePasswordAuthentication", True),
        "passwords are guessed",
        "set disable_password_authentication to True",
        links=("CKV_AZURE_1", "CKV_AZURE_149", "CKV_AZURE_178", "AZU-0039"),
    ),
)
