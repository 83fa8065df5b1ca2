"""What may not stand in a stack file in plain text is what the providers keep secret."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from mllab.clouds.registry import CLOUDS

PUBLIC = {"azure-native:clientId"}
"""An identifier, which Microsoft shows in the portal, though the provider hides it, too."""


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_secret_of_the_provider_is_known(cloud: str) -> None:
    package = CLOUDS[cloud].package
    sdk = importlib.import_module(f"pulumi_{package.replace('-', '_')}")
    text = (Path(str(sdk.__file__)).parent / "provider.py").read_text()
    names = re.findall(r"else pulumi\.Output\.secret\((\w+)\)", text)
    assert names
    words = [name.split("_") for name in names]
    keys = {f"{package}:{first}{''.join(map(str.title, rest))}" for first, *rest in words}
    assert keys - PUBLIC <= CLOUDS[cloud].secret_keys
